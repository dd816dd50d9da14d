"""The annotations of a verdict: their words, where it has no reason, or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.ci.annotations import annotations_of
from tests.builders import a_digest, a_release, a_task, an_image, an_outcome

if TYPE_CHECKING:
    from gate.outcome import Outcome


def texts(outcome: Outcome) -> list[str]:
    return [annotation.text for annotation in annotations_of(outcome, 10)]


def test_a_task_that_passed_is_annotated_with_its_counts() -> None:
    assert texts(an_outcome()) == ["3 images, 0 failed, 0 risky."]


def test_of_a_task_that_looks_for_no_risks_it_is_not_said_that_there_are_none() -> None:
    assert texts(an_outcome(a_task(risky=None, risk_applies=False))) == ["3 images, 0 failed."]


def test_several_reasons_are_one_text() -> None:
    outcome = an_outcome(a_task(risky=1, failed=1, succeeded=2))
    messages = [reason.message for reason in outcome.verdict.reasons]

    assert len(messages) > 1
    assert texts(outcome)[0] == " ".join(messages)


@pytest.mark.parametrize(("number", "more"), [(1, ""), (2, " So have the tags of more images: 1.")])
def test_only_the_first_of_the_images_whose_tags_have_moved_is_named(number: int, more: str) -> None:
    release = a_release(*(an_image(f"web-{at}", moved_to=a_digest("b")) for at in range(number)))

    assert texts(release)[-1].endswith(f"the verdict is about the digest.{more}")
