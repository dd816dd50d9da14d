"""Connects to Security Center: region, endpoint, credentials and signature, from the settings and the environment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.api import AlibabaCloud
from gate.clouds.alibaba.error_response import read, read_registry
from gate.clouds.alibaba.options import REGION_VARIABLES
from gate.clouds.alibaba.regions import REGIONS, endpoint
from gate.clouds.alibaba.security_center import SecurityCenter
from gate.clouds.alibaba.selection import Selection
from gate.clouds.alibaba.sign_in import sign_in
from gate.clouds.alibaba.signature import KeyPairAuth
from gate.clouds.api_client import Api, ApiClient
from gate.clouds.regions import Region, known_region, place
from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.credentials import Credentials
    from gate.clouds.interface import Connection, ImageScans, SignIn
    from gate.clouds.response import Response


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Where Security Center is; the address of Container Registry depends on the image."""

    region: Region
    sas: str


def connect(connection: Connection) -> AlibabaCloud:
    """See `CloudProvider.connect`."""
    return connect_with(connection, addresses_of(connection), sign_in(connection))


def addresses_of(connection: Connection) -> Addresses:
    """Finds the address by the settings and the environment; sends no request.

    Raises:
        UsageError: The settings do not suffice.
    """
    settings = connection.settings
    region = Region(*connection.option_or_variable("region", settings.region, REGION_VARIABLES))
    if not region.name and not settings.endpoint:
        raise UsageError(
            "No region is given.",
            means="Security Center has two separate planes, one for China and one abroad; the region selects one.",
            remedy=f"Set {region.source}, such as cn-hangzhou or ap-southeast-1.",
        )
    return Addresses(region=region, sas=settings.endpoint or endpoint(_known(region)))


def connect_with(connection: Connection, addresses: Addresses, way: SignIn) -> AlibabaCloud:
    """Connects to this address; sends no request but to sign in, where that takes one."""
    settings, region = connection.settings, addresses.region
    connection.event_log.region = region.name
    sas = SecurityCenter(ApiClient(_api(connection, way, read, addresses.sas), connection))
    selection, where = Selection.from_options(settings.for_cloud), place(region, settings.endpoint)
    images = partial(_image_scans, connection, way, sas, region.name, where)
    return AlibabaCloud(sas, selection, connection.time_of_day.latest, where, images)


def _image_scans(connection: Connection, way: SignIn, sas: SecurityCenter, region: str, where: str) -> ImageScans:
    from gate.clouds.alibaba.images.connect import connect_images  # noqa: PLC0415 - only a run that judges images needs it

    registry_api = partial(_api, connection, way, read_registry)
    return connect_images(connection, sas, registry_api, region=region, place=where)


def _api(
    connection: Connection,
    way: SignIn,
    read_response: Callable[[Response], dict[str, Any]],
    url: str,
    credentials: Credentials | None = None,
) -> Api:
    """The API at an address, with these credentials, or with those that are to be used now."""
    credentials = credentials or way.credentials()
    connection.event_log.account = credentials.account
    return Api(
        base_url=url,
        auth=KeyPairAuth(credentials, connection.time_of_day.now),
        secrets=credentials.secrets,
        read=read_response,
        sign_in=way,
        rebuild=partial(_api, connection, way, read_response, url),
    )


def _known(region: Region) -> str:
    remedy = f"Correct {region.source}, or give --endpoint for a new region."
    return known_region(region, REGIONS, service="Security Center", remedy=remedy)
