"""The words of a verdict's reasons: how many of how many, which option sets the limit, and what to do next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gate.scan import NO_LONGER_FITS, NOT_LISTED, ScanTask, TaskState
from gate.verdict_messages import (
    NO_IMAGES,
    QUEUED,
    ambiguous,
    counts_contradict,
    counts_missing,
    ended_badly,
    format_duration,
    format_limit,
    is_cause,
    no_start_time,
    no_task_found,
    not_final,
    not_plainly_complete,
    not_settled,
    nothing_scanned,
    results_pending,
    scope_too_narrow,
    started_too_early,
    starts_in_future,
    too_many_failed,
    too_many_risky,
    too_old,
    unknown_trigger,
    waited_for_task,
    waiting_for_task,
)
from tests.builders import NOW, a_task

if TYPE_CHECKING:
    from gate.verdict_messages import Message


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.5, "0.5 s"),
        (90, "90 s"),
        (120, "2 min"),
        (5400, "90 min"),
        (3600, "1 h"),
        (3601, "3601 s"),
        (86400, "24 h"),
    ],
)
def test_a_duration_is_written_in_the_largest_unit_that_divides_it(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
    assert format_limit(seconds, "--timeout") == f"{text} (--timeout)"


# Blocks.


@pytest.mark.parametrize(
    ("risky", "stated"), [(1, "1 of 3 images is risky"), (2, "2 of 3 images are risky"), (3, "3 of 3 images are risky")]
)
def test_a_block_by_risk_names_the_count_the_total_the_option_and_what_to_do(risky: int, stated: str) -> None:
    assert too_many_risky(risky, 3, 0, is_judged_above=True) == (
        f"{stated}; --max-risky allows 0. "
        "Fix the images named in the cloud's console and scan again, or raise --max-risky."
    )


def test_a_block_by_failures_names_the_count_the_total_the_option_and_what_to_do() -> None:
    assert too_many_failed(1, 3, 0, stated=1, names_causes=True, is_judged_above=True) == (
        "1 of 3 images could not be scanned; --max-failed allows 0. "
        "Fix the causes that the cloud names and scan again, or raise --max-failed."
    )


def test_a_higher_limit_is_not_advised_where_there_would_be_no_verdict_with_it() -> None:
    assert too_many_risky(1, 3, 0, is_judged_above=False) == (
        "1 of 3 images is risky; --max-risky allows 0. Fix the images named in the cloud's console and scan again."
    )
    assert too_many_failed(3, 3, 0, stated=3, names_causes=True, is_judged_above=False) == (
        "3 of 3 images could not be scanned; --max-failed allows 0. Fix the causes that the cloud names and scan again."
    )


def test_where_the_cloud_names_no_cause_the_message_does_not_send_the_reader_there() -> None:
    assert too_many_failed(1, 3, 0, stated=1, names_causes=False, is_judged_above=True) == (
        "1 of 3 images could not be scanned; --max-failed allows 0. "
        "Check these images in the cloud's console and scan again, or raise --max-failed."
    )
    assert nothing_scanned(3, names_causes=True).endswith(" Fix the causes that the cloud names and scan again.")
    assert nothing_scanned(3, names_causes=False) == (
        "None of 3 images was scanned, so there is nothing to judge. "
        "Check these images in the cloud's console and scan again."
    )


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("download_failed", True), ("Scan timeout", True), ("", False), ("FAIL", False), ("START, NOT_RUN", False)],
)
def test_the_state_of_an_image_is_no_cause(reason: str, *, expected: bool) -> None:
    assert is_cause(reason) is expected


def test_more_images_than_there_are_is_called_a_contradiction() -> None:
    assert too_many_risky(4, 3, 0, is_judged_above=False).startswith(
        "The counts contradict each other: by them, 4 of only 3 images are risky; --max-risky allows 0. "
    )
    assert too_many_failed(4, 3, 1, stated=4, names_causes=True, is_judged_above=False).startswith(
        "The counts contradict each other: by them, 4 of only 3 images could not be scanned; --max-failed allows 1. "
    )


def test_where_the_cloud_states_another_number_of_failures_both_are_named() -> None:
    message = too_many_failed(3, 5, 1, stated=2, names_causes=True, is_judged_above=True)

    assert message.startswith("3 of 5 images could not be scanned (the cloud states 2); --max-failed allows 1. ")


# The time is up.


@pytest.mark.parametrize(("progress", "shown"), [(40, " (40 %)"), (0, " (0 %)"), (None, "")])
def test_a_running_task_is_reported_with_the_time_the_option_and_its_progress(progress: int | None, shown: str) -> None:
    assert not_final(a_task(state=TaskState.RUNNING, progress=progress), 1800) == (
        f"The time is up after 30 min (--timeout) and the scan task is still running{shown}. "
        "Raise --timeout, or run the gate again later."
    )


def test_a_task_that_the_cloud_does_not_list_any_more_is_not_called_a_new_state() -> None:
    gone = a_task(state=TaskState.UNKNOWN, raw_state=NOT_LISTED)

    assert not_final(gone, 90) == (
        "The time is up after 90 s (--timeout) and the cloud does not list the scan task any more. "
        "It may have been deleted; check it in the cloud's console, and scan again if it is not there."
    )


def test_a_task_that_stops_fitting_the_filters_is_not_called_a_new_state() -> None:
    assert not_final(a_task(state=TaskState.UNKNOWN, raw_state=NO_LONGER_FITS), 90) == (
        "The time is up after 90 s (--timeout) and the scan task does not fit the filters any more by its own fields, "
        "so it is not judged. Check it in the cloud's console, and correct the filters or scan again."
    )


def test_an_unknown_state_is_reported_in_the_clouds_own_words() -> None:
    assert not_final(a_task(state=TaskState.UNKNOWN, raw_state="142"), 90) == (
        "The time is up after 90 s (--timeout) and the scan task is in an unknown state (142). "
        "Check the task in the cloud's console; if it has ended there, report this state to the gate's project."
    )


@pytest.mark.parametrize(
    ("pending", "missing"), [(2, "images without a result: 2"), (None, "the gate had no time to ask for them")]
)
def test_pending_results_are_reported_with_how_many_are_missing(pending: int | None, missing: str) -> None:
    assert results_pending(a_task(results_pending=pending), 600) == (
        "The time is up after 10 min (--timeout) and the scan task is complete, but its results are not all there yet "
        f"({missing}). Raise --timeout; if the results never arrive, check these images in the cloud's console."
    )


# A task that ended badly.


@pytest.mark.parametrize(
    ("state", "ending"),
    [(TaskState.STOPPED, "was stopped"), (TaskState.TIMED_OUT, "timed out"), (TaskState.FAILED, "failed")],
)
@pytest.mark.parametrize(("reason", "why"), [("agent lost", ": agent lost"), ("AGENT XXX.", ": AGENT XXX"), ("", "")])
def test_a_bad_ending_is_reported_with_the_clouds_own_reason(
    state: TaskState, ending: str, reason: str, why: str
) -> None:
    assert ended_badly(ScanTask(id="ours", state=state, reason=reason)) == (
        f"The scan task itself {ending}{why}. Its images were not all scanned; scan them again."
    )


@pytest.mark.parametrize(
    ("state", "reason", "shown"),
    [
        (TaskState.STOPPED, "The task is stopped.", "was stopped. Its"),
        (TaskState.STOPPED, "Stopped", "was stopped. Its"),
        (TaskState.TIMED_OUT, "The scan task has timed out.", "timed out. Its"),
        (TaskState.FAILED, "Scan timeout", "failed: Scan timeout. Its"),
        (TaskState.STOPPED, "The task is stopped by admin.", "was stopped: The task is stopped by admin. Its"),
    ],
)
def test_a_reason_that_only_repeats_the_ending_is_left_out(state: TaskState, reason: str, shown: str) -> None:
    assert f"The scan task itself {shown}" in ended_badly(ScanTask(id="ours", state=state, reason=reason))


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


def test_a_contradicted_end_and_counts_that_may_change_name_the_timeout() -> None:
    assert not_plainly_complete("it states a failure (disk full)", 1800.0) == (
        "The time is up after 30 min (--timeout) and the cloud calls the scan task complete, but it states a failure "
        "(disk full). It may still be running, or have failed. Check it in the cloud's console, and scan again."
    )
    assert not_settled(1800.0, states_end=True) == (
        "The time is up after 30 min (--timeout) and the scan task has just ended, or its counts changed while the "
        "gate waited, so they may still change. Raise --timeout, or run the gate again later."
    )


def test_a_later_run_is_not_advised_where_it_would_have_to_poll_twice_as_well() -> None:
    assert not_settled(1800.0, states_end=False) == (
        "The time is up after 30 min (--timeout) and the scan task does not state when it ended, so its counts may "
        "still change. Raise --timeout."
    )


# Counts that cannot be judged.


def test_missing_counts_are_named() -> None:
    assert counts_missing(["total", "risky"]) == (
        "The cloud calls the scan task complete but gave no usable number for: total, risky. "
        "The task may be of another type; check it in the cloud's console."
    )


def test_contradicting_counts_are_named_with_the_total() -> None:
    assert counts_contradict(["5 succeeded", "4 failed"], 3) == (
        "The counts contradict each other: 5 succeeded, 4 failed of 3 images. "
        "Run the gate again, and check the task in the cloud's console if this stays so."
    )


def test_a_task_without_images_is_reported_with_what_to_check() -> None:
    assert NO_IMAGES == "The scan task has no images: nothing was scanned. Check which images the scan covers."
