"""The poll loop and its schedule, on a clock without real sleeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clock import Deadline
from gate.errors import DeadlineExceeded
from gate.event_log import EventLog
from gate.outcome import EventKind
from gate.scan import ScanTask, TaskState
from gate.time_of_day import TimeOfDay
from gate.wait import MAX_POLL_DELAY, Poller, PollSchedule, expected_end
from tests.builders import NOW, FakeTime, a_failed_image, a_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Event

MIN_INTERVAL = 12.0


def schedule(random: float = 0.0, min_interval: float = MIN_INTERVAL) -> PollSchedule:
    return PollSchedule(min_interval=min_interval, random=lambda: random)


def delay(
    *, waited: float, time_left: float = 1e6, expected: float | None = None, poll_took: float = 0.0, random: float = 0.0
) -> float:
    return schedule(random).delay(waited=waited, time_left=time_left, expected=expected, poll_took=poll_took)


# The schedule.


@pytest.mark.parametrize(
    ("waited", "expected_delay"),
    [(0, 12), (48, 12), (52, 13), (120, 30), (480, 120), (481, 120), (7200, 120)],
)
def test_the_delay_is_a_quarter_of_the_time_waited_within_its_bounds(waited: float, expected_delay: float) -> None:
    assert delay(waited=waited) == expected_delay


@pytest.mark.parametrize(
    ("expected", "expected_delay"), [(100, 50), (50, 50), (30, 30), (12, 12), (3, 12), (0, 12), (None, 50)]
)
def test_the_delay_ends_at_the_expected_end_where_that_is_earlier(
    expected: float | None, expected_delay: float
) -> None:
    assert delay(waited=200, expected=expected) == expected_delay


@pytest.mark.parametrize(
    ("poll_took", "expected", "expected_delay"),
    [(0, None, 50), (10, None, 40), (40, None, 12), (500, None, 12), (10, 45, 40), (10, 30, 30), (40, 30, 12)],
)
def test_the_duration_of_the_last_poll_is_taken_off_the_delay(
    poll_took: float, expected: float | None, expected_delay: float
) -> None:
    assert delay(waited=200, poll_took=poll_took, expected=expected) == expected_delay


@pytest.mark.parametrize(("random", "expected_delay"), [(0.0, 50), (0.5, 52.5), (1.0, 55)])
def test_jitter_lengthens_a_delay_by_up_to_a_tenth(random: float, expected_delay: float) -> None:
    assert delay(waited=200, random=random) == pytest.approx(expected_delay)


def test_jitter_never_shortens_a_delay_below_the_minimum_interval() -> None:
    assert delay(waited=0, random=0.0) == MIN_INTERVAL
    assert delay(waited=0, random=1.0) > MIN_INTERVAL


@pytest.mark.parametrize(
    ("time_left", "expected_delay"),
    [(62, 50), (61.9, 61.9), (50, 50), (49, 49), (12, 12), (5, 5), (0.5, 0.5)],
)
def test_a_poll_that_leaves_no_room_for_another_is_made_at_the_deadline(
    time_left: float, expected_delay: float
) -> None:
    assert delay(waited=200, time_left=time_left) == expected_delay


def test_a_poll_interval_longer_than_the_longest_delay_is_kept() -> None:
    assert schedule(min_interval=300).delay(waited=9999, time_left=1e6, expected=1, poll_took=1) == 300


@given(
    waited=st.floats(0, 1e5),
    time_left=st.floats(0, 1e5),
    expected=st.none() | st.floats(0, 1e9),
    poll_took=st.floats(0, 1e5),
    random=st.floats(0, 1),
    min_interval=st.floats(0.05, 600),
)
def test_no_delay_exceeds_the_deadline_or_is_shorter_than_the_minimum_interval_before_it(
    *, waited: float, time_left: float, expected: float | None, poll_took: float, random: float, min_interval: float
) -> None:
    chosen = schedule(random, min_interval).delay(
        waited=waited, time_left=time_left, expected=expected, poll_took=poll_took
    )

    assert 0 <= chosen <= time_left
    assert chosen == time_left or chosen >= min_interval
    assert chosen == time_left or chosen <= 1.1 * max(min_interval, MAX_POLL_DELAY)
    assert chosen == time_left or time_left - chosen >= min_interval


# The estimate of the end.

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
def test_the_end_is_estimated_by_the_cloud_or_else_from_the_progress(
    task: ScanTask | None, expected: float | None
) -> None:
    assert expected_end(task, NOW) == expected


# The loop.


class ScriptedTask:
    """A task that changes its state at given s of elapsed time, and the times at which it was polled."""

    def __init__(self, time: FakeTime, *states: tuple[float, ScanTask]) -> None:
        self._time = time
        self._states = states
        self.polls: list[float] = []

    def poll(self) -> ScanTask:
        self.polls.append(self._time.elapsed)
        return [task for since, task in self._states if since <= self._time.elapsed][-1]


def poller(time: FakeTime, events: list[Event] | None = None) -> Poller:
    clock = time.clock()
    on_event: Callable[[Event], None] = (lambda _: None) if events is None else events.append
    return Poller(
        schedule=schedule(),
        clock=clock,
        time_of_day=TimeOfDay(clock),
        pause=clock.sleep,
        event_log=EventLog(clock, on_event),
    )


def deadline(poller: Poller, seconds: float) -> Deadline:
    return Deadline(poller.clock, seconds)


def not_complete(task: ScanTask) -> str | None:
    return None if task.is_final else "not final"


RUNNING, COMPLETE = a_task(state=TaskState.RUNNING), a_task()


def test_a_task_that_is_complete_at_once_is_polled_once(fake_time: FakeTime) -> None:
    task, loop = ScriptedTask(fake_time, (0, COMPLETE)), poller(fake_time)

    assert loop.until(not_complete, task.poll, deadline(loop, 600)) is COMPLETE
    assert (task.polls, fake_time.slept) == ([0.0], [])


def test_a_long_scan_is_polled_less_and_less_often(fake_time: FakeTime) -> None:
    task, loop = ScriptedTask(fake_time, (0, RUNNING), (1000, COMPLETE)), poller(fake_time)

    assert loop.until(not_complete, task.poll, deadline(loop, 1800)) is COMPLETE
    assert fake_time.slept == sorted(fake_time.slept)
    assert fake_time.elapsed <= 1000 * 1.25
    assert len(task.polls) <= 20


def test_a_poll_that_takes_long_shortens_the_delay_after_it_and_no_other(fake_time: FakeTime) -> None:
    task, loop = ScriptedTask(fake_time, (0, RUNNING), (700, COMPLETE)), poller(fake_time)
    durations = iter([400, 40, 0, 40, 0])

    def poll() -> ScanTask:
        seen = task.poll()
        fake_time.elapsed += next(durations)
        return seen

    loop.until(not_complete, poll, deadline(loop, 3600))

    # The polls end at 400, 452, 525 and 685 s; a delay is at most 120 s before the duration of the poll is taken off.
    assert fake_time.slept == [MIN_INTERVAL, 113 - 40, 120, 120 - 40]


def test_the_last_poll_is_at_the_deadline(fake_time: FakeTime) -> None:
    task, loop = ScriptedTask(fake_time, (0, RUNNING)), poller(fake_time)

    assert loop.until(not_complete, task.poll, deadline(loop, 100)) is RUNNING
    assert task.polls[-1] == pytest.approx(100)
    assert max(task.polls) == task.polls[-1]


def test_a_change_shortly_before_the_deadline_is_seen(fake_time: FakeTime) -> None:
    task, loop = ScriptedTask(fake_time, (0, RUNNING), (99.9, COMPLETE)), poller(fake_time)

    assert loop.until(not_complete, task.poll, deadline(loop, 100)) is COMPLETE


def test_a_timeout_of_zero_allows_one_poll(fake_time: FakeTime) -> None:
    task, loop = ScriptedTask(fake_time, (0, RUNNING)), poller(fake_time)

    assert loop.until(not_complete, task.poll, deadline(loop, 0)) is RUNNING
    assert task.polls == [0.0]


def test_a_task_that_was_polled_just_now_is_polled_again_after_a_delay(fake_time: FakeTime) -> None:
    task, loop = ScriptedTask(fake_time, (0, COMPLETE)), poller(fake_time)

    assert loop.until(not_complete, task.poll, deadline(loop, 600), seen=RUNNING) is COMPLETE
    assert task.polls == [MIN_INTERVAL]


def test_a_final_task_that_was_polled_just_now_is_not_polled_again(fake_time: FakeTime) -> None:
    task, loop = ScriptedTask(fake_time, (0, RUNNING)), poller(fake_time)

    assert loop.until(not_complete, task.poll, deadline(loop, 600), seen=COMPLETE) is COMPLETE
    assert task.polls == []


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_step_of_the_machines_clock_moves_no_poll(fake_time: FakeTime, step: float) -> None:
    task, loop = ScriptedTask(fake_time, (0, RUNNING)), poller(fake_time)

    def poll_with_a_step() -> ScanTask:
        fake_time.step = step if fake_time.elapsed > 30 else 0.0
        return task.poll()

    loop.until(not_complete, poll_with_a_step, deadline(loop, 300))

    steady = FakeTime()
    undisturbed, other = ScriptedTask(steady, (0, RUNNING)), poller(steady)
    other.until(not_complete, undisturbed.poll, deadline(other, 300))
    assert task.polls == undisturbed.polls


def test_slow_responses_delay_no_poll_beyond_the_deadline(fake_time: FakeTime) -> None:
    task, loop = ScriptedTask(fake_time, (0, RUNNING)), poller(fake_time)

    def respond_after_20_s() -> ScanTask:
        seen = task.poll()
        fake_time.elapsed += 20
        return seen

    loop.until(not_complete, respond_after_20_s, deadline(loop, 100))

    assert max(task.polls) <= 100
    assert fake_time.elapsed <= 120


def test_any_other_error_of_a_poll_ends_the_wait(fake_time: FakeTime) -> None:
    loop = poller(fake_time)

    with pytest.raises(LookupError):
        loop.until(not_complete, lambda: dict[str, ScanTask]()["no such task"], deadline(loop, 100))


def test_when_a_poll_exceeds_the_deadline_the_one_before_it_counts(fake_time: FakeTime) -> None:
    events: list[Event] = []
    task, loop = ScriptedTask(fake_time, (0, RUNNING)), poller(fake_time, events)

    def poll_that_takes_long() -> ScanTask:
        if fake_time.elapsed >= 100:
            raise DeadlineExceeded("The time was up.")
        return task.poll()

    assert loop.until(not_complete, poll_that_takes_long, deadline(loop, 100)) is RUNNING
    assert fake_time.elapsed == pytest.approx(100)
    assert [event.task for event in events if event.kind is EventKind.POLL] == [RUNNING] * len(task.polls)


def test_when_the_first_poll_exceeds_the_deadline_the_given_task_counts(fake_time: FakeTime) -> None:
    loop = poller(fake_time)
    polls: list[float] = []

    def poll() -> ScanTask:
        polls.append(fake_time.elapsed)
        raise DeadlineExceeded("The time was up.")

    assert loop.until(not_complete, poll, deadline(loop, 0.001), seen=RUNNING) is RUNNING
    assert loop.until(not_complete, poll, deadline(loop, 1), seen=RUNNING) is RUNNING
    assert polls == [1.0]


def test_when_a_poll_exceeds_the_deadline_an_earlier_one_without_a_task_counts_too(fake_time: FakeTime) -> None:
    loop, responses = poller(fake_time), iter([None])

    def poll() -> ScanTask | None:
        try:
            return next(responses)
        except StopIteration:
            raise DeadlineExceeded("The time was up.") from None

    assert loop.until(lambda _: "nothing", poll, deadline(loop, 30)) is None
    assert fake_time.elapsed == pytest.approx(30)


def test_a_first_poll_that_exceeds_the_deadline_raises(fake_time: FakeTime) -> None:
    loop = poller(fake_time)

    def poll() -> ScanTask:
        raise DeadlineExceeded("The time was up.")

    with pytest.raises(DeadlineExceeded):
        loop.until(not_complete, poll, deadline(loop, 100))


def test_the_event_log_records_every_poll_and_every_delay_with_its_reason(fake_time: FakeTime) -> None:
    events: list[Event] = []
    task, loop = ScriptedTask(fake_time, (0, RUNNING), (20, COMPLETE)), poller(fake_time, events)

    loop.until(not_complete, task.poll, deadline(loop, 600))

    assert [(event.kind, event.at, event.text, event.pause) for event in events] == [
        (EventKind.POLL, 0.0, "", None),
        (EventKind.PAUSE, 0.0, "not final", 12.0),
        (EventKind.POLL, 12.0, "", None),
        (EventKind.PAUSE, 12.0, "not final", 12.0),
        (EventKind.POLL, 24.0, "", None),
    ]
    assert [event.task for event in events if event.kind is EventKind.POLL] == [RUNNING, RUNNING, COMPLETE]
    assert loop.event_log.events == tuple(events)
    assert loop.event_log.task is COMPLETE


def test_the_next_poll_is_at_the_end_estimated_from_the_progress(fake_time: FakeTime) -> None:
    almost_complete = a_task(state=TaskState.RUNNING, progress=95, started_at=NOW)
    task, loop = ScriptedTask(fake_time, (0, RUNNING), (400, almost_complete)), poller(fake_time)

    loop.until(not_complete, task.poll, deadline(loop, 700))

    first = next(at for at in task.polls if at >= 400)
    after = task.polls[task.polls.index(first) + 1]
    assert after - first == pytest.approx(first * 5 / 95)


def test_the_delay_grows_with_the_time_waited_and_not_with_the_age_of_the_run(fake_time: FakeTime) -> None:
    loop = poller(fake_time)
    fake_time.elapsed = 1000
    task = ScriptedTask(fake_time, (0, RUNNING), (1020, COMPLETE))

    loop.until(not_complete, task.poll, deadline(loop, 1800))

    assert task.polls == [1000, 1012, 1024]


def test_a_delay_may_be_recorded_without_a_reason(fake_time: FakeTime) -> None:
    events: list[Event] = []
    task, loop = ScriptedTask(fake_time, (0, RUNNING), (5, COMPLETE)), poller(fake_time, events)

    loop.until(lambda task: None if task.is_final else "", task.poll, deadline(loop, 600))

    assert [event.text for event in events if event.kind is EventKind.PAUSE] == [""]


def test_backoff_logs_nothing(fake_time: FakeTime, caplog: pytest.LogCaptureFixture) -> None:
    task, loop = ScriptedTask(fake_time, (0, RUNNING)), poller(fake_time)

    with caplog.at_level("DEBUG"):
        loop.until(not_complete, task.poll, deadline(loop, 60))

    assert caplog.records == []


def test_the_event_log_keeps_the_last_task_when_the_next_poll_finds_none(fake_time: FakeTime) -> None:
    event_log = EventLog(fake_time.clock(), lambda _: None)

    event_log.polled(RUNNING)
    event_log.polled(None)

    assert event_log.task is RUNNING


def test_the_event_log_keeps_of_each_poll_only_what_can_be_shown(fake_time: FakeTime) -> None:
    """A long wait has hundreds of polls, and each of these texts may have a million characters."""
    event_log = EventLog(fake_time.clock(), lambda _: None)
    text = "x" * 5001
    task = replace(RUNNING, name=text, raw_state=text, reason=text, failed_images=(a_failed_image(),))

    event_log.polled(task)

    (event,) = event_log.events
    assert event.task == replace(task, name=text[:-1], raw_state=text[:-1], reason=text[:-1], failed_images=())
    assert event_log.task is task
