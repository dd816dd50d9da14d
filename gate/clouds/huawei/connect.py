"""Connects to HSS: region, endpoints, project, credentials and signature, from the settings and the environment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.huawei.api import HuaweiCloud, checked_project_id, find_project
from gate.clouds.huawei.error_response import read
from gate.clouds.huawei.hss import Hss
from gate.clouds.huawei.instance.choice import check_choice
from gate.clouds.huawei.options import PROJECT_VARIABLES, REGION_VARIABLES
from gate.clouds.huawei.regions import REGIONS, hss_endpoint, iam_endpoint
from gate.clouds.huawei.selection import Selection
from gate.clouds.huawei.sign_in import sign_in, with_profile
from gate.clouds.huawei.signature import KeyPairAuth, TokenAuth
from gate.clouds.regions import Region, known_region, place
from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.credentials import Credentials
    from gate.clouds.huawei.images.scans import HuaweiImageScans
    from gate.clouds.interface import Connection, ImageScans, SignIn
    from gate.event_log import EventLog


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Where the APIs of a run are, and in which project."""

    region: Region
    project_id: str
    """Empty if IAM has to be asked for it."""
    hss: str
    iam: str
    """Empty if IAM need not be asked."""


def connect(connection: Connection) -> HuaweiCloud:
    """See `CloudProvider.connect`."""
    check_choice(connection.settings)
    connection = with_profile(connection)
    return connect_with(connection, addresses_of(connection), sign_in(connection))


def addresses_of(connection: Connection) -> Addresses:
    """Finds the addresses by the settings and the environment; sends no request.

    Raises:
        UsageError: The settings do not suffice.
    """
    settings, options = connection.settings, connection.settings.for_cloud
    region = Region(*connection.option_or_variable("region", settings.region, REGION_VARIABLES))
    given = connection.option_or_variable("project-id", options.get("project-id"), PROJECT_VARIABLES)
    project_id = checked_project_id(*given)
    if not region.name and not (settings.endpoint and project_id):
        raise UsageError(
            "No region is given.",
            means="The gate finds the endpoint and the project by the region.",
            remedy=f"Set {region.source}, such as cn-north-4, or both --endpoint and --project-id.",
        )
    return Addresses(
        region=region,
        project_id=project_id,
        hss=settings.endpoint or hss_endpoint(_known(region)),
        iam="" if project_id else str(options.get("iam-endpoint") or iam_endpoint(_known(region))),
    )


def connect_with(connection: Connection, addresses: Addresses, way: SignIn) -> HuaweiCloud:
    """Connects to these addresses; sends no request but to sign in, where that takes one."""
    region, event_log = addresses.region, connection.event_log
    event_log.region, event_log.account = region.name, addresses.project_id
    api = partial(_api, connection, way)
    hss = ApiClient(api(addresses.hss), connection)
    find: Callable[[], str] = partial(str, addresses.project_id)
    if addresses.iam:
        find = cache(partial(_found_project, ApiClient(api(addresses.iam), connection), region.name, event_log))
    selection = Selection.from_options(connection.settings.for_cloud)
    project, where = Hss(hss, find), place(region, connection.settings.endpoint)
    images = partial(_image_scans, connection, project, api, region.name, where)
    release = partial(_release, connection, project, api, region.name, where)
    return HuaweiCloud(project, selection, where, images, release)


def _found_project(iam: ApiClient, region: str, event_log: EventLog) -> str:
    event_log.account = find_project(iam, region)
    return event_log.account


def _image_scans(
    connection: Connection, hss: Hss, api: Callable[[str], Api], region: str, where: str
) -> HuaweiImageScans:
    from gate.clouds.huawei.images.connect import connect_images  # noqa: PLC0415 - only a run that needs images by name

    return connect_images(connection, hss, api, region=region, place=where)


def _release(connection: Connection, hss: Hss, api: Callable[[str], Api], region: str, where: str) -> ImageScans:
    from gate.clouds.huawei.instance.connect import connect_release  # noqa: PLC0415 - only a run of named images

    return connect_release(connection, hss, api, region=region, place=where)


def _known(region: Region) -> str:
    main_project = region.name.partition("_")[0]
    if main_project != region.name and main_project in REGIONS:
        raise UsageError(
            f"{region.name!r} ({region.source}) is a sub-project of the region {main_project}, not a region.",
            means="IAM names a sub-project by its region, an underscore and a name of its own.",
            remedy=f"Give --region {main_project}, and the id of the sub-project with --project-id.",
        )
    remedy = f"Correct {region.source}, or for a new region give --endpoint and --project-id."
    return known_region(region, REGIONS, service="Huawei Cloud", remedy=remedy)


def _api(connection: Connection, way: SignIn, url: str, credentials: Credentials | None = None) -> Api:
    """The API at an address, with these credentials, or with those that are to be used now."""
    credentials = credentials or way.credentials()
    auth = (
        KeyPairAuth(credentials, connection.time_of_day.now)
        if credentials.is_key_pair
        else TokenAuth(credentials.auth_token)
    )
    return Api(
        base_url=url,
        auth=auth,
        secrets=credentials.secrets,
        read=partial(read, by_token=not credentials.is_key_pair),
        signs_the_time=credentials.is_key_pair,
        sign_in=way,
        rebuild=partial(_api, connection, way, url),
    )
