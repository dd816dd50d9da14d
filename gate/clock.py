"""Time as the gate knows it: handed in, so that tests need not wait, and deaf to steps of the machine's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DUST = 0.01
"""Less than this many s is not worth another look: it is what is left over when floats are added."""


class Clock:
    """The clock of one run: reads the time of day once, at its start, and counts monotonic seconds from there."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.sleep = sleep
        """Pauses for so many s."""
        self._monotonic = monotonic
        self._zero = monotonic()
        self._began = wall()
        self._is_set = False
        self._ahead = 0.0
        self._lost = 0.0

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._monotonic() - self._zero

    def now(self) -> datetime:
        """The time of day, aware, in UTC; a step of the machine's clock during the run does not move it."""
        return datetime.fromtimestamp(self._began + self.elapsed(), UTC)

    def latest(self) -> datetime:
        """The latest time of day that anybody has told, by which a task is at its oldest."""
        return self.now() + timedelta(seconds=self._ahead)

    @property
    def lost(self) -> float:
        """How many s the machine's clock is known to be behind."""
        return self._lost + self._ahead

    def hear(self, now: datetime) -> None:
        """Hears what time it is elsewhere: that can make a task older, and never younger."""
        self._ahead = max(self._ahead, (now - self.now()).total_seconds())

    def set_once(self, now: datetime) -> bool:
        """Takes the time of day from somebody who knows it better, but only once in a run; returns whether it did."""
        if self._is_set:
            return False
        self._is_set = True
        began = now.timestamp() - self.elapsed()
        gained = max(0.0, began - self._began)
        self._lost, self._ahead = gained, max(0.0, self._ahead - gained)
        self._began = began
        return True


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
        return self.left() < DUST
