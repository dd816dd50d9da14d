"""Connects to the images of a project: to its HSS, and to SWR once a tag is looked up."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from gate.clouds.api_client import ApiClient
from gate.clouds.huawei.images.calls import ImageCalls
from gate.clouds.huawei.images.editions import registry_region
from gate.clouds.huawei.images.finder import RowFinder
from gate.clouds.huawei.images.instances import Instances
from gate.clouds.huawei.images.own_scan import OwnScan
from gate.clouds.huawei.images.scans import HuaweiImageScans
from gate.clouds.huawei.images.starter import ScanStarter
from gate.clouds.huawei.images.swr import Swr
from gate.clouds.huawei.images.tags import TagResolver
from gate.clouds.huawei.regions import REGIONS, swr_endpoint
from gate.clouds.huawei.selection import IMAGE_SCAN, PAGE_SIZE, Selection
from gate.clouds.huawei.tasks import TaskList
from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.api_client import Api
    from gate.clouds.huawei.hss import Hss
    from gate.clouds.interface import Connection
    from gate.image import ImageRef


def connect_images(
    connection: Connection,
    hss: Hss,
    api: Callable[[str], Api],
    *,
    region: str,
    place: str,
    tags: TagResolver | None = None,
) -> HuaweiImageScans:
    """Connects to the images of a project; sends no request.

    Args:
        connection: What the cloud is connected with.
        hss: HSS in this project.
        api: Returns the API at an address, signed with the same credentials.
        region: The region of images whose host does not name one; empty if none is given.
        place: Where images are searched, for a message.
        tags: What looks up tags, if others use it too.
    """
    settings, event_log = connection.settings, connection.event_log
    scope = Selection.from_options(settings.for_cloud).scope
    tasks = TaskList(hss, Selection(list_type=IMAGE_SCAN, scope=scope, filters=(), page_size=PAGE_SIZE))
    calls = ImageCalls(hss, scope)
    finder = RowFinder(calls)

    def describe() -> str:
        named = [f"--{name.replace('_', '-')} {value}" for name, value in scope] or ["the default enterprise project"]
        return f"Huawei Cloud ({', '.join((place, f'project {hss.project_id}', *named))})"

    return HuaweiImageScans(
        calls=calls,
        finder=finder,
        starter=ScanStarter(
            calls, finder, OwnScan(tasks, event_log), deadline=connection.deadline, event_log=event_log
        ),
        tags=tags or tag_resolver(connection, hss, api, Instances(calls), region=region),
        tasks=tasks,
        event_log=event_log,
        now=connection.time_of_day.latest,
        describe=describe,
    )


def tag_resolver(
    connection: Connection, hss: Hss, api: Callable[[str], Api], instances: Instances, *, region: str
) -> TagResolver:
    """What looks up tags in SWR, in the region of each; the arguments are those of `connect_images`."""
    registry_endpoint = connection.settings.registry_endpoint

    @cache
    def swr_at(address: str) -> Swr:
        return Swr(ApiClient(api(address), connection), hss.project_id)

    def swr(image: ImageRef) -> Swr:
        return swr_at(registry_endpoint or endpoint_of(image, region))

    return TagResolver(swr, instances, is_always_basic=registry_endpoint is not None)


def endpoint_of(image: ImageRef, region: str) -> str:
    """The address of SWR for this image: in the region that its host names, else in that of the run.

    Raises:
        UsageError: Neither is known.
    """
    region = registry_region(image) or region
    if region not in REGIONS:
        raise UsageError(
            "In which region SWR is to be asked for a tag is not known.",
            means="Neither --region nor the host of the image names one that the gate knows.",
            remedy="Give --region or --registry-endpoint, or the digest of the image.",
        )
    return swr_endpoint(region)
