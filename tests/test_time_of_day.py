"""The time of day by the machine's clock, and by the times that servers state."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gate.time_of_day import TimeOfDay
from tests.builders import NOW

if TYPE_CHECKING:
    from tests.builders import FakeTime

QUARTER_OF_AN_HOUR = timedelta(minutes=15)
TWO_HOURS = timedelta(hours=2)
THREE_DAYS = timedelta(days=3)


def test_without_a_server_time_it_is_the_machines_time(fake_time: FakeTime) -> None:
    time_of_day = TimeOfDay(fake_time.clock())
    fake_time.elapsed = 90

    assert (time_of_day.now(), time_of_day.latest(), time_of_day.lag) == (NOW + timedelta(seconds=90),) * 2 + (0.0,)


def test_a_later_server_time_is_the_latest_and_does_not_change_the_most_likely_one(fake_time: FakeTime) -> None:
    time_of_day = TimeOfDay(fake_time.clock())

    time_of_day.observe(NOW + TWO_HOURS)

    assert (time_of_day.now(), time_of_day.latest(), time_of_day.lag) == (NOW, NOW + TWO_HOURS, 7200.0)


def test_the_latest_of_several_server_times_counts(fake_time: FakeTime) -> None:
    time_of_day = TimeOfDay(fake_time.clock())

    time_of_day.observe(NOW + TWO_HOURS)
    fake_time.elapsed = 60
    time_of_day.observe(NOW - THREE_DAYS)

    assert time_of_day.latest() == NOW + TWO_HOURS + timedelta(minutes=1)


def test_the_earliest_of_all_times_counts_where_something_must_have_been_long_ago(fake_time: FakeTime) -> None:
    time_of_day = TimeOfDay(fake_time.clock())
    fake_time.elapsed = 60

    assert time_of_day.earliest() == NOW + timedelta(minutes=1)
    time_of_day.observe(NOW - TWO_HOURS)
    time_of_day.observe(NOW + TWO_HOURS)
    fake_time.elapsed = 120
    assert time_of_day.earliest() == NOW - TWO_HOURS + timedelta(minutes=1)


@pytest.mark.parametrize(("seconds", "lag"), [(-7200.0, 0.0), (60.0, 0.0), (61.0, 61.0)])
def test_a_difference_of_up_to_a_minute_is_no_lag(fake_time: FakeTime, seconds: float, lag: float) -> None:
    time_of_day = TimeOfDay(fake_time.clock())

    time_of_day.observe(NOW + timedelta(seconds=seconds))

    assert (time_of_day.lag, time_of_day.latest()) == (lag, NOW + timedelta(seconds=lag))


@pytest.mark.parametrize("difference", [TWO_HOURS, -TWO_HOURS])
def test_the_time_is_corrected_at_most_once_in_a_run(fake_time: FakeTime, difference: timedelta) -> None:
    time_of_day = TimeOfDay(fake_time.clock())
    fake_time.elapsed = 100
    server_time = time_of_day.now() + difference

    assert time_of_day.correct(server_time, tolerance=QUARTER_OF_AN_HOUR)
    assert time_of_day.now() == server_time
    assert not time_of_day.correct(server_time + TWO_HOURS, tolerance=QUARTER_OF_AN_HOUR)
    assert time_of_day.now() == server_time


@pytest.mark.parametrize(("seconds", "is_corrected"), [(900, False), (901, True), (-900, False), (-901, True)])
def test_a_difference_within_the_tolerance_is_not_corrected(
    fake_time: FakeTime, seconds: float, *, is_corrected: bool
) -> None:
    time_of_day = TimeOfDay(fake_time.clock())
    server_time = NOW + timedelta(seconds=seconds)

    assert time_of_day.correct(server_time, tolerance=QUARTER_OF_AN_HOUR) is is_corrected
    assert time_of_day.now() == (server_time if is_corrected else NOW)


def test_a_time_within_the_tolerance_does_not_prevent_a_later_correction(fake_time: FakeTime) -> None:
    time_of_day = TimeOfDay(fake_time.clock())
    time_of_day.correct(NOW, tolerance=QUARTER_OF_AN_HOUR)

    assert time_of_day.correct(NOW + TWO_HOURS, tolerance=QUARTER_OF_AN_HOUR)


def test_after_a_correction_forward_the_lag_of_the_machines_clock_is_still_known(fake_time: FakeTime) -> None:
    time_of_day = TimeOfDay(fake_time.clock())
    server_time = NOW + TWO_HOURS

    time_of_day.observe(server_time)
    assert time_of_day.correct(server_time, tolerance=QUARTER_OF_AN_HOUR)

    assert (time_of_day.now(), time_of_day.latest(), time_of_day.lag) == (server_time, server_time, 7200.0)


@pytest.mark.parametrize("is_stated", [True, False])
def test_a_correction_back_does_not_change_the_latest_time(fake_time: FakeTime, *, is_stated: bool) -> None:
    """The clock of a cloud may be days slow, so that it refuses every signature with today's time."""
    time_of_day = TimeOfDay(fake_time.clock())

    if is_stated:
        time_of_day.observe(NOW)
    assert time_of_day.correct(NOW - THREE_DAYS, tolerance=QUARTER_OF_AN_HOUR)

    assert (time_of_day.now(), time_of_day.latest(), time_of_day.lag) == (NOW - THREE_DAYS, NOW, 0.0)


@pytest.mark.parametrize(("seconds", "lead"), [(-61.0, 61.0), (-60.0, 0.0), (7200.0, 0.0)])
def test_a_clock_leads_where_the_latest_time_of_any_server_is_more_than_a_minute_behind(
    fake_time: FakeTime, seconds: float, lead: float
) -> None:
    time_of_day = TimeOfDay(fake_time.clock())
    time_of_day.observe(NOW - THREE_DAYS)
    time_of_day.observe(NOW + timedelta(seconds=seconds))

    assert time_of_day.lead == lead


def test_a_clock_leads_no_server_that_stated_no_time(fake_time: FakeTime) -> None:
    assert TimeOfDay(fake_time.clock()).lead == 0.0
