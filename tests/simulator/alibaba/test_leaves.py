"""Tests the sub-tasks of a task: DescribeOnceTaskLeafRecordPage (alibaba-security-center.md 2.1)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import FailedImage, SimulatedTask, Simulator, Stage
from tests.simulator.alibaba.actions import LEAVES, PAGE, SIMULATOR_STARTED, leaves, simulator_with

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.simulator.task import State
    from tests.simulator.conftest import CallAction, Clock

TASK = SimulatedTask(id="scanned", name="scan", started_ago=600)
STARTED = SIMULATOR_STARTED - 600_000


def image_results(rows: Iterable[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """StatusText and ResultInfo of every leaf that is an image."""
    return [(leaf["StatusText"], leaf.get("ResultInfo")) for leaf in rows if leaf["TargetType"] == "IMAGE"]


def test_a_leaf_has_every_documented_field_in_its_documented_type(call: CallAction, clock: Clock) -> None:
    """Its counts are strings, and its CostTimeInfo is a JSON string."""
    with simulator_with(TASK, clock=clock) as simulator:
        document = call(simulator, LEAVES, **PAGE).document
    _, leaf, other, _ = document["OnceTasks"]
    image = leaf.pop("TaskImageInfo")

    assert document["PageInfo"] == {"CurrentPage": 1, "PageSize": 50, "TotalCount": 4, "Count": 4}
    assert leaf == {
        "TaskId": leaf["TaskId"],
        "TaskName": "IMAGE_SCAN",
        "TaskType": "IMAGE_SCAN",
        "Target": f"sha256:{image['Digest'].removeprefix('sha256:')}",
        "TargetType": "IMAGE",
        "StatusText": "SUCCESS",
        "Status": "2",
        "Finish": 1,
        "Progress": 100,
        "FinishCount": "1",
        "TotalCount": "1",
        "ResultInfo": "SUCCESS",
        "StartTime": STARTED,
        "EndTime": STARTED + 240_000,
        "RealRunTime": STARTED,
    }
    assert len(leaf["TaskId"]) == 32
    assert set(json.loads(image["CostTimeInfo"]).values()) == {STARTED + 240_000}
    assert (image["RepoNamespace"], image["RepoName"], image["Tag"]) == ("shop", "app-1", "2.1.0")
    assert len(other["Target"]) == 64


def test_the_repository_is_a_leaf_too(call: CallAction, clock: Clock) -> None:
    """It is the first leaf, and the only one of a task without images; it has no TaskImageInfo."""
    with simulator_with(replace(TASK, total=0), clock=clock) as simulator:
        (repository,) = leaves(call, simulator)

    assert (repository["TargetType"], repository["StatusText"]) == ("IMAGE_REPO", "SUCCESS")
    assert "TaskImageInfo" not in repository


def test_related_info_can_be_left_out(call: CallAction, clock: Clock) -> None:
    """The vendor's SDK for Python sends True and False."""
    with simulator_with(TASK, clock=clock) as simulator:
        has_info = ["TaskImageInfo" in leaves(call, simulator, RelateInfo=value)[1] for value in (True, "true", False)]

    assert has_info == [True, True, False]


def test_failed_images_come_last_and_rotate_through_the_kinds_of_failure(call: CallAction, clock: Clock) -> None:
    """One kind of failure has the status SUCCESS, and a success has three forms."""
    with simulator_with(replace(TASK, total=7, failed=4), clock=clock) as simulator:
        results = image_results(leaves(call, simulator))

    assert results == [
        ("SUCCESS", "SUCCESS"),
        ("SUCCESS", ""),
        ("SUCCESS", None),
        ("FAIL", None),
        ("TIMEOUT", None),
        ("SUCCESS", "TASK_NOT_SUPPORT_REGION"),
        ("FAIL", None),
    ]


def test_kinds_of_failure_and_failed_images_can_be_given(call: CallAction, clock: Clock) -> None:
    """More failed images than the count are more failures."""
    image = FailedImage(
        id=1,
        registry_id="r",
        registry_name="Harbor",
        image_name="shop/cart",
        image_version="7",
        namespace="shop",
        registry_type="Harbor",
        failed_reason="image_over_sized",
    )
    task = replace(TASK, failure_kinds=("unsupported",), failed_images=(image,))
    with simulator_with(task, clock=clock) as simulator:
        *_, last = rows = leaves(call, simulator)

    assert image_results(rows)[2:] == [("SUCCESS", "TASK_NOT_SUPPORT_REGION")]
    assert (last["TaskImageInfo"]["RepoName"], last["TaskImageInfo"]["Tag"]) == ("cart", "7")


def test_images_without_a_result_stay_unfinished_in_a_complete_task(call: CallAction, clock: Clock) -> None:
    with simulator_with(replace(TASK, total=5, without_result=2, failed=1), clock=clock) as simulator:
        *_, started, waiting, failed = leaves(call, simulator)

    assert [leaf["StatusText"] for leaf in (started, waiting, failed)] == ["START", "INIT", "FAIL"]
    assert [leaf["Status"] for leaf in (started, waiting, failed)] == ["1", "0", "3"]
    assert [leaf["Finish"] for leaf in (started, waiting, failed)] == [0, 0, 1]
    assert (waiting["FinishCount"], waiting["Progress"]) == ("0", 0)
    assert "EndTime" not in waiting


