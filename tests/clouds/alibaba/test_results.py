"""The counts of a complete task: an image counts as clean only if this scan says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gate.clouds.alibaba.leaves import ScanWindow
from gate.clouds.alibaba.results import count_results, leaf_records, scanned_digests
from gate.clouds.alibaba.translate import parse_image_result
from gate.image import FailedImage, ImageRef, ImageState
from gate.policy import CLOCK_TOLERANCE, Decision, Policy, judge
from gate.scan import Counts, ScanScope, ScanTask, TaskState
from tests.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

Row = dict[str, Any]
STARTED = NOW - timedelta(minutes=5)
STARTED_MS, NOW_MS, LATEST_MS = (round(time.timestamp() * 1000) for time in (STARTED, NOW, NOW + CLOCK_TOLERANCE))
TASK = ScanTask(id="ours", state=TaskState.COMPLETE, started_at=STARTED, results_pending=None)
A, B, C = "a" * 64, "b" * 64, "c" * 64
COUNT = object()
"""Stands for the number of leaf records that count."""


def a_leaf_row(digest: object = A, status: object = "SUCCESS", **fields: object) -> Row:
    return {"Target": digest, "TargetType": "IMAGE", "StatusText": status, **fields}


def a_repository_row(**fields: object) -> Row:
    return a_leaf_row("crr-shop", TargetType="IMAGE_REPO", **fields)


def an_image_row(digest: object = A, risk: object = "NO", scanned: object = STARTED_MS + 1000, **fields: object) -> Row:
    return {"Digest": digest, "RiskStatus": risk, "LastScanTime": scanned, **fields}


def counted(
    rows: Sequence[Row], images: Sequence[Row], *, stated: object = COUNT, started_at: datetime | None = STARTED
) -> ScanTask:
    """The task with the counts of these leaf records and images; by default its total is the number of records."""
    window = ScanWindow(since=started_at, now=NOW)
    records = leaf_records(rows, window)
    number = sum(record.counts_as_image for record in records) if stated is COUNT else stated
    assert number is None or isinstance(number, int)
    task = replace(TASK, started_at=started_at, counts=Counts(total=number))
    return count_results(task, records, map(parse_image_result, images), window)


def first_reason(task: ScanTask, *, max_failed: int = 0, max_risky: int = 0) -> str:
    """The code of the first reason of the verdict, or its decision if it has no reason."""
    verdict = judge(task, Policy(max_failed=max_failed, max_risky=max_risky), now=NOW)
    return verdict.reasons[0].code if verdict.reasons else verdict.decision


def test_a_task_passes_if_all_its_images_were_scanned_and_are_not_risky() -> None:
    found = counted([a_leaf_row(A), a_leaf_row(B)], [an_image_row(A), an_image_row(B)])

    assert found == replace(TASK, counts=Counts(total=2, succeeded=2, failed=0, risky=0), results_pending=0)
    assert first_reason(found) == "passed"


def test_a_repository_that_succeeded_does_not_count_as_an_image() -> None:
    found = leaf_records(
        [a_repository_row(), a_leaf_row(A), a_repository_row(Finish=1, ResultInfo="SUCCESS"), a_leaf_row(B, "START")],
        ScanWindow(),
    )

    assert [record.counts_as_image for record in found] == [False, True, False, True]
    assert scanned_digests(found) == frozenset({A})


@pytest.mark.parametrize(
    ("repository", "reason"),
    [
        (a_repository_row(status="FAIL", ResultInfo="TASK_NOT_SUPPORT_REGION"), "FAIL, TASK_NOT_SUPPORT_REGION"),
        (a_repository_row(status="START", Finish=0), "START"),
        (a_repository_row(Finish=0), "not finished"),
        (a_repository_row(ResultInfo="TASK_NOT_SUPPORT_REGION"), "TASK_NOT_SUPPORT_REGION"),
        (a_repository_row(status=None), "no state given"),
    ],
    ids=["fail", "start", "not-finished", "other-region", "no-state"],
)
def test_a_repository_that_did_not_succeed_counts_as_failed_even_if_its_images_succeeded(
    repository: Row, reason: str
) -> None:
    """It may stand for any number of images; if all images have a record, --max-failed does not cover it."""
    found = counted([repository, a_leaf_row()], [an_image_row()], stated=1)

    assert found.counts == Counts(total=1, succeeded=1, failed=1, risky=0)
    assert found.failed_images == (
        FailedImage(image=ImageRef(name="crr-shop"), reason=f"{reason}, a whole repository"),
    )
    assert (first_reason(found), first_reason(found, max_failed=1)) == ("too-many-failed", "counts-contradict")


def test_a_task_with_only_repositories_has_no_images() -> None:
    found = counted([a_repository_row(), a_repository_row()], [an_image_row()])

    assert (found.counts.total, first_reason(found)) == (0, "no-images")


def test_a_task_with_a_total_of_0_and_no_leaf_records_has_no_images() -> None:
    assert first_reason(counted([], [], stated=0)) == "no-images"


@pytest.mark.parametrize(
    "row",
    [
        a_leaf_row(C, "FAIL"),
        a_leaf_row(C, "TIMEOUT"),
        a_leaf_row(C, "INIT"),
        a_leaf_row(C, "START"),
        a_leaf_row(C, None),
        a_leaf_row(C, ResultInfo="TASK_NOT_SUPPORT_REGION"),
        {},
    ],
    ids=["fail", "timeout", "init", "start", "no-state", "other-region", "empty"],
)
def test_a_leaf_record_that_did_not_succeed_is_a_failed_image(row: Row) -> None:
    found = counted([a_leaf_row(A), row], [an_image_row(A)])

    assert found.counts == Counts(total=2, succeeded=1, failed=1, risky=0)
    assert [failed.image.digest for failed in found.failed_images] == [row.get("Target", "")]
    assert first_reason(found) == "too-many-failed"
    assert first_reason(found, max_failed=1) == "passed"


def test_the_reason_of_a_failure_is_that_of_the_cloud() -> None:
    found = counted([a_leaf_row(C, "FAIL", ResultInfo="pull denied")], [])

    assert found.failed_images == (FailedImage(image=ImageRef(digest=C), reason="FAIL, pull denied"),)


def test_a_failed_image_is_not_pending() -> None:
    """It will never have a result."""
    found = counted(
        [a_leaf_row(A), a_leaf_row(B, "FAIL")], [an_image_row(A), an_image_row(B, scanned=STARTED_MS - 1000)]
    )

    assert (found.results_pending, found.counts.risky) == (0, 0)


def test_an_image_is_pending_if_one_of_its_leaf_records_succeeded() -> None:
    found = counted([a_leaf_row(A), a_leaf_row(A, "FAIL")], [])

    assert (found.results_pending, found.counts.failed) == (1, 1)


def test_a_repeated_leaf_record_does_not_make_up_for_a_missing_one() -> None:
    found = counted([a_leaf_row(A), a_leaf_row(A, TaskId="another")], [an_image_row(A)])

    assert (found.results_pending, first_reason(found)) == (1, "results-pending")


@pytest.mark.parametrize(
    "key", ["RegionId", "RepoRegionId", "RepoId", "Tag", "RepoName", "RepoNamespace", "RegistryType"]
)
def test_the_same_image_in_two_locations_counts_twice(key: str) -> None:
    rows = [a_leaf_row(A, TaskImageInfo={key: value}) for value in ("one", "two")]
    found = counted(rows, [an_image_row(A)])

    assert (found.results_pending, found.counts.succeeded, first_reason(found)) == (0, 2, "passed")


@pytest.mark.parametrize("key", ["ScaStatus", "ScaResult"])
@pytest.mark.parametrize(("word", "pending"), [("SUCCESS", 0), ("", 0), (None, 0), ("TASK_NOT_SUPPORT_REGION", 1)])
def test_an_image_whose_scan_was_refused_has_no_result(key: str, word: object, pending: int) -> None:
    assert counted([a_leaf_row(A)], [an_image_row(A, **{key: word})]).results_pending == pending


def test_a_risky_image_counts_once_even_with_several_tags_and_records() -> None:
    rows = [an_image_row(A, "YES", Tag=tag) for tag in ("1.0", "1", "latest")]
    found = counted(
        [a_leaf_row(A), a_leaf_row(A, TaskImageInfo={"Tag": "latest"}), a_leaf_row(B)], [*rows, an_image_row(B)]
    )

    assert found.counts == Counts(total=3, succeeded=3, failed=0, risky=1)
    assert first_reason(found) == "too-many-risky"


@pytest.mark.parametrize("spelling", [A, f"sha256:{A}", A.upper(), f"SHA256:{A} "])
@pytest.mark.parametrize("target", [A, f"sha256:{A}"])
def test_an_image_is_found_by_any_spelling_of_its_digest(target: str, spelling: str) -> None:
    found = counted([a_leaf_row(target)], [an_image_row(spelling, "YES")])

    assert (found.counts.risky, found.results_pending) == (1, 0)


@pytest.mark.parametrize("scanned", [STARTED_MS, STARTED_MS - 1, STARTED_MS - 86_400_000, None, 0, "now"], ids=repr)
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "last"])
def test_a_yes_under_any_tag_counts_whatever_its_scan_time(scanned: object, *, is_first: bool) -> None:
    """A finding of an earlier scan under another tag may still be there."""
    rows = [an_image_row(A, "YES", scanned, Tag="1.0"), an_image_row(A, "NO", Tag="latest")]
    found = counted([a_leaf_row(A)], rows if is_first else rows[::-1])

    assert (found.counts.risky, found.results_pending) == (1, 0)


@pytest.mark.parametrize(("scanned", "pending"), [(STARTED_MS, 1), (STARTED_MS + 998, 1), (STARTED_MS + 999, 0)])
def test_a_result_of_the_second_in_which_the_task_started_is_of_this_scan_only_after_the_start(
    scanned: int, pending: int
) -> None:
    started_at = STARTED + timedelta(milliseconds=999)

    assert counted([a_leaf_row(A)], [an_image_row(A, "NO", scanned)], started_at=started_at).results_pending == pending


@pytest.mark.parametrize("risk", [None, "", "yes", "no", "UNKNOWN", 0, False, [], {}], ids=repr)
def test_a_risk_that_is_neither_yes_nor_no_leaves_the_number_unknown(risk: object) -> None:
    found = counted([a_leaf_row(A), a_leaf_row(B)], [an_image_row(A, risk), an_image_row(B, "YES")])

    assert (found.counts.risky, found.results_pending) == (None, 0)
    assert first_reason(found, max_risky=1) == "counts-missing"


@pytest.mark.parametrize(
    "doubtful",
    [
        (a_leaf_row(A), an_image_row(A, None)),
        (a_leaf_row(A), an_image_row(A, "YES", ImageUpdate=STARTED_MS + 2000)),
        (a_leaf_row(""), an_image_row("", "YES")),
    ],
    ids=["no risk", "of the image before", "no digest"],
)
def test_the_images_that_are_certainly_risky_block_beside_one_of_which_that_is_not_known(
    doubtful: tuple[Row, Row],
) -> None:
    leaf, row = doubtful
    clean = an_image_row(A, scanned=STARTED_MS + 3000)
    found = counted([leaf, a_leaf_row(B), a_leaf_row(C)], [row, clean, an_image_row(B, "YES"), an_image_row(C, "YES")])

    assert (found.counts.risky, found.results_pending) == (None, 0)
    assert [first_reason(found, max_risky=limit) for limit in (1, 2)] == ["too-many-risky", "counts-missing"]


def test_images_that_failed_block_beside_one_of_which_it_is_not_known_whether_it_is_risky() -> None:
    found = counted([a_leaf_row(A), a_leaf_row(B, "FAIL")], [an_image_row(A, None)])

    assert [first_reason(found, max_failed=limit) for limit in (0, 1)] == ["too-many-failed", "counts-missing"]


@pytest.mark.parametrize("risk", [None, "", "no", 0], ids=repr)
def test_a_no_under_one_tag_does_not_replace_a_missing_risk_under_another(risk: object) -> None:
    found = counted([a_leaf_row(A)], [an_image_row(A, "NO", Tag="1.0"), an_image_row(A, risk, Tag="latest")])

    assert (found.counts.risky, first_reason(found)) == (None, "counts-missing")


def test_a_yes_under_one_tag_counts_even_if_another_has_no_risk_status() -> None:
    found = counted([a_leaf_row(A)], [an_image_row(A, "YES", Tag="1.0"), an_image_row(A, None, Tag="latest")])

    assert (found.counts.risky, first_reason(found)) == (1, "too-many-risky")


def test_a_missing_risk_of_an_earlier_scan_does_not_matter() -> None:
    found = counted([a_leaf_row(A)], [an_image_row(A, "NO"), an_image_row(A, None, STARTED_MS - 1)])

    assert (found.counts.risky, first_reason(found)) == (0, "passed")


def test_results_of_images_without_a_leaf_record_are_ignored() -> None:
    found = counted([a_leaf_row(A)], [an_image_row(B, "YES"), an_image_row("", "YES"), {}])

    assert (found.counts.risky, found.results_pending) == (None, 1)


@pytest.mark.parametrize(
    ("images", "results_pending"),
    [
        ([], 2),
        ([an_image_row(A)], 1),
        ([an_image_row(A, scanned=STARTED_MS - 1), an_image_row(B)], 1),
        ([an_image_row(A, scanned=None), an_image_row(B, scanned="soon")], 2),
        ([an_image_row(A, "YES", STARTED_MS - 1), an_image_row(B, "YES")], 1),
        (
            [an_image_row(A, scanned=0), an_image_row(A, scanned=True), an_image_row(B, scanned=float(STARTED_MS + 1))],
            2,
        ),
        ([an_image_row(A, scanned=LATEST_MS + 1), an_image_row(B, scanned=LATEST_MS)], 1),
        ([an_image_row(A, "YES", LATEST_MS + 1), an_image_row(B, scanned=253_402_300_799_000)], 2),
        # Seconds instead of milliseconds: a time in 1970.
        ([an_image_row(A, scanned=STARTED_MS // 1000 + 1), an_image_row(B)], 1),
    ],
    ids=[
        "none",
        "one-missing",
        "one-stale",
        "no-time",
        "risky-but-stale",
        "invalid-times",
        "future",
        "far-future",
        "seconds",
    ],
)
def test_an_image_is_pending_until_it_has_a_result_of_this_scan(images: list[Row], results_pending: int) -> None:
    found = counted([a_leaf_row(A), a_leaf_row(B)], images)

    assert (found.results_pending, found.counts.risky, found.is_final) == (results_pending, None, False)
    assert first_reason(found, max_failed=99, max_risky=99) == "results-pending"


@pytest.mark.parametrize(
    ("other", "pending"), [(STARTED_MS - 1, 1), (STARTED_MS, 0), (LATEST_MS, 0), (LATEST_MS + 1, 1)]
)
def test_of_two_scan_times_both_have_to_be_those_of_this_scan(other: int, pending: int) -> None:
    assert counted([a_leaf_row(A)], [an_image_row(A, lastScanTime=other)]).results_pending == pending


@pytest.mark.parametrize(("pushed_after", "pending"), [(-1, 0), (0, 0), (1, 1)])
@pytest.mark.parametrize("form", [int, str])
def test_a_result_from_before_its_push_may_be_that_of_another_image(
    pushed_after: int, pending: int, form: type[int | str]
) -> None:
    pushed = form(STARTED_MS + 1000 + pushed_after)

    assert counted([a_leaf_row()], [an_image_row(ImageUpdate=pushed)]).results_pending == pending


def test_a_risk_from_before_its_push_leaves_the_number_unknown_beside_a_clean_result_and_names_no_image() -> None:
    moved = an_image_row(A, "YES", ImageUpdate=STARTED_MS + 2000)

    doubtful = counted([a_leaf_row(A)], [an_image_row(A), moved])
    certain = counted([a_leaf_row(A)], [an_image_row(A, "YES"), moved])

    assert (doubtful.counts.risky, doubtful.images, doubtful.results_pending) == (None, (), 0)
    assert (certain.counts.risky, [image.scanned_at for image in certain.images]) == (
        1,
        [STARTED + timedelta(seconds=1)],
    )


def test_a_scan_time_equal_to_the_start_time_is_fresh() -> None:
    assert counted([a_leaf_row(A)], [an_image_row(A, scanned=STARTED_MS)]).results_pending == 0


def test_a_fresh_result_under_one_tag_is_enough_for_the_image() -> None:
    assert counted([a_leaf_row(A)], [an_image_row(A, scanned=STARTED_MS - 1), an_image_row(A)]).results_pending == 0


@pytest.mark.parametrize(
    ("rows", "stated", "results_pending"),
    [
        ([], 5, 5),
        ([a_leaf_row(A)], 3, 2),
        ([a_repository_row()], 3, 3),
        ([a_repository_row(), a_leaf_row(A)], 2, 1),
        ([a_leaf_row(A), a_leaf_row(B, "FAIL")], 4, 2),
        ([a_leaf_row(A), a_leaf_row(B)], 10**20, 10**20 - 2),
    ],
    ids=["none", "one-of-three", "only-a-repository", "one-and-a-repository", "one-failed", "huge-total"],
)
def test_leaf_records_missing_from_the_total_are_pending(rows: list[Row], stated: int, results_pending: int) -> None:
    found = counted(rows, [an_image_row(A), an_image_row(B)], stated=stated)

    assert (found.results_pending, first_reason(found, max_failed=99)) == (results_pending, "results-pending")


def test_missing_leaf_records_and_missing_results_are_added_up() -> None:
    assert counted([a_leaf_row(A), a_leaf_row(B)], [an_image_row(A)], stated=4).results_pending == 3


@pytest.mark.parametrize("stated", [0, 1, 2])
def test_a_total_that_is_smaller_than_the_number_of_images_is_no_contradiction(stated: int) -> None:
    """In the vendor's own sample the counts do not fit each other either; the larger number counts."""
    found = counted(
        [a_leaf_row(A), a_leaf_row(B), a_leaf_row(C)],
        [an_image_row(A), an_image_row(B), an_image_row(C)],
        stated=stated,
    )

    assert (found.counts.total, found.counts.succeeded) == (3, 3)
    assert first_reason(found) == "passed"


