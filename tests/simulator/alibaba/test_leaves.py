"""The sub-tasks of a task: DescribeOnceTaskLeafRecordPage (alibaba-security-center.md 2.1)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import FailedImage, SimulatedTask, Simulator, Stage
from tests.simulator.alibaba.asking import LEAVES, PAGE, START, holding, leaves

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.simulator.task import State
    from tests.simulator.conftest import Act, Clock

TASK = SimulatedTask(id="ours", name="scan", started_ago=600)
BEGAN = START - 600_000


def endings(listed: Iterable[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Status and result of every leaf that is an image."""
    return [(leaf["StatusText"], leaf.get("ResultInfo")) for leaf in listed if leaf["TargetType"] == "IMAGE"]


def test_a_leaf_has_every_documented_field_in_its_documented_type(act: Act, clock: Clock) -> None:
    """Its counts are texts, and what its scan cost is JSON in a text."""
    with holding(TASK, clock=clock) as simulator:
        document = act(simulator, LEAVES, **PAGE).document
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
        "StartTime": BEGAN,
        "EndTime": BEGAN + 240_000,
        "RealRunTime": BEGAN,
    }
    assert len(leaf["TaskId"]) == 32
    assert set(json.loads(image["CostTimeInfo"]).values()) == {BEGAN + 240_000}
    assert (image["RepoNamespace"], image["RepoName"], image["Tag"]) == ("shop", "app-1", "2.1.0")
    assert len(other["Target"]) == 64


def test_the_repository_is_a_leaf_too(act: Act, clock: Clock) -> None:
    """The first one, and the only one of a task without images; it has no image to tell of."""
    with holding(replace(TASK, total=0), clock=clock) as simulator:
        (repository,) = leaves(act, simulator)

    assert (repository["TargetType"], repository["StatusText"]) == ("IMAGE_REPO", "SUCCESS")
    assert "TaskImageInfo" not in repository


def test_what_is_related_can_be_left_out(act: Act, clock: Clock) -> None:
    """The vendor's SDK for Python writes its booleans with a capital letter."""
    with holding(TASK, clock=clock) as simulator:
        shown = ["TaskImageInfo" in leaves(act, simulator, RelateInfo=word)[1] for word in (True, "true", False)]

    assert shown == [True, True, False]


def test_images_fail_in_every_way_by_turns_and_last_of_all(act: Act, clock: Clock) -> None:
    """One of the ways is a success; and success itself is said in three ways."""
    with holding(replace(TASK, total=7, failed=4), clock=clock) as simulator:
        seen = endings(leaves(act, simulator))

    assert seen == [
        ("SUCCESS", "SUCCESS"),
        ("SUCCESS", ""),
        ("SUCCESS", None),
        ("FAIL", None),
        ("TIMEOUT", None),
        ("SUCCESS", "TASK_NOT_SUPPORT_REGION"),
        ("FAIL", None),
    ]


def test_how_images_fail_can_be_told(act: Act, clock: Clock) -> None:
    """And which ones, as for any cloud; more names than failures are more failures."""
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
    task = replace(TASK, failing=("unsupported",), failed_images=(image,))
    with holding(task, clock=clock) as simulator:
        *_, last = listed = leaves(act, simulator)

    assert endings(listed)[2:] == [("SUCCESS", "TASK_NOT_SUPPORT_REGION")]
    assert (last["TaskImageInfo"]["RepoName"], last["TaskImageInfo"]["Tag"]) == ("cart", "7")


