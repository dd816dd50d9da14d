"""The words of a verdict's reasons: how many of how many, which option sets the limit, and what to do next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gate.image import ImageRef, ImageState, ScannedImage
from gate.images.counts import as_task
from gate.scan import NO_LONGER_FITS, NOT_LISTED, ScanTask, TaskState
from gate.verdict_messages import (
    NO_IMAGES,
    counts_contradict,
    counts_missing,
    ended_badly,
    format_difference,
    format_duration,
    format_limit,
    is_cause,
    not_final,
    not_plainly_complete,
    not_settled,
    nothing_scanned,
    passed_images,
    results_pending,
    too_many_failed,
    too_many_risky,
)
from tests.builders import a_failed_image, a_task


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


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(61, "1 min"), (7199, "120 min"), (7200, "2 h"), (172_799, "48 h"), (172_800, "2 d"), (31_536_000, "365 d")],
)
def test_the_difference_of_two_clocks_is_in_the_largest_unit_of_which_there_are_two(seconds: float, text: str) -> None:
    assert format_difference(seconds) == text


# Blocks.


def a_release(*, risky: int) -> ScanTask:
    return as_task(
        tuple(
            ScannedImage(image=ImageRef(name=f"web-{number}"), state=ImageState.SCANNED, is_risky=True)
            for number in range(risky)
        )
    )


@pytest.mark.parametrize(
    ("risky", "stated"), [(1, "1 of 3 images is risky"), (2, "2 of 3 images are risky"), (3, "3 of 3 images are risky")]
)
def test_a_block_by_risk_names_the_count_the_total_the_option_and_what_to_do(risky: int, stated: str) -> None:
    assert too_many_risky(risky, 0, task=a_task(), is_judged_above=True) == (
        f"{stated}; --max-risky allows 0. "
        "Fix the images named in the cloud's console and scan again, or raise --max-risky."
    )


@pytest.mark.parametrize(
    ("named", "where"), [(1, "named in the cloud's console"), (2, "that the gate names"), (3, "that the gate names")]
)
def test_only_where_the_gate_names_all_risky_images_of_a_task_it_sends_nobody_to_the_console(
    named: int, where: str
) -> None:
    task = replace(a_task(), images=a_release(risky=named).images)

    message = too_many_risky(2, 0, task=task, is_judged_above=False)

    assert message.endswith(f" Fix the images {where} and scan again.")


def test_images_that_were_asked_for_are_pushed_anew_when_they_are_fixed() -> None:
    assert too_many_risky(2, 0, task=a_release(risky=2), is_judged_above=True) == (
        "2 of 2 images are risky; --max-risky allows 0. Fix the images that the gate names, push them, and run it with "
        "their new digests, or raise --max-risky."
    )


def test_the_end_of_a_run_for_images_speaks_of_their_scan_and_of_no_task() -> None:
    start = "The time is up after 30 min (--timeout) and "

    assert not_plainly_complete("it is not", 1800.0, of_images=True).startswith(
        f"{start}the cloud calls the scan of the images complete, but it is not. "
    )
    assert not_settled(1800.0, states_end=True, of_images=True).startswith(f"{start}the scan of the images has just ")
    assert not_settled(1800.0, states_end=False, of_images=True).startswith(f"{start}the scan of the images does not ")


def test_of_many_images_whose_risk_is_not_known_the_first_are_named() -> None:
    images = a_release(risky=9).images
    unclear = tuple(replace(image, is_risky=None) for image in images[:7])
    failed = replace(images[8], state=ImageState.FAILED, is_risky=None)

    message = counts_missing(["risky"], as_task((failed, images[7], *unclear)))

    assert ": web-0, web-1, web-2, web-3, web-4 and 2 more. Check them " in message


def test_a_block_by_failures_names_the_count_the_total_the_option_and_what_to_do() -> None:
    assert too_many_failed(
        1, 0, task=a_task(total=3, failed=1, failed_images=(a_failed_image(),)), is_exact=True, is_judged_above=True
    ) == (
        "1 of 3 images could not be scanned; --max-failed allows 0. "
        "Fix the causes that the cloud names and scan again, or raise --max-failed."
    )


def test_a_higher_limit_is_not_advised_where_there_would_be_no_verdict_with_it() -> None:
    assert too_many_risky(1, 0, task=a_task(), is_judged_above=False) == (
        "1 of 3 images is risky; --max-risky allows 0. Fix the images named in the cloud's console and scan again."
    )
    assert too_many_failed(
        3, 0, task=a_task(total=3, failed=3, failed_images=(a_failed_image(),)), is_exact=True, is_judged_above=False
    ) == (
        "3 of 3 images could not be scanned; --max-failed allows 0. Fix the causes that the cloud names and scan again."
    )


def test_where_the_cloud_names_no_cause_the_message_does_not_send_the_reader_there() -> None:
    assert too_many_failed(1, 0, task=a_task(total=3, failed=1), is_exact=True, is_judged_above=True) == (
        "1 of 3 images could not be scanned; --max-failed allows 0. "
        "Check these images in the cloud's console and scan again, or raise --max-failed."
    )
    named, unnamed = a_task(failed_images=(a_failed_image(),)), a_task()
    assert nothing_scanned(named).endswith(" Fix the causes that the cloud names and scan again.")
    assert nothing_scanned(unnamed) == (
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
    assert too_many_risky(4, 0, task=a_task(), is_judged_above=False).startswith(
        "The counts contradict each other: by them, 4 of only 3 images are risky; --max-risky allows 0. "
    )
    assert too_many_failed(
        4, 1, task=a_task(total=3, failed=4, failed_images=(a_failed_image(),)), is_exact=True, is_judged_above=False
    ).startswith(
        "The counts contradict each other: by them, 4 of only 3 images could not be scanned; --max-failed allows 1. "
    )


@pytest.mark.parametrize(
    ("total", "share"),
    [(5, "At least 2 of 5 images"), (1, "The counts contradict each other: by them, 2 of only 1 images")],
)
def test_more_than_the_known_number_may_have_failed_or_be_risky(total: int, share: str) -> None:
    task = a_task(total=total, failed=None, risky=None)

    failed = too_many_failed(2, 0, task=task, is_exact=False, is_judged_above=False)

    assert failed.startswith(f"{share} could not be scanned; --max-failed allows 0. ")
    assert too_many_risky(2, 1, task=task, is_judged_above=False).startswith(
        f"{share} are risky; --max-risky allows 1. "
    )


@pytest.mark.parametrize(("number", "share"), [(1, "At least 1 image "), (2, "At least 2 images ")])
def test_without_a_total_a_block_states_the_number_alone(number: int, share: str) -> None:
    task = a_task(total=None, failed=number, risky=number)

    message = too_many_failed(number, 0, task=task, is_exact=False, is_judged_above=False)

    assert message.startswith(f"{share}could not be scanned; ")
    assert too_many_risky(number, 0, task=task, is_judged_above=False).startswith(share)


def test_where_the_cloud_states_another_number_of_failures_both_are_named() -> None:
    message = too_many_failed(
        3, 1, task=a_task(total=5, failed=2, failed_images=(a_failed_image(),)), is_exact=True, is_judged_above=True
    )

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


# Counts that may still change.


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
    assert counts_missing(["total", "risky"], a_task()) == (
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


@pytest.mark.parametrize(
    ("scanned", "total", "failed", "risky", "words"),
    [
        (12, 12, 0, 0, "12 of 12 images, all scanned since they were pushed"),
        (1, 1, 0, 0, "1 of 1 image, scanned since it was pushed"),
        (
            11,
            12,
            1,
            0,
            "11 of 12 images, scanned since they were pushed; 1 could not be scanned, which --max-failed allows",
        ),
        (12, 12, 0, 1, "12 of 12 images, all scanned since they were pushed; 1 is risky, which --max-risky allows"),
        (
            3,
            5,
            2,
            3,
            (
                "3 of 5 images, scanned since they were pushed; 2 could not be scanned, which --max-failed allows; "
                "3 are risky, which --max-risky allows"
            ),
        ),
    ],
)
def test_a_pass_says_of_how_many_images_it_is_and_what_the_policy_allows(
    scanned: int, total: int, failed: int, risky: int, words: str
) -> None:
    assert passed_images(scanned, total, failed=failed, risky=risky) == words
