"""The risky images of a task: rows that were scanned while it was running, by exactly what they state."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from gate.clouds.huawei.images.calls import ImageCalls
from gate.clouds.huawei.images.risky import risky_images
from gate.scan import ScanScope
from tests.builders import NOW, a_failed_image, a_task
from tests.clouds.huawei.images.builders import HOUR, SCANNED_AT, a_digest, a_row, in_ms, without

if TYPE_CHECKING:
    from gate.clouds.huawei.hss import Hss

TASK = a_task(risky=2, started_at=SCANNED_AT - HOUR / 2, ended_at=SCANNED_AT)
MINUTE = timedelta(minutes=1)


class Lists:
    """HSS with pages of images, given one after the other."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages = [*pages]
        self.requests: list[dict[str, Any]] = []

    def call(self, method: str, path: str, query: tuple[tuple[str, str], ...], **attributes: Any) -> dict[str, Any]:
        self.requests.append({"path": f"{method} {path}", **dict(query), **attributes})
        return self.pages.pop(0)


def calls(hss: Lists) -> ImageCalls:
    return ImageCalls(cast("Hss", hss), (("enterprise_project_id", "all_granted_eps"),))


def a_page(*rows: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {"data_list": [*rows], "total_num": len(rows) if total is None else total}


def a_risky_row(**fields: Any) -> dict[str, Any]:
    return a_row(vul_num=2, severity_level="High", **fields)


def names(*rows: dict[str, Any]) -> list[str]:
    return [str(one.image) for one in risky_images(TASK, calls(Lists(a_page(*rows))))]


def test_an_image_is_named_with_what_its_row_states() -> None:
    (found,) = risky_images(TASK, calls(Lists(a_page(a_risky_row()))))

    assert str(found.image) == f"SWR/team/shop/web:1.4.2@{a_digest()}"
    assert (found.is_risky, found.highest, found.kinds[ScanScope.VULNERABILITY]) == (True, "high", 2)
    assert found.scanned_at == SCANNED_AT


def test_the_request_asks_for_risky_images_since_the_start_of_the_task_and_is_not_retried() -> None:
    hss = Lists(a_page())

    risky_images(TASK, calls(hss))

    assert hss.requests == [
        {
            "path": "GET registries/images",
            "enterprise_project_id": "all_granted_eps",
            "risky": "true",
            "start_latest_scan_time": str(in_ms(SCANNED_AT - HOUR / 2)),
            "limit": "200",
            "offset": "0",
            "is_retried": False,
            "bytes_kept": 0,
        }
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"latest_scan_time": in_ms(SCANNED_AT - HOUR)},
        {"latest_scan_time": in_ms(SCANNED_AT + 2 * MINUTE)},
        {"latest_scan_time": None},
        {"scan_status": "scanning"},
        {"vul_num": 0, "severity_level": "Security"},
        {"vul_num": None, "severity_level": None},
    ],
)
def test_a_row_that_is_not_risky_by_a_scan_of_that_time_is_not_named(fields: dict[str, Any]) -> None:
    assert names({**a_risky_row(), **fields}) == []


def test_a_task_without_an_end_may_have_scanned_what_was_scanned_since_its_start() -> None:
    task = a_task(risky=1, started_at=SCANNED_AT - HOUR)

    assert len(risky_images(task, calls(Lists(a_page(a_risky_row(latest_scan_time=in_ms(NOW))))))) == 1


def test_an_image_with_two_tags_is_named_once_and_one_without_a_digest_by_each_tag() -> None:
    two = a_risky_row(id=1), a_risky_row(id=2, image_version="latest")
    bare = [without(row, "image_digest") for row in two]

    assert len(names(*two)) == 1
    assert names(*bare) == ["SWR/team/shop/web:1.4.2", "SWR/team/shop/web:latest"]


def test_the_result_of_a_tag_that_has_moved_since_is_not_said_of_the_new_digest() -> None:
    assert names(a_risky_row(latest_update_time=in_ms(NOW))) == ["SWR/team/shop/web:1.4.2"]


def test_no_more_than_two_pages_are_read() -> None:
    first, second = ([a_risky_row(id=n, image_name=f"web-{n}") for n in range(at, at + 200)] for at in (0, 200))
    hss = Lists(a_page(*first, total=5000), a_page(*second, total=5000))
    task = a_task(risky=5000, started_at=SCANNED_AT, failed_images=(a_failed_image(),))

    assert len(risky_images(task, calls(hss))) == 400
    assert [request["offset"] for request in hss.requests] == ["0", "200"]
    assert 0 < hss.requests[0]["bytes_kept"] < hss.requests[1]["bytes_kept"]


@pytest.mark.parametrize("fields", [{"image_type": "local"}, {"image_type": "cicd"}, {"started_at": None}])
def test_of_other_images_and_without_a_start_time_nothing_is_asked(fields: dict[str, Any]) -> None:
    assert risky_images(a_task(risky=1, **fields), calls(Lists())) == ()
