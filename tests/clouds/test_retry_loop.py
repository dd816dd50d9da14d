"""The retry loop: it carries out the retry schedule on the clock of the run, within the retry timeout.

The rules of the schedule itself are tested without a socket in `test_retry_schedule` and `test_fair_retry`.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.fair_retry import ROUND, SLOT_WINDOW, queue_position, seconds_until_slot
from gate.errors import DeadlineExceeded, Throttled, TransientError, Unreachable
from gate.outcome import EventKind
from gate.simulator import Fault, HttpResponse, Quota, Simulator, connection_reset, server_error
from tests.builders import NOW
from tests.clouds.builders import a_connection, events_of_kind
from tests.clouds.clients import PROJECTS, a_client, call, error_of, retry_after_response

if TYPE_CHECKING:
    from gate.simulator import AnyResponse
    from tests.builders import FakeTime

# Exponential backoff, and the deadline of the run.


@pytest.mark.parametrize(("random", "factor"), [(0.0, 0.5), (1.0, 1.0)])
def test_delays_double_up_to_a_minute_and_half_of_each_is_random(
    fake_time: FakeTime, random: float, factor: float
) -> None:
    fake_time.random = lambda: random
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset(range(1, 20)), response=server_error()))
        call(a_connection(fake_time, timeout=36000.0), simulator.url)

    assert fake_time.slept == [factor * delay for delay in [1, 2, 4, 8, 16, 32, *[60] * 13]]


@pytest.mark.parametrize("timeout", [0.5, 1.0, 3.0, 10.0, 100.0, 1800.0])
def test_no_attempt_is_made_after_the_deadline_and_the_last_one_at_it(fake_time: FakeTime, timeout: float) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        started = fake_time.wall()
        simulator.faults.append(Fault(response=server_error()))
        error = error_of(a_connection(fake_time, timeout=timeout), simulator.url)

        assert simulator.requests[-1].at - started == pytest.approx(timeout)
        assert len(simulator.requests) == len(fake_time.slept) + 1
    assert isinstance(error, Unreachable)
    # No attempt is wasted right before the last one.
    assert all(delay >= min(0.5, timeout) for delay in fake_time.slept)


def test_after_the_deadline_there_is_no_retry(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=10.0)
    fake_time.elapsed += 11
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=server_error()))
        error_of(connection, simulator.url)

        assert len(simulator.requests) == 1
    assert fake_time.slept == []


def test_a_poll_after_the_deadline_may_send_one_request(fake_time: FakeTime) -> None:
    """The last poll is at the deadline; where it takes a second request, that one is too late."""
    connection = a_connection(fake_time, timeout=10.0)
    fake_time.elapsed += 11
    with Simulator(now=fake_time.wall) as simulator:
        client = a_client(connection, simulator.url)
        client.call("GET", PROJECTS)
        for _ in range(2):
            with pytest.raises(DeadlineExceeded, match=r"The time is up after 10 s \(--timeout\), before"):
                client.call("GET", PROJECTS)

        assert len(simulator.requests) == 1
    assert fake_time.slept == []


def test_after_requests_before_the_deadline_none_may_be_sent_after_it(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=10.0)
    with Simulator(now=fake_time.wall) as simulator:
        client = a_client(connection, simulator.url)
        for _ in range(3):
            client.call("GET", PROJECTS)
        fake_time.elapsed += 10
        with pytest.raises(DeadlineExceeded):
            client.call("GET", PROJECTS)

        assert len(simulator.requests) == 3


def test_all_clients_together_may_send_one_request_after_a_pause(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=10.0)
    fake_time.elapsed += 11
    with Simulator(now=fake_time.wall) as simulator:
        iam, hss = a_client(connection, simulator.url), a_client(connection, simulator.url)
        iam.call("GET", PROJECTS)
        with pytest.raises(DeadlineExceeded):
            hss.call("GET", PROJECTS)
        connection.deadline.pause(0)
        connection.deadline.pause(0)
        hss.call("GET", PROJECTS)
        with pytest.raises(DeadlineExceeded):
            iam.call("GET", PROJECTS)

        assert len(simulator.requests) == 2


# Operations that must not run twice.


@pytest.mark.parametrize(
    "response",
    [server_error(), connection_reset(), HttpResponse(body=b'{"projects": [')],
    ids=["server-error", "connection-reset", "truncated"],
)
def test_an_operation_that_may_have_run_is_not_repeated_if_it_must_not_run_twice(
    fake_time: FakeTime, response: AnyResponse
) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({1}), response=response))
        client = a_client(a_connection(fake_time), simulator.url)
        with pytest.raises(TransientError):
            client.call("GET", PROJECTS, is_repeatable=False)

        assert len(simulator.requests) == 1
    assert fake_time.slept == []


def test_an_operation_that_was_rate_limited_did_not_run_and_is_repeated_in_any_case(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({1}), response=retry_after_response("7", status=429)))
        client = a_client(a_connection(fake_time), simulator.url)

        assert client.call("GET", PROJECTS, is_repeatable=False).keys() == {"projects"}
        assert len(simulator.requests) == 2
    assert fake_time.slept[0] >= 7


# The retry timeout as long as no server has responded.


@pytest.mark.parametrize("appear_timeout", [0.0, 300.0, 900.0])
@pytest.mark.parametrize("started_at", [0.0, 700.0])
def test_without_any_response_retries_end_five_minutes_after_the_first_attempt(
    fake_time: FakeTime, appear_timeout: float, started_at: float, unused_address: str
) -> None:
    """A mistyped endpoint should not cost the whole run."""
    connection = a_connection(fake_time, timeout=1800.0, appear_timeout=appear_timeout)
    client = a_client(connection, f"http://{unused_address}")
    fake_time.elapsed += started_at
    with pytest.raises(Unreachable) as caught:
        client.call("GET", PROJECTS)

    assert unused_address in caught.value.happened
    assert fake_time.elapsed == pytest.approx(started_at + 300)
    assert len(events_of_kind(connection, EventKind.RETRY)) == len(fake_time.slept)


def test_without_any_response_the_five_minutes_are_not_granted_again_to_the_next_call(
    fake_time: FakeTime, unused_address: str
) -> None:
    client = a_client(a_connection(fake_time, timeout=1800.0), f"http://{unused_address}")
    for _ in range(2):
        with pytest.raises(Unreachable):
            client.call("GET", PROJECTS)

    assert fake_time.elapsed == pytest.approx(300)


def test_each_client_has_a_retry_timeout_of_its_own(fake_time: FakeTime, unused_address: str) -> None:
    """A response of IAM does not show that the endpoint of HSS is right."""
    connection = a_connection(fake_time, timeout=1800.0)
    with Simulator(now=fake_time.wall) as simulator:
        call(connection, simulator.url)
    fake_time.elapsed += 400
    error_of(connection, f"http://{unused_address}")

    assert fake_time.elapsed == pytest.approx(700)


def test_after_a_response_retries_go_on_to_the_deadline(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=1000.0)
    with Simulator(now=fake_time.wall) as simulator:
        client = a_client(connection, simulator.url)
        client.call("GET", PROJECTS)
        simulator.faults.append(Fault(response=connection_reset()))
        with pytest.raises(Unreachable):
            client.call("GET", PROJECTS)

    assert fake_time.elapsed == pytest.approx(1000)


def test_retries_end_at_the_deadline_where_it_is_earlier_than_five_minutes(
    fake_time: FakeTime, unused_address: str
) -> None:
    error = error_of(a_connection(fake_time, timeout=20.0), f"http://{unused_address}")

    assert fake_time.elapsed == pytest.approx(20)
    assert f"{unused_address} cannot be reached" in error.happened


# Retry-After.


@pytest.mark.parametrize("status", [500, 503])
def test_a_retry_after_in_seconds_or_as_a_date_is_kept_exactly(fake_time: FakeTime, status: int) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        as_a_date = retry_after_response("Sat, 31 Jan 2026 12:12:00 GMT", status=status)
        simulator.faults += [
            Fault(requests=frozenset({1}), response=retry_after_response("7", status=status)),
            Fault(requests=frozenset({2}), response=as_a_date),
        ]
        call(a_connection(fake_time), simulator.url)

    assert fake_time.slept == [7, 120]


@pytest.mark.parametrize("retry_after", ["0", "Sat, 31 Jan 2026 12:00:00 GMT"], ids=["zero", "past-date"])
def test_a_retry_after_of_zero_or_in_the_past_is_followed_by_the_usual_delay(
    fake_time: FakeTime, retry_after: str
) -> None:
    """Without a delay the gate would send requests as fast as it can until its deadline."""
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset(range(1, 6)), response=retry_after_response(retry_after)))
        call(a_connection(fake_time), simulator.url)

    for delay, longest in zip(fake_time.slept, [1, 2, 4, 8, 16], strict=True):
        assert longest / 2 <= delay <= longest


@pytest.mark.parametrize(
    ("retry_after", "attempts"), [("99", 2), ("100", 2), ("101", 1), ("86400", 1), ("999999999", 1)]
)
def test_a_retry_after_beyond_the_deadline_ends_the_retries_at_once(
    fake_time: FakeTime, retry_after: str, attempts: int
) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=retry_after_response(retry_after)))
        error = error_of(a_connection(fake_time, timeout=100.0), simulator.url)

        assert len(simulator.requests) == attempts
    assert isinstance(error, Unreachable)
    assert fake_time.elapsed == (float(retry_after) if attempts == 2 else 0)


# A quota that states when the next call is free.


def test_a_young_poll_exceeds_retry_after_by_a_few_seconds(fake_time: FakeTime) -> None:
    """All gates receive the same Retry-After: the oldest polls retry then, and the younger ones a little later."""
    with Simulator(now=fake_time.wall) as simulator:
        response = retry_after_response("300", status=429)
        simulator.faults.append(Fault(requests=frozenset(range(1, 7)), response=response))
        call(a_connection(fake_time, timeout=7200.0), simulator.url)

    assert fake_time.slept[0] == 312
    assert fake_time.slept[1] == pytest.approx(300 + 12 * (1 - 312 / 600))
    assert fake_time.slept[2:] == [300] * 4


def test_all_pages_of_a_list_belong_to_one_poll(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = Quota(calls=5, seconds=60, retry_after=True)
        client = a_client(a_connection(fake_time), simulator.url)
        for _ in range(20):
            client.call("GET", PROJECTS)

    assert fake_time.slept == pytest.approx([72, 60 + 12 * (1 - 72 / 600), 60 + 12 * (1 - (72 + 70.56) / 600)])


@pytest.mark.parametrize("later", [1.5, 300.0])
def test_a_call_after_a_pause_starts_a_new_poll(fake_time: FakeTime, later: float) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [Fault(requests=frozenset({2, 4}), response=retry_after_response("60", status=429))]
        client = a_client(a_connection(fake_time), simulator.url)
        for _ in range(3):
            client.call("GET", PROJECTS)
            fake_time.elapsed += later

    assert fake_time.slept == [72, 72]


def test_a_quota_that_frees_no_call_before_the_deadline_raises_throttled_at_once(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=299.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = Quota(calls=0, seconds=300, retry_after=True)
        error = error_of(connection, simulator.url)

    assert isinstance(error, Throttled)
    assert fake_time.slept == []


# A quota that does not state when the next call is free.


def delays_under_quota(quota: Quota, fake_time: FakeTime, *, random: float = 0.0, elapsed: float = 0.0) -> list[float]:
    """The delays of a call that this quota refuses for an hour; the last one ends at the deadline."""
    fake_time.random = lambda: random
    connection = a_connection(fake_time, timeout=3600.0 + elapsed)
    fake_time.elapsed += elapsed
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = quota
        error_of(connection, simulator.url)
    return fake_time.slept


def throttled(message: str = "") -> HttpResponse:
    """The error of Huawei Cloud's gateway for a used-up quota, whose size this message states."""
    body = {"error_code": "APIGW.0308", "error_msg": f"policy user over ratelimit,{message}"}
    return HttpResponse(status=429, body=json.dumps(body).encode())


