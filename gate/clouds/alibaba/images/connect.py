"""Connects to the images of an account: to its Security Center, and to Container Registry once a tag is looked up."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING

from gate.clouds.alibaba.images.creation import ScanStarter
from gate.clouds.alibaba.images.finder import RowFinder
from gate.clouds.alibaba.images.findings import FindingReader
from gate.clouds.alibaba.images.proof import window_of_scan
from gate.clouds.alibaba.images.registry import ContainerRegistry, TagResolver
from gate.clouds.alibaba.images.registry_host import registry_host
from gate.clouds.alibaba.images.scans import AlibabaImageScans
from gate.clouds.alibaba.images.severities import fetch_vulnerabilities
from gate.clouds.alibaba.images.started import StartedScans
from gate.clouds.api_client import ApiClient
from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.clouds.api_client import Api
    from gate.clouds.interface import Connection
    from gate.image import ImageRef

_REGION = re.compile("[a-z0-9-]+")


def connect_images(
    connection: Connection, sas: SecurityCenter, registry_api: Callable[[str], Api], *, region: str, place: str
) -> AlibabaImageScans:
    """Connects to the images of the account; sends no request.

    Args:
        connection: What the cloud is connected with.
        sas: Security Center.
        registry_api: Returns the API of Container Registry at an address, signed with the credentials of the account.
        region: The region of images whose host does not name one; empty if none is given.
        place: Where images are searched, for a message.
    """
    settings, time_of_day, event_log = connection.settings, connection.time_of_day, connection.event_log

    @cache
    def registry(of_region: str) -> ContainerRegistry:
        address = settings.registry_endpoint or _endpoint(of_region)
        return ContainerRegistry(ApiClient(registry_api(address), connection))

    return AlibabaImageScans(
        finder=RowFinder(sas),
        tags=TagResolver(registry, region=region, instance_id=str(settings.for_cloud.get("registry-instance", ""))),
        starter=ScanStarter(sas, time_of_day=time_of_day, deadline=connection.deadline, event_log=event_log),
        started=StartedScans(sas, time_of_day=time_of_day, event_log=event_log),
        fetch=partial(fetch_vulnerabilities, sas, event_log=event_log),
        findings=FindingReader(sas),
        window_of_scan=partial(window_of_scan, sas, now=time_of_day.latest, event_log=event_log),
        event_log=event_log,
        now=time_of_day.latest,
        place=place,
    )


def endpoint_of(image: ImageRef, region: str) -> str:
    """The address of Container Registry for this image: in the region of its host, else in that of the run.

    Raises:
        UsageError: Neither is known.
    """
    host = registry_host(image.registry.partition(":")[0].lower())
    return _endpoint((host.region if host else "") or region)


def _endpoint(region: str) -> str:
    """The address of Container Registry in a region (alibaba-images.md 4)."""
    if not _REGION.fullmatch(region):
        raise UsageError(
            "In which region Container Registry is to be asked for a tag is not known.",
            means="Neither --region nor the host of the image names one.",
            remedy="Give --region or --registry-endpoint, or the digest of the image.",
        )
    return f"https://cr.{region}.aliyuncs.com"
