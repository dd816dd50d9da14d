"""Fair retry: each round has a slot for each age of a poll, from the oldest to the youngest."""

from __future__ import annotations

import pytest

from gate.clouds.fair_retry import MAX_AGE, ROUND, SLOT_WINDOW, extra_delay, queue_position, seconds_until_slot
from tests.builders import NOW

AGES = [0.0, 1.0, 59.0, 60.0, 300.0, 600.0, 1199.0, 1200.0]
ROUND_START = NOW.timestamp() // ROUND * ROUND
"""The start time of a round, in s since 1970."""


def test_the_oldest_poll_is_at_the_head_of_the_queue_and_the_youngest_at_its_end() -> None:
    assert [queue_position(age) for age in (0, 300, 600, 1200, 1201, 1e9)] == [1, 0.75, 0.5, 0, 0, 0]


def test_older_polls_have_earlier_slots() -> None:
    # From shortly before the start of the round, since no slot is less than a second away.
    delays = [seconds_until_slot(age, ROUND_START - 1.5) for age in AGES]

    assert delays == sorted(delays, reverse=True)
    assert delays[-1] == pytest.approx(1.5)
    assert delays[0] - delays[-1] == pytest.approx(SLOT_WINDOW)


def test_the_slot_of_a_waiting_poll_moves_almost_a_second_ahead_in_each_minute() -> None:
    """By less than a round is longer than a minute, so that the oldest do not retry before their call is free again."""
    assert seconds_until_slot(60, ROUND_START) - seconds_until_slot(120, ROUND_START) == pytest.approx(0.9)
    assert ROUND - 60 > 0.9 + 1


def test_calls_that_become_free_in_most_of_a_round_are_left_to_the_oldest_poll() -> None:
    assert SLOT_WINDOW < ROUND / 3


def test_clocks_that_differ_by_a_second_keep_the_order_of_polls_more_than_a_minute_apart() -> None:
    assert seconds_until_slot(100, ROUND_START) - seconds_until_slot(170, ROUND_START) > 1


@pytest.mark.parametrize("age", AGES)
def test_each_age_has_one_slot_in_each_round(age: float) -> None:
    slot = ROUND_START + seconds_until_slot(age, ROUND_START)

    assert slot + seconds_until_slot(age, slot) == pytest.approx(slot + ROUND)


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("since_start", [0.0, 0.1, 7.0, 20.0, 1e6])
def test_the_next_slot_is_at_least_a_second_and_at_most_a_round_and_a_second_away(
    age: float, since_start: float
) -> None:
    assert 1 <= seconds_until_slot(age, ROUND_START + since_start) < ROUND + 1


def test_a_slot_that_is_exactly_a_second_away_is_used() -> None:
    assert seconds_until_slot(MAX_AGE, ROUND - 1) == 1


@pytest.mark.parametrize(("before_slot", "delay"), [(1.001, 1.001), (0.999, 0.999 + ROUND)])
def test_a_slot_less_than_a_second_away_is_skipped_for_the_one_in_the_next_round(
    before_slot: float, delay: float
) -> None:
    assert seconds_until_slot(MAX_AGE, ROUND_START - before_slot) == pytest.approx(delay, abs=1e-5)


@pytest.mark.parametrize("age", [60.0, 300.0, 900.0, 1200.0])
def test_a_call_is_free_again_shortly_before_the_slot_in_which_it_was_used(age: float) -> None:
    """A poll that was refused in that slot has its own slot in between a minute later, and gets the call."""
    used_at = ROUND_START + seconds_until_slot(age, ROUND_START)
    free_at = used_at + 60

    assert seconds_until_slot(age, free_at) == pytest.approx(2)
    assert 1 < seconds_until_slot(age + 60, free_at) < 2 + 1e-6


@pytest.mark.parametrize(
    ("age", "retry_after", "spare", "extra"),
    [
        (0, 60, 1e6, 12),
        (300, 60, 1e6, 6),
        (600, 60, 1e6, 0),
        (MAX_AGE, 60, 1e6, 0),
        (0, 3, 1e6, 3),
        (0, 60, 50, 5),
        (300, 60, 50, 2.5),
        (0, 60, 0, 0),
    ],
)
def test_a_young_poll_exceeds_retry_after_by_a_few_seconds(
    age: float, retry_after: float, spare: float, extra: float
) -> None:
    assert extra_delay(age, retry_after=retry_after, spare=spare) == extra
