"""Tests how a task advances from stage to stage, by polls and by time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.simulator import SimulatedTask, Simulator, Stage
from gate.simulator.progress import TaskProgress

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, ListTasks

COMPLETE = Stage(state="complete")


def running(progress: int, *, polls: int | None = None, seconds: float | None = None) -> Stage:
    """A stage in which the task runs."""
    return Stage(state="running", progress=progress, polls=polls, seconds=seconds)


def task_progress(*stages: Stage) -> TaskProgress:
    """A task that starts at 100 with these stages."""
    return TaskProgress(task=SimulatedTask(id="t", name="t", stages=stages), started=100, known_since=0)


def poll(list_tasks: ListTasks, simulator: Simulator) -> list[int]:
    """The status of each listed task."""
    return [task["task_status"] for task in list_tasks(simulator).document["data_list"]]


def test_a_stage_ends_after_its_number_of_polls(list_tasks: ListTasks) -> None:
    """The next poll shows the next stage, and the last stage never ends."""
    with Simulator("empty") as simulator:
        simulator.tasks.append(
            SimulatedTask(id="t", name="t", stages=(running(10, polls=2), running(60, polls=1), COMPLETE))
        )
        polls = [poll(list_tasks, simulator) for _ in range(5)]

    assert polls == [[10], [10], [60], [100], [100]]


def test_only_a_response_that_shows_the_task_counts_as_a_poll(list_tasks: ListTasks) -> None:
    """A filter or a page that leaves the task out does not count, and neither does an error."""
    with Simulator("empty") as simulator:
        simulator.tasks.append(SimulatedTask(id="t", name="t", stages=(running(10, polls=1), COMPLETE)))
        list_tasks(simulator, task_id="another")
        list_tasks(simulator, offset=1)
        list_tasks(simulator, limit=1)

        assert poll(list_tasks, simulator) == [10]
        assert poll(list_tasks, simulator) == [100]


def test_a_stage_ends_after_its_number_of_seconds(list_tasks: ListTasks, clock: Clock) -> None:
    """The number of polls does not matter, and several stages can end between two polls."""
    stages = (running(10, seconds=5), running(40, seconds=5), running(70, seconds=5), COMPLETE)
    polls = []
    with Simulator("empty", now=clock) as simulator:
        simulator.tasks.append(SimulatedTask(id="t", name="t", stages=stages))
        for step in (0, 4.9, 0.1, 9.9, 0.1):
            clock.now += step
            polls += poll(list_tasks, simulator)

    assert polls == [10, 10, 40, 70, 100]


def test_a_stage_with_polls_and_seconds_ends_with_whichever_comes_first() -> None:
    by_polls = task_progress(running(10, polls=1, seconds=50), COMPLETE)
    by_time = task_progress(running(10, polls=9, seconds=50), COMPLETE)
    by_polls.poll()

    assert by_polls.snapshot(101).stage == COMPLETE
    assert by_time.snapshot(149).stage.progress == 10
    assert by_time.snapshot(150).stage == COMPLETE


def test_a_stage_without_polls_and_seconds_never_ends() -> None:
    """Later stages are never reached."""
    stuck = task_progress(running(60), COMPLETE)
    stuck.poll()

    assert stuck.snapshot(1e9).stage.progress == 60


def test_stages_by_polls_and_by_seconds_can_be_mixed() -> None:
    """A stage by seconds starts when the stage before it ended."""
    task = task_progress(running(10, polls=1), running(60, seconds=20), COMPLETE)
    task.snapshot(100)
    task.poll()

    assert task.snapshot(110).stage.progress == 60
    assert task.snapshot(129).stage.progress == 60
    assert task.snapshot(130).ended == 130


def test_a_task_ends_when_its_last_stage_starts() -> None:
    """A running task has no end; a task that was added complete ended between its start and the time it was added."""
    task = task_progress(running(10, seconds=20), COMPLETE)
    added_late = TaskProgress(task=SimulatedTask(id="t", name="t"), started=100, known_since=9999)
    added_early = TaskProgress(task=SimulatedTask(id="t", name="t"), started=100, known_since=150)

    assert task.snapshot(110).ended is None
    assert task.snapshot(999).ended == 120
    assert added_late.snapshot(9999).ended == 340
    assert added_early.snapshot(150).ended == 150


def test_a_task_is_not_listed_before_its_start_time(list_tasks: ListTasks, clock: Clock) -> None:
    """Its first stage starts at its start time, not with the simulator."""
    late = SimulatedTask(id="t", name="t", started_ago=-30, stages=(running(10, seconds=5), COMPLETE))
    with Simulator("empty", now=clock) as simulator:
        simulator.tasks.append(late)
        polls = [poll(list_tasks, simulator)]
        for step in (29.9, 0.1, 5):
            clock.now += step
            polls.append(poll(list_tasks, simulator))

    assert polls == [[], [], [10], [100]]


def test_the_first_stage_of_a_task_that_is_added_later_starts_when_it_is_added(
    list_tasks: ListTasks, clock: Clock
) -> None:
    """The same holds for a task that replaces another one."""
    first = SimulatedTask(id="t", name="t", stages=(running(10, seconds=5), COMPLETE))
    with Simulator("empty", now=clock) as simulator:
        simulator.tasks.append(first)
        clock.now += 100
        before = poll(list_tasks, simulator)
        clock.now += 100
        simulator.tasks[0] = replace(first, stages=(running(30, seconds=5), COMPLETE))
        after = poll(list_tasks, simulator)

    assert (before, after) == ([10], [30])


def test_a_restarted_simulator_starts_its_tasks_again(list_tasks: ListTasks, clock: Clock) -> None:
    """It listens on the same port."""
    simulator = Simulator("empty", now=clock)
    simulator.tasks.append(SimulatedTask(id="t", name="t", stages=(running(10, polls=1), COMPLETE)))
    runs = []
    for _ in range(2):
        with simulator:
            runs.append((simulator.port, poll(list_tasks, simulator), poll(list_tasks, simulator)))

    assert runs[0] == runs[1]
    assert runs[0][1:] == ([10], [100])