def test_a_contradiction_does_not_hide_a_risk() -> None:
    found = counted([a_leaf_row(A), a_leaf_row(B)], [an_image_row(A, "YES"), an_image_row(B)], stated=1)

    assert first_reason(found) == "too-many-risky"


def test_without_a_total_the_counts_are_incomplete() -> None:
    found = counted([a_leaf_row(A)], [an_image_row(A)], stated=None)

    assert (found.counts, found.results_pending) == (Counts(total=None, succeeded=1, failed=0, risky=0), 0)
    assert first_reason(found) == "counts-missing"


@pytest.mark.parametrize("digest", ["", "sha256:", None, 7, [], {}], ids=repr)
def test_an_image_without_a_digest_never_counts_as_clean_and_is_not_pending(digest: object) -> None:
    found = counted([a_leaf_row(A), a_leaf_row(digest)], [an_image_row(A), an_image_row(digest), an_image_row("")])

    assert (found.results_pending, found.counts.risky, first_reason(found)) == (0, None, "counts-missing")


def test_an_image_without_a_digest_that_failed_needs_no_result() -> None:
    found = counted([a_leaf_row(A), a_leaf_row("", "FAIL")], [an_image_row(A)])

    assert (found.counts.risky, first_reason(found, max_failed=1)) == (0, "passed")