def delays_while_throttled(fake_time: FakeTime, message: str, **settings: Any) -> list[float]:
    """The delays of a call that a quota of this size refuses until the deadline."""
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=throttled(message)))
        error_of(a_connection(fake_time, **settings), simulator.url)
    return fake_time.slept


def test_calls_beyond_the_quota_succeed_when_the_quota_frees_them(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = Quota(calls=5, seconds=60)
        client = a_client(connection, simulator.url)
        for _ in range(11):
            client.call("GET", PROJECTS)

        # Twice a call is free after a minute, and is found at most one round later.
        assert 120 <= fake_time.elapsed <= 120 + 2 * (ROUND + 1)
        # Five quick retries, since the quota does not state its size; then one retry in each round.
        assert len(simulator.requests) <= 11 + 5 + 2 * 2
    assert all("quota" in event.text for event in events_of_kind(connection, EventKind.RETRY))


@pytest.mark.parametrize("elapsed", [0.0, 5000.0], ids=["at-the-start", "late-in-the-run"])
def test_a_refused_call_is_retried_once_in_each_round_and_earlier_in_each(fake_time: FakeTime, elapsed: float) -> None:
    """A free call goes to the first gate that asks for it, so the oldest gates ask first."""
    delays = delays_under_quota(Quota(calls=0, seconds=60), fake_time, elapsed=elapsed)

    ages = [age for age in accumulate(delays) if age < 1200]
    started = NOW.timestamp() + elapsed
    # The age has grown by less than a second's worth by the time of the slot, and 0 may also be the end of a round.
    offsets = [(started + age - queue_position(age) * SLOT_WINDOW + 2) % ROUND - 2 for age in ages]
    assert all(abs(offset) < 1 for offset in offsets)
    assert 1200 / ROUND - 1 <= len(ages) <= 1200 / ROUND * 1.01 + 1


def test_a_call_refused_for_twenty_minutes_is_retried_every_two_minutes(fake_time: FakeTime) -> None:
    """Refused calls may count against the quota too: then none is free before some gates stay away for a while."""
    delays = delays_under_quota(Quota(calls=0, seconds=60), fake_time, random=1.0)

    ages = list(accumulate(delays, initial=0.0))
    assert {delay for age, delay in zip(ages, delays[:-1], strict=False) if age >= 1200} == {120.0}
    assert 120.0 not in {delay for age, delay in zip(ages, delays[:-1], strict=False) if age < 1200}


QUICK_RETRIES = [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("message", "quick"),
    [
        ("", QUICK_RETRIES),
        ("limit:999999,time:1 second", [*QUICK_RETRIES, 32, 60, 60]),
        ("limit:0,time:0 second", [*QUICK_RETRIES, 32, 60, 60]),
        ("limit:60,time:1 minute", [*QUICK_RETRIES, 32, 60, 60]),
        ("limit:2,time:3 second", [1.5, 3, 6, 12, 24, 48, 60, 60]),
        ("limit:12,time:1 minute", [5, 10, 20, 40, 60, 60]),
        ("limit:11,time:1 minute", []),
        ("limit:5,time:1 minute", []),
        ("limit:5,time:1 hour", []),
    ],
)
def test_a_quota_that_may_free_a_call_every_few_seconds_is_retried_soon(
    fake_time: FakeTime, message: str, quick: list[float]
) -> None:
    fake_time.random = lambda: 1.0
    started = fake_time.wall()
    delays = delays_while_throttled(fake_time, message, timeout=400.0)

    assert delays[: len(quick)] == quick
    if quick in ([], QUICK_RETRIES):
        queued_at = started + sum(quick)
        assert delays[len(quick)] == pytest.approx(seconds_until_slot(sum(quick), queued_at) + 0.5)
        assert delays[len(quick) + 1] == pytest.approx(ROUND, abs=1.5)


@pytest.mark.parametrize("random", [0.0, 1.0])
@pytest.mark.parametrize("message", ["", "limit:9,time:1 second", "limit:5,time:1 minute"])
@pytest.mark.parametrize("timeout", [0.3, 5.0, 31.5, 62.0, 70.0, 1199.0, 1260.0, 3600.0])
def test_a_refused_call_is_retried_until_the_deadline_and_the_last_time_at_it(
    fake_time: FakeTime, timeout: float, message: str, random: float
) -> None:
    fake_time.random = lambda: random
    delays = delays_while_throttled(fake_time, message, timeout=timeout)

    assert fake_time.elapsed == pytest.approx(timeout)
    assert min(delays) > 0


def test_after_queueing_once_the_quick_retries_are_skipped(fake_time: FakeTime) -> None:
    """A quota that five quick retries did not pass does not count by the second."""
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({*range(1, 7), 8}), response=throttled()))
        client = a_client(a_connection(fake_time), simulator.url)
        client.call("GET", PROJECTS)
        client.call("GET", PROJECTS)

    assert len(fake_time.slept) == 5 + 1 + 1
    assert fake_time.slept[6] == pytest.approx(ROUND, abs=1.5)


