"""The retry loop of one API: carries out the schedule of `gate.clouds.retry_schedule`, on the clock of the run."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from gate.clouds import retry_schedule
from gate.clouds.retry_schedule import RETRY_TIMEOUT_WITHOUT_RESPONSE, FailedAttempt
from gate.errors import TransientError
from gate.repeat import retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clock import Clock, RunDeadline
    from gate.event_log import EventLog
    from gate.time_of_day import TimeOfDay

_SAME_POLL = 1.0
"""Seconds; a request that follows a response sooner belongs to the same poll."""
Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """One request and what has failed of it."""

    first_attempt: float
    """Seconds since the start of the run."""
    failures: Counter[type[TransientError]] = field(default_factory=Counter)

    def attempt(self, send: Callable[[], Value]) -> Value:
        """Makes one attempt, and counts its failure by the kind of error."""
        try:
            return send()
        except TransientError as error:
            self.failures[type(error)] += 1
            raise


class RetryLoop:
    """Repeats the requests to one API after transient errors, as long as the retry timeout allows."""

    def __init__(self, *, clock: Clock, time_of_day: TimeOfDay, deadline: RunDeadline, event_log: EventLog) -> None:
        self._clock = clock
        self._time_of_day = time_of_day
        self._deadline = deadline
        self._event_log = event_log
        self._first_sent = math.inf
        self._has_response = False
        self._poll_started = self._last_success = -math.inf
        self._has_queued = self._has_queued_in_poll = False

    def run(self, attempt: Callable[[], Value], *, after: type[TransientError] = TransientError) -> Value:
        """Makes attempts until one succeeds.

        Args:
            attempt: Sends the request.
            after: The errors after which the request is repeated.

        Raises:
            TransientError: The error of the last attempt, when another one would be pointless.
            GateError: Any other error of an attempt, at once.
        """
        if self._clock.elapsed() - self._last_success > _SAME_POLL:
            self._start_poll()
        request = _Request(first_attempt=self._clock.elapsed())
        value = retry(
            lambda: request.attempt(attempt),
            after,
            give_up=lambda error: retry_schedule.should_give_up(self._failed(request, error)),
            before_retry=lambda error: self._pause(self._failed(request, error)),
        )
        self._last_success = self._clock.elapsed()
        return value

    def request_sent(self) -> None:
        """Notes that a request is sent now."""
        self._first_sent = min(self._first_sent, self._clock.elapsed())

    def response_received(self) -> None:
        """Notes that a server has responded, with whatever status."""
        self._has_response = True

    def _start_poll(self) -> None:
        if self._has_queued_in_poll:
            self._has_queued_in_poll = False
            seconds = retry_schedule.queue_again(self._time_left(), self._seconds_of_day(), self._clock.random)
            # A pause of 0 s would admit one more request after the deadline.
            if seconds:
                self._event_log.note(f"other gates queue for the quota; queueing behind them for {seconds:.0f} s")
                self._deadline.pause(seconds)
        self._poll_started = self._clock.elapsed()

    def _failed(self, request: _Request, error: TransientError) -> FailedAttempt:
        elapsed = self._clock.elapsed()
        return FailedAttempt(
            error=error,
            failures=request.failures[type(error)],
            time_left=self._time_left(),
            request_age=elapsed - request.first_attempt,
            poll_age=elapsed - self._poll_started,
            time_of_day=self._seconds_of_day(),
            has_queued=self._has_queued,
        )

    def _pause(self, failed: FailedAttempt) -> None:
        delay = retry_schedule.delay(failed, self._clock.random)
        if delay.is_queued:
            self._has_queued = self._has_queued_in_poll = True
        self._event_log.retrying(failed.error.happened, delay.seconds)
        self._deadline.pause(delay.seconds)

    def _time_left(self) -> float:
        """Seconds until the retry timeout."""
        left = self._deadline.left()
        if self._has_response:
            return left
        return min(left, max(0.0, self._first_sent + RETRY_TIMEOUT_WITHOUT_RESPONSE - self._clock.elapsed()))

    def _seconds_of_day(self) -> float:
        return self._time_of_day.now().timestamp()
