"""Tests how scans of single images are started, stopped and counted (huawei-images.md 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Platform, Simulator, Unverified
from tests.simulator.huawei.calls import INSTANCE_HOST, hss, image_rows, post_to, scan, scan_info, scan_tasks
from tests.simulator.images import RISKY, digest, image, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Clock, SendRequest

EVERYTHING = Findings(
    vulnerabilities=BySeverity(high=1),
    libraries=BySeverity(high=1),
    malicious_files=BySeverity(high=1),
    baseline=BySeverity(high=1),
)


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator with one clean and one risky image that HSS knows, and one that it does not know."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(listed(tag="1"))
        simulator.push(listed(tag="2", findings=RISKY))
        simulator.push(image(tag="3"))
        yield simulator


def statuses(send: SendRequest, simulator: Simulator) -> dict[str, str]:
    """The status of each tag."""
    return {row["image_version"]: row["scan_status"] for row in image_rows(send, simulator)}


def only(send: SendRequest, simulator: Simulator, tag: str) -> dict[str, Any]:
    """The row of this tag."""
    (row,) = image_rows(send, simulator, image_version=tag)
    return row


def test_exactly_the_images_of_the_request_are_scanned(send: SendRequest, simulator: Simulator, clock: Clock) -> None:
    """The response is empty, and the list of tasks shows the scan."""
    response = scan(send, simulator, only(send, simulator, "2"))
    clock.now += 60
    (task,) = scan_tasks(send, simulator)

    assert (response.status, response.document) == (200, {})
    assert statuses(send, simulator) == {"1": "unscan", "2": "success"}
    assert (task["is_all"], task["task_type"], task["image_type"]) == (False, "manual", "registry")
    assert (task["total_num"], task["success_num"], task["risky_num"], task["failed_num"]) == (1, 1, 1, 0)
    assert (task["task_status"], task["scan_scope"]) == (100, 0x7FFFFFFF)
    assert only(send, simulator, "2")["latest_scan_time"] >= task["begin_time"]


def test_a_failed_image_is_in_the_task_with_its_code(send: SendRequest, simulator: Simulator, clock: Clock) -> None:
    """Its row says the same."""
    simulator.push(listed(tag="4", failure="oversized"))
    row = only(send, simulator, "4")
    scan(send, simulator, row)
    clock.now += 60
    (task,) = scan_tasks(send, simulator)

    assert (task["failed_num"], task["success_num"]) == (1, 0)
    assert task["failed_images"] == [
        {
            "id": row["id"],
            "registry_id": row["registry_id"],
            "registry_name": row["registry_name"],
            "image_name": "shop/web",
            "image_version": "4",
            "namespace": "team",
            "registry_type": "SwrPrivate",
            "failed_reason": "image_over_sized",
        }
    ]
    assert only(send, simulator, "4")["scan_failed_code"] == "image_over_sized"


@pytest.mark.parametrize(
    ("others", "tags"),
    [
        ({"is_all": True}, {"1", "2"}),
        ({"is_all": True, "image_info": []}, {"1", "2"}),
        ({"image_info": []}, {"1", "2"}),
        ({"image_info": None}, {"1", "2"}),
    ],
)
def test_a_request_without_images_scans_everything(
    others: dict[str, Any], tags: set[str], send: SendRequest, simulator: Simulator, clock: Clock
) -> None:
    """An empty list may mean all, as the documents do not exclude; images of no task are scanned too."""
    document = {"is_all": False, **others}
    response = post_to(send, simulator, "image-scan/tasks", {key: it for key, it in document.items() if it is not None})
    clock.now += 60
    (task,) = scan_tasks(send, simulator)

    assert response.status == 200
    assert {tag for tag, status in statuses(send, simulator).items() if status == "success"} == tags
    assert task["total_num"] == 122


def test_an_empty_list_of_images_may_be_an_error(send: SendRequest, simulator: Simulator) -> None:
    simulator.account.unverified = Unverified(empty_list_scans_all=False)
    response = scan(send, simulator)

    assert (response.status, response.document["error_code"]) == (400, "HSS.0001")
    assert scan_tasks(send, simulator) == []


def test_an_image_that_is_given_twice_is_scanned_once(send: SendRequest, simulator: Simulator) -> None:
    row = only(send, simulator, "1")
    scan(send, simulator, row, row)

    assert [task["total_num"] for task in scan_tasks(send, simulator)] == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"id": 1},
        {"image_digest": digest("another")},
        {"image_name": "web"},
        {"image_version": "3"},
        {"registry_id": "r-1"},
        {"registry_name": "SWR"},
        {"registry_type": "Harbor"},
        {"instance_id": "i-1"},
    ],
)
@pytest.mark.parametrize(("is_dropped", "status"), [(True, 200), (False, 400)])
def test_an_image_that_is_not_listed_as_the_request_says_is_never_scanned(
    *, change: dict[str, Any], is_dropped: bool, status: int, send: SendRequest, simulator: Simulator
) -> None:
    """Either silently, or with an error; and never is everything scanned in its place."""
    simulator.account.unverified = Unverified(drops_images_that_it_cannot_scan=is_dropped)
    row = only(send, simulator, "1")
    response = scan(send, simulator, {**row, **change})

    assert response.status == status
    assert scan_tasks(send, simulator) == []


def test_the_other_images_of_a_request_are_scanned_without_it(send: SendRequest, simulator: Simulator) -> None:
    row = only(send, simulator, "1")
    scan(send, simulator, row, {**row, "id": 1})

    assert [task["total_num"] for task in scan_tasks(send, simulator)] == [1]


def test_an_index_and_an_image_that_is_not_scannable_are_not_scanned(send: SendRequest, simulator: Simulator) -> None:
    simulator.push(listed("index", tag="4", children=(Platform(digest=digest("amd64")),)))
    simulator.push(listed(tag="5", kind="shared", scannable=False))
    scan(send, simulator, only(send, simulator, "4"), only(send, simulator, "5"))

    assert scan_tasks(send, simulator) == []


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "HSS.0002"),
        ({}, "HSS.0001"),
        ({"is_all": "false"}, "HSS.0001"),
        ({"is_all": True, "scan_scope": "0x7fffffff"}, "HSS.0001"),
        ({"is_all": True, "scan_scope": -1}, "HSS.0001"),
        ({"is_all": True, "scan_scope": 0x80000000}, "HSS.0001"),
        ({"is_all": False, "image_info": {}}, "HSS.0001"),
        ({"is_all": False, "image_info": ["1"]}, "HSS.0001"),
        ({"is_all": False, "image_info": [{}]}, "HSS.0001"),
    ],
)
def test_a_request_out_of_its_form_is_rejected(
    document: Any, code: str, send: SendRequest, simulator: Simulator
) -> None:
    response = post_to(send, simulator, "image-scan/tasks", document)

    assert (response.status, response.document["error_code"]) == (400, code)
    assert scan_tasks(send, simulator) == []


@pytest.mark.parametrize(
    "missing",
    ["id", "image_digest", "namespace", "image_name", "image_version", "registry_id", "registry_name", "registry_type"],
)
def test_every_field_of_the_row_is_required(missing: str, send: SendRequest, simulator: Simulator) -> None:
    info = scan_info(only(send, simulator, "1"))
    del info[missing]
    response = post_to(send, simulator, "image-scan/tasks", {"is_all": False, "image_info": [info]})

    assert response.document["error_code"] == "HSS.0001"


def test_an_image_of_swr_enterprise_needs_its_instance(send: SendRequest, simulator: Simulator) -> None:
    simulator.push(listed(tag="4", registry=INSTANCE_HOST))
    row = only(send, simulator, "4")
    without = scan(send, simulator, {name: it for name, it in row.items() if name != "instance_id"})
    scan(send, simulator, row)

    assert without.document["error_code"] == "HSS.0001"
    assert [task["total_num"] for task in scan_tasks(send, simulator)] == [1]


@pytest.mark.parametrize(("is_refused", "status", "tasks"), [(True, 400, 1), (False, 200, 2)])
def test_an_image_that_is_being_scanned_may_be_refused(
    *, is_refused: bool, status: int, tasks: int, send: SendRequest, simulator: Simulator
) -> None:
    simulator.account.unverified = Unverified(refuses_repeated_scans=is_refused)
    row = only(send, simulator, "1")
    scan(send, simulator, row)
    response = scan(send, simulator, row, only(send, simulator, "2"))

    assert response.status == status
    assert len(scan_tasks(send, simulator)) == tasks


def test_a_scan_of_more_images_than_are_left_is_refused(send: SendRequest, simulator: Simulator) -> None:
    """Fewer are scanned, and use up what is left."""
    simulator.account.scans_left = 1
    too_many = scan(send, simulator, only(send, simulator, "1"), only(send, simulator, "2"))
    enough = scan(send, simulator, only(send, simulator, "1"))

    assert (too_many.status, too_many.document["error_code"]) == (400, "HSS.0014")
    assert enough.status == 200
    assert simulator.account.scans_left == 0


def test_images_of_another_enterprise_project_are_not_scanned(send: SendRequest, simulator: Simulator) -> None:
    """Those of the one that is asked for are, and the task is in it."""
    simulator.push(listed(tag="4", enterprise_project="e-1"))
    (row,) = image_rows(send, simulator, image_version="4", enterprise_project_id="e-1")
    document = {"is_all": False, "image_info": [scan_info(row)]}
    post_to(send, simulator, "image-scan/tasks", document)
    before = scan_tasks(send, simulator)
    post_to(send, simulator, "image-scan/tasks", document, enterprise_project_id="e-1")
    tasks = hss(send, simulator, "tasks", type="image_scan", enterprise_project_id="e-1").document

    assert before == []
    assert tasks["total_num"] == 1


def test_local_images_are_none_of_the_registries(send: SendRequest, simulator: Simulator) -> None:
    response = post_to(send, simulator, "image-scan/tasks", {"is_all": True}, global_image_type="local")

    assert response.status == 200
    assert scan_tasks(send, simulator) == []


@pytest.mark.parametrize(
    ("scope", "counts"),
    [
        (0x7FFFFFFF, (2, 1, 1)),
        (0x000F0000, (2, 0, 0)),
        (0x0000F000, (0, 1, 0)),
        (0x00000F00, (0, 0, 1)),
        (0, (0, 0, 0)),
        (None, (2, 1, 1)),
    ],
)
def test_a_scan_finds_only_what_is_in_its_scope(
    scope: int | None, counts: tuple[int, ...], send: SendRequest, simulator: Simulator, clock: Clock
) -> None:
    """So a narrow scan of a risky image is clean."""
    simulator.push(listed(tag="4", findings=EVERYTHING))
    info = scan_info(only(send, simulator, "4"))
    given = {} if scope is None else {"scan_scope": scope}
    post_to(send, simulator, "image-scan/tasks", {"is_all": False, "image_info": [info], **given})
    clock.now += 60
    row = only(send, simulator, "4")

    assert (row["vul_num"], row["unsafe_setting_num"], row["malicious_file_num"]) == counts


def test_a_scan_of_some_images_can_be_stopped(send: SendRequest, simulator: Simulator, clock: Clock) -> None:
    """They are as they were before."""
    scan(send, simulator, only(send, simulator, "1"))
    (task,) = scan_tasks(send, simulator)
    response = hss(send, simulator, f"image-scan/tasks/{task['task_id']}/stop", method="PUT")
    clock.now += 60
    (stopped,) = scan_tasks(send, simulator)

    assert (response.status, response.document) == (200, {})
    assert stopped["task_status"] == -1
    assert statuses(send, simulator)["1"] == "unscan"


def test_a_scan_of_all_images_can_not_be_stopped(send: SendRequest, simulator: Simulator) -> None:
    post_to(send, simulator, "image-scan/tasks", {"is_all": True})
    (task,) = scan_tasks(send, simulator)
    response = hss(send, simulator, f"image-scan/tasks/{task['task_id']}/stop", method="PUT")

    assert (response.status, response.document["error_code"]) == (400, "HSS.0001")


@pytest.mark.parametrize("query", [{}, {"enterprise_project_id": "e-1"}])
def test_an_unknown_scan_can_not_be_stopped(query: dict[str, Any], send: SendRequest, simulator: Simulator) -> None:
    """Nor can one of another enterprise project."""
    scan(send, simulator, only(send, simulator, "1"))
    task_id = scan_tasks(send, simulator)[0]["task_id"] if query else "unknown"
    response = hss(send, simulator, f"image-scan/tasks/{task_id}/stop", method="PUT", **query)

    assert (response.status, response.document["error_code"]) == (400, "HSS.0011")


def test_statistics_count_successful_scans_and_images(send: SendRequest, simulator: Simulator, clock: Clock) -> None:
    """A limit takes the place of the free scans."""
    simulator.push(listed(tag="4", failure="broken", earlier=EarlierScan(ago=600, findings=RISKY)))
    scan(send, simulator, *image_rows(send, simulator))
    clock.now += 60
    statistics = hss(send, simulator, "pay-per-scan/statistics").document
    simulator.account.scans_left = 3
    limited = hss(send, simulator, "pay-per-scan/statistics").document

    assert (statistics["repository_scan_num"], statistics["free_quota_num"], limited["free_quota_num"]) == (2, 8, 3)
    assert statistics["total"] == {"local": 0, "registry": 123, "cicd": 0}
    assert statistics["unscan"]["registry"] == 12
    assert statistics["has_risk"]["registry"] == statistics["high_risk"]["registry"] == 110
