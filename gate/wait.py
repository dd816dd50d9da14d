"""Waiting: the only poll loop of the gate, and how it chooses the moments at which it looks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import backoff

from gate.errors import DeadlineExceeded
from gate.scan import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable

    from backoff.types import Details

    from gate.clock import Clock, Deadline
    from gate.event_log import EventLog
    from gate.scan import ScanTask

LONGEST_PAUSE = 120.0
"""Nobody should wait longer than this many s for a verdict that is there."""

Seen = TypeVar("Seen", bound="ScanTask | None")


@dataclass(frozen=True, kw_only=True, slots=True)
class PollSchedule:
    """How often to look: rarely at what takes long, and soon at what should be over soon.

    A pause is a quarter of the time already waited, so that a verdict is never later than a quarter of the whole wait.
    The quarter counts from the beginning of the last look: one that had to wait for its calls has rested meanwhile. The
    pause is shorter when the task is expected to end sooner, and never shorter than the cloud's quota allows.
    """

    shortest: float
    """Seconds; kept even by jitter, except for the last look at the deadline."""
    jitter: Callable[[], float]
    """A number from 0 to 1; gates that started together drift apart by up to a tenth of each pause."""

    def pause(self, *, waited: float, left: float, expected: float | None, took: float) -> float:
        """Says how many s to wait until the next look.

        Args:
            waited: Seconds since the first look.
            left: Seconds until the deadline.
            expected: Seconds until the task should be over, where that can be guessed.
            took: Seconds that the last look lasted.
        """
        pause = min(waited / 4, LONGEST_PAUSE) - took
        if expected is not None:
            pause = min(pause, expected)
        pause = max(pause, self.shortest)
        pause *= 1 + self.jitter() / 10
        # A look that leaves no room for another one before the deadline is better made at the deadline.
        return left if left < pause + self.shortest else pause


@dataclass(frozen=True, kw_only=True, slots=True)
class Poller:
    """Somebody who looks again and again, at a pace and by a clock, and keeps a journal of it."""

    schedule: PollSchedule
    clock: Clock
    event_log: EventLog

    def until(
        self,
        obstacle: Callable[[Seen], str | None],
        poll: Callable[[], Seen],
        deadline: Deadline,
        *,
        seen: Seen | None = None,
    ) -> Seen:
        """Looks until nothing stands in the way or the deadline has come, with one last look at the deadline itself.

        Args:
            obstacle: What keeps the wait going, in words for the log; None when nothing does.
            poll: Looks at the cloud; what it raises ends the wait too, except when it only ran out of time and there is
                an earlier look to go by.
            deadline: The time until which another look may be taken.
            seen: What was seen just now, where the first look need not be taken again.

        Returns:
            What was seen last, whatever stands in the way of it: the caller must ask.
        """
        began = self.clock.elapsed()
        took = 0.0
        polled: list[Seen] = [] if seen is None else [seen]

        def rest(details: Details) -> None:
            expected = expected_end(details["value"], self.clock)
            waited, left = self.clock.elapsed() - began, deadline.left()
            pause = self.schedule.pause(waited=waited, left=left, expected=expected, took=took)
            self.event_log.pausing(pause, obstacle(details["value"]) or "")
            self.clock.sleep(pause)

        def poll_once() -> Seen:
            nonlocal took
            look_began = self.clock.elapsed()
            try:
                task = poll()
            except DeadlineExceeded:
                if not polled:
                    raise
                return polled[-1]
            took = self.clock.elapsed() - look_began
            polled[:] = [task]
            self.event_log.polled(task)
            return task

        glances = chain(tuple(polled), iter(poll_once, object()))
        # backoff repeats, and nothing else: its own waits know neither our clock nor our deadline, so they are 0.
        repeat = backoff.on_predicate(
            backoff.constant,
            lambda task: obstacle(task) is not None and not deadline.is_over(),
            interval=0,
            jitter=None,
            logger=None,
            on_backoff=rest,
        )
        return repeat(lambda: next(glances))()


def expected_end(task: ScanTask | None, clock: Clock) -> float | None:
    """Guesses in how many s a running task will be over: the cloud's own estimate, else its progress so far."""
    # When the results of a complete task come, no progress tells.
    if task is None or task.state is TaskState.COMPLETE:
        return None
    if task.remaining is not None:
        return task.remaining
    if task.started_at is None or not task.progress:
        return None
    so_far = (clock.now() - task.started_at).total_seconds()
    return max(0.0, so_far * (100 - task.progress) / task.progress)
