"""The clock of a run, and its deadlines."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gate.clock import Clock, Deadline, RunDeadline
from tests.builders import NOW

if TYPE_CHECKING:
    from tests.builders import FakeTime


def test_elapsed_time_counts_from_the_start_of_the_run(fake_time: FakeTime) -> None:
    fake_time.elapsed = 50
    clock = fake_time.clock()

    fake_time.elapsed = 62.5

    assert clock.elapsed() == 12.5


@pytest.mark.parametrize("step", [-3600.0, 0.0, 3600.0])
def test_a_step_of_the_machines_clock_during_the_run_changes_nothing(fake_time: FakeTime, step: float) -> None:
    clock = fake_time.clock()

    fake_time.elapsed, fake_time.step = 90, step

    assert clock.now() == NOW + timedelta(seconds=90)


def test_by_default_the_clock_is_the_machines() -> None:
    clock = Clock()

    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 60
    assert 0 <= clock.elapsed() < 60
    assert clock.sleep is time.sleep


def test_by_default_random_numbers_differ_and_are_from_0_to_1() -> None:
    numbers = [Clock().random() for _ in range(20)]

    assert len(set(numbers)) > 1
    assert all(0 <= number <= 1 for number in numbers)


def test_a_deadline_counts_down_to_zero(fake_time: FakeTime) -> None:
    deadline = Deadline(fake_time.clock(), 10)
    readings = []

    for fake_time.elapsed in (0.0, 9.0, 9.9, 9.985, 9.995, 10.0, 11.0):
        readings.append((round(deadline.left(), 3), deadline.is_over()))

    assert readings == [
        (10, False),
        (1, False),
        (0.1, False),
        (0.015, False),
        (0.005, True),
        (0, True),
        (0, True),
    ]


def test_before_the_deadline_every_request_may_be_sent(fake_time: FakeTime) -> None:
    deadline = RunDeadline(fake_time.clock(), 10)

    assert [deadline.try_acquire_request() for _ in range(3)] == [True] * 3


def test_a_run_with_a_timeout_of_zero_may_send_one_request(fake_time: FakeTime) -> None:
    deadline = RunDeadline(fake_time.clock(), 0)

    assert [deadline.try_acquire_request() for _ in range(3)] == [True, False, False]


def test_after_a_pause_that_ends_at_the_deadline_one_request_may_be_sent(fake_time: FakeTime) -> None:
    deadline = RunDeadline(fake_time.clock(), 10)
    deadline.try_acquire_request()

    deadline.pause(10)

    assert fake_time.slept == [10]
    assert [deadline.try_acquire_request() for _ in range(3)] == [True, False, False]


def test_two_pauses_in_a_row_admit_one_request_and_not_two(fake_time: FakeTime) -> None:
    deadline = RunDeadline(fake_time.clock(), 10)

    deadline.pause(10)
    deadline.pause(10)

    assert [deadline.try_acquire_request() for _ in range(2)] == [True, False]


def test_a_request_before_the_deadline_uses_up_the_exception_for_the_request_after_a_pause(fake_time: FakeTime) -> None:
    deadline = RunDeadline(fake_time.clock(), 10)
    deadline.pause(9)
    deadline.try_acquire_request()

    fake_time.elapsed = 10

    assert not deadline.try_acquire_request()


def test_what_has_to_be_done_after_the_deadline_has_a_time_of_its_own(fake_time: FakeTime) -> None:
    deadline = RunDeadline(fake_time.clock(), 10)
    deadline.try_acquire_request()
    fake_time.elapsed = 20

    with deadline.extended(5):
        assert (deadline.left(), deadline.try_acquire_request()) == (5, True)

        fake_time.elapsed = 25

        assert not deadline.try_acquire_request()


def test_after_what_had_to_be_done_no_other_request_is_sent(fake_time: FakeTime) -> None:
    deadline = RunDeadline(fake_time.clock(), 10)
    deadline.try_acquire_request()
    fake_time.elapsed = 20

    with deadline.extended(5):
        pass

    assert not deadline.try_acquire_request()


def test_an_extension_never_shortens_a_run(fake_time: FakeTime) -> None:
    deadline = RunDeadline(fake_time.clock(), 10)

    with deadline.extended(5):
        assert deadline.left() == 10
