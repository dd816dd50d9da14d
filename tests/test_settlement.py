"""Whether counts are settled: by the age of the end, or by two polls that agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.scan import TaskState
from gate.settlement import Settlement, has_changed
from tests.builders import NOW, a_failed_image, a_task

if TYPE_CHECKING:
    from gate.scan import ScanTask
    from tests.builders import FakeTime

INTERVAL, SETTLE = 12.0, 60.0
JUST_ENDED = a_task(ended_at=NOW)


@pytest.fixture
def settlement(fake_time: FakeTime) -> Settlement:
    return a_settlement(fake_time)


def a_settlement(time: FakeTime, settle: float = SETTLE) -> Settlement:
    return Settlement(settle=settle, min_interval=INTERVAL, clock=time.clock())


def test_counts_that_nobody_has_seen_are_not_settled(settlement: Settlement) -> None:
    assert settlement.is_reached is False


@pytest.mark.parametrize(("seconds", "expected"), [(59.9, False), (60, True), (600, True), (-60, False)])
def test_counts_are_settled_once_the_task_ended_long_enough_ago(
    settlement: Settlement, seconds: float, *, expected: bool
) -> None:
    task = a_task(ended_at=NOW - timedelta(seconds=seconds))
    settlement.observe(task, NOW)

    assert settlement.is_reached is expected


@pytest.mark.parametrize("task", [JUST_ENDED, a_task(ended_at=None)], ids=["just ended", "at an unknown time"])
def test_two_polls_that_agree_one_interval_apart_settle_counts(
    settlement: Settlement, fake_time: FakeTime, task: ScanTask
) -> None:
    reached = []
    for _ in range(2):
        settlement.observe(task, NOW)
        reached.append(settlement.is_reached)
        fake_time.elapsed += INTERVAL

    assert reached == [False, True]


def test_polls_that_are_closer_together_do_not_count(settlement: Settlement, fake_time: FakeTime) -> None:
    for _ in range(2):
        settlement.observe(JUST_ENDED, NOW)
        fake_time.elapsed += INTERVAL - 0.5

    assert not settlement.is_reached
    settlement.observe(JUST_ENDED, NOW)
    assert settlement.is_reached


@pytest.mark.parametrize(
    "between",
    [
        a_task(ended_at=NOW, risky=1),
        a_task(ended_at=NOW, failed_images=(a_failed_image(),)),
        replace(JUST_ENDED, has_unread_failures=True),
        a_task(state=TaskState.RUNNING),
        a_task(results_pending=1),
    ],
    ids=["another count", "another failed image", "a list that cannot be read", "running again", "without a result"],
)
def test_a_poll_that_differs_starts_the_comparison_again(
    settlement: Settlement, fake_time: FakeTime, between: ScanTask
) -> None:
    for task in (JUST_ENDED, between, JUST_ENDED):
        settlement.observe(task, NOW)
        assert not settlement.is_reached
        fake_time.elapsed += INTERVAL
    settlement.observe(JUST_ENDED, NOW)
    settled = settlement.is_reached
    settlement.observe(replace(between, ended_at=NOW), NOW)

    assert settled
    assert not settlement.is_reached


def test_a_poll_that_contradicts_itself_confirms_no_counts(settlement: Settlement, fake_time: FakeTime) -> None:
    reached = []
    for sign in ("it states an end in the future", "", ""):
        settlement.observe(JUST_ENDED, NOW, contradiction=sign)
        reached.append(settlement.is_reached)
        fake_time.elapsed += INTERVAL

    assert reached == [False, False, True]


def test_after_a_poll_that_contradicts_itself_the_age_of_the_end_settles_nothing(
    settlement: Settlement, fake_time: FakeTime
) -> None:
    settlement.observe(a_task(risky=2, ended_at=NOW), NOW, contradiction="it states a remaining time of 5 min")
    reached = []
    for _ in range(2):
        settlement.observe(JUST_ENDED, NOW + timedelta(hours=1))
        reached.append(settlement.is_reached)
        fake_time.elapsed += INTERVAL

    assert reached == [False, True]


def test_a_settle_time_of_0_believes_counts_at_first_sight(fake_time: FakeTime) -> None:
    at_first_sight, later = a_settlement(fake_time, settle=0.0), a_settlement(fake_time, settle=0.5)
    for settlement in (at_first_sight, later):
        settlement.observe(a_task(ended_at=None), NOW)

    assert (at_first_sight.is_reached, later.is_reached) == (True, False)


def test_counts_that_were_read_too_early_do_not_settle_by_the_time_that_passes(settlement: Settlement) -> None:
    settlement.observe(JUST_ENDED, NOW)
    settlement.observe(replace(JUST_ENDED, counts=a_task(risky=2).counts), NOW)

    assert not settlement.is_reached


def test_counts_that_changed_are_not_settled_by_the_age_of_the_end(settlement: Settlement, fake_time: FakeTime) -> None:
    one, other = (replace(JUST_ENDED, failed_images=images) for images in ((), (a_failed_image(),)))
    reached = []
    for task in (one, other, other):
        settlement.observe(task, NOW + timedelta(seconds=SETTLE) if task is other else NOW)
        reached.append(settlement.is_reached)
        fake_time.elapsed += INTERVAL

    assert reached == [False, False, True]


def test_counts_that_were_gone_in_between_are_not_settled_by_the_age_of_the_end(settlement: Settlement) -> None:
    for task in (JUST_ENDED, a_task(state=TaskState.RUNNING), JUST_ENDED):
        settlement.observe(task, NOW + timedelta(hours=1))

    assert not settlement.is_reached


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"name": "another", "started_at": None, "progress": 100}, False),
        ({"state": TaskState.RUNNING}, True),
        ({"ended_at": NOW + timedelta(hours=1)}, True),
        ({"total": 2, "succeeded": 2}, True),
        ({"risky": 1}, True),
        ({"risky": None}, True),
        ({"failed_images": (a_failed_image(),)}, True),
        ({"total": None, "succeeded": None, "failed": None, "risky": None, "results_pending": None}, False),
    ],
    ids=["same", "other fields", "running", "future end", "fewer", "risk", "unknown", "failed image", "no counts"],
)
def test_a_task_has_changed_if_a_later_list_shows_it_as_not_complete_or_with_other_counts(
    fields: dict[str, Any], *, expected: bool
) -> None:
    assert has_changed(a_task(**{"ended_at": NOW, **fields}), JUST_ENDED, NOW) is expected
