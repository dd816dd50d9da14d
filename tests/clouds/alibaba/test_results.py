"""From leaves and what is known of their images to counts: nothing is clean of which this scan does not say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clouds.alibaba.results import count_results, leaf_records, scanned_digests
from gate.clouds.alibaba.translate import parse_image_result
from gate.policy import Decision, Policy, judge
from gate.scan import Counts, FailedImage, ImageRef, ScanTask, TaskState
from tests.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

Row = dict[str, Any]
BEGAN = NOW - timedelta(minutes=5)
BEGAN_MS, NOW_MS = (round(moment.timestamp() * 1000) for moment in (BEGAN, NOW))
TASK = ScanTask(id="ours", state=TaskState.COMPLETE, started_at=BEGAN, results_pending=None)
A, B, C = "a" * 64, "b" * 64, "c" * 64
COUNT = object()
"""Stands for as many images as there are leaves of images."""


def a_leaf(digest: object = A, status: object = "SUCCESS", **fields: object) -> Row:
    return {"Target": digest, "TargetType": "IMAGE", "StatusText": status, **fields}


def a_repository(**fields: object) -> Row:
    return a_leaf("crr-shop", TargetType="IMAGE_REPO", **fields)


def an_image(digest: object = A, risk: object = "NO", scanned: object = BEGAN_MS + 1000, **fields: object) -> Row:
    return {"Digest": digest, "RiskStatus": risk, "LastScanTime": scanned, **fields}


def counts_of(
    rows: Sequence[Row], images: Sequence[Row], *, stated: object = COUNT, started_at: datetime | None = BEGAN
) -> ScanTask:
    """The task of these leaves and images, which states as many as it has unless the test says otherwise."""
    found = leaf_records(rows)
    number = len(found) if stated is COUNT else stated
    assert number is None or isinstance(number, int)
    task = replace(TASK, started_at=started_at, counts=Counts(total=number))
    return count_results(task, found, map(parse_image_result, images), until=NOW)


def verdict_of(task: ScanTask, *, max_failed: int = 0, max_risky: int = 0) -> str:
    """What the policy makes of it, by the code of its first reason."""
    verdict = judge(task, Policy(max_failed=max_failed, max_risky=max_risky))
    return verdict.reasons[0].code if verdict.reasons else verdict.decision


def test_a_task_whose_images_are_all_scanned_and_fine_passes() -> None:
    found = counts_of([a_leaf(A), a_leaf(B)], [an_image(A), an_image(B)])

    assert found == replace(TASK, counts=Counts(total=2, succeeded=2, failed=0, risky=0), results_pending=0)
    assert verdict_of(found) == "passed"


# Which leaves count.


def test_a_repository_that_succeeded_is_no_image_and_names_none() -> None:
    found = leaf_records([a_repository(), a_leaf(A), a_repository(Finish=1, ResultInfo="SUCCESS"), a_leaf(B, "START")])

    assert (len(found), scanned_digests(found)) == (2, frozenset({A}))


@pytest.mark.parametrize(
    ("repository", "reason"),
    [
        (a_repository(status="FAIL", ResultInfo="TASK_NOT_SUPPORT_REGION"), "FAIL, TASK_NOT_SUPPORT_REGION"),
        (a_repository(status="START", Finish=0), "START"),
        (a_repository(Finish=0), "not finished"),
        (a_repository(ResultInfo="TASK_NOT_SUPPORT_REGION"), "TASK_NOT_SUPPORT_REGION"),
        (a_repository(status=None), "no state given"),
    ],
    ids=["fail", "start", "not-finished", "other-region", "no-state"],
)
def test_a_repository_that_did_not_succeed_failed_whatever_its_images_did(repository: Row, reason: str) -> None:
    """How many images it stands for, nobody says; so an allowance for some does not cover it where all have a leaf."""
    found = counts_of([repository, a_leaf()], [an_image()], stated=1)

    assert found.counts == Counts(total=1, succeeded=1, failed=1, risky=0)
    assert found.failed_images == (
        FailedImage(image=ImageRef(name="crr-shop"), reason=f"{reason}, a whole repository"),
    )
    assert (verdict_of(found), verdict_of(found, max_failed=1)) == ("too-many-failed", "counts-contradict")


def test_a_task_of_repositories_alone_looked_at_no_image() -> None:
    found = counts_of([a_repository(), a_repository()], [an_image()])

    assert (found.counts.total, verdict_of(found)) == (0, "no-images")


def test_no_leaf_at_all_is_no_image_where_the_task_says_so_too() -> None:
    assert verdict_of(counts_of([], [], stated=0)) == "no-images"


# What failed.


@pytest.mark.parametrize(
    "leaf",
    [
        a_leaf(C, "FAIL"),
        a_leaf(C, "TIMEOUT"),
        a_leaf(C, "INIT"),
        a_leaf(C, "START"),
        a_leaf(C, None),
        a_leaf(C, ResultInfo="TASK_NOT_SUPPORT_REGION"),
        {},
    ],
    ids=["fail", "timeout", "init", "start", "no-state", "other-region", "nothing-known"],
)
def test_a_leaf_that_did_not_succeed_failed_and_is_named(leaf: Row) -> None:
    found = counts_of([a_leaf(A), leaf], [an_image(A)])

    assert found.counts == Counts(total=2, succeeded=1, failed=1, risky=0)
    assert [failed.image.digest for failed in found.failed_images] == [leaf.get("Target", "")]
    assert verdict_of(found) == "too-many-failed"
    assert verdict_of(found, max_failed=1) == "passed"


def test_the_reason_of_a_failure_is_in_the_clouds_own_words() -> None:
    found = counts_of([a_leaf(C, "FAIL", ResultInfo="pull denied")], [])

    assert found.failed_images == (FailedImage(image=ImageRef(digest=C), reason="FAIL, pull denied"),)


def test_an_image_that_failed_is_not_waited_for() -> None:
    """No result of it will ever come."""
    found = counts_of([a_leaf(A), a_leaf(B, "FAIL")], [an_image(A), an_image(B, scanned=BEGAN_MS - 1000)])

    assert (found.results_pending, found.counts.risky) == (0, 0)


def test_an_image_is_waited_for_if_one_of_its_leaves_succeeded() -> None:
    found = counts_of([a_leaf(A), a_leaf(A, "FAIL")], [])

    assert (found.results_pending, found.counts.failed) == (1, 1)


def test_a_leaf_that_is_there_twice_does_not_stand_for_an_image_that_has_none() -> None:
    found = counts_of([a_leaf(A), a_leaf(A, TaskId="another")], [an_image(A)])

    assert (found.results_pending, verdict_of(found)) == (1, "results-pending")


@pytest.mark.parametrize(
    "key", ["RegionId", "RepoRegionId", "RepoId", "Tag", "RepoName", "RepoNamespace", "RegistryType"]
)
def test_the_same_image_in_two_places_is_two(key: str) -> None:
    rows = [a_leaf(A, TaskImageInfo={key: value}) for value in ("one", "two")]
    found = counts_of(rows, [an_image(A)])

    assert (found.results_pending, found.counts.succeeded, verdict_of(found)) == (0, 2, "passed")


@pytest.mark.parametrize("key", ["ScaStatus", "ScaResult"])
@pytest.mark.parametrize(("word", "pending"), [("SUCCESS", 0), ("", 0), (None, 0), ("TASK_NOT_SUPPORT_REGION", 1)])
def test_an_image_whose_scan_was_refused_has_no_result(key: str, word: object, pending: int) -> None:
    assert counts_of([a_leaf(A)], [an_image(A, **{key: word})]).results_pending == pending


# What is risky.


def test_an_image_is_risky_once_however_often_it_was_scanned_or_tagged() -> None:
    rows = [an_image(A, "YES", Tag=tag) for tag in ("1.0", "1", "latest")]
    found = counts_of([a_leaf(A), a_leaf(A, TaskImageInfo={"Tag": "latest"}), a_leaf(B)], [*rows, an_image(B)])

    assert found.counts == Counts(total=3, succeeded=3, failed=0, risky=1)
    assert verdict_of(found) == "too-many-risky"


@pytest.mark.parametrize("written", [A, f"sha256:{A}", A.upper(), f"SHA256:{A} "])
@pytest.mark.parametrize("target", [A, f"sha256:{A}"])
def test_an_image_is_found_however_its_digest_is_written(target: str, written: str) -> None:
    found = counts_of([a_leaf(target)], [an_image(written, "YES")])

    assert (found.counts.risky, found.results_pending) == (1, 0)


@pytest.mark.parametrize("scanned", [BEGAN_MS, BEGAN_MS - 1, BEGAN_MS - 86_400_000, None, 0, "now"], ids=repr)
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "last"])
def test_a_yes_under_any_tag_counts_from_whenever_it_is(scanned: object, *, is_first: bool) -> None:
    """Nothing says that what an earlier scan found under another tag is gone."""
    rows = [an_image(A, "YES", scanned, Tag="1.0"), an_image(A, "NO", Tag="latest")]
    found = counts_of([a_leaf(A)], rows if is_first else rows[::-1])

    assert (found.counts.risky, found.results_pending) == (1, 0)


@pytest.mark.parametrize("risk", [None, "", "yes", "no", "UNKNOWN", 0, False, [], {}], ids=repr)
def test_a_risk_that_is_neither_yes_nor_no_leaves_the_number_unknown(risk: object) -> None:
    found = counts_of([a_leaf(A), a_leaf(B)], [an_image(A, risk), an_image(B, "YES")])

    assert (found.counts.risky, found.results_pending) == (None, 0)
    assert verdict_of(found, max_risky=99) == "counts-missing"


@pytest.mark.parametrize("risk", [None, "", "no", 0], ids=repr)
def test_a_no_under_one_tag_does_not_answer_for_another_that_says_nothing(risk: object) -> None:
    found = counts_of([a_leaf(A)], [an_image(A, "NO", Tag="1.0"), an_image(A, risk, Tag="latest")])

    assert (found.counts.risky, verdict_of(found)) == (None, "counts-missing")


def test_a_yes_under_one_tag_answers_for_another_that_says_nothing() -> None:
    found = counts_of([a_leaf(A)], [an_image(A, "YES", Tag="1.0"), an_image(A, None, Tag="latest")])

    assert (found.counts.risky, verdict_of(found)) == (1, "too-many-risky")


def test_what_an_earlier_scan_could_not_say_is_answered_by_this_one() -> None:
    found = counts_of([a_leaf(A)], [an_image(A, "NO"), an_image(A, None, BEGAN_MS - 1)])

    assert (found.counts.risky, verdict_of(found)) == (0, "passed")


def test_images_of_which_the_task_has_no_leaf_do_no_harm_and_no_good() -> None:
    found = counts_of([a_leaf(A)], [an_image(B, "YES"), an_image("", "YES"), {}])

    assert (found.counts.risky, found.results_pending) == (None, 1)


# Results that are not there yet.


@pytest.mark.parametrize(
    ("images", "results_pending"),
    [
        ([], 2),
        ([an_image(A)], 1),
        ([an_image(A, scanned=BEGAN_MS - 1), an_image(B)], 1),
        ([an_image(A, scanned=None), an_image(B, scanned="soon")], 2),
        ([an_image(A, "YES", BEGAN_MS - 1), an_image(B, "YES")], 1),
        ([an_image(A, scanned=0), an_image(A, scanned=True), an_image(B, scanned=float(BEGAN_MS + 1))], 2),
        ([an_image(A, scanned=NOW_MS + 1), an_image(B, scanned=NOW_MS)], 1),
        ([an_image(A, "YES", NOW_MS + 1), an_image(B, scanned=253_402_300_799_000)], 2),
        # Seconds, where milliseconds are documented: 1970.
        ([an_image(A, scanned=BEGAN_MS // 1000 + 1), an_image(B)], 1),
    ],
    ids=["none", "one-missing", "one-stale", "no-time", "risky-but-stale", "no-numbers", "not-yet", "never", "seconds"],
)
def test_an_image_is_waited_for_until_a_row_of_it_is_from_this_scan(images: list[Row], results_pending: int) -> None:
    found = counts_of([a_leaf(A), a_leaf(B)], images)

    assert (found.results_pending, found.counts.risky, found.is_final) == (results_pending, None, False)
    assert verdict_of(found, max_failed=99, max_risky=99) == "results-pending"


def test_the_moment_of_the_tasks_begin_is_not_before_it() -> None:
    assert counts_of([a_leaf(A)], [an_image(A, scanned=BEGAN_MS)]).results_pending == 0


def test_one_tag_of_this_scan_is_enough_for_its_digest() -> None:
    assert counts_of([a_leaf(A)], [an_image(A, scanned=BEGAN_MS - 1), an_image(A)]).results_pending == 0


@pytest.mark.parametrize(
    ("rows", "stated", "results_pending"),
    [
        ([], 5, 5),
        ([a_leaf(A)], 3, 2),
        ([a_repository()], 3, 3),
        ([a_repository(), a_leaf(A)], 2, 1),
        ([a_leaf(A), a_leaf(B, "FAIL")], 4, 2),
        ([a_leaf(A), a_leaf(B)], 10**20, 10**20 - 2),
    ],
    ids=["none", "one-of-three", "only-a-repository", "one-and-a-repository", "one-failed", "endlessly-many"],
)
def test_leaves_that_are_fewer_than_the_task_has_images_are_waited_for(
    rows: list[Row], stated: int, results_pending: int
) -> None:
    """Also those that a second look no longer shows."""
    found = counts_of(rows, [an_image(A), an_image(B)], stated=stated)

    assert (found.results_pending, verdict_of(found, max_failed=99)) == (results_pending, "results-pending")


def test_leaves_and_results_that_are_missing_are_added_up() -> None:
    assert counts_of([a_leaf(A), a_leaf(B)], [an_image(A)], stated=4).results_pending == 3


# Contradictions.


@pytest.mark.parametrize("stated", [1, 2])
def test_more_images_than_the_task_has_may_be_another_tasks_and_contradict_it(stated: int) -> None:
    found = counts_of([a_leaf(A), a_leaf(B), a_leaf(C)], [an_image(A), an_image(B), an_image(C)], stated=stated)

    assert (found.counts.total, found.counts.succeeded) == (stated, 3)
    assert verdict_of(found) == "counts-contradict"


def test_images_of_a_task_that_has_none_are_nothing_to_judge() -> None:
    assert verdict_of(counts_of([a_leaf(A)], [an_image(A)], stated=0)) == "no-images"


def test_a_contradiction_does_not_hide_a_risk() -> None:
    found = counts_of([a_leaf(A), a_leaf(B)], [an_image(A, "YES"), an_image(B)], stated=1)

    assert verdict_of(found) == "too-many-risky"


def test_where_the_task_does_not_say_how_many_it_has_nobody_knows_whether_these_are_all() -> None:
    found = counts_of([a_leaf(A)], [an_image(A)], stated=None)

    assert (found.counts, found.results_pending) == (Counts(total=None, succeeded=1, failed=0, risky=0), 0)
    assert verdict_of(found) == "counts-missing"


# What no result will ever answer.


@pytest.mark.parametrize("digest", ["", "sha256:", None, 7, [], {}], ids=repr)
def test_an_image_without_a_digest_is_never_known_to_be_clean_and_not_waited_for(digest: object) -> None:
    found = counts_of([a_leaf(A), a_leaf(digest)], [an_image(A), an_image(digest), an_image("")])

    assert (found.results_pending, found.counts.risky, verdict_of(found)) == (0, None, "counts-missing")


def test_an_image_without_a_digest_that_failed_needs_no_result() -> None:
    found = counts_of([a_leaf(A), a_leaf("", "FAIL")], [an_image(A)])

    assert (found.counts.risky, verdict_of(found, max_failed=1)) == (0, "passed")


@pytest.mark.parametrize("rows", [[a_leaf(A)], [a_leaf(A, "FAIL")], []], ids=["succeeded", "failed", "none"])
def test_of_a_scan_without_a_begin_no_result_is_known_to_be_its_own(rows: list[Row]) -> None:
    found = counts_of(rows, [an_image(A)], started_at=None)

    assert (found.results_pending, found.counts.risky) == (0, None)
    assert verdict_of(found, max_failed=99) == "counts-missing"


# Whatever comes together.

DIGESTS = st.sampled_from([A, f"sha256:{A}", B, f"sha256:{B.upper()}", C, "", None])
LEAVES = st.builds(
    a_leaf,
    DIGESTS,
    st.sampled_from(["SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS", "FAIL", "START", None]),
    ResultInfo=st.sampled_from(["SUCCESS", "", None, None, "TASK_NOT_SUPPORT_REGION"]),
    TargetType=st.sampled_from(["IMAGE", "IMAGE", "IMAGE", "IMAGE_REPO", None]),
)
IMAGES = st.builds(
    an_image,
    DIGESTS,
    st.sampled_from(["NO", "NO", "NO", "NO", "YES", None, "no"]),
    st.sampled_from([BEGAN_MS, BEGAN_MS + 1, BEGAN_MS + 1, NOW_MS, NOW_MS + 1, BEGAN_MS - 1, 0, None, "soon"]),
)
STATED = st.sampled_from([COUNT, COUNT, COUNT, None, 0, 1, 2, 3])


def plain(digest: object) -> str:
    return str(digest or "").lower().removeprefix("sha256:")


def is_fresh(row: Mapping[str, Any]) -> bool:
    return isinstance(row["LastScanTime"], int) and BEGAN_MS <= row["LastScanTime"] <= NOW_MS


@given(
    rows=st.lists(LEAVES, max_size=4),
    images=st.lists(IMAGES, max_size=6),
    stated=STATED,
    started_at=st.sampled_from([BEGAN, BEGAN, BEGAN, None]),
)
def test_only_a_task_passes_whose_every_image_was_scanned_and_has_a_fresh_no(
    rows: list[Row], images: list[Row], stated: object, started_at: datetime | None
) -> None:
    """Said once more, in words that are not those of the code."""
    found = counts_of(rows, images, stated=stated, started_at=started_at)
    is_good = {id(row): row["StatusText"] == "SUCCESS" and row["ResultInfo"] in {"SUCCESS", "", None} for row in rows}
    scans = [row for row in rows if row["TargetType"] != "IMAGE_REPO" or not is_good[id(row)]]
    names = {plain(row["Target"]) for row in scans}
    known = [[row for row in images if plain(row["Digest"]) == name] for name in names]
    is_clean = (
        bool(scans)
        and started_at is not None
        and (stated is COUNT or stated == len(scans))
        and all(is_good[id(row)] for row in scans)
        and "" not in names
        and len(names) == len(scans)
        and all(any(is_fresh(row) for row in about) for about in known)
        and all(row["RiskStatus"] == "NO" for about in known for row in about if is_fresh(row))
        and all(row["RiskStatus"] != "YES" for about in known for row in about)
    )

    assert (judge(found, Policy()).decision is Decision.PASSED) == is_clean
    assert not is_clean or found.results_pending == 0
