"""Waiting: the moments at which the gate looks, on a clock that nobody waits for."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clock import Clock, Deadline
from gate.errors import DeadlineExceeded
from gate.event_log import EventLog
from gate.outcome import EventKind
from gate.scan import ScanTask, TaskState
from gate.wait import LONGEST_PAUSE, Poller, PollSchedule, expected_end
from tests.builders import NOW, FakeTime, a_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Event

SHORTEST = 12.0


def schedule(jitter: float = 0.0, shortest: float = SHORTEST) -> PollSchedule:
    return PollSchedule(shortest=shortest, jitter=lambda: jitter)


def pause(
    *, waited: float, left: float = 1e6, expected: float | None = None, took: float = 0.0, jitter: float = 0.0
) -> float:
    return schedule(jitter).pause(waited=waited, left=left, expected=expected, took=took)


# The pace.


@pytest.mark.parametrize(
    ("waited", "expected_pause"),
    [(0, 12), (48, 12), (52, 13), (120, 30), (480, 120), (481, 120), (7200, 120)],
)
def test_the_pause_is_a_quarter_of_the_time_waited_within_its_bounds(waited: float, expected_pause: float) -> None:
    assert pause(waited=waited) == expected_pause


@pytest.mark.parametrize(
    ("expected", "expected_pause"), [(100, 50), (50, 50), (30, 30), (12, 12), (3, 12), (0, 12), (None, 50)]
)
def test_the_pause_aims_at_the_expected_end(expected: float | None, expected_pause: float) -> None:
    assert pause(waited=200, expected=expected) == expected_pause


@pytest.mark.parametrize(
    ("took", "expected", "expected_pause"),
    [(0, None, 50), (10, None, 40), (40, None, 12), (500, None, 12), (10, 45, 40), (10, 30, 30), (40, 30, 12)],
)
def test_a_look_that_had_to_wait_for_its_calls_was_part_of_the_pause(
    took: float, expected: float | None, expected_pause: float
) -> None:
    assert pause(waited=200, took=took, expected=expected) == expected_pause


@pytest.mark.parametrize(("jitter", "expected_pause"), [(0.0, 50), (0.5, 52.5), (1.0, 55)])
def test_jitter_lengthens_a_pause_by_up_to_a_tenth(jitter: float, expected_pause: float) -> None:
    assert pause(waited=200, jitter=jitter) == pytest.approx(expected_pause)


def test_jitter_never_shortens_a_pause_below_what_the_quota_allows() -> None:
    assert pause(waited=0, jitter=0.0) == SHORTEST
    assert pause(waited=0, jitter=1.0) > SHORTEST


@pytest.mark.parametrize(
    ("left", "expected_pause"),
    [(62, 50), (61.9, 61.9), (50, 50), (49, 49), (12, 12), (5, 5), (0.5, 0.5)],
)
def test_a_look_that_leaves_no_room_for_another_is_made_at_the_deadline(left: float, expected_pause: float) -> None:
    assert pause(waited=200, left=left) == expected_pause


def test_an_interval_longer_than_the_longest_pause_is_kept() -> None:
    assert schedule(shortest=300).pause(waited=9999, left=1e6, expected=1, took=1) == 300


def test_a_run_leaves_its_jitter_to_chance() -> None:
    schedule = PollSchedule(shortest=10, jitter=Clock().chance)
    pauses = {schedule.pause(waited=0, left=1e6, expected=None, took=0) for _ in range(20)}

    assert len(pauses) > 1
    assert all(10 <= pause <= 11 for pause in pauses)


@given(
    waited=st.floats(0, 1e5),
    left=st.floats(0, 1e5),
    expected=st.none() | st.floats(0, 1e9),
    took=st.floats(0, 1e5),
    jitter=st.floats(0, 1),
    shortest=st.floats(0.05, 600),
)
def test_no_pause_crosses_the_deadline_or_breaks_the_quota_before_it(
    *, waited: float, left: float, expected: float | None, took: float, jitter: float, shortest: float
) -> None:
    chosen = schedule(jitter, shortest).pause(waited=waited, left=left, expected=expected, took=took)

    assert 0 <= chosen <= left
    assert chosen == left or chosen >= shortest
    assert chosen == left or chosen <= 1.1 * max(shortest, LONGEST_PAUSE)
    assert chosen == left or left - chosen >= shortest


# The guess at the end.


running = partial(a_task, state=TaskState.RUNNING)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (None, None),
        (a_task(progress=50, remaining=90.0, results_pending=2), None),
        (running(remaining=90.0, progress=50), 90.0),
        (running(remaining=0.0, progress=50), 0.0),
        (running(progress=None), None),
        (running(progress=0), None),
        (running(progress=50, started_at=None), None),
        (running(progress=50, started_at=NOW - timedelta(seconds=60)), 60.0),
        (running(progress=20, started_at=NOW - timedelta(seconds=60)), 240.0),
        (running(progress=100, started_at=NOW - timedelta(seconds=60)), 0.0),
        (running(progress=50, started_at=NOW + timedelta(seconds=60)), 0.0),
    ],
)
def test_the_end_is_guessed_from_the_clouds_estimate_or_the_progress(
    task: ScanTask | None, expected: float | None
) -> None:
    assert expected_end(task, FakeTime().clock()) == expected


# The loop.


class Story:
    """A task that is so many s in each of its states, as the cloud would show it at this time."""

    def __init__(self, time: FakeTime, *states: tuple[float, ScanTask]) -> None:
        self._time = time
        self._states = states
        self.polls: list[float] = []

    def poll(self) -> ScanTask:
        self.polls.append(self._time.elapsed)
        return [task for begins, task in self._states if begins <= self._time.elapsed][-1]


def poller(time: FakeTime, told: list[Event] | None = None, *, jitter: float = 0.0) -> Poller:
    clock = time.clock()
    hear: Callable[[Event], None] = (lambda _: None) if told is None else told.append
    return Poller(schedule=schedule(jitter), clock=clock, event_log=EventLog(clock, hear))


def deadline(poller: Poller, seconds: float) -> Deadline:
    return Deadline(poller.clock, seconds)


def not_complete(task: ScanTask) -> str | None:
    return None if task.is_final else "not final"


RUNNING, COMPLETE = a_task(state=TaskState.RUNNING), a_task()


def test_what_is_done_at_once_is_looked_at_once(fake_time: FakeTime) -> None:
    stages, watcher = Story(fake_time, (0, COMPLETE)), poller(fake_time)

    assert watcher.until(not_complete, stages.poll, deadline(watcher, 600)) is COMPLETE
    assert (stages.polls, fake_time.slept) == ([0.0], [])


def test_a_long_scan_is_looked_at_less_and_less_often(fake_time: FakeTime) -> None:
    stages, watcher = Story(fake_time, (0, RUNNING), (1000, COMPLETE)), poller(fake_time)

    assert watcher.until(not_complete, stages.poll, deadline(watcher, 1800)) is COMPLETE
    assert fake_time.slept == sorted(fake_time.slept)
    assert fake_time.elapsed <= 1000 * 1.25
    assert len(stages.polls) <= 20


def test_a_look_that_lasts_shortens_the_pause_after_it_and_no_other(fake_time: FakeTime) -> None:
    stages, watcher, lasts = (
        Story(fake_time, (0, RUNNING), (700, COMPLETE)),
        poller(fake_time),
        iter([400, 40, 0, 40, 0]),
    )

    def poll() -> ScanTask:
        task = stages.poll()
        fake_time.elapsed += next(lasts)
        return task

    watcher.until(not_complete, poll, deadline(watcher, 3600))

    # From 400, 452, 525 and 685 s on; a pause is two minutes at most, whatever is taken off it.
    assert fake_time.slept == [SHORTEST, 113 - 40, 120, 120 - 40]


def test_there_is_a_last_look_at_the_deadline_itself_and_none_after(fake_time: FakeTime) -> None:
    stages, watcher = Story(fake_time, (0, RUNNING)), poller(fake_time)

    assert watcher.until(not_complete, stages.poll, deadline(watcher, 100)) is RUNNING
    assert stages.polls[-1] == pytest.approx(100)
    assert max(stages.polls) == stages.polls[-1]


def test_what_happens_at_the_deadline_is_still_seen(fake_time: FakeTime) -> None:
    stages, watcher = Story(fake_time, (0, RUNNING), (99.9, COMPLETE)), poller(fake_time)

    assert watcher.until(not_complete, stages.poll, deadline(watcher, 100)) is COMPLETE


def test_with_no_time_at_all_there_is_one_look(fake_time: FakeTime) -> None:
    stages, watcher = Story(fake_time, (0, RUNNING)), poller(fake_time)

    assert watcher.until(not_complete, stages.poll, deadline(watcher, 0)) is RUNNING
    assert stages.polls == [0.0]


def test_what_was_seen_just_now_is_not_looked_at_again_at_once(fake_time: FakeTime) -> None:
    stages, watcher = Story(fake_time, (0, COMPLETE)), poller(fake_time)

    assert watcher.until(not_complete, stages.poll, deadline(watcher, 600), seen=RUNNING) is COMPLETE
    assert stages.polls == [SHORTEST]


def test_what_was_seen_just_now_may_be_enough(fake_time: FakeTime) -> None:
    stages, watcher = Story(fake_time, (0, RUNNING)), poller(fake_time)

    assert watcher.until(not_complete, stages.poll, deadline(watcher, 600), seen=COMPLETE) is COMPLETE
    assert stages.polls == []


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_clock_that_steps_moves_no_look(fake_time: FakeTime, step: float) -> None:
    stages, watcher = Story(fake_time, (0, RUNNING)), poller(fake_time)

    def look_while_the_clock_is_set() -> ScanTask:
        fake_time.step = step if fake_time.elapsed > 30 else 0.0
        return stages.poll()

    watcher.until(not_complete, look_while_the_clock_is_set, deadline(watcher, 300))

    steady = FakeTime()
    undisturbed, other = Story(steady, (0, RUNNING)), poller(steady)
    other.until(not_complete, undisturbed.poll, deadline(other, 300))
    assert stages.polls == undisturbed.polls


def test_slow_answers_do_not_push_looks_past_the_deadline(fake_time: FakeTime) -> None:
    stages, watcher = Story(fake_time, (0, RUNNING)), poller(fake_time)

    def answer_after_20_s() -> ScanTask:
        task = stages.poll()
        fake_time.elapsed += 20
        return task

    watcher.until(not_complete, answer_after_20_s, deadline(watcher, 100))

    assert max(stages.polls) <= 100
    assert fake_time.elapsed <= 120


def test_what_a_look_raises_ends_the_wait(fake_time: FakeTime) -> None:
    watcher = poller(fake_time)

    with pytest.raises(LookupError):
        watcher.until(not_complete, lambda: dict[str, ScanTask]()["no such task"], deadline(watcher, 100))


def test_a_look_that_runs_out_of_time_leaves_the_one_before_it_standing(fake_time: FakeTime) -> None:
    told: list[Event] = []
    stages, watcher = Story(fake_time, (0, RUNNING)), poller(fake_time, told)

    def look_that_takes_long() -> ScanTask:
        if fake_time.elapsed >= 100:
            raise DeadlineExceeded("The time was up.")
        return stages.poll()

    assert watcher.until(not_complete, look_that_takes_long, deadline(watcher, 100)) is RUNNING
    assert fake_time.elapsed == pytest.approx(100)
    assert [event.task for event in told if event.kind is EventKind.POLL] == [RUNNING] * len(stages.polls)


def test_what_was_seen_just_now_stands_when_there_is_no_time_for_more(fake_time: FakeTime) -> None:
    watcher, stages = poller(fake_time), iter([DeadlineExceeded("The time was up.")])

    def poll() -> ScanTask:
        raise next(stages)

    assert watcher.until(not_complete, poll, deadline(watcher, 0.001), seen=RUNNING) is RUNNING
    assert watcher.until(not_complete, poll, deadline(watcher, 1), seen=RUNNING) is RUNNING


def test_that_nothing_was_there_stands_too(fake_time: FakeTime) -> None:
    watcher, seen = poller(fake_time), iter([None])

    def poll() -> ScanTask | None:
        try:
            return next(seen)
        except StopIteration:
            raise DeadlineExceeded("The time was up.") from None

    assert watcher.until(lambda _: "nothing", poll, deadline(watcher, 30)) is None
    assert fake_time.elapsed == pytest.approx(30)


def test_a_first_look_that_runs_out_of_time_is_none(fake_time: FakeTime) -> None:
    watcher, stages = poller(fake_time), iter([DeadlineExceeded("The time was up.")])

    def poll() -> ScanTask:
        raise next(stages)

    with pytest.raises(DeadlineExceeded):
        watcher.until(not_complete, poll, deadline(watcher, 100))


def test_the_journal_keeps_every_look_and_every_pause_with_what_is_waited_for(fake_time: FakeTime) -> None:
    told: list[Event] = []
    stages, watcher = Story(fake_time, (0, RUNNING), (20, COMPLETE)), poller(fake_time, told)

    watcher.until(not_complete, stages.poll, deadline(watcher, 600))

    assert [(event.kind, event.at, event.text, event.pause) for event in told] == [
        (EventKind.POLL, 0.0, "", None),
        (EventKind.PAUSE, 0.0, "not final", 12.0),
        (EventKind.POLL, 12.0, "", None),
        (EventKind.PAUSE, 12.0, "not final", 12.0),
        (EventKind.POLL, 24.0, "", None),
    ]
    assert [event.task for event in told if event.kind is EventKind.POLL] == [RUNNING, RUNNING, COMPLETE]
    assert watcher.event_log.events == tuple(told)
    assert watcher.event_log.task is COMPLETE


def test_the_wait_aims_at_the_end_that_the_progress_promises(fake_time: FakeTime) -> None:
    nearly = a_task(state=TaskState.RUNNING, progress=95, started_at=NOW)
    stages, watcher = Story(fake_time, (0, a_task(state=TaskState.RUNNING)), (400, nearly)), poller(fake_time)

    watcher.until(not_complete, stages.poll, deadline(watcher, 700))

    first = next(at for at in stages.polls if at >= 400)
    after = stages.polls[stages.polls.index(first) + 1]
    assert after - first == pytest.approx(first * 5 / 95)


def test_the_pause_grows_with_the_time_waited_and_not_with_the_age_of_the_run(fake_time: FakeTime) -> None:
    watcher = poller(fake_time)
    fake_time.elapsed = 1000
    stages = Story(fake_time, (0, RUNNING), (1020, COMPLETE))

    watcher.until(not_complete, stages.poll, deadline(watcher, 1800))

    assert stages.polls == [1000, 1012, 1024]


def test_a_wait_without_words_for_it_is_kept_without_words(fake_time: FakeTime) -> None:
    told: list[Event] = []
    stages, watcher = Story(fake_time, (0, RUNNING), (5, COMPLETE)), poller(fake_time, told)

    watcher.until(lambda task: None if task.is_final else "", stages.poll, deadline(watcher, 600))

    assert [event.text for event in told if event.kind is EventKind.PAUSE] == [""]


def test_nothing_that_is_seen_goes_to_the_log_of_a_library(
    fake_time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    stages, watcher = Story(fake_time, (0, RUNNING)), poller(fake_time)

    with caplog.at_level("DEBUG"):
        watcher.until(not_complete, stages.poll, deadline(watcher, 60))

    assert caplog.records == []


def test_a_journal_remembers_the_last_task_when_the_next_look_finds_none(fake_time: FakeTime) -> None:
    event_log = EventLog(fake_time.clock(), lambda _: None)

    event_log.polled(RUNNING)
    event_log.polled(None)

    assert event_log.task is RUNNING