@pytest.mark.parametrize("stated", [0, 1, 2])
def test_a_record_that_is_listed_twice_makes_up_for_no_other_whatever_the_total_says(stated: int) -> None:
    found = counted([a_leaf_row(A), a_leaf_row(A)], [an_image_row(A)], stated=stated)

    assert (found.counts.total, found.results_pending, first_reason(found)) == (2, 1, "results-pending")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [([a_leaf_row(A)], "counts-missing"), ([a_leaf_row(A, "FAIL")], "counts-missing"), ([], "no-images")],
    ids=["succeeded", "failed", "none"],
)
def test_without_a_start_time_no_result_is_attributed_to_the_scan(rows: list[Row], reason: str) -> None:
    found = counted(rows, [an_image_row(A)], started_at=None)

    assert (found.results_pending, found.counts.risky) == (0, None)
    assert first_reason(found, max_failed=99) == reason


@pytest.mark.parametrize(
    ("leaf", "started_at"), [(a_leaf_row(B), None), (a_leaf_row(""), STARTED)], ids=["no start time", "no digest"]
)
def test_images_that_are_not_listed_yet_are_waited_for_also_where_no_result_can_be_attributed(
    leaf: Row, started_at: datetime | None
) -> None:
    found = counted([leaf, leaf], [an_image_row(B)], stated=3, started_at=started_at)

    assert (found.results_pending, found.counts.failed, found.counts.risky) == (1, 0, None)
    assert first_reason(found) == "results-pending"