@pytest.mark.parametrize(
    ("state", "progress", "expected"),
    [
        ("queued", 0, ["INIT", "INIT", "INIT", "INIT", "INIT"]),
        ("running", 0, ["START", "START", "INIT", "START", "INIT"]),
        ("running", 50, ["START", "SUCCESS", "SUCCESS", "START", "INIT"]),
        ("timed-out", 25, ["TIMEOUT", "SUCCESS", "START", "INIT", "START"]),
        ("complete", 0, ["SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS"]),
        ("unknown", 0, ["HIBERNATED", "START", "INIT", "START", "INIT"]),
    ],
)
def test_leaves_finish_in_proportion_to_the_progress_of_their_task(
    state: State, progress: int, expected: list[str], call: CallAction, clock: Clock
) -> None:
    """The repository has the status of the task."""
    task = replace(TASK, total=4, stages=(Stage(state=state, progress=progress),))
    with simulator_with(task, clock=clock) as simulator:
        assert [leaf["StatusText"] for leaf in leaves(call, simulator)] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "aaaabbbb"),
        ({"TaskId": "b"}, "bbbb"),
        ({"TaskId": "unknown"}, ""),
        ({"TaskType": "IMAGE_REGISTRY_PULL"}, "c"),
        ({"Source": "schedule"}, "aaaa"),
        ({"StartTime": STARTED + 100_000}, "bbbb"),
        ({"StartTime": STARTED + 100_001}, ""),
        ({"EndTime": STARTED}, "aaaa"),
        ({"EndTime": STARTED - 1}, ""),
        ({"StatusList.1": "FAIL"}, "b"),
        ({"StatusList.1": "FAIL", "StatusList.2": "TIMEOUT"}, "bb"),
        ({"StatusList.1": "UNDOCUMENTED"}, ""),
        ({"Undocumented": "x"}, "aaaabbbb"),
    ],
)
def test_every_filter_keeps_the_matching_leaves(
    query: dict[str, object], expected: str, call: CallAction, clock: Clock
) -> None:
    """Without an id, the leaves of all tasks are listed; other task types have none."""
    tasks = (
        replace(TASK, id="a", task_type="cycle"),
        replace(TASK, id="b", started_ago=500, failed=2),
        replace(TASK, id="c", kind="image_sync"),
        replace(TASK, id="d", kind="vul_check_task"),
    )
    with simulator_with(*tasks, clock=clock) as simulator:
        owners = {
            leaf["TaskId"]: task.id
            for task in tasks
            for leaf in leaves(call, simulator, TaskId=task.id)
            + leaves(call, simulator, TaskId=task.id, TaskType="IMAGE_REGISTRY_PULL")
        }
        rows = leaves(call, simulator, **query)

    assert "".join(owners[leaf["TaskId"]] for leaf in rows) == expected


def test_the_leaves_of_a_task_with_a_numeric_id_are_requested_by_the_number(call: CallAction, clock: Clock) -> None:
    with simulator_with(replace(TASK, id="4711", id_form="number"), clock=clock) as simulator:
        assert len(leaves(call, simulator, TaskId=4711)) == 4


def test_pages_are_never_longer_than_the_cap(call: CallAction, clock: Clock) -> None:
    """Page numbers count pages of that length, so that all pages together hold every leaf once."""
    with simulator_with(replace(TASK, total=119), clock=clock) as simulator:
        pages = [call(simulator, LEAVES, **{**PAGE, "PageSize": 100, "CurrentPage": n}).document for n in range(1, 5)]

    assert [page["PageInfo"] for page in pages] == [
        {"CurrentPage": 1, "PageSize": 50, "TotalCount": 120, "Count": 50},
        {"CurrentPage": 2, "PageSize": 50, "TotalCount": 120, "Count": 50},
        {"CurrentPage": 3, "PageSize": 50, "TotalCount": 120, "Count": 20},
        {"CurrentPage": 4, "PageSize": 50, "TotalCount": 120, "Count": 0},
    ]
    assert len({leaf["TaskId"] for page in pages for leaf in page["OnceTasks"]}) == 120


@pytest.mark.parametrize(("page_size", "cap", "length"), [(None, 50, 20), (30, 50, 30), (100, 1000, 100), (100, 7, 7)])
def test_a_page_has_the_requested_length_up_to_the_cap(
    page_size: int | None, cap: int, length: int, call: CallAction, clock: Clock
) -> None:
    """The default is twenty; the cap is set by the test."""
    with simulator_with(replace(TASK, total=200), clock=clock) as simulator:
        simulator.page_cap = cap

        assert len(leaves(call, simulator, PageSize=page_size)) == length


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"TaskType": None}, "MissingTaskType"),
        ({"TaskType": "VUL_CHECK_TASK"}, "InvalidTaskType"),
        ({"CurrentPage": None}, "MissingCurrentPage"),
        ({"CurrentPage": 0}, "InvalidCurrentPage"),
        ({"CurrentPage": "\u0661"}, "InvalidCurrentPage"),
        ({"PageSize": 0}, "InvalidPageSize"),
        ({"PageSize": -1}, "InvalidPageSize"),
        ({"RelateInfo": None}, "MissingRelateInfo"),
        ({"RelateInfo": "yes"}, "InvalidRelateInfo"),
        ({"StartTime": "now"}, "InvalidStartTime"),
        ({"EndTime": "now"}, "InvalidEndTime"),
    ],
)
def test_a_missing_or_invalid_parameter_is_rejected(
    query: dict[str, object], code: str, call: CallAction, clock: Clock
) -> None:
    """The error code contains the name of the parameter."""
    with Simulator(now=clock) as simulator:
        response = call(simulator, LEAVES, **{**PAGE, **query})

    assert (response.status, response.document["Code"]) == (400, code)
