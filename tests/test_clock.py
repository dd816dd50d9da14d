"""Time as the gate knows it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gate.clock import Clock, Deadline
from tests.builders import NOW

if TYPE_CHECKING:
    from tests.builders import FakeTime


def test_elapsed_time_counts_from_the_start_of_the_run(fake_time: FakeTime) -> None:
    fake_time.elapsed = 50
    clock = fake_time.clock()

    fake_time.elapsed = 62.5

    assert clock.elapsed() == 12.5


@pytest.mark.parametrize("step", [-3600.0, 0.0, 3600.0])
def test_the_time_of_day_goes_on_evenly_when_the_machines_clock_is_set(fake_time: FakeTime, step: float) -> None:
    clock = fake_time.clock()

    fake_time.elapsed, fake_time.step = 90, step

    assert clock.now() == NOW + timedelta(seconds=90)


def test_a_deadline_counts_down_and_stops_at_nothing(fake_time: FakeTime) -> None:
    clock = fake_time.clock()
    deadline = Deadline(clock, 10)
    seen = []

    for fake_time.elapsed in (0.0, 9.0, 9.9, 9.995, 10.0, 11.0):
        seen.append((round(deadline.left(), 3), deadline.is_over()))

    assert seen == [(10, False), (1, False), (0.1, False), (0.005, True), (0, True), (0, True)]


def test_by_default_it_is_the_machines_clock() -> None:
    clock = Clock()

    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 60
    assert 0 <= clock.elapsed() < 60
    assert clock.sleep is time.sleep


def test_a_clock_that_is_set_right_is_no_longer_behind_what_it_heard(fake_time: FakeTime) -> None:
    clock = fake_time.clock()
    true = clock.now() + timedelta(hours=2)

    clock.observe_remote_time(true)
    assert (clock.latest_time(), clock.lag) == (true, 7200.0)
    assert clock.correct_once(true)

    assert (clock.now(), clock.latest_time(), clock.lag) == (true, true, 7200.0)


def test_what_was_told_is_not_forgotten_when_somebody_sets_the_clock_back(fake_time: FakeTime) -> None:
    """A host of the cloud may be days behind, and refuse every signature of today."""
    clock = fake_time.clock()
    today, days_ago = clock.now(), clock.now() - timedelta(days=3)

    clock.observe_remote_time(today)
    assert clock.correct_once(days_ago)
    assert (clock.now(), clock.latest_time(), clock.lag) == (days_ago, today, 0.0)

    fake_time.elapsed = 60
    clock.observe_remote_time(days_ago)
    assert clock.latest_time() == today + timedelta(minutes=1)


@pytest.mark.parametrize(("seconds", "lost"), [(-7200.0, 0.0), (60.0, 0.0), (61.0, 61.0)])
def test_clocks_less_than_a_minute_apart_are_both_right(fake_time: FakeTime, seconds: float, lost: float) -> None:
    clock = fake_time.clock()

    clock.observe_remote_time(clock.now() + timedelta(seconds=seconds))

    assert (clock.lag, clock.latest_time()) == (lost, clock.now() + timedelta(seconds=lost))


def test_a_clock_is_set_by_what_is_told_late_in_the_run_too(fake_time: FakeTime) -> None:
    clock = fake_time.clock()
    fake_time.elapsed = 100
    true = clock.now() + timedelta(hours=2)

    assert clock.correct_once(true)
    assert (clock.now(), clock.latest_time(), clock.lag) == (true, true, 7200.0)
    assert not clock.correct_once(true + timedelta(hours=2))
    assert clock.now() == true
