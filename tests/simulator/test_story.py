"""A task's story: scene by scene, by looks and by time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.simulator import SimulatedTask, Simulator, Stage
from gate.simulator.task import TaskProgress

if TYPE_CHECKING:
    from tests.simulator.conftest import AskTasks, Clock

COMPLETE = Stage(state="complete")


def running(progress: int, *, polls: int | None = None, seconds: float | None = None) -> Stage:
    """A scene in which the task is at work."""
    return Stage(state="running", progress=progress, polls=polls, seconds=seconds)


def course(*stages: Stage) -> TaskProgress:
    """A task that begins at 100 with this story."""
    return TaskProgress(task=SimulatedTask(id="t", name="t", stages=stages), started=100, known_since=0)


def progress(ask_tasks: AskTasks, simulator: Simulator) -> list[int]:
    """What one look shows."""
    return [task["task_status"] for task in ask_tasks(simulator).document["data_list"]]


def test_a_scene_lasts_for_so_many_looks(ask_tasks: AskTasks) -> None:
    """The next look shows the next scene, and the last scene stays."""
    with Simulator("empty") as simulator:
        simulator.tasks.append(
            SimulatedTask(id="t", name="t", stages=(running(10, polls=2), running(60, polls=1), COMPLETE))
        )
        seen = [progress(ask_tasks, simulator) for _ in range(5)]

    assert seen == [[10], [10], [60], [100], [100]]


def test_only_an_answer_that_shows_the_task_is_a_look(ask_tasks: AskTasks) -> None:
    """A filter or a page that leaves it out does not move its story, and neither does a refusal."""
    with Simulator("empty") as simulator:
        simulator.tasks.append(SimulatedTask(id="t", name="t", stages=(running(10, polls=1), COMPLETE)))
        ask_tasks(simulator, task_id="another")
        ask_tasks(simulator, offset=1)
        ask_tasks(simulator, limit=1)

        assert progress(ask_tasks, simulator) == [10]
        assert progress(ask_tasks, simulator) == [100]


def test_a_scene_lasts_for_so_many_seconds(ask_tasks: AskTasks, clock: Clock) -> None:
    """However often one looks; several scenes may pass between two looks."""
    stages = (running(10, seconds=5), running(40, seconds=5), running(70, seconds=5), COMPLETE)
    seen = []
    with Simulator("empty", now=clock) as simulator:
        simulator.tasks.append(SimulatedTask(id="t", name="t", stages=stages))
        for step in (0, 4.9, 0.1, 9.9, 0.1):
            clock.now += step
            seen += progress(ask_tasks, simulator)

    assert seen == [10, 10, 40, 70, 100]


def test_a_scene_with_both_lengths_ends_with_the_shorter() -> None:
    """Looks can cut it short, and so can time."""
    by_looks, by_time = (
        course(running(10, polls=1, seconds=50), COMPLETE),
        course(running(10, polls=9, seconds=50), COMPLETE),
    )
    by_looks.poll()

    assert by_looks.at(101).stage == COMPLETE
    assert by_time.at(149).stage.progress == 10
    assert by_time.at(150).stage == COMPLETE


def test_a_scene_with_no_length_lasts_for_ever() -> None:
    """Whatever comes after it is never seen."""
    stuck = course(running(60), COMPLETE)
    stuck.poll()

    assert stuck.at(1e9).stage.progress == 60


def test_time_by_looks_and_time_by_seconds_follow_on_each_other() -> None:
    """A scene by time begins when the one before it ended."""
    told = course(running(10, polls=1), running(60, seconds=20), COMPLETE)
    told.at(100)
    told.poll()

    assert told.at(110).stage.progress == 60
    assert told.at(129).stage.progress == 60
    assert told.at(130).ended == 130


def test_a_task_ends_when_its_story_does() -> None:
    """A running task has no end, and a task that was over from the start ended between its begin and its first look."""
    told = course(running(10, seconds=20), COMPLETE)
    old = TaskProgress(task=SimulatedTask(id="t", name="t"), started=100, known_since=9999)
    young = TaskProgress(task=SimulatedTask(id="t", name="t"), started=100, known_since=150)

    assert told.at(110).ended is None
    assert told.at(999).ended == 120
    assert old.at(9999).ended == 340
    assert young.at(150).ended == 150


def test_a_task_is_not_listed_before_it_begins(ask_tasks: AskTasks, clock: Clock) -> None:
    """Its clock starts with its begin, not with the simulator."""
    late = SimulatedTask(id="t", name="t", started_ago=-30, stages=(running(10, seconds=5), COMPLETE))
    with Simulator("empty", now=clock) as simulator:
        simulator.tasks.append(late)
        seen = [progress(ask_tasks, simulator)]
        for step in (29.9, 0.1, 5):
            clock.now += step
            seen.append(progress(ask_tasks, simulator))

    assert seen == [[], [], [10], [100]]


def test_a_task_put_in_later_starts_its_story_then(ask_tasks: AskTasks, clock: Clock) -> None:
    """So does one that takes the place of another."""
    first = SimulatedTask(id="t", name="t", stages=(running(10, seconds=5), COMPLETE))
    with Simulator("empty", now=clock) as simulator:
        simulator.tasks.append(first)
        clock.now += 100
        before = progress(ask_tasks, simulator)
        clock.now += 100
        simulator.tasks[0] = replace(first, stages=(running(30, seconds=5), COMPLETE))
        after = progress(ask_tasks, simulator)

    assert (before, after) == ([10], [30])


def test_a_simulator_started_again_tells_its_stories_again(ask_tasks: AskTasks, clock: Clock) -> None:
    """On the port it had."""
    simulator = Simulator("empty", now=clock)
    simulator.tasks.append(SimulatedTask(id="t", name="t", stages=(running(10, polls=1), COMPLETE)))
    seen = []
    for _ in range(2):
        with simulator:
            seen.append((simulator.port, progress(ask_tasks, simulator), progress(ask_tasks, simulator)))

    assert seen[0] == seen[1]
    assert seen[0][1:] == ([10], [100])