@pytest.mark.parametrize(
    ("scanned", "started_at", "reason"),
    [
        (STARTED_MS + 1000, STARTED, "too-many-risky"),
        (STARTED_MS - 1000, STARTED, "counts-missing"),
        (STARTED_MS + 1000, None, "counts-missing"),
    ],
    ids=["of this scan", "of an earlier scan", "of any time"],
)
def test_a_risk_is_certain_beside_an_image_without_a_digest_once_this_scan_has_a_result(
    scanned: int, started_at: datetime | None, reason: str
) -> None:
    """An older one may be gone, since the image may just be scanned once more."""
    found = counted([a_leaf_row(A), a_leaf_row("")], [an_image_row(A, "YES", scanned)], started_at=started_at)

    assert (found.results_pending, found.counts.risky, first_reason(found)) == (0, None, reason)
    assert len(found.images) == (reason == "too-many-risky")


DIGESTS = st.sampled_from([A, f"sha256:{A}", B, f"sha256:{B.upper()}", C, "", None])
LEAVES = st.builds(
    a_leaf_row,
    DIGESTS,
    st.sampled_from(["SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS", "FAIL", "START", None]),
    ResultInfo=st.sampled_from(["SUCCESS", "", None, None, "TASK_NOT_SUPPORT_REGION"]),
    TargetType=st.sampled_from(["IMAGE", "IMAGE", "IMAGE", "IMAGE_REPO", None]),
)
IMAGES = st.builds(
    an_image_row,
    DIGESTS,
    st.sampled_from(["NO", "NO", "NO", "NO", "YES", None, "no"]),
    st.sampled_from(
        [STARTED_MS, STARTED_MS + 1, STARTED_MS + 1, NOW_MS, LATEST_MS + 1, STARTED_MS - 1, 0, None, "soon"]
    ),
)
STATED = st.sampled_from([COUNT, COUNT, COUNT, None, 0, 1, 2, 3])