def test_images_without_a_result_are_never_done(act: Act, clock: Clock) -> None:
    """Although the task is complete."""
    with holding(replace(TASK, total=5, without_result=2, failed=1), clock=clock) as simulator:
        *_, started, waiting, failed = leaves(act, simulator)

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
def test_leaves_are_done_in_step_with_their_task(
    state: State, progress: int, expected: list[str], act: Act, clock: Clock
) -> None:
    """The repository says what the task says."""
    task = replace(TASK, total=4, stages=(Stage(state=state, progress=progress),))
    with holding(task, clock=clock) as simulator:
        assert [leaf["StatusText"] for leaf in leaves(act, simulator)] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "aaaabbbb"),
        ({"TaskId": "b"}, "bbbb"),
        ({"TaskId": "nobody's"}, ""),
        ({"TaskType": "IMAGE_REGISTRY_PULL"}, "c"),
        ({"Source": "schedule"}, "aaaa"),
        ({"StartTime": BEGAN + 100_000}, "bbbb"),
        ({"StartTime": BEGAN + 100_001}, ""),
        ({"EndTime": BEGAN}, "aaaa"),
        ({"EndTime": BEGAN - 1}, ""),
        ({"StatusList.1": "FAIL"}, "b"),
        ({"StatusList.1": "FAIL", "StatusList.2": "TIMEOUT"}, "bb"),
        ({"StatusList.1": "NEVER_HEARD_OF"}, ""),
        ({"NeverHeardOf": "it"}, "aaaabbbb"),
    ],
)
def test_every_filter_keeps_what_it_names(query: dict[str, object], expected: str, act: Act, clock: Clock) -> None:
    """Without an id, the leaves of all tasks are listed; other types have none."""
    several = (
        replace(TASK, id="a", task_type="cycle"),
        replace(TASK, id="b", started_ago=500, failed=2),
        replace(TASK, id="c", kind="image_sync"),
        replace(TASK, id="d", kind="vul_check_task"),
    )
    with holding(*several, clock=clock) as simulator:
        owners = {
            leaf["TaskId"]: task.id
            for task in several
            for leaf in leaves(act, simulator, TaskId=task.id)
            + leaves(act, simulator, TaskId=task.id, TaskType="IMAGE_REGISTRY_PULL")
        }
        listed = leaves(act, simulator, **query)

    assert "".join(owners[leaf["TaskId"]] for leaf in listed) == expected


def test_a_task_by_number_has_leaves(act: Act, clock: Clock) -> None:
    """They are asked for by the number."""
    with holding(replace(TASK, id="4711", id_form="number"), clock=clock) as simulator:
        assert len(leaves(act, simulator, TaskId=4711)) == 4


def test_pages_are_never_longer_than_the_cap(act: Act, clock: Clock) -> None:
    """And count in steps of it, so that together they hold every leaf once."""
    with holding(replace(TASK, total=119), clock=clock) as simulator:
        pages = [act(simulator, LEAVES, **{**PAGE, "PageSize": 100, "CurrentPage": n}).document for n in range(1, 5)]

    assert [page["PageInfo"] for page in pages] == [
        {"CurrentPage": 1, "PageSize": 50, "TotalCount": 120, "Count": 50},
        {"CurrentPage": 2, "PageSize": 50, "TotalCount": 120, "Count": 50},
        {"CurrentPage": 3, "PageSize": 50, "TotalCount": 120, "Count": 20},
        {"CurrentPage": 4, "PageSize": 50, "TotalCount": 120, "Count": 0},
    ]
    assert len({leaf["TaskId"] for page in pages for leaf in page["OnceTasks"]}) == 120


@pytest.mark.parametrize(("asked", "cap", "length"), [(None, 50, 20), (30, 50, 30), (100, 1000, 100), (100, 7, 7)])
def test_a_page_is_as_long_as_asked_and_allowed(
    asked: int | None, cap: int, length: int, act: Act, clock: Clock
) -> None:
    """Twenty, unless told otherwise; the cap is the test's."""
    with holding(replace(TASK, total=200), clock=clock) as simulator:
        simulator.page_cap = cap

        assert len(leaves(act, simulator, PageSize=asked)) == length


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
def test_a_parameter_that_is_missing_or_wrong_is_refused(
    query: dict[str, object], code: str, act: Act, clock: Clock
) -> None:
    """With an error that is named after it."""
    with Simulator(now=clock) as simulator:
        seen = act(simulator, LEAVES, **{**PAGE, **query})

    assert (seen.status, seen.document["Code"]) == (400, code)
