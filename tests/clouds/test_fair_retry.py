"""Whose turn it is: in every round the ages are called from the oldest to the youngest."""

from __future__ import annotations

import pytest

from gate.clouds.fair_retry import MAX_AGE, ROUND, SLOT_WINDOW, extra_delay, queue_position, seconds_until_slot
from tests.builders import NOW

AGES = [0.0, 1.0, 59.0, 60.0, 300.0, 600.0, 1199.0, 1200.0]
BEGIN = NOW.timestamp() // ROUND * ROUND
"""When a round begins, in s of the time of day."""


def test_who_has_just_come_is_at_the_end_of_the_line_and_the_oldest_at_its_head() -> None:
    assert [queue_position(age) for age in (0, 300, 600, 1200, 1201, 1e9)] == [1, 0.75, 0.5, 0, 0, 0]


def test_the_older_are_called_before_the_younger() -> None:
    # From before the round begins, since nobody is called at once.
    called = [seconds_until_slot(age, BEGIN - 1.5) for age in AGES]

    assert called == sorted(called, reverse=True)
    assert called[-1] == pytest.approx(1.5)
    assert called[0] - called[-1] == pytest.approx(SLOT_WINDOW)


def test_who_waits_is_called_nearly_a_second_earlier_in_each_minute() -> None:
    """Less than a round has over a minute, so that the oldest are not called before their call is free again."""
    assert seconds_until_slot(60, BEGIN) - seconds_until_slot(120, BEGIN) == pytest.approx(0.9)
    assert ROUND - 60 > 0.9 + 1


def test_what_comes_free_in_most_of_a_round_waits_for_the_oldest() -> None:
    assert SLOT_WINDOW < ROUND / 3


def test_clocks_that_differ_by_a_second_do_not_mistake_those_whose_ages_differ_by_more_than_a_minute() -> None:
    assert seconds_until_slot(100, BEGIN) - seconds_until_slot(170, BEGIN) > 1


@pytest.mark.parametrize("age", AGES)
def test_each_age_is_called_once_in_each_round(age: float) -> None:
    called = BEGIN + seconds_until_slot(age, BEGIN)

    assert called + seconds_until_slot(age, called) == pytest.approx(called + ROUND)


@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("since", [0.0, 0.1, 7.0, 20.0, 1e6])
def test_nobody_is_called_within_a_second_or_has_to_wait_for_longer_than_a_round_and_a_second(
    age: float, since: float
) -> None:
    assert 1 <= seconds_until_slot(age, BEGIN + since) < ROUND + 1


def test_a_second_is_enough() -> None:
    assert seconds_until_slot(MAX_AGE, ROUND - 1) == 1


@pytest.mark.parametrize(("before", "pause"), [(1.001, 1.001), (0.999, 0.999 + ROUND)])
def test_who_is_called_within_a_second_waits_for_the_next_round(before: float, pause: float) -> None:
    assert seconds_until_slot(MAX_AGE, BEGIN - before) == pytest.approx(pause, abs=1e-5)


@pytest.mark.parametrize("age", [60.0, 300.0, 900.0, 1200.0])
def test_a_call_that_was_taken_when_an_age_was_called_goes_to_the_oldest_a_minute_later(age: float) -> None:
    """It is free again a little before that age is called, and who has come to it meanwhile is called in between."""
    taken = BEGIN + seconds_until_slot(age, BEGIN)
    free = taken + 60

    assert seconds_until_slot(age, free) == pytest.approx(2)
    assert 1 < seconds_until_slot(age + 60, free) < 2 + 1e-6


@pytest.mark.parametrize(
    ("age", "told", "spare", "seconds"),
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
def test_the_youngest_come_a_little_later_than_they_were_told(
    age: float, told: float, spare: float, seconds: float
) -> None:
    assert extra_delay(age, retry_after=told, spare=spare) == seconds