def normalised(digest: object) -> str:
    return str(digest or "").lower().removeprefix("sha256:")


def is_ahead(row: Mapping[str, Any]) -> bool:
    return isinstance(row["LastScanTime"], int) and row["LastScanTime"] > LATEST_MS


def is_fresh(row: Mapping[str, Any]) -> bool:
    return isinstance(row["LastScanTime"], int) and STARTED_MS <= row["LastScanTime"] <= LATEST_MS


@example(
    rows=[a_leaf_row(A, ResultInfo="SUCCESS")],
    images=[an_image_row(A), an_image_row(A, scanned=LATEST_MS + 1)],
    stated=COUNT,
    started_at=STARTED,
)
@given(
    rows=st.lists(LEAVES, max_size=4),
    images=st.lists(IMAGES, max_size=6),
    stated=STATED,
    started_at=st.sampled_from([STARTED, STARTED, STARTED, None]),
)
def test_a_task_passes_only_if_every_image_was_scanned_and_has_a_fresh_no(
    rows: list[Row], images: list[Row], stated: object, started_at: datetime | None
) -> None:
    """Compared with a second implementation."""
    found = counted(rows, images, stated=stated, started_at=started_at)
    is_good = {id(row): row["StatusText"] == "SUCCESS" and row["ResultInfo"] in {"SUCCESS", "", None} for row in rows}
    scans = [row for row in rows if row["TargetType"] != "IMAGE_REPO" or not is_good[id(row)]]
    names = {normalised(row["Target"]) for row in scans}
    known = [[row for row in images if normalised(row["Digest"]) == name] for name in names]
    is_clean = (
        bool(scans)
        and started_at is not None
        # A smaller total than there are images contradicts nothing: the vendor's own sample has one.
        and (stated is COUNT or (isinstance(stated, int) and stated <= len(scans)))
        and all(is_good[id(row)] for row in scans)
        and "" not in names
        and len(names) == len(scans)
        and all(any(is_fresh(row) for row in results) for results in known)
        and all(row["RiskStatus"] == "NO" for results in known for row in results if is_fresh(row))
        and all(row["RiskStatus"] != "YES" for results in known for row in results)
        # A time in the future says that the scan is not over, or that a clock is wrong.
        and not any(is_ahead(row) for results in known for row in results)
    )

    assert (judge(found, Policy(), now=NOW).decision is Decision.PASSED) == is_clean
    assert not is_clean or found.results_pending == 0


