"""The retry schedule: which failed attempt is retried, and when; without a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clouds.fair_retry import MAX_AGE, ROUND, seconds_until_slot
from gate.clouds.retry_loop import RetryLoop
from gate.clouds.retry_schedule import Delay, FailedAttempt, delay, exponential, jittered, queue_again, should_give_up
from gate.errors import Throttled, TruncatedResponse, Unreachable
from tests.builders import NOW
from tests.clouds.builders import a_connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.errors import TransientError
    from tests.builders import FakeTime

TIME_OF_DAY = NOW.timestamp()


def failed(
    error: TransientError,
    *,
    failures: int = 1,
    time_left: float = 1e6,
    request_age: float = 0.0,
    poll_age: float = 0.0,
    has_queued: bool = False,
) -> FailedAttempt:
    """A failed attempt with plenty of time left."""
    return FailedAttempt(
        error=error,
        failures=failures,
        time_left=time_left,
        request_age=request_age,
        poll_age=poll_age,
        time_of_day=TIME_OF_DAY,
        has_queued=has_queued,
    )


def max_jitter() -> float:
    return 1.0


def min_jitter() -> float:
    return 0.0


def no_jitter() -> float:
    pytest.fail("this delay must have no jitter")


# Whether to retry at all.


@pytest.mark.parametrize(
    ("retry_after", "time_left", "expected"),
    [
        (None, 0.009, True),
        (None, 0.01, False),
        (0.0, 0.009, True),
        (0.0, 0.01, False),
        (60.0, 59.9, True),
        (60.0, 60.0, False),
    ],
)
def test_a_request_is_given_up_if_a_retry_could_only_come_after_the_timeout(
    retry_after: float | None, time_left: float, *, expected: bool
) -> None:
    error = Unreachable("No response.", retry_after=retry_after)

    assert should_give_up(failed(error, time_left=time_left)) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [(TruncatedResponse("Cut."), [False, False, True, True]), (Unreachable("Down."), [False] * 4)],
    ids=["truncated", "unreachable"],
)
def test_only_a_response_that_was_truncated_three_times_is_given_up(
    error: TransientError, expected: list[bool]
) -> None:
    assert [should_give_up(failed(error, failures=failures)) for failures in (1, 2, 3, 4)] == expected


# Exponential backoff with equal jitter.


def test_the_delay_doubles_up_to_a_minute() -> None:
    assert [exponential(1.0, number) for number in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_large_number_of_attempts_causes_no_overflow() -> None:
    assert exponential(0.001, 11) == exponential(0.001, 10_000) == pytest.approx(1.024)


def test_half_of_a_delay_is_random() -> None:
    assert (jittered(8.0, min_jitter), jittered(8.0, max_jitter)) == (4.0, 8.0)


@pytest.mark.parametrize("error", [Unreachable("Down."), TruncatedResponse("Cut.")], ids=["unreachable", "truncated"])
def test_a_transient_error_is_retried_with_exponential_backoff(error: TransientError) -> None:
    delays = [delay(failed(error, failures=number), max_jitter) for number in (1, 2, 3)]

    assert delays == [Delay(seconds=1.0), Delay(seconds=2.0), Delay(seconds=4.0)]
    assert delay(failed(error), min_jitter) == Delay(seconds=0.5)


def test_retry_after_is_kept_exactly() -> None:
    assert delay(failed(Unreachable("Down.", retry_after=7.5), failures=5), no_jitter) == Delay(seconds=7.5)


def test_a_retry_after_of_zero_is_followed_by_the_usual_delay() -> None:
    assert delay(failed(Unreachable("Down.", retry_after=0.0)), min_jitter) == Delay(seconds=0.5)


@pytest.mark.parametrize(("time_left", "seconds"), [(2.0, 1.0), (1.99, 1.99), (0.5, 0.5)])
def test_an_attempt_that_leaves_less_than_a_second_for_another_is_made_at_the_timeout(
    time_left: float, seconds: float
) -> None:
    assert delay(failed(Unreachable("Down."), time_left=time_left), max_jitter) == Delay(seconds=seconds)


# A quota that states when the next call is free.


@pytest.mark.parametrize(
    ("poll_age", "retry_after", "time_left", "seconds"),
    [
        (0.0, 300.0, 1e6, 312.0),
        (300.0, 300.0, 1e6, 306.0),
        (600.0, 300.0, 1e6, 300.0),
        (0.0, 60.0, 110.0, 65.0),
        (0.0, 1.0, 1e6, 2.0),
    ],
)
def test_a_young_poll_exceeds_retry_after_by_a_few_seconds(
    poll_age: float, retry_after: float, time_left: float, seconds: float
) -> None:
    attempt = failed(Throttled("Full.", retry_after=retry_after), poll_age=poll_age, time_left=time_left)

    assert delay(attempt, no_jitter) == Delay(seconds=seconds)


def test_without_spare_time_retry_after_is_not_exceeded() -> None:
    assert delay(failed(Throttled("Full.", retry_after=60.0), time_left=59.0), no_jitter) == Delay(seconds=60.0)


# A quota that frees a call every few seconds.


@pytest.mark.parametrize(
    ("seconds_per_call", "delays"), [(5.0, [5.0, 10.0, 20.0]), (1.5, [1.5, 3.0, 6.0]), (0.001, [1.0, 2.0, 4.0])]
)
def test_a_quota_that_frees_a_call_every_few_seconds_is_retried_soon(
    seconds_per_call: float, delays: list[float]
) -> None:
    error = Throttled("Full.", seconds_per_call=seconds_per_call)

    assert [delay(failed(error, failures=number), max_jitter).seconds for number in (1, 2, 3)] == delays
    assert delay(failed(error), min_jitter).seconds == delays[0] / 2
    assert not delay(failed(error, failures=99, has_queued=True), max_jitter).is_queued


@pytest.mark.parametrize(("seconds_per_call", "is_queued"), [(5.0, False), (5.1, True)])
def test_a_quota_that_frees_a_call_every_five_seconds_needs_no_queue(
    seconds_per_call: float, *, is_queued: bool
) -> None:
    error = Throttled("Full.", seconds_per_call=seconds_per_call)

    assert delay(failed(error), max_jitter).is_queued is is_queued


def test_a_quota_that_does_not_state_its_size_is_retried_soon_for_five_attempts() -> None:
    queued = [delay(failed(Throttled("Full."), failures=number), max_jitter).is_queued for number in range(1, 8)]

    assert queued == [False] * 5 + [True] * 2


def test_after_queueing_once_a_quota_that_does_not_state_its_size_is_not_retried_soon() -> None:
    assert delay(failed(Throttled("Full."), has_queued=True), max_jitter).is_queued


# A quota by the minute: the slots of fair retry.


@pytest.mark.parametrize("poll_age", [0.0, 300.0, 1199.0])
@pytest.mark.parametrize(("random", "jitter"), [(min_jitter, 0.0), (max_jitter, 0.5)])
def test_a_refused_call_is_retried_in_the_slot_of_its_age(
    poll_age: float, random: Callable[[], float], jitter: float
) -> None:
    attempt = failed(Throttled("Full.", seconds_per_call=12.0), poll_age=poll_age)

    chosen = delay(attempt, random)

    assert chosen.seconds == pytest.approx(seconds_until_slot(poll_age, TIME_OF_DAY) + jitter)
    assert chosen.is_queued


@pytest.mark.parametrize(("request_age", "is_queued"), [(MAX_AGE - 0.1, True), (MAX_AGE, False)])
def test_a_call_refused_for_longer_than_any_queue_lasts_is_retried_rarely(
    request_age: float, *, is_queued: bool
) -> None:
    attempt = failed(Throttled("Full.", seconds_per_call=12.0), request_age=request_age, poll_age=MAX_AGE)
    chosen = delay(attempt, max_jitter)

    assert chosen.is_queued is is_queued
    assert is_queued or chosen.seconds == 120.0
    assert is_queued or delay(attempt, min_jitter).seconds == 60.0


def test_an_attempt_whose_slot_is_after_the_timeout_is_made_at_the_timeout() -> None:
    attempt = failed(Throttled("Full.", seconds_per_call=12.0), time_left=1.5)

    assert delay(attempt, min_jitter) == Delay(seconds=1.5, is_queued=True)


@pytest.mark.parametrize(("random", "jitter"), [(min_jitter, 0.0), (max_jitter, 0.5)])
def test_the_next_poll_queues_in_the_slot_of_age_zero(random: Callable[[], float], jitter: float) -> None:
    assert queue_again(1e6, TIME_OF_DAY, random) == pytest.approx(seconds_until_slot(0.0, TIME_OF_DAY) + jitter)


def test_the_next_poll_does_not_queue_beyond_the_timeout() -> None:
    assert queue_again(0.5, TIME_OF_DAY, min_jitter) == 0.5


# The limits, as the retry loop applies them.


def attempts(time: FakeTime, *errors: TransientError) -> list[float]:
    """The times, in s, at which the retry loop makes attempts that fail with these errors, the last one for ever."""
    connection, started_at = a_connection(time, timeout=3600.0), list[float]()
    loop = RetryLoop(
        clock=connection.clock,
        time_of_day=connection.time_of_day,
        deadline=connection.deadline,
        event_log=connection.event_log,
    )

    def attempt() -> None:
        started_at.append(time.elapsed)
        loop.request_sent()
        raise errors[min(len(started_at), len(errors)) - 1]

    with pytest.raises(type(errors[-1])):
        loop.run(attempt)
    return started_at


def test_a_response_that_stays_truncated_is_requested_three_times(fake_time: FakeTime) -> None:
    assert len(attempts(fake_time, TruncatedResponse("Cut."))) == 3


def test_other_errors_in_between_do_not_reset_the_limit_of_truncated_responses(fake_time: FakeTime) -> None:
    cut, down = TruncatedResponse("Cut."), Unreachable("Down.")

    assert len(attempts(fake_time, cut, down, cut, down, cut)) == 5


def test_each_kind_of_error_has_an_exponential_backoff_of_its_own(fake_time: FakeTime) -> None:
    fake_time.random = max_jitter
    full, down = Throttled("Full.", seconds_per_call=1.0), Unreachable("Down.")
    attempts(fake_time, full, full, full, down, down, TruncatedResponse("Cut."))

    assert fake_time.slept == [1, 2, 4, 1, 2, 1, 2]


def test_without_any_response_the_last_attempt_is_made_after_five_minutes(fake_time: FakeTime) -> None:
    assert attempts(fake_time, Unreachable("Down."))[-1] == pytest.approx(300)


# Any attempt.

seconds = st.floats(0, 1e5)
errors = st.one_of(
    st.builds(Unreachable, st.just("Down."), retry_after=st.none() | seconds),
    st.builds(TruncatedResponse, st.just("Cut."), retry_after=st.none() | seconds),
    st.builds(Throttled, st.just("Full."), retry_after=st.none() | seconds, seconds_per_call=st.none() | seconds),
)


@given(
    error=errors,
    failures=st.integers(1, 10_000),
    time_left=seconds,
    request_age=seconds,
    poll_age=seconds,
    has_queued=st.booleans(),
    random=st.floats(0, 1),
)
def test_no_retry_comes_at_once_or_after_the_timeout(
    *,
    error: TransientError,
    failures: int,
    time_left: float,
    request_age: float,
    poll_age: float,
    has_queued: bool,
    random: float,
) -> None:
    attempt = failed(
        error,
        failures=failures,
        time_left=time_left,
        request_age=request_age,
        poll_age=poll_age,
        has_queued=has_queued,
    )

    if should_give_up(attempt):
        return

    chosen = delay(attempt, lambda: random).seconds

    assert 0 < chosen <= time_left + 1e-9
    assert chosen >= min(0.5, time_left, error.retry_after or 0.5)
    assert chosen <= max(120.0, ROUND + 1.5, (error.retry_after or 0.0) + 12.0)
