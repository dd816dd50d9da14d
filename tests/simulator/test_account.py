"""Tests the account: pushes before and after the start of the simulator, and the tasks that it starts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from gate.simulator import Scenario, Simulator, Stage
from gate.simulator.task import Counts
from tests.simulator.images import RISKY, digest, image, listed

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, ListTasks


def test_images_of_a_scenario_are_pushed_before_the_start_or_some_time_after_it(clock: Clock) -> None:
    scenario = Scenario(
        name="custom",
        summary="",
        expected_exit=0,
        pushes=(image("early", tag="early", pushed_ago=60), image("late", tag="late", pushed_ago=-30)),
    )
    with Simulator(scenario, now=clock) as simulator:
        seen = [sorted(push.image.tag for push in simulator.account.tags(clock.now).values())]
        clock.now += 30
        seen.append(sorted(push.image.tag for push in simulator.account.tags(clock.now).values()))

    assert seen == [["early"], ["early", "late"]]


def test_an_image_can_be_pushed_before_the_start_by_its_reference(clock: Clock) -> None:
    """Its time counts from the start, also from that of a second run."""
    simulator = Simulator("empty", now=clock)
    simulator.push(f"team/shop/web:1@{digest()}")
    clock.now += 100
    times = []
    for _ in range(2):
        with simulator:
            times += [push.at for push in simulator.account.tags(clock.now).values()]
        clock.now += 50

    assert times == [clock.now - 100, clock.now - 50]


def test_a_function_that_a_test_injects_can_push_within_a_request(list_tasks: ListTasks, clock: Clock) -> None:
    """The lock of the simulator is held at that time."""

    def rewrite(_operation: str, document: Any) -> Any:
        simulator.push(image())
        return document

    with Simulator("empty", now=clock) as simulator:
        simulator.rewrite = rewrite
        list_tasks(simulator)

        assert len(simulator.account.tags(clock.now)) == 1


def test_pushes_from_several_threads_are_all_there(clock: Clock) -> None:
    with Simulator("empty", now=clock) as simulator:
        threads = [threading.Thread(target=simulator.push, args=(image(tag=str(number)),)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(simulator.account.tags(clock.now)) == 20


def test_a_task_counts_exactly_its_images(clock: Clock) -> None:
    """A failed one is not risky, and while the task runs, those that are done count."""
    images = [
        image(tag="1", findings=RISKY),
        image(tag="2", findings=RISKY, failure="broken", scan_seconds=4),
        image(tag="3", scan_seconds=6),
    ]
    counts, ended = [], []
    with Simulator("empty", now=clock) as simulator:
        simulator.account.start_scan(images, clock.now)
        for step in (0, 3, 2, 2):
            clock.now += step
            (snapshot,) = simulator.account.snapshots(clock.now)
            counts.append(snapshot.counts)
            ended.append("".join(one.tag for one in snapshot.ended_images))

    assert [(one.total, one.succeeded, one.failed, one.risky) for one in counts] == [
        (3, 0, 0, 0),
        (3, 1, 0, 1),
        (3, 1, 1, 1),
        (3, 2, 1, 1),
    ]
    assert ended == ["", "1", "12", "123"]


def test_a_task_may_have_no_count_of_risky_images(clock: Clock) -> None:
    with Simulator("empty", now=clock) as simulator:
        simulator.account.start_scan([image(findings=RISKY)], clock.now, risky=None)
        clock.now += 60
        (snapshot,) = simulator.account.snapshots(clock.now)

    assert snapshot.counts == Counts(total=1, succeeded=1, failed=0, risky=None)


def test_a_scan_uses_up_what_is_left(clock: Clock) -> None:
    """Without a limit, nothing is counted."""
    with Simulator("empty", now=clock) as simulator:
        simulator.account.start_scan([image()], clock.now)
        unlimited = simulator.account.scans_left
        simulator.account.scans_left = 3
        simulator.account.start_scan([image(tag="1"), image(tag="2")], clock.now)

        assert (unlimited, simulator.account.scans_left) == (None, 1)


def test_a_scan_can_use_up_less_and_wait_longer(clock: Clock) -> None:
    """A cloud need not charge for an image that was scanned lately, and may have to import it first."""
    with Simulator("empty", now=clock) as simulator:
        simulator.account.scans_left = 3
        simulator.account.start_scan([image(tag="1"), image(tag="2")], clock.now, cost=1, queued_seconds=30)
        states = []
        for step in (29, 1, 60):
            clock.now += step
            states.append(simulator.account.snapshots(clock.now)[0].stage.state)

        assert (simulator.account.scans_left, states) == (2, ["queued", "running", "complete"])


def test_a_scan_can_advance_with_the_polls_of_its_task(list_tasks: ListTasks, clock: Clock) -> None:
    """It is in the list of tasks like any other."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(listed())
        simulator.account.scan_stages = (Stage(state="running", progress=30, polls=1), Stage(state="complete"))
        simulator.account.start_scan([image()], clock.now, task_type="manual")
        polls = [list_tasks(simulator).document["data_list"] for _ in range(2)]

    assert [[task["task_status"] for task in tasks] for tasks in polls] == [[30], [100]]
    assert polls[0][0]["begin_time"] == clock.now * 1000