@pytest.mark.parametrize(
    ("rows", "images", "expected"),
    [
        ([a_leaf_row(A, EndTime=NOW_MS - 2000)], [an_image_row(A)], NOW - timedelta(seconds=2)),
        ([a_leaf_row(A, EndTime=STARTED_MS)], [an_image_row(A, scanned=NOW_MS - 1000)], NOW - timedelta(seconds=1)),
        ([a_leaf_row(A), a_leaf_row(B, EndTime=NOW_MS)], [an_image_row(A), an_image_row(B)], None),
        ([a_leaf_row(A, EndTime=NOW_MS), a_repository_row()], [an_image_row(A)], NOW),
        ([a_leaf_row(A, EndTime=STARTED_MS), a_repository_row(EndTime=NOW_MS)], [an_image_row(A)], NOW),
        ([a_leaf_row(A)], [an_image_row(A)], None),
        ([], [], None),
    ],
    ids=["leaf", "scan", "one-is-missing", "repository-without", "repository", "none", "no-records"],
)
def test_a_task_ended_with_its_last_part_if_every_image_states_its_end(
    rows: list[Row], images: list[Row], expected: datetime | None
) -> None:
    assert counted(rows, images).ended_at == expected


@pytest.mark.parametrize("ahead", [a_leaf_row(B, EndTime=NOW_MS + 180_000), a_repository_row(EndTime=NOW_MS + 180_000)])
def test_an_end_in_the_future_counts_even_if_another_image_does_not_state_its_end(ahead: Row) -> None:
    found = counted([a_leaf_row(A), ahead], [an_image_row(A), an_image_row(B)])

    assert (found.ended_at, first_reason(found)) == (NOW + timedelta(minutes=3), "not-plainly-complete")


