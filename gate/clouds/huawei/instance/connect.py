"""Connects to what scans the images of a release: HSS, and instances of SWR Enterprise where these are chosen."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from gate.clouds.api_client import ApiClient
from gate.clouds.huawei.images.calls import ImageCalls
from gate.clouds.huawei.images.connect import connect_images, endpoint_of, tag_resolver
from gate.clouds.huawei.images.instances import Instances
from gate.clouds.huawei.instance.by_edition import ScansByEdition
from gate.clouds.huawei.instance.calls import ArtifactCalls
from gate.clouds.huawei.instance.choice import is_chosen, is_in_instance
from gate.clouds.huawei.instance.scans import InstanceImageScans
from gate.clouds.huawei.options import BY_INSTANCE, SCANNER
from gate.clouds.huawei.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.api_client import Api
    from gate.clouds.huawei.hss import Hss
    from gate.clouds.interface import Connection, ImageScans
    from gate.event_log import EventLog
    from gate.settings import Settings


def connect_release(
    connection: Connection, hss: Hss, api: Callable[[str], Api], *, region: str, place: str
) -> ImageScans:
    """Connects to the images of a release; sends no request. The arguments are those of `connect_images`."""
    settings = connection.settings
    _log_scanner(settings, connection.event_log)
    calls = ImageCalls(hss, Selection.from_options(settings.for_cloud).scope)
    instances = Instances(calls)
    tags = tag_resolver(connection, hss, api, instances, region=region)
    by_hss = connect_images(connection, hss, api, region=region, place=place, tags=tags)
    if not is_chosen(settings.for_cloud):
        return by_hss

    @cache
    def artifacts_at(address: str) -> ArtifactCalls:
        return ArtifactCalls(ApiClient(api(address), connection), hss.project_id)

    by_instance = InstanceImageScans(
        artifacts=lambda image: artifacts_at(settings.registry_endpoint or endpoint_of(image, region)),
        instances=instances,
        hss=calls,
        tags=tags,
        event_log=connection.event_log,
        describe=by_hss.search_description,
    )
    return ScansByEdition(by_hss=by_hss, by_instance=by_instance)


def _log_scanner(settings: Settings, event_log: EventLog) -> None:
    """Says what scans the images of SWR Enterprise, which could be either of two (huawei-images.md 5)."""
    count, total = sum(map(is_in_instance, settings.images)), len(settings.images)
    if is_chosen(settings.for_cloud):
        others = "" if count == total else "; HSS scans the others"
        event_log.acted(
            f"instances of SWR Enterprise scan their images themselves ({count} of {total}), for vulnerabilities "
            f"only{others}"
        )
    elif count:
        event_log.acted(
            f"HSS scans the images in SWR Enterprise ({count} of {total}); the own scan of an instance looks for "
            f"vulnerabilities only, and is used with --{SCANNER} {BY_INSTANCE}"
        )
