"""The poll loop of the gate, and the schedule by which it polls.

The polling timeout (`--timeout`, and `--appear-timeout` until a task was found) bounds all polls together; the other
two timeouts, of a request and of its retries, are those of `gate.clouds.retry_schedule`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from gate.errors import DeadlineExceeded
from gate.policy import contradiction
from gate.repeat import repeat_while
from gate.scan import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gate.clock import Clock, Deadline
    from gate.event_log import EventLog
    from gate.scan import ScanTask
    from gate.time_of_day import TimeOfDay

MAX_POLL_DELAY = 120.0
"""Seconds; nobody should wait longer than this for a verdict that could be known."""

Seen = TypeVar("Seen", bound="ScanTask | None")


@dataclass(frozen=True, kw_only=True, slots=True)
class PollSchedule:
    """The polling interval: it grows with the wait, and shrinks when the task should end soon.

    A delay is a quarter of the time already waited, so that a verdict is never later than a quarter of the whole wait.
    The quarter counts from the start of the last poll: one that had to wait for its quota was a delay already. The
    delay is shorter when the task is expected to end sooner, and never shorter than the cloud's quota allows.
    """

    min_interval: float
    """Seconds; kept in spite of jitter, except before the last poll at the deadline."""
    random: Callable[[], float]
    """Returns a number from 0 to 1; jitter adds up to a tenth of each delay, so that gates do not poll in step."""

    def delay(self, *, waited: float, time_left: float, expected: float | None, poll_took: float) -> float:
        """Chooses the number of s until the next poll.

        Args:
            waited: Seconds since the first poll.
            time_left: Seconds until the polling timeout.
            expected: Seconds until the task should end, where that can be estimated.
            poll_took: Seconds that the last poll lasted.
        """
        delay = min(waited / 4, MAX_POLL_DELAY) - poll_took
        if expected is not None:
            delay = min(delay, expected)
        delay = max(delay, self.min_interval)
        delay *= 1 + self.random() / 10
        # A poll that leaves no room for another one before the deadline is better made at the deadline.
        return time_left if time_left < delay + self.min_interval else delay


@dataclass(frozen=True, kw_only=True, slots=True)
class _Poll(Generic[Seen]):
    """What one poll returned, and how many s it took."""

    seen: Seen
    reason_to_wait: str | None
    took: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Poller:
    """Polls by a schedule, and keeps every poll and every delay in the event log."""

    schedule: PollSchedule
    clock: Clock
    time_of_day: TimeOfDay
    pause: Callable[[float], None]
    """Sleeps for this many s."""
    event_log: EventLog

    def until(
        self,
        reason_to_wait: Callable[[Seen], str | None],
        poll: Callable[[], Seen],
        deadline: Deadline,
        *,
        seen: Seen | None = None,
    ) -> Seen:
        """Polls until there is no reason to wait or the polling timeout is over, the last time at the timeout itself.

        Args:
            reason_to_wait: Why the wait goes on, as a text for the log; None when it is over.
            poll: Asks the cloud. What it raises ends the wait, except for `DeadlineExceeded` when there is an earlier
                poll to return.
            deadline: The polling timeout.
            seen: What was seen just now, if the first poll is not needed.

        Returns:
            What was seen last, also where there is still a reason to wait: the caller must check.
        """
        started = self.clock.elapsed()

        def pause_and_poll(last: _Poll[Seen]) -> _Poll[Seen]:
            self._pause(last, waited=self.clock.elapsed() - started, time_left=deadline.left())
            return self._poll(poll, reason_to_wait, last)

        def is_unfinished(last: _Poll[Seen]) -> bool:
            return last.reason_to_wait is not None and not deadline.is_over()

        first: _Poll[Seen]
        if seen is None:
            first = self._poll(poll, reason_to_wait, None)
        else:
            first = _Poll(seen=seen, reason_to_wait=reason_to_wait(seen))
        return repeat_while(is_unfinished, pause_and_poll, first).seen

    def _pause(self, last: _Poll[Seen], *, waited: float, time_left: float) -> None:
        expected = expected_end(last.seen, self.time_of_day.now())
        delay = self.schedule.delay(waited=waited, time_left=time_left, expected=expected, poll_took=last.took)
        self.event_log.pausing(delay, last.reason_to_wait or "")
        self.pause(delay)

    def _poll(
        self, poll: Callable[[], Seen], reason_to_wait: Callable[[Seen], str | None], last: _Poll[Seen] | None
    ) -> _Poll[Seen]:
        started = self.clock.elapsed()
        try:
            seen = poll()
        except DeadlineExceeded:
            if last is None:
                raise
            return last
        self.event_log.polled(seen)
        return _Poll(seen=seen, reason_to_wait=reason_to_wait(seen), took=self.clock.elapsed() - started)


def expected_end(task: ScanTask | None, now: datetime) -> float | None:
    """Estimates in how many s a running task will end: by the cloud's own estimate, else by its progress so far."""
    if task is None:
        return None
    if task.state is TaskState.COMPLETE:
        # Only counts that may still change need another poll soon; no progress tells when anything else will come.
        return 0.0 if task.results_pending == 0 and not contradiction(task, now) else None
    if task.remaining is not None:
        return task.remaining
    if task.started_at is None or not task.progress:
        return None
    so_far = (now - task.started_at).total_seconds()
    return max(0.0, so_far * (100 - task.progress) / task.progress)
