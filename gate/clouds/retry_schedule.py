"""Which failed attempt is worth repeating, and when: pure rules, tested without a socket.

Three timeouts bound the work, and each has a place of its own:

- the request timeout bounds one attempt (`--request-timeout`; kept by `gate.clouds.transport`),
- the retry timeout bounds the attempts of one request: it ends with the run, and earlier as long as no server has
  responded at all (`time_left` here),
- the polling timeout bounds all polls together (`--timeout`, and `--appear-timeout` until a task was found; kept by
  `gate.wait`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.clock import EPSILON
from gate.clouds.fair_retry import MAX_AGE, extra_delay, seconds_until_slot
from gate.errors import Throttled, TruncatedResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.errors import TransientError

MAX_ATTEMPTS_FOR_A_WHOLE_RESPONSE = 3
"""A response that is truncated again and again is no accident of the network."""
RETRY_TIMEOUT_WITHOUT_RESPONSE = 300.0
"""Seconds; a mistyped endpoint or a runner without network should not cost a whole run."""
_MIN_DELAY, _MAX_DELAY = 1.0, 60.0
_QUICK_RETRIES = 5
"""How often to retry soon what a quota refuses without stating its size: where the reference of Security Center states
one for an operation, it is 10 calls a second and account (alibaba-security-center.md 5)."""
_SOON = 5.0
"""Seconds; a quota that frees a call this often needs no queue."""
_DELAY_WITHOUT_QUEUE = 120.0
"""Seconds between two attempts of what has been refused for longer than any queue lasts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedAttempt:
    """An attempt that ended with a transient error; all times in s."""

    error: TransientError
    failures: int
    """How many attempts of this request have failed with this kind of error, with this one."""
    time_left: float
    """Until the retry timeout."""
    request_age: float
    """Since the first attempt of this request."""
    poll_age: float
    """Since the first request of this poll."""
    time_of_day: float
    """Since 1970; gates that share a quota have it in common."""
    has_queued: bool
    """Whether an earlier request of this run had to queue for the quota."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delay:
    """When to make the next attempt."""

    seconds: float
    is_queued: bool = False
    """Whether the attempt waits for its slot among the gates that share a quota."""


def should_give_up(failed: FailedAttempt) -> bool:
    """Whether no attempt should follow: it could only come after the retry timeout, or would fail again."""
    is_truncated_again = (
        isinstance(failed.error, TruncatedResponse) and failed.failures >= MAX_ATTEMPTS_FOR_A_WHOLE_RESPONSE
    )
    return is_truncated_again or failed.time_left < (failed.error.retry_after or EPSILON)


def delay(failed: FailedAttempt, random: Callable[[], float]) -> Delay:
    """Chooses the delay before the next attempt.

    Args:
        failed: The attempt before.
        random: Returns a number from 0 to 1, for jitter.
    """
    error = failed.error
    if isinstance(error, Throttled):
        return _delay_for_quota(error, failed, random)
    if error.retry_after:
        return Delay(seconds=error.retry_after)
    # A server that asks for a delay of 0 gets one all the same: no fault is worth a storm of requests.
    return _fitted_to_timeout(jittered(exponential(_MIN_DELAY, failed.failures), random), failed.time_left)


def queue_again(time_left: float, time_of_day: float, random: Callable[[], float]) -> float:
    """Seconds until the next poll of a gate that had to queue in its last one: behind the others in the queue."""
    return _seconds_fitted_to_timeout(_until_slot(0.0, time_of_day, random), time_left)


def exponential(first: float, failures: int) -> float:
    """The delay in s after this many failures, doubled for each after the first, and at most a minute."""
    return min(first * 2.0 ** min(failures - 1, 10), _MAX_DELAY)


def jittered(seconds: float, random: Callable[[], float]) -> float:
    """Equal jitter: half of the delay is random, since a fault hits many gates in the same moment."""
    return seconds * (0.5 + random() / 2)


def _delay_for_quota(error: Throttled, failed: FailedAttempt, random: Callable[[], float]) -> Delay:
    if error.retry_after:
        spare = max(0.0, failed.time_left - error.retry_after)
        extra = extra_delay(failed.poll_age, retry_after=error.retry_after, spare=spare)
        return Delay(seconds=error.retry_after + extra)
    if _may_be_free_soon(error, failed):
        first = max(error.seconds_per_call or _MIN_DELAY, _MIN_DELAY)
        return _fitted_to_timeout(jittered(exponential(first, failed.failures), random), failed.time_left)
    if failed.request_age >= MAX_AGE:
        # Refused calls may count against the quota too, so that no call is free until some gates stay away for a while.
        return _fitted_to_timeout(jittered(_DELAY_WITHOUT_QUEUE, random), failed.time_left)
    slot = _until_slot(failed.poll_age, failed.time_of_day, random)
    return Delay(seconds=_seconds_fitted_to_timeout(slot, failed.time_left), is_queued=True)


def _may_be_free_soon(error: Throttled, failed: FailedAttempt) -> bool:
    """Whether the quota frees a call every few seconds; where it does not say so, the first attempts assume it."""
    if error.seconds_per_call is None:
        return failed.failures <= _QUICK_RETRIES and not failed.has_queued
    return error.seconds_per_call <= _SOON


def _until_slot(age: float, time_of_day: float, random: Callable[[], float]) -> float:
    # Gates that started together have the same slot, and must not all call in the same moment.
    return seconds_until_slot(age, time_of_day) + random() / 2


def _fitted_to_timeout(seconds: float, time_left: float) -> Delay:
    return Delay(seconds=_seconds_fitted_to_timeout(seconds, time_left))


def _seconds_fitted_to_timeout(seconds: float, time_left: float) -> float:
    # An attempt that leaves less than a second for another one is better made at the retry timeout itself.
    return time_left if time_left < seconds + 1 else seconds
