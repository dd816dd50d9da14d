"""The time of day as far as one run knows it: by the machine's clock, and by the `Date` headers of responses."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from gate.clock import Clock

_TOLERANCE = 60.0
"""Seconds by which two correct clocks may seem to differ: a response takes time, and its date has whole seconds."""


class TimeOfDay:
    """Answers three different questions about the time of day.

    Signatures and estimates need the most likely time: `now`. Freshness needs the latest time that anything stated:
    `latest`. A server can make a task look older, and never younger, whatever time it states, and whether or not its
    time was taken over for signatures. How long ago something certainly ended needs the earliest: `earliest`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.started
        self._latest_started = -math.inf
        self._earliest_started = clock.started
        self._is_corrected = False

    def now(self) -> datetime:
        """The most likely time, aware, in UTC: the machine's clock, unless it was corrected."""
        return self._at(self._started)

    def latest(self) -> datetime:
        """The latest time that the machine or any server stated, aware, in UTC."""
        return self._at(self._latest_start())

    def earliest(self) -> datetime:
        """The earliest time that the machine or any server stated, aware, in UTC."""
        return self._at(self._earliest_started)

    def server_time(self) -> datetime | None:
        """The latest time that any server stated, aware, in UTC; None if none has."""
        return None if self._latest_started == -math.inf else self._at(self._latest_started)

    @property
    def lag(self) -> float:
        """Seconds by which the machine's clock is known to be slow."""
        return max(0.0, self._latest_start() - self._clock.started)

    @property
    def lead(self) -> float:
        """Seconds by which the machine's clock is ahead of the latest time that a server stated; 0 within a tolerance.

        Where it is fast, that is: a cache states old times too, so it is for messages only.
        """
        lead = self._clock.started - self._latest_started
        return lead if _TOLERANCE < lead < math.inf else 0.0

    def observe(self, server_time: datetime) -> None:
        """Notes the time that a server stated."""
        started = server_time.timestamp() - self._clock.elapsed()
        self._latest_started = max(self._latest_started, started)
        self._earliest_started = min(self._earliest_started, started)

    def correct(self, server_time: datetime, *, tolerance: timedelta) -> bool:
        """Takes over a server's time if it is further from `now` than this, once in a run; returns whether it did."""
        if self._is_corrected or abs(server_time - self.now()) <= tolerance:
            return False
        self._is_corrected = True
        self._started = server_time.timestamp() - self._clock.elapsed()
        return True

    def _at(self, started: float) -> datetime:
        return datetime.fromtimestamp(started + self._clock.elapsed(), UTC)

    def _latest_start(self) -> float:
        # A correction back is for signatures only: a server whose clock is slow must not make a stale task fresh.
        own = max(self._clock.started, self._started)
        return self._latest_started if self._latest_started - own > _TOLERANCE else own