BY_THE_MINUTE = throttled("limit:5,time:1 minute")


@pytest.mark.parametrize("later", [1.5, 300.0])
def test_the_poll_after_one_that_had_to_queue_goes_to_the_end_of_the_queue(fake_time: FakeTime, later: float) -> None:
    """Otherwise the gate that got the last call would be the first to ask for the next one."""
    fake_time.random = lambda: 0.0
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({1}), response=BY_THE_MINUTE))
        client = a_client(connection, simulator.url)
        client.call("GET", PROJECTS)
        fake_time.elapsed += later
        until_last_slot = seconds_until_slot(0.0, fake_time.wall())
        client.call("GET", PROJECTS)
        fake_time.elapsed += later
        client.call("GET", PROJECTS)

    assert fake_time.slept[1:] == pytest.approx([until_last_slot])
    assert f"queueing behind them for {until_last_slot:.0f} s" in " ".join(
        event.text for event in events_of_kind(connection, EventKind.NOTE)
    )


def test_a_poll_does_not_queue_beyond_the_deadline(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({1}), response=BY_THE_MINUTE))
        client = a_client(a_connection(fake_time, timeout=100.0), simulator.url)
        client.call("GET", PROJECTS)
        fake_time.elapsed = 99.5
        client.call("GET", PROJECTS)

    assert fake_time.elapsed == 100


def test_without_time_to_queue_no_second_request_is_sent_after_the_deadline(fake_time: FakeTime) -> None:
    """A pause of 0 s would admit one."""
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({1}), response=BY_THE_MINUTE))
        connection = a_connection(fake_time, timeout=100.0)
        iam, hss = a_client(connection, simulator.url), a_client(connection, simulator.url)
        hss.call("GET", PROJECTS)
        fake_time.elapsed = 99.0
        connection.deadline.pause(2)
        iam.call("GET", PROJECTS)
        with pytest.raises(DeadlineExceeded):
            hss.call("GET", PROJECTS)

        assert len(simulator.requests) == 3
    assert fake_time.elapsed == 101
