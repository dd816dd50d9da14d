"""The words about which task is judged: what is against it, how long the gate waited, and what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gate.scan import TaskState
from gate.selection_messages import (
    QUEUED,
    ambiguous,
    no_start_time,
    no_task_found,
    scope_too_narrow,
    started_too_early,
    starts_in_future,
    too_old,
    unknown_trigger,
    waited_for_task,
    waiting_for_task,
)
from gate.verdict_messages import format_limit
from tests.builders import NOW, a_task

if TYPE_CHECKING:
    from gate.selection_messages import Message


# No task, or one that is not fresh.


@pytest.mark.parametrize(
    ("task_id", "which", "remedy"),
    [
        (None, "No scan task", "Start a scan before the gate runs"),
        ("x", "No scan task with the id 'x'", "Correct --task-id"),
    ],
)
def test_no_task_found_names_where_the_gate_looked_how_long_and_what_to_do(
    task_id: str | None, which: str, remedy: str
) -> None:
    """A scan that is started now has another id than the one that was given."""
    assert no_task_found(task_id, "Huawei Cloud (region r)", "5 min (--appear-timeout)") == (
        f"{which} was found in Huawei Cloud (region r) within 5 min (--appear-timeout). "
        f"{remedy}, or correct where the gate searches for it."
    )
    assert no_task_found(task_id, "Huawei Cloud (region r)", "") == f"{which} was found yet in Huawei Cloud (region r)."


def test_a_waiting_line_names_the_reason_the_time_and_the_option() -> None:
    assert waiting_for_task("No scan task was found yet.", format_limit(300, "--appear-timeout")) == (
        "No scan task was found yet. Waiting up to 5 min (--appear-timeout) from the start of the run for a task that "
        "can be judged."
    )


def test_the_end_of_a_wait_names_the_reason_the_time_and_the_option() -> None:
    assert waited_for_task("It is too old.", format_limit(300, "--appear-timeout")) == (
        "It is too old. No task that can be judged was found within 5 min (--appear-timeout)."
    )


def test_a_stale_task_is_reported_with_its_start_time_the_limit_and_the_option() -> None:
    assert str(too_old(NOW, 3600, is_judged_at_any_age=True, by_id=False)) == (
        "The scan task started 2026-01-31T12:00:00Z, longer ago than --max-age allows (1 h). "
        "Start a scan for this release, or raise --max-age."
    )
    early = NOW - timedelta(milliseconds=1)
    assert str(started_too_early(early, NOW, is_ahead=False, by_id=False)) == (
        "The scan task started 2026-01-31T11:59:59Z, before 2026-01-31T12:00:00Z (--started-after). "
        "Start a scan for this release."
    )


def test_max_age_is_not_advised_where_something_else_is_against_the_task() -> None:
    assert too_old(NOW, 3600, is_judged_at_any_age=False, by_id=False).remedy == "Start a scan for this release."


def test_a_start_time_in_the_future_is_answered_by_how_to_record_it() -> None:
    assert started_too_early(NOW, NOW + timedelta(1), is_ahead=True, by_id=False).remedy == (
        "That time is in the future: record it in UTC, on a machine whose clock is right."
    )


@pytest.mark.parametrize(
    ("message", "scan"),
    [
        (too_old(NOW, 3600, is_judged_at_any_age=False, by_id=True), "a scan for this release"),
        (started_too_early(NOW, NOW, is_ahead=False, by_id=True), "a scan for this release"),
        (no_start_time(is_judged_at_any_age=False, by_id=True), "another scan"),
        (scope_too_narrow(["baseline"], is_judged_by_less=False, by_id=True), "a scan with the full scope"),
    ],
)
def test_where_a_task_was_selected_by_its_id_a_new_scan_has_another_one(message: Message, scan: str) -> None:
    assert message.remedy == f"Start {scan}, and select it with --task-id."


def test_a_start_time_that_cannot_be_true_is_reported_with_what_to_correct() -> None:
    assert str(starts_in_future(NOW)) == (
        "The scan task states a start time in the future, 2026-01-31T12:00:00Z. "
        "Check the task in the cloud's console, and the clock of this machine."
    )
    assert str(no_start_time(is_judged_at_any_age=True, by_id=False)) == (
        "The scan task states no start time, so its age is unknown. "
        "Start another scan, or judge tasks of any age with --max-age none."
    )


def test_max_age_none_is_not_advised_where_another_option_needs_the_start_time() -> None:
    assert str(no_start_time(is_judged_at_any_age=False, by_id=False)) == (
        "The scan task states no start time, so its age is unknown. Start another scan."
    )


def test_a_queued_task_is_named_as_such_and_needs_more_time() -> None:
    assert str(QUEUED) == (
        "The scan task is queued and has not started yet. Raise --timeout, or run the gate again later."
    )


# Tasks that may not be the right one.


def test_two_tasks_that_fit_are_named_with_how_to_tell_them_apart() -> None:
    one, other = a_task(id="a1", name="release", started_at=NOW), a_task(id="b2", name="", started_at=None)

    assert str(ambiguous(one, other)) == (
        "Two scan tasks fit: release (id a1, started 2026-01-31T12:00:00Z) and unnamed (id b2). "
        "Another pipeline or a schedule probably started one of them. "
        "Select one with --task-id."
    )
    queued = a_task(id="b2", name="other", state=TaskState.RUNNING, started_at=None)
    assert "and other (id b2, queued). " in ambiguous(one, queued).happened


@pytest.mark.parametrize(
    ("one", "other", "is_advised"),
    [
        ("release-A", "release-B", True),
        ("release", "release", False),
        ("release", "RELEASE", False),
        ("release", "the Release-2", False),
        ("the release-2", "Release", False),
        ("release", "", False),
    ],
)
def test_a_name_is_advised_only_where_it_selects_each_of_the_two_alone(
    one: str, other: str, *, is_advised: bool
) -> None:
    """--task-name is looked for anywhere in a name, in any case."""
    remedy = ambiguous(a_task(id="a1", name=one), a_task(id="b2", name=other)).remedy

    by_name = ", or by its name with --task-name" if is_advised else ""
    assert remedy == f"Select one with --task-id{by_name}."


def test_a_trigger_that_is_not_documented_is_named_with_advice_that_the_options_in_force_allow() -> None:
    silent, new = (
        a_task(id="a1", name="release", type="", started_at=NOW),
        a_task(id="b2", type="event", started_at=None),
    )

    assert str(unknown_trigger(silent, by_id=False)) == (
        "The scan task release (id a1, started 2026-01-31T12:00:00Z) states no documented trigger (trigger: not "
        "stated), so it may be of another kind and is not judged. "
        "Select the task that is meant with --task-id, or by its trigger with --task-type."
    )
    assert str(unknown_trigger(new, by_id=True)) == (
        "The scan task nightly (id b2) states no documented trigger (trigger: event), so it may be of another kind "
        "and is not judged. Check it in the cloud's console, or start another scan."
    )


def test_a_narrow_scope_is_named_with_what_was_not_looked_for() -> None:
    assert str(scope_too_narrow(["baseline", "vulnerability"], is_judged_by_less=True, by_id=False)) == (
        "The scan did not look for: baseline, vulnerability. It was started with a narrower scope, so no risk of that "
        "kind could be found. Start a scan with the full scope, or require less with --required-scope."
    )


def test_a_weaker_requirement_is_not_advised_where_none_can_be_met() -> None:
    remedy = scope_too_narrow(["baseline"], is_judged_by_less=False, by_id=False).remedy

    assert remedy == "Start a scan with the full scope."
