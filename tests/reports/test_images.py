"""The images that reports name: their order, how they are parted, and what lists of findings call them."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from gate.errors import Unreachable
from gate.image import ImageRef, ImageState, ScannedImage
from gate.policy import Policy, undecided
from gate.reports.images import (
    NOT_SCANNED,
    RISKY,
    FailedCheck,
    NamedImages,
    failed_checks,
    fingerprint,
    fingerprint_in_pipeline,
    is_clean,
    left_out,
    named_images,
    passed_release,
    shown_images,
    unmatched_names,
)
from tests.builders import a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome

if TYPE_CHECKING:
    from gate.image import FailedImage
    from gate.scan import ScanTask

SHOP, TILL = a_failed_image("shop", "too big"), a_failed_image("till", "timeout")
THREE_KINDS = NamedImages(
    bad=(a_risky_image("a"), a_risky_image("b")), failed=(SHOP, TILL), others=(an_image("c"), an_image("d"))
)


def as_scanned(failed: FailedImage) -> ScannedImage:
    return ScannedImage(image=failed.image, state=ImageState.FAILED, reason=failed.reason, kinds={}, severities={})


def test_a_failed_image_of_a_task_is_one_among_others() -> None:
    assert len(THREE_KINDS) == 6
    assert [*THREE_KINDS] == [*THREE_KINDS.bad, as_scanned(SHOP), as_scanned(TILL), *THREE_KINDS.others]


@pytest.mark.parametrize("count", range(8))
def test_images_are_parted_wherever_the_first_ones_end(count: int) -> None:
    first, rest = THREE_KINDS.parted(count)

    assert [*first] == [*THREE_KINDS][:count]
    assert [*rest] == [*THREE_KINDS][count:]


def test_those_of_a_task_are_the_risky_ones_that_it_names_then_the_failed_ones_then_the_others() -> None:
    risky, clean, unknown = a_risky_image(), an_image("till"), an_image("api", is_risky=None)
    task = a_task(risky=1, failed=1, failed_images=(SHOP,), images=(clean, unknown, risky))

    assert named_images(an_outcome(task)) == NamedImages(bad=(risky,), failed=(SHOP,), others=(unknown, clean))


def test_those_of_a_release_are_all_that_were_asked_for_and_none_is_named_twice() -> None:
    failed, risky, clean = an_image("api", ImageState.FAILED), a_risky_image(), an_image("till")
    missing = an_image("missing", ImageState.MISSING)
    outcome = a_release(clean, missing, failed, risky)
    assert outcome.task
    also_listed = replace(outcome.task, failed_images=(SHOP,))

    named = NamedImages(bad=(risky, failed), others=(missing, clean))
    assert named_images(outcome) == named_images(replace(outcome, task=also_listed)) == named


def test_without_a_task_no_image_is_named() -> None:
    assert named_images(an_outcome(verdict=undecided(Unreachable("No.")))) == NamedImages()


@pytest.mark.parametrize(
    ("image", "clean"),
    [
        (an_image(), True),
        (an_image(is_risky=None), False),
        (a_risky_image(), False),
        (an_image(state=ImageState.FAILED, is_risky=False), False),
    ],
)
def test_only_an_image_with_a_result_and_no_risks_is_clean(image: ScannedImage, *, clean: bool) -> None:
    assert is_clean(image) is clean


@pytest.mark.parametrize(("count", "images"), [(1, "1 more image is"), (2, "2 more images are")])
def test_those_left_out_are_counted_in_a_sentence(count: int, images: str) -> None:
    assert left_out(count) == f"{images} left out here; the json report has them all."


def test_each_image_that_fails_a_check_is_told_from_others_of_its_repository_by_its_number() -> None:
    tags = [ImageRef(registry="swr", namespace="team", name="web", tag=tag) for tag in ("1", "2", "3")]
    failed = an_image(image=tags[2], state=ImageState.FAILED, reason="too big")
    images = [a_risky_image(image=tags[0]), a_risky_image(image=tags[1]), failed, a_risky_image("api")]
    sentence = "risky: 7 vulnerabilities (2 high, 5 medium)."

    found = [*failed_checks(images, a_release(*images, policy=Policy(max_failed=1)))]

    assert found == [
        FailedCheck(
            image=images[0], check=RISKY, text=f"swr/team/web:1 {sentence}", identity="swr/team/web/1", blocks=True
        ),
        FailedCheck(
            image=images[1], check=RISKY, text=f"swr/team/web:2 {sentence}", identity="swr/team/web/2", blocks=True
        ),
        FailedCheck(
            image=failed,
            check=NOT_SCANNED,
            text="swr/team/web:3 could not be scanned: too big.",
            identity="swr/team/web/1",
            blocks=False,
        ),
        FailedCheck(
            image=images[3],
            check=RISKY,
            text=f"swr/team/api:1.0@sha256:aaaaaaaaaaaa {sentence}",
            identity="swr/team/api/1",
            blocks=True,
        ),
    ]


def test_a_list_with_room_for_two_names_one_image_and_counts_the_others() -> None:
    images = (a_risky_image("a"), a_risky_image("b"), an_image("c", ImageState.FAILED), an_image("d"))

    found = shown_images(a_release(*images), 2)

    assert [*found.images] == [images[0]]
    assert found.left_out == "2 more images are risky or could not be scanned; the json report has them all."
    assert found.left_out_block is True


@pytest.mark.parametrize(
    ("state", "words"), [(ImageState.SCANNED, "are risky"), (ImageState.FAILED, "could not be scanned")]
)
def test_images_that_are_left_out_for_one_reason_have_it_beside_their_number(state: ImageState, words: str) -> None:
    images = [an_image(name, state, is_risky=state is ImageState.SCANNED) for name in "abc"]

    assert shown_images(a_release(*images), 2).left_out == f"2 more images {words}; the json report has them all."


def test_where_no_image_is_left_out_none_of_these_blocks() -> None:
    assert shown_images(a_release(a_risky_image()), 2).left_out_block is False


def test_a_pass_counts_what_it_allowed() -> None:
    images = (an_image(), a_risky_image("shop"), an_image("api", ImageState.FAILED))

    assert passed_release(a_release(*images, policy=Policy(max_failed=1, max_risky=1))) == (
        "2 of 3 images, scanned since they were pushed; 1 could not be scanned, which --max-failed allows; "
        "1 is risky, which --max-risky allows"
    )
    assert passed_release(a_release(*images)) == ""
    assert passed_release(an_outcome()) == ""


def test_a_fingerprint_is_the_hash_of_its_parts_whatever_characters_they_have() -> None:
    assert fingerprint("a", "b") == sha256(b"a/b").hexdigest()
    # A name from a JSON response may have half of a surrogate pair, which UTF-8 cannot have.
    assert fingerprint("镜\ud800") == sha256(b"\xe9\x95\x9c\xed\xa0\x80").hexdigest()


def test_two_gates_of_one_pipeline_have_two_fingerprints_of_one_finding() -> None:
    outcome = an_outcome()

    assert fingerprint_in_pipeline(outcome, "a", "b") == fingerprint("a", "b")
    assert fingerprint_in_pipeline(replace(outcome, identity="eu"), "a", "b") == fingerprint("eu", "a", "b")


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (
            a_task(risky=2, images=(a_risky_image(),)),
            "The cloud names 1 risky image and counts 2; the count decides.",
        ),
        (a_task(risky=1, images=(a_risky_image(),)), ""),
        (a_task(risky=None, images=(a_risky_image(),)), ""),
        (a_task(risky=2), ""),
        (replace(a_task(risky=2, images=(a_risky_image(),)), asks_for_images=True), ""),
        (None, ""),
    ],
    ids=["other number", "same number", "no number", "no names", "images of a release", "no task"],
)
def test_where_a_task_names_more_or_less_risky_images_than_it_counts_both_are_stated(
    task: ScanTask | None, expected: str
) -> None:
    outcome = an_outcome(task) if task else an_outcome(verdict=undecided(Unreachable("gone")))

    assert unmatched_names(outcome) == expected
