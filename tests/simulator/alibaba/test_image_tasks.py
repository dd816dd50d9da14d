"""Tests how the sub-task of one image is found (alibaba-images.md 1.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gate.simulator import SimulatedTask, Simulator, Stage
from gate.simulator.image import EarlierScan
from tests.simulator.alibaba.actions import leaves
from tests.simulator.alibaba.pushed import CREATE, LATEST, UNFINISHED, bare
from tests.simulator.images import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.simulator.image import ScanFailure
    from tests.simulator.conftest import CallAction, Clock

ONE = listed("one", tag="1", scan_seconds=5)
TWO = listed("two", tag="2", scan_seconds=9)
IMAGE_SCAN = {"TaskType": "IMAGE_SCAN"}


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator with two images, and without tasks."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(ONE)
        simulator.push(TWO)
        yield simulator


def test_unfinished_sub_tasks_are_found_by_digest(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """As in the page of leaves, but with numbers; the id is that of the leaf."""
    task_id = call(simulator, CREATE).document["Data"]["TaskId"]
    clock.now += 2
    (shown,) = call(simulator, UNFINISHED, **IMAGE_SCAN, Target=bare(ONE)).document["OnceTasks"]
    (leaf,) = [
        one for one in leaves(call, simulator, TaskId=task_id) if one["Target"].removeprefix("sha256:") == bare(ONE)
    ]
    clock.now += 4
    left = [
        len(call(simulator, UNFINISHED, **IMAGE_SCAN, Target=bare(one)).document["OnceTasks"]) for one in (ONE, TWO)
    ]

    assert shown == {**leaf, "Status": 1, "FinishCount": 0, "TotalCount": 1}
    assert (leaf["Status"], leaf["FinishCount"], leaf["TotalCount"]) == ("1", "0", "1")
    assert left == [0, 1]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "MissingTaskType"),
        ({"TaskType": "VUL_CHECK_TASK", "Target": "x"}, 400, "InvalidTaskType"),
        (IMAGE_SCAN, 400, "-101"),
        ({**IMAGE_SCAN, "Target": ""}, 400, "-101"),
    ],
)
def test_a_missing_target_has_a_code_of_its_own(
    query: dict[str, str], status: int, code: str, call: CallAction, simulator: Simulator
) -> None:
    response = call(simulator, UNFINISHED, **query)

    assert (response.status, response.document["Code"]) == (status, code)


@pytest.mark.parametrize(
    "query",
    [
        {**IMAGE_SCAN, "Target": ONE.digest},
        {**IMAGE_SCAN, "Target": "other"},
        {"TaskType": "ASSETS_COLLECTION", "Target": bare(ONE)},
    ],
)
def test_no_sub_task_is_found_by_another_target(query: dict[str, str], call: CallAction, simulator: Simulator) -> None:
    """A digest with its algorithm is another one, and servers have no sub-tasks here."""
    call(simulator, CREATE)

    assert call(simulator, UNFINISHED, **query).document["OnceTasks"] == []


def test_the_latest_sub_task_of_a_digest_is_shown_with_its_times(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """Texts have no zone; the time of the end is empty until then."""
    call(simulator, CREATE, Digests=bare(ONE))
    clock.now += 30
    task_id = call(simulator, CREATE, Digests=bare(ONE)).document["Data"]["TaskId"]
    clock.now += 2
    (running,) = call(simulator, LATEST, Digest=bare(ONE)).document["Task"]
    clock.now += 10
    (ended,) = call(simulator, LATEST, Digest=bare(ONE)).document["Task"]
    leaf_ids = [leaf["TaskId"] for leaf in leaves(call, simulator, TaskId=task_id)]

    assert running == {
        "TaskId": leaf_ids[1],
        "Id": running["Id"],
        "Name": "IMAGE_SCAN",
        "TaskType": "IMAGE_SCAN",
        "Source": "openapi",
        "Target": running["Target"],
        "TargetType": "IMAGE",
        "Status": "PROCESSING",
        "Finish": 0,
        "StartTime": 1_790_000_030_000,
        "FinishTime": "",
        "Create": "2026-09-21T22:13:50",
        "Modified": "2026-09-21T22:13:50",
    }
    assert ended == {
        **running,
        "Status": "SUCCESS",
        "Finish": 1,
        "FinishTime": 1_790_000_036_000,
        "Modified": "2026-09-21T22:13:56",
    }
    assert type(running["Id"]) is int


@pytest.mark.parametrize(
    ("failure", "seconds", "status"),
    [
        (None, 0, "MESSAGE_SEND"),
        (None, 2, "PROCESSING"),
        (None, 6, "SUCCESS"),
        ("timed-out", 6, "TIMOUT"),
        ("broken", 6, "FAIL"),
    ],
)
def test_the_latest_sub_task_has_words_of_its_own(
    *, failure: ScanFailure | None, seconds: int, status: str, call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """One of them is misspelt in every document."""
    simulator.push(listed("three", tag="3", scan_seconds=5, failure=failure))
    call(simulator, CREATE, Tags="3")
    clock.now += seconds
    (task,) = call(simulator, LATEST, Digest=bare(listed("three"))).document["Task"]

    assert task["Status"] == status


def test_an_image_without_a_scan_has_no_latest_sub_task(call: CallAction, simulator: Simulator) -> None:
    """A task of another kind is none, and a digest is needed."""
    simulator.tasks.append(SimulatedTask(id="sync", name="t", kind="image_sync", stages=(Stage(state="running"),)))

    assert call(simulator, LATEST, Digest=bare(ONE)).document["Task"] == []
    assert call(simulator, LATEST).document["Code"] == "MissingDigest"


def test_a_scan_from_before_the_simulator_is_the_latest_one_of_its_digest_if_there_is_no_other(
    call: CallAction, simulator: Simulator
) -> None:
    """Of this digest alone, whatever its tag stands for by now."""
    old = listed("old", tag="9", pushed_ago=7200.0, earlier=EarlierScan(ago=60.0))
    simulator.push(old)
    simulator.push(listed("failed", tag="8", earlier=EarlierScan(ago=90.0, failure="timed-out")))
    simulator.push(listed("new", tag="9"))
    (before,) = call(simulator, LATEST, Digest=bare(old)).document["Task"]

    assert (before["Status"], before["Target"]) == ("SUCCESS", bare(old))
    assert before["FinishTime"] - before["StartTime"] == 60_000
    (failed,) = call(simulator, LATEST, Digest=bare(listed("failed"))).document["Task"]
    assert failed["Status"] == "TIMOUT"
    assert call(simulator, LATEST, Digest=bare(listed("new"))).document["Task"] == []

    simulator.account.unverified = replace(simulator.account.unverified, forgets_old_scans=True)
    assert call(simulator, LATEST, Digest=bare(old)).document["Task"] == []


def test_the_images_of_a_task_that_names_none_are_found_too(call: CallAction, simulator: Simulator) -> None:
    """Both modes of a client see one world."""
    simulator.tasks.append(SimulatedTask(id="scan", name="t", task_type="cycle"))
    _, leaf, *_ = leaves(call, simulator)
    (task,) = call(simulator, LATEST, Digest=leaf["Target"].removeprefix("sha256:")).document["Task"]

    assert (task["TaskId"], task["Source"]) == (leaf["TaskId"], "schedule")
