"""The retry loop: the schedule carried out on the clock of the run, within the retry timeout."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

import pytest

from gate.clouds.fair_retry import ROUND, SLOT_WINDOW, queue_position, seconds_until_slot
from gate.errors import (
    Throttled,
    Unreachable,
)
from gate.outcome import EventKind
from gate.simulator import (
    Fault,
    HttpResponse,
    Quota,
    Simulator,
    connection_reset,
    server_error,
)
from tests.builders import NOW, FakeTime
from tests.clouds.builders import a_connection, events_of_kind
from tests.clouds.clients import PROJECTS, asks_for, call, fault, http

# When to try again.


def test_pauses_double_up_to_a_minute_and_half_of_each_is_chance(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset(range(1, 10)), response=server_error()))
        call(a_connection(fake_time, timeout=36000.0), simulator.url)

    for pause, longest in zip(fake_time.slept, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert longest / 2 <= pause <= longest
    # Nine pauses that are all at the same place of their range are no chance.
    assert len({pause / longest for pause, longest in zip(fake_time.slept[-3:], [60, 60, 60], strict=True)}) > 1


@pytest.mark.parametrize(
    ("left", "pauses"),
    [(1.4, [1.4]), (1.9, [1.9]), (2.0, [1.0, 1.0]), (2.5, [1.0, 1.5]), (5.5, [1.0, 2.0, 2.5])],
    ids=str,
)
def test_less_than_a_second_is_not_left_for_a_try_of_its_own(
    fake_time: FakeTime, left: float, pauses: list[float]
) -> None:
    fake_time.random = lambda: 1.0
    connection = a_connection(fake_time, timeout=left)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=server_error()))
        fault(connection, simulator.url)

    assert fake_time.slept == pytest.approx(pauses)


def test_the_longest_pause_is_a_minute(fake_time: FakeTime) -> None:
    fake_time.random = lambda: 1.0
    connection = a_connection(fake_time, timeout=36000.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset(range(1, 20)), response=server_error()))
        call(connection, simulator.url)

    assert fake_time.slept == [1, 2, 4, 8, 16, 32, *[60] * 13]


@pytest.mark.parametrize("timeout", [0.5, 1.0, 3.0, 10.0, 100.0, 1800.0])
def test_tries_never_cross_the_deadline_and_the_last_one_is_made_at_it(fake_time: FakeTime, timeout: float) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        begin = fake_time.wall()
        simulator.faults.append(Fault(response=server_error()))
        found = fault(a_connection(fake_time, timeout=timeout), simulator.url)

        assert simulator.requests[-1].at - begin == pytest.approx(timeout)
        assert len(simulator.requests) == len(fake_time.slept) + 1
    assert isinstance(found, Unreachable)
    # No look is wasted right before the last one.
    assert all(pause >= min(0.5, timeout) for pause in fake_time.slept)


def test_after_the_deadline_nothing_is_tried_again(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=10.0)
    fake_time.elapsed += 11
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=server_error()))
        fault(connection, simulator.url)

        assert len(simulator.requests) == 1
    assert fake_time.slept == []


TIME_UP = "The time was up before"


def test_after_the_deadline_only_the_first_question_is_asked(fake_time: FakeTime) -> None:
    """The last look is at the deadline; what needs more than one question then comes too late."""
    connection = a_connection(fake_time, timeout=10.0)
    fake_time.elapsed += 11
    with Simulator(now=fake_time.wall) as simulator:
        channel = http(connection, simulator.url)
        channel.call("GET", PROJECTS)
        for _ in range(2):
            with pytest.raises(Unreachable, match=f"{TIME_UP}.*--timeout"):
                channel.call("GET", PROJECTS)

        assert len(simulator.requests) == 1
    assert fake_time.slept == []


def test_a_question_before_the_deadline_uses_up_what_was_granted(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=10.0)
    with Simulator(now=fake_time.wall) as simulator:
        channel = http(connection, simulator.url)
        for _ in range(3):
            channel.call("GET", PROJECTS)
        fake_time.elapsed += 10
        with pytest.raises(Unreachable, match=TIME_UP):
            channel.call("GET", PROJECTS)

        assert len(simulator.requests) == 3


def test_each_grant_is_good_for_one_question_of_any_conversation(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=10.0)
    fake_time.elapsed += 11
    with Simulator(now=fake_time.wall) as simulator:
        iam, hss = http(connection, simulator.url), http(connection, simulator.url)
        iam.call("GET", PROJECTS)
        with pytest.raises(Unreachable, match=TIME_UP):
            hss.call("GET", PROJECTS)
        connection.deadline.pause(0)
        connection.deadline.pause(0)
        hss.call("GET", PROJECTS)
        with pytest.raises(Unreachable, match=TIME_UP):
            iam.call("GET", PROJECTS)

        assert len(simulator.requests) == 2


@pytest.mark.parametrize("appear_timeout", [0.0, 300.0, 900.0])
@pytest.mark.parametrize("began", [0.0, 700.0])
def test_where_nothing_ever_answered_patience_ends_five_minutes_after_the_first_try(
    fake_time: FakeTime, appear_timeout: float, began: float, unused_address: str
) -> None:
    """A mistyped endpoint should not cost the whole run."""
    connection = a_connection(fake_time, timeout=1800.0, appear_timeout=appear_timeout)
    channel = http(connection, f"http://{unused_address}")
    fake_time.elapsed += began
    with pytest.raises(Unreachable) as caught:
        channel.call("GET", PROJECTS)

    assert unused_address in caught.value.happened
    assert fake_time.elapsed == pytest.approx(began + 300)
    assert len(events_of_kind(connection, EventKind.RETRY)) == len(fake_time.slept)


def test_where_nothing_ever_answered_the_next_question_is_asked_only_once(
    fake_time: FakeTime, unused_address: str
) -> None:
    """Patience is counted from the first try of all, not from that of each question."""
    channel = http(a_connection(fake_time, timeout=1800.0), f"http://{unused_address}")
    for _ in range(2):
        with pytest.raises(Unreachable):
            channel.call("GET", PROJECTS)

    assert fake_time.elapsed == pytest.approx(300)


def test_each_conversation_has_a_patience_of_its_own(fake_time: FakeTime, unused_address: str) -> None:
    """That IAM answered does not say that the endpoint of HSS is right."""
    connection = a_connection(fake_time, timeout=1800.0)
    with Simulator(now=fake_time.wall) as simulator:
        call(connection, simulator.url)
    fake_time.elapsed += 400
    fault(connection, f"http://{unused_address}")

    assert fake_time.elapsed == pytest.approx(700)


def test_where_something_answered_once_patience_lasts_to_the_deadline(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=1000.0)
    with Simulator(now=fake_time.wall) as simulator:
        channel = http(connection, simulator.url)
        channel.call("GET", PROJECTS)
        simulator.faults.append(Fault(response=connection_reset()))
        with pytest.raises(Unreachable):
            channel.call("GET", PROJECTS)

    assert fake_time.elapsed == pytest.approx(1000)


def test_patience_never_outlasts_the_deadline(fake_time: FakeTime, unused_address: str) -> None:
    found = fault(a_connection(fake_time, timeout=20.0), f"http://{unused_address}")

    assert fake_time.elapsed == pytest.approx(20)
    assert f"{unused_address} cannot be reached" in found.happened


# Retry-After.


@pytest.mark.parametrize("status", [500, 503])
def test_the_pause_that_the_cloud_asks_for_is_kept_to_the_letter(fake_time: FakeTime, status: int) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [
            Fault(requests=frozenset({1}), response=asks_for("7", status=status)),
            Fault(requests=frozenset({2}), response=asks_for("Sat, 31 Jan 2026 12:12:00 GMT", status=status)),
        ]
        call(a_connection(fake_time), simulator.url)

    assert fake_time.slept == [7, 120]


@pytest.mark.parametrize("asked", ["0", "Sat, 31 Jan 2026 12:00:00 GMT"], ids=["zero", "a-date-gone-by"])
def test_a_cloud_that_asks_for_no_pause_gets_one_all_the_same(fake_time: FakeTime, asked: str) -> None:
    """Without any, a gate would ask as fast as it can until its deadline: that is an attack."""
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset(range(1, 6)), response=asks_for(asked)))
        call(a_connection(fake_time), simulator.url)

    for pause, longest in zip(fake_time.slept, [1, 2, 4, 8, 16], strict=True):
        assert longest / 2 <= pause <= longest


@pytest.mark.parametrize(
    ("asked", "tries"),
    [("99", 2), ("100", 2), ("101", 1), ("86400", 1), ("999999999", 1)],
    ids=lambda value: f"{value}",
)
def test_a_pause_that_outlasts_the_deadline_ends_the_wait_at_once(fake_time: FakeTime, asked: str, tries: int) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=asks_for(asked)))
        found = fault(a_connection(fake_time, timeout=100.0), simulator.url)

        assert len(simulator.requests) == tries
    assert isinstance(found, Unreachable)
    assert fake_time.elapsed == (float(asked) if tries == 2 else 0)


# A quota.


def slept_before(quota: Quota, fake_time: FakeTime, *, chance: float = 0.0, waited: float = 0.0) -> list[float]:
    """The pauses of a question that this quota refuses for an hour; the last one ends at the deadline."""
    fake_time.random = lambda: chance
    connection = a_connection(fake_time, timeout=3600.0 + waited)
    fake_time.elapsed += waited
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = quota
        fault(connection, simulator.url)
    return fake_time.slept


def test_a_quota_is_waited_for(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = Quota(calls=5, seconds=60)
        channel = http(connection, simulator.url)
        for _ in range(11):
            channel.call("GET", PROJECTS)

        # Twice a call is free after a minute, and is found so a round later at most.
        assert 120 <= fake_time.elapsed <= 120 + 2 * (ROUND + 1)
        # Five tries soon, since it does not say how long it lasts; then one in each round.
        assert len(simulator.requests) <= 11 + 5 + 2 * 2
    assert all("quota" in event.text for event in events_of_kind(connection, EventKind.RETRY))


@pytest.mark.parametrize("waited", [0.0, 5000.0], ids=["at-the-beginning", "late-in-the-run"])
def test_who_is_refused_asks_once_in_each_round_and_ever_earlier_in_it(fake_time: FakeTime, waited: float) -> None:
    """A free call goes to whoever asks first: among fifty gates nobody must have no luck for ever."""
    slept = slept_before(Quota(calls=0, seconds=60), fake_time, waited=waited)

    ages = [age for age in accumulate(slept) if age < 1200]
    began = NOW.timestamp() + waited
    # It has grown older by less than a second's worth when it is called, and 0 is as well the end of a round.
    beside = [(began + age - queue_position(age) * SLOT_WINDOW + 2) % ROUND - 2 for age in ages]
    assert all(abs(seconds) < 1 for seconds in beside)
    assert 1200 / ROUND - 1 <= len(ages) <= 1200 / ROUND * 1.01 + 1


def test_what_refuses_for_ever_is_not_asked_by_all_in_each_round_for_ever(fake_time: FakeTime) -> None:
    """It may be that refused calls count too, and that nobody is let in before some keep away for a while."""
    slept = slept_before(Quota(calls=0, seconds=60), fake_time, chance=1.0)

    refused_for = list(accumulate(slept, initial=0.0))
    assert {pause for age, pause in zip(refused_for, slept[:-1], strict=False) if age >= 1200} == {120.0}
    assert 120.0 not in {pause for age, pause in zip(refused_for, slept[:-1], strict=False) if age < 1200}


def test_those_that_are_called_together_do_not_come_as_one() -> None:
    first, *_ = slept_before(Quota(calls=0, seconds=60), FakeTime(), chance=0.0)
    second, *_ = slept_before(Quota(calls=0, seconds=60), FakeTime(), chance=1.0)

    assert second - first == pytest.approx(0.5)


def told_to_wait(fake_time: FakeTime, seconds: int, *, times: int = 1, **settings: Any) -> list[float]:
    """The pauses of a question that a quota refuses so often, each time for so many s."""
    with Simulator(now=fake_time.wall) as simulator:
        refused = frozenset(range(1, 1 + times))
        simulator.faults.append(Fault(requests=refused, response=asks_for(f"{seconds}", status=429)))
        call(a_connection(fake_time, **settings), simulator.url)
    return fake_time.slept


def test_who_has_just_come_lets_others_go_first_when_a_call_is_free(fake_time: FakeTime) -> None:
    """All are told the same moment: those that have waited for longest come then, and the others a little later."""
    slept = told_to_wait(fake_time, 300, times=6, timeout=7200.0)

    assert slept[0] == 312
    assert slept[1] == pytest.approx(300 + 12 * (1 - 312 / 600))
    assert slept[2:] == [300] * 4


def test_a_short_pause_is_at_most_doubled(fake_time: FakeTime) -> None:
    assert told_to_wait(fake_time, 1) == [2]


@pytest.mark.parametrize("spare", [0.5, 10.0, 60.0])
def test_who_has_little_time_left_lets_nobody_go_first_for_long(fake_time: FakeTime, spare: float) -> None:
    assert told_to_wait(fake_time, 60, timeout=60 + spare) == [pytest.approx(60 + spare / 10)]


def test_who_reads_a_long_list_has_not_just_come_with_each_of_its_pages(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = Quota(calls=5, seconds=60, retry_after=True)
        channel = http(a_connection(fake_time), simulator.url)
        for _ in range(20):
            channel.call("GET", PROJECTS)

    assert fake_time.slept == pytest.approx([72, 60 + 12 * (1 - 72 / 600), 60 + 12 * (1 - (72 + 70.56) / 600)])


@pytest.mark.parametrize("later", [1.5, 300.0])
def test_who_looks_again_after_a_pause_has_just_come(fake_time: FakeTime, later: float) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [Fault(requests=frozenset({2, 4}), response=asks_for("60", status=429))]
        channel = http(a_connection(fake_time), simulator.url)
        for _ in range(3):
            channel.call("GET", PROJECTS)
            fake_time.elapsed += later

    assert fake_time.slept == [72, 72]


SOON = [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("message", "first"),
    [
        ("", SOON),
        ("limit:999999,time:1 second", [*SOON, 32, 60, 60]),
        ("limit:0,time:0 second", [*SOON, 32, 60, 60]),
        ("limit:60,time:1 minute", [*SOON, 32, 60, 60]),
        ("limit:2,time:3 second", [1.5, 3, 6, 12, 24, 48, 60, 60]),
        ("limit:12,time:1 minute", [5, 10, 20, 40, 60, 60]),
        ("limit:11,time:1 minute", []),
        ("limit:5,time:1 minute", []),
        ("limit:5,time:1 hour", []),
    ],
)
def test_a_quota_that_may_free_a_call_every_few_seconds_is_tried_again_soon(
    fake_time: FakeTime, message: str, first: list[float]
) -> None:
    fake_time.random = lambda: 1.0
    began = fake_time.wall()
    slept = slept_while_refused(fake_time, message, timeout=400.0)

    assert slept[: len(first)] == first
    if first in ([], SOON):
        joins = began + sum(first)
        assert slept[len(first)] == pytest.approx(seconds_until_slot(sum(first), joins) + 0.5)
        assert slept[len(first) + 1] == pytest.approx(ROUND, abs=1.5)


def slept_while_refused(fake_time: FakeTime, message: str, **settings: Any) -> list[float]:
    """The pauses of a question that a quota refuses until the deadline, in these words."""
    body = json.dumps({"error_code": "APIGW.0308", "error_msg": f"policy user over ratelimit,{message}"})
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=429, body=body.encode())))
        fault(a_connection(fake_time, **settings), simulator.url)
    return fake_time.slept


def test_half_of_a_short_pause_is_chance(fake_time: FakeTime) -> None:
    fake_time.random = lambda: 0.0

    assert slept_while_refused(fake_time, "", timeout=100.0)[:5] == [pause / 2 for pause in SOON]


@pytest.mark.parametrize("chance", [0.0, 1.0])
@pytest.mark.parametrize("message", ["", "limit:9,time:1 second", "limit:5,time:1 minute"])
@pytest.mark.parametrize("timeout", [0.3, 5.0, 31.5, 62.0, 70.0, 1199.0, 1260.0, 3600.0])
def test_what_a_quota_refuses_is_tried_until_the_deadline_and_last_at_it(
    fake_time: FakeTime, timeout: float, message: str, chance: float
) -> None:
    fake_time.random = lambda: chance
    slept = slept_while_refused(fake_time, message, timeout=timeout)

    assert fake_time.elapsed == pytest.approx(timeout)
    assert min(slept) > 0


def test_who_has_lined_up_once_knows_that_the_quota_does_not_count_by_the_second(fake_time: FakeTime) -> None:
    refused = HttpResponse(status=429, body=b'{"error_code": "APIGW.0308", "error_msg": "over ratelimit"}')
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({*range(1, 7), 8}), response=refused))
        channel = http(a_connection(fake_time), simulator.url)
        channel.call("GET", PROJECTS)
        channel.call("GET", PROJECTS)

    assert len(fake_time.slept) == 5 + 1 + 1
    assert fake_time.slept[6] == pytest.approx(ROUND, abs=1.5)


BY_THE_MINUTE = HttpResponse(
    status=429, body=b'{"error_code": "APIGW.0308", "error_msg": "policy user over ratelimit,limit:5,time:1 minute"}'
)


@pytest.mark.parametrize("later", [1.5, 300.0])
def test_who_was_in_line_begins_the_next_look_behind_the_others(fake_time: FakeTime, later: float) -> None:
    """Else the one that had the last call would be the first to ask when another one is free."""
    fake_time.random = lambda: 0.0
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({1}), response=BY_THE_MINUTE))
        channel = http(connection, simulator.url)
        channel.call("GET", PROJECTS)
        fake_time.elapsed += later
        behind = seconds_until_slot(0.0, fake_time.wall())
        channel.call("GET", PROJECTS)
        fake_time.elapsed += later
        channel.call("GET", PROJECTS)

    assert fake_time.slept[1:] == pytest.approx([behind])
    assert f"queueing behind them for {behind:.0f} s" in " ".join(
        event.text for event in events_of_kind(connection, EventKind.NOTE)
    )


def test_who_has_little_time_left_is_not_behind_the_others_for_longer(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({1}), response=BY_THE_MINUTE))
        channel = http(a_connection(fake_time, timeout=100.0), simulator.url)
        channel.call("GET", PROJECTS)
        fake_time.elapsed = 99.5
        channel.call("GET", PROJECTS)

    assert fake_time.elapsed == 100


def test_a_quota_that_frees_no_call_until_the_deadline_is_throttled(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=299.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = Quota(calls=0, seconds=300, retry_after=True)
        found = fault(connection, simulator.url)

    assert isinstance(found, Throttled)
    assert fake_time.slept == []
