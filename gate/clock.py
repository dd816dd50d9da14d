"""The clock of one run: monotonic time, the machine's time of day, sleep and randomness, all handed in by tests."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_random = secrets.SystemRandom().random
EPSILON = 0.01
"""Seconds; a shorter time is a rounding error of floats and not worth another pause."""


class Clock:
    """Reads the machine's time of day once, at the start of the run, and counts monotonic seconds from there.

    A step of the machine's clock during the run therefore changes nothing. What servers say about the time of day is
    kept apart, in `gate.time_of_day`.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = _random,
    ) -> None:
        self.sleep = sleep
        """Sleeps for this many s."""
        self.random = random
        """Returns a number from 0 to 1, for jitter."""
        self._monotonic = monotonic
        self._zero = monotonic()
        self.started = wall()
        """The start of the run by the machine's clock, in s since 1970."""

    def elapsed(self) -> float:
        """Seconds since the start of the run."""
        return self._monotonic() - self._zero

    def now(self) -> datetime:
        """The time of day by the machine's clock, aware, in UTC."""
        return datetime.fromtimestamp(self.started + self.elapsed(), UTC)


class Deadline:
    """The moment at which a wait ends: this many seconds after the start of the run."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds

    def left(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self._seconds - self._clock.elapsed())

    def is_over(self) -> bool:
        """Whether too little time is left for another pause."""
        return self.left() < EPSILON


class RunDeadline(Deadline):
    """The deadline of the whole run, which also decides whether one more request may be sent.

    A request is sent before the deadline, with one exception: the first request after a pause is sent in any case. The
    last pause of a wait is chosen to end exactly at the deadline, so that the last poll sees as much as possible; a
    sleep never ends early, so without the exception that poll would always come too late. There is only one such
    request: where a poll takes several (a list of many pages), the second one is not sent, and the poll before counts.
    So a run ends at most one request timeout after its deadline.

    The permission is kept here and not passed as a value, because the code that pauses (the poll loop, the retry loop)
    and the code that sends (any API client of the run) share nothing but this object.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__(clock, seconds)
        self._has_just_paused = True

    def pause(self, seconds: float) -> None:
        """Sleeps for this many s; one request may then be sent, even if the deadline has come."""
        self._clock.sleep(seconds)
        self._has_just_paused = True

    @contextmanager
    def extended(self, seconds: float) -> Iterator[None]:
        """Lets requests be sent until so many s from now, for what has to be done when the run is over."""
        deadline = self._seconds
        self._seconds = max(deadline, self._clock.elapsed() + seconds)
        try:
            yield
        finally:
            self._seconds = deadline

    def try_acquire_request(self) -> bool:
        """Acquires permission for one request, and returns whether there is any; call it once for each request."""
        has_just_paused, self._has_just_paused = self._has_just_paused, False
        return has_just_paused or not self.is_over()
