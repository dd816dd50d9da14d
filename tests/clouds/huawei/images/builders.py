"""Builders of what HSS says of single images, and the images of a simulated project."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.connect import connect
from gate.image import ImageRef
from gate.simulator import PushedImage
from tests.builders import NOW
from tests.clouds.builders import a_connection

if TYPE_CHECKING:
    from datetime import datetime

    from gate.clouds import Connection, ImageScans
    from gate.simulator import Simulator
    from tests.builders import FakeTime

HOST = "swr.cn-north-4.myhuaweicloud.com"
"""SWR in a region, and an instance of SWR Enterprise (huawei-images.md 4, 5)."""
INSTANCE_HOST = "acme-x1.swr-pro.myhuaweicloud.com"
HOUR = timedelta(hours=1)
SCANNED_AT, PUSHED_AT = NOW - HOUR, NOW - 2 * HOUR


def a_digest(number: int = 1) -> str:
    """A digest, different for each number."""
    return f"sha256:{number:064x}"


def a_ref(
    name: str = "shop/web", *, tag: str = "1.4.2", number: int = 1, namespace: str = "team", registry: str = HOST
) -> ImageRef:
    """The reference of an image, with the digest of this number."""
    return ImageRef(registry=registry, namespace=namespace, name=name, tag=tag, digest=a_digest(number))


def a_tag(name: str = "shop/web", *, registry: str = HOST) -> ImageRef:
    """The reference of an image by its tag alone."""
    return ImageRef(registry=registry, namespace="team", name=name, tag="1.4.2")


def in_ms(time: datetime) -> int:
    """A time as HSS states it."""
    return round(time.timestamp() * 1000)


def a_row(**fields: Any) -> dict[str, Any]:
    """The row of an image that was pushed two hours ago, scanned an hour ago, and is clean (huawei-images.md 1.2)."""
    return {
        "id": 123456,
        "namespace": "team",
        "image_name": "shop/web",
        "image_digest": a_digest(),
        "image_version": "1.4.2",
        "image_type": "private_image",
        "registry_id": "r-1",
        "registry_name": "SWR",
        "registry_type": "SwrPrivate",
        "scan_status": "success",
        "latest_update_time": in_ms(PUSHED_AT),
        "latest_sync_time": in_ms(PUSHED_AT),
        "latest_scan_time": in_ms(SCANNED_AT),
        "vul_num": 0,
        "unsafe_setting_num": 0,
        "malicious_file_num": 0,
        "scannable": True,
        "is_multiple_arch": False,
        "severity_level": "Security",
        **fields,
    }


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """The row without these fields."""
    return {name: value for name, value in row.items() if name not in names}


def a_push(
    name: str = "shop/web", *, tag: str = "1.4.2", number: int = 1, registry: str = HOST, **others: Any
) -> PushedImage:
    """A push of the image that `a_ref` names; HSS lists it only once its registry is synchronised."""
    return PushedImage(
        registry=registry, repository=f"team/{name}", tag=tag, digest=a_digest(number), **{"pushed_ago": 60.0, **others}
    )


def listed(name: str = "shop/web", **others: Any) -> PushedImage:
    """The same, listed for a minute."""
    return a_push(name, **{"listed_after": 0.0, **others})


def connected(simulator: Simulator, time: FakeTime, **settings: Any) -> tuple[ImageScans, Connection]:
    """The images of the simulated project, and what they are connected with."""
    known = simulator.describe()["huawei"]
    connection = a_connection(
        time,
        **{
            "environ": {"HW_ACCESS_KEY": known["access_key_id"], "HW_SECRET_KEY": known["access_key_secret"]},
            "region": known["region"],
            "endpoint": known["endpoint"],
            "registry_endpoint": known["endpoint"],
            "for_cloud": {"project-id": known["project_id"]},
            "timeout": 1800.0,
            **settings,
        },
    )
    return connect(connection).image_scans(), connection


def operations(simulator: Simulator) -> list[str]:
    """The operations that were called, in order."""
    return [request.operation for request in simulator.requests]


def in_rows(operation: str, document: Any, **fields: object) -> Any:
    """The document of this operation; the rows of images in it have these fields, as a rewrite of the simulator."""
    if operation != "ListRegistryImages":
        return document
    return {**document, "data_list": [{**row, **fields} for row in document["data_list"]]}