def test_an_image_that_a_leaf_record_names_as_its_target_only_is_not_judged_by_another_one() -> None:
    """The first record names A as its target, and the digest of B."""
    found = counted(
        [a_leaf_row(A, TaskImageInfo={"Digest": B, "Tag": "1.0"}), a_leaf_row(B)],
        [an_image_row(A, "YES"), an_image_row(B)],
    )

    assert (found.counts.succeeded, found.counts.failed, first_reason(found)) == (1, 1, "too-many-failed")


def test_results_are_those_of_this_scan_only_since_the_latest_start_that_was_stated() -> None:
    """The task itself states an earlier one by now."""
    window = ScanWindow(since=STARTED + timedelta(minutes=1), now=NOW)
    task = replace(TASK, counts=Counts(total=1))
    found = count_results(task, leaf_records([a_leaf_row(A)], window), [parse_image_result(an_image_row(A))], window)

    assert (found.started_at, found.results_pending) == (STARTED, 1)


def test_risky_images_are_named_each_once_with_what_was_found() -> None:
    name = {"RegistryType": "acr", "RepoNamespace": "shop", "RepoName": "web", "Tag": "1.0", "Digest": A}
    leaves = [a_leaf_row(A, TaskImageInfo=name), a_leaf_row(A, TaskImageInfo={**name, "Tag": "2.0"}), a_leaf_row(B)]
    images = [an_image_row(A), an_image_row(A, "YES", VulCount=7, HcCount=0, AlarmCount="many"), an_image_row(B)]

    (risky,) = counted(leaves, images).images

    assert str(risky.image) == f"acr/shop/web:1.0@sha256:{A}"
    assert (risky.state, risky.is_risky) == (ImageState.SCANNED, True)
    assert risky.kinds == {ScanScope.VULNERABILITY: 7, ScanScope.BASELINE: 0}


def test_a_risk_without_a_digest_names_no_image_and_counts_for_none() -> None:
    """Two images without a digest would both have every result without one."""
    leaf = a_leaf_row("", TaskImageInfo={"RepoName": "web"})

    found = counted([leaf], [an_image_row("", "YES")])

    assert (found.images, found.counts.risky, first_reason(found)) == ((), None, "counts-missing")


def test_a_clean_task_names_no_images() -> None:
    assert counted([a_leaf_row(A)], [an_image_row(A)]).images == ()
