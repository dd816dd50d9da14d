"""Tests a task in the list: its fields, their types, and absent fields (huawei-hss.md 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import SimulatedTask, Simulator, Stage
from gate.simulator.task import FailedImage

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, ListTasks

STOPPED = (Stage(state="stopped", progress=50),)


def tasks(*tasks: SimulatedTask, clock: Clock) -> Simulator:
    """A simulator with exactly these tasks."""
    simulator = Simulator("empty", now=clock)
    simulator.tasks.extend(tasks)
    return simulator


def test_a_complete_scan_has_every_documented_field_in_its_documented_type(list_tasks: ListTasks, clock: Clock) -> None:
    """Times are milliseconds, counts are integers, is_all is a boolean."""
    task = SimulatedTask(id="t-1", name="scan", started_ago=600, total=5, failed=1, risky=2)
    with tasks(task, clock=clock) as simulator:
        document = list_tasks(simulator).document
    (listed,) = document["data_list"]

    assert document["total_num"] == 1
    assert listed == {
        "task_id": "t-1",
        "task_name": "scan",
        "begin_time": 1_789_999_400_000,
        "end_time": 1_789_999_640_000,
        "task_type": "manual",
        "task_status": 100,
        "image_type": "registry",
        "scan_scope": 0x7FFFFFFF,
        "rate_limit": 0,
        "is_all": True,
        "risky_num": 2,
        "failed_reason": "",
        "failed_num": 1,
        "success_num": 4,
        "total_num": 5,
        "failed_images": listed["failed_images"],
    }


def test_a_failed_image_has_every_documented_field(list_tasks: ListTasks, clock: Clock) -> None:
    with tasks(SimulatedTask(id="t", name="t", failed=1), clock=clock) as simulator:
        (listed,) = list_tasks(simulator).document["data_list"]
    (failed,) = listed["failed_images"]

    assert failed["image_name"] == "shop/service-1"
    assert failed.keys() == {
        "id",
        "registry_id",
        "registry_name",
        "image_name",
        "image_version",
        "namespace",
        "registry_type",
        "failed_reason",
    }


def test_an_image_sync_task_has_the_fields_of_the_vendors_sample(list_tasks: ListTasks, clock: Clock) -> None:
    """It has no risky_num, since it is not a scan."""
    task = SimulatedTask(id="t-1", name="sync", kind="image_sync", task_type="autoSync")
    with tasks(task, clock=clock) as simulator:
        (listed,) = list_tasks(simulator, type="image_sync").document["data_list"]

    assert listed == {
        "task_id": "t-1",
        "task_name": "sync",
        "begin_time": 1_790_000_000_000,
        "end_time": 1_790_000_000_000,
        "task_type": "autoSync",
        "task_status": 100,
        "failed_num": 0,
        "success_num": 3,
        "total_num": 3,
        "failed_images": [],
    }


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        (Stage(state="queued", progress=7), 0),
        (Stage(state="running", progress=42), 42),
        (Stage(state="running", progress=100), 99),
        (Stage(state="running", progress=-1), 0),
        (Stage(state="complete"), 100),
        (Stage(state="stopped", progress=42), -1),
        (Stage(state="timed-out", progress=42), -2),
        (Stage(state="failed", progress=42), -3),
        (Stage(state="unknown", progress=42), 142),
    ],
)
def test_task_status_holds_state_and_progress(stage: Stage, status: int, list_tasks: ListTasks, clock: Clock) -> None:
    """Only a complete task has 100, and the unknown state is outside of the documented -3 to 100."""
    with tasks(SimulatedTask(id="t", name="t", stages=(stage,)), clock=clock) as simulator:
        (listed,) = list_tasks(simulator).document["data_list"]

    assert listed["task_status"] == status


def test_a_running_task_has_counts_in_proportion_to_its_progress_and_no_end(
    list_tasks: ListTasks, clock: Clock
) -> None:
    """The failed images are listed in the same proportion."""
    stages = (Stage(state="running", progress=50, remaining_minutes=3),)
    task = SimulatedTask(id="t", name="t", stages=stages, total=10, failed=4, risky=6)
    with tasks(task, clock=clock) as simulator:
        (listed,) = list_tasks(simulator).document["data_list"]

    assert (listed["success_num"], listed["failed_num"], listed["risky_num"]) == (3, 2, 3)
    assert len(listed["failed_images"]) == 2
    assert listed["remain_min"] == 3
    assert "end_time" not in listed


def test_a_task_that_did_not_succeed_has_a_failed_reason_and_an_end(list_tasks: ListTasks, clock: Clock) -> None:
    """The reason is separate from those of its images."""
    with tasks(SimulatedTask(id="t", name="t", stages=STOPPED), clock=clock) as simulator:
        (listed,) = list_tasks(simulator).document["data_list"]

    assert listed["failed_reason"] == "The task is stopped."
    assert "end_time" in listed


def test_images_without_a_result_are_counted_only_in_the_total(list_tasks: ListTasks, clock: Clock) -> None:
    with tasks(SimulatedTask(id="t", name="t", total=5, without_result=2), clock=clock) as simulator:
        (listed,) = list_tasks(simulator).document["data_list"]

    assert (listed["total_num"], listed["success_num"], listed["failed_num"]) == (5, 3, 0)


def test_failed_images_can_be_given_independently_of_their_count(list_tasks: ListTasks, clock: Clock) -> None:
    image = FailedImage(
        id=1,
        registry_id="r",
        registry_name="Harbor",
        image_name="shop/cart",
        image_version="1",
        namespace="shop",
        registry_type="Harbor",
        failed_reason="image_over_sized",
    )
    with tasks(SimulatedTask(id="t", name="t", failed=0, failed_images=(image,)), clock=clock) as simulator:
        (listed,) = list_tasks(simulator).document["data_list"]

    assert listed["failed_num"] == 0
    assert [failed["failed_reason"] for failed in listed["failed_images"]] == ["image_over_sized"]


def test_a_missing_count_is_absent_from_the_document(list_tasks: ListTasks) -> None:
    """It is neither null nor zero."""
    with Simulator("uncounted") as simulator:
        listed = list_tasks(simulator, task_name="manual").document["data_list"]

    assert "risky_num" not in listed[0]
