"""The search for the task that is judged: what a later poll no longer shows still counts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.find_task import SeenTasks, find_task
from gate.policy import Policy
from gate.scan import ScanTask, TaskState
from gate.simulator import Stage
from tests.builders import NOW, a_failed_image, a_task
from tests.harness import CLOUDS
from tests.images.scripted import a_connection, a_poller
from tests.test_meaning import COMPLETE, SINCE, a_scan, reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import FakeTime
    from tests.harness import Gate

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rewrite_task(gate: Gate, change: Callable[[dict[str, Any]], object]) -> None:
    """Changes the task in every response that shows it: the rows of Huawei Cloud, the document of Alibaba Cloud."""

    def rewrite(operation: str, document: dict[str, Any]) -> dict[str, Any]:
        shows_task = operation in {"GetLastOnceTaskInfo", "GetOnceTaskResultInfo"}
        for task in document["data_list"] if operation == "tasks" else [document] * shows_task:
            change(task)
        return document

    gate.simulator.rewrite = rewrite


def set_start(task: dict[str, Any], start: int | None) -> None:
    """States another start time in the field that the task of this cloud has for it, in ms since 1970."""
    task["begin_time" if "begin_time" in task else "CollectTime"] = start


def id_in(task: dict[str, Any]) -> object:
    """The id of a task, as either cloud states it."""
    return task.get("task_id") or task.get("TaskId")


# A task is as old as it ever was.


@pytest.mark.parametrize("arguments", [(), SINCE], ids=["max-age", "started-after"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_stale_task_does_not_become_fresh_by_a_later_start_under_its_id(
    cloud: str, arguments: tuple[str, ...], gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", 1.0, Stage(state="running", progress=50, seconds=30), COMPLETE))

    def change(task: dict[str, Any]) -> None:
        if gate.time.elapsed < 10:
            set_start(task, round((NOW - 3 * DAY).timestamp() * 1000))

    rewrite_task(gate, change)

    assert reason(gate, *arguments, "--appear-timeout", "2m") == (7, "stale")


def test_each_task_is_as_old_as_its_own_earliest_start() -> None:
    seen = SeenTasks()
    one, other = a_task(id="one", started_at=NOW - HOUR), a_task(id="other", started_at=NOW)

    seen.candidates([one, other])

    assert seen.candidates([a_task(id="one", started_at=NOW), other]) == [one, other]
    assert seen.candidates([a_task(id="one", started_at=NOW - DAY)])[0].started_at == NOW - DAY
    assert seen.candidates([one])[0].started_at == NOW - DAY


@pytest.mark.parametrize(
    "task", [a_task(id="", started_at=NOW), a_task(id="one", started_at=None)], ids=["id", "start"]
)
def test_a_task_without_an_id_or_a_start_is_taken_as_it_is(task: ScanTask) -> None:
    seen = SeenTasks()
    seen.candidates([a_task(id=task.id, started_at=NOW - HOUR)])

    assert seen.candidates([task]) == [task]


def test_a_start_after_the_end_is_a_sign_against_complete_whatever_start_was_stated_before(
    gate_in: Callable[..., Gate],
) -> None:
    """A scan that starts again under its id may still state the end and the counts of the run before."""
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours", 600.0))
    first, end, later = (round((NOW - timedelta(seconds=ago)).timestamp() * 1000) for ago in (600, 300, 200))

    def change(task: dict[str, Any]) -> None:
        is_first = gate.time.elapsed == 0
        # The search goes on after a scope that is too narrow.
        task |= {"end_time": end, "scan_scope": 0 if is_first else task["scan_scope"]}
        set_start(task, first if is_first else later)

    rewrite_task(gate, change)

    assert reason(gate, "--timeout", "2m") == (5, "not-plainly-complete")


# A task that was chosen is a candidate still when it is listed no more.


@pytest.mark.parametrize("arguments", [(), SINCE], ids=["max-age", "started-after"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_newer_task_that_is_no_longer_listed_does_not_make_an_older_one_the_newest(
    cloud: str, arguments: tuple[str, ...], gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks += [a_scan("older"), a_scan("newer", 60.0, Stage(state="queued"))]
    rewrite_task(gate, lambda task: set_start(task, None) if id_in(task) == "newer" else None)
    gate.time.at_elapsed(1, gate.simulator.tasks.pop)

    ending = gate.check(*arguments, "--appear-timeout", "1m")

    (found,) = ending.report["reasons"]
    assert ending.code == 7
    assert found["code"] in {"not-listed", "ambiguous-task"}
    assert "newer" in found["message"]


def choices(*polls: list[ScanTask], policy: Policy = Policy()) -> list[tuple[str, str | None]]:  # noqa: B008 - frozen
    """The id of the task that each poll chose, and the code of the objection to it."""
    seen = SeenTasks()
    chosen = [seen.choose(listed, policy, NOW) for listed in polls]
    return [(one.task.id if one.task else "", one.objection.code if one.objection else None) for one in chosen]


def test_a_task_that_was_not_chosen_may_be_listed_no_more() -> None:
    older, newer = a_task(id="older", started_at=NOW - HOUR), a_task(id="newer", started_at=NOW)

    assert choices([older, newer], [newer]) == [("newer", None), ("newer", None)]


def test_a_task_that_is_listed_no_more_gives_way_to_a_newer_one() -> None:
    lost, newer = a_task(id="lost", started_at=NOW - HOUR), a_task(id="newer", started_at=NOW)

    assert choices([lost], [], [newer]) == [("lost", None), ("lost", "not-listed"), ("newer", None)]


def test_a_stale_task_that_is_listed_no_more_is_stale() -> None:
    stale = a_task(id="stale", started_at=NOW - 2 * DAY)

    assert choices([stale], []) == [("stale", "stale"), ("stale", "stale")]


def test_a_queued_task_that_is_listed_no_more_is_not_called_queued() -> None:
    queued = a_task(id="queued", state=TaskState.RUNNING, started_at=None, ended_at=None, progress=None)

    assert choices([queued], []) == [("queued", "no-begin"), ("queued", "not-listed")]


def test_a_task_that_is_listed_again_is_judged() -> None:
    task = a_task(id="back", started_at=NOW - HOUR)

    assert choices([task], [], [task]) == [("back", None), ("back", "not-listed"), ("back", None)]


def test_what_is_kept_of_a_chosen_task_has_no_failed_images() -> None:
    seen = SeenTasks()
    task = a_task(id="one", started_at=NOW - HOUR, failed_images=(a_failed_image(),))

    assert seen.choose([task], Policy(), NOW).task == task
    (gone,) = seen.candidates([])
    assert gone.failed_images == ()
    assert gone.is_gone


class OneTask:
    """A cloud that lists one task."""

    def __init__(self, task: ScanTask) -> None:
        self.task = task

    def matching_tasks(self) -> list[ScanTask]:
        """The task."""
        return [self.task]


@pytest.mark.parametrize("state", [TaskState.RUNNING, TaskState.COMPLETE])
def test_the_images_of_a_task_that_goes_on_are_not_held_for_the_whole_wait(
    state: TaskState, fake_time: FakeTime
) -> None:
    """Each of its polls lists those so far anew."""
    cloud: Any = OneTask(a_task(state=state, failed_images=(a_failed_image(),)))
    connection = a_connection(fake_time)

    found = find_task(cloud, a_poller(connection), connection)

    assert isinstance(found, ScanTask)
    assert len(found.failed_images) == (state is TaskState.COMPLETE)
