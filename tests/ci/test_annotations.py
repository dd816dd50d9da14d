"""The annotations of a verdict: their words, where it has no reason, or several."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gate.ci.annotations import Annotation, annotations_of, waiver_annotations
from gate.finding import FindingPolicy
from gate.policy import Policy
from tests.builders import NOW, a_digest, a_finding, a_release, a_risky_image, a_task, a_waiver, an_image, an_outcome

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


def test_all_that_has_to_be_done_about_waivers_is_one_warning() -> None:
    ended, unused = a_waiver("X-1", until=NOW.date() - timedelta(days=1)), a_waiver("X-2")
    policy = Policy(max_risky=1, findings=FindingPolicy(waivers=(ended, unused)))

    found = [*waiver_annotations(a_release(a_risky_image(findings=(a_finding("X-1"),)), policy=policy))]

    ended_text, unused_text = (
        "1 waiver has ended and counts no more: ",
        "1 waiver matches no finding and can be removed: ",
    )
    assert len(found) == 1
    first, _, last = found[0].text.partition(f". {unused_text}")
    assert first.startswith(f"{ended_text}X-1")
    assert last.startswith("X-2")
    assert found == [Annotation(title="Waivers", text=f"{first}. {unused_text}{last}", severity="warning")]


def test_there_are_no_more_annotations_than_wanted_beside_one_about_waivers() -> None:
    policy = Policy(findings=FindingPolicy(waivers=(a_waiver("X-2"),)))
    images = (a_risky_image(f"web-{at}", findings=(a_finding("X-1"),)) for at in range(20))

    titles = [annotation.title for annotation in annotations_of(a_release(*images, policy=policy), 10)]

    assert titles == ["Image scan blocked", "Waivers", *["Image risky"] * 7, "More images"]
