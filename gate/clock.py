"""Time and chance as the gate knows them: handed in for tests' sake, and deaf to steps of the machine's clock."""

from __future__ import annotations

import math
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_chance = secrets.SystemRandom().random
EPSILON = 0.01
"""Less than this many s is not worth another look: it is what is left over when floats are added."""
_APART = 60.0
"""Seconds by which two clocks that are both right may seem to differ: an answer takes time, and tells whole seconds."""


class Clock:
    """The clock of one run: reads the time of day once, at its start, and counts monotonic seconds from there."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = _chance,
    ) -> None:
        self.sleep = sleep
        """Pauses for so many s."""
        self.chance = chance
        """A number from 0 to 1, by which the pauses of gates that began together drift apart."""
        self._monotonic = monotonic
        self._zero = monotonic()
        self._started = self._began_here = wall()
        self._began_elsewhere = -math.inf
        self._is_set = False

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._monotonic() - self._zero

    def now(self) -> datetime:
        """The time of day, aware, in UTC; a step of the machine's clock during the run does not move it."""
        return datetime.fromtimestamp(self._started + self.elapsed(), UTC)

    def latest_time(self) -> datetime:
        """The latest time of day that anybody has told, by which a task is at its oldest."""
        return datetime.fromtimestamp(self._latest_start() + self.elapsed(), UTC)

    @property
    def lag(self) -> float:
        """How many s the machine's clock is known to be behind."""
        return max(0.0, self._latest_start() - self._began_here)

    def observe_remote_time(self, now: datetime) -> None:
        """Hears what time it is elsewhere: that can make a task older, and never younger, whoever sets the clock."""
        self._began_elsewhere = max(self._began_elsewhere, now.timestamp() - self.elapsed())

    def correct_once(self, now: datetime) -> bool:
        """Takes the time of day from somebody who knows it better, but only once in a run; returns whether it did."""
        if self._is_set:
            return False
        self._is_set = True
        self._started = now.timestamp() - self.elapsed()
        return True

    def _latest_start(self) -> float:
        return self._began_elsewhere if self._began_elsewhere - self._started > _APART else self._started


class Deadline:
    """The moment at which waiting ends, so many s after the run began."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._is_granted = True

    def grant(self) -> None:
        """Lets one more request begin, even at the deadline itself: the first one of a look."""
        self._is_granted = True

    def lets_begin(self) -> bool:
        """Whether a request may begin now; what was granted is used up by asking."""
        granted, self._is_granted = self._is_granted, False
        return granted or not self.is_over()

    def left(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self._seconds - self._clock.elapsed())

    def is_over(self) -> bool:
        """Whether nothing worth a pause is left."""
        return self.left() < EPSILON
