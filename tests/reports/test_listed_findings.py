"""The single findings that reports list: whether they are complete, and which of them count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.errors import Unreachable
from gate.finding import FindingPolicy
from gate.image import ImageState, Severity
from gate.policy import undecided
from gate.reports.listed_findings import are_complete, are_of_all_images, counts
from tests.builders import a_finding, a_release, a_risky_image, a_task, an_image, an_outcome

if TYPE_CHECKING:
    from gate.image import ScannedImage

LISTED, CLEAN = a_risky_image(findings=(a_finding(),)), an_image("clean", findings=())


@pytest.mark.parametrize(
    ("images", "complete", "of_all"),
    [
        ([LISTED, CLEAN], True, True),
        ([LISTED, an_image("missing", ImageState.MISSING)], True, False),
        ([LISTED, a_risky_image("shop")], False, False),
        ([LISTED, a_risky_image("shop", findings=(), findings_doubt="a page is missing")], False, False),
    ],
)
def test_lists_are_complete_if_each_image_with_a_result_has_one_without_doubt(
    images: list[ScannedImage], *, complete: bool, of_all: bool
) -> None:
    outcome = a_release(*images)

    assert (are_complete(outcome), are_of_all_images(outcome)) == (complete, of_all)


def test_a_task_that_was_not_asked_for_images_and_a_run_without_one_have_no_lists() -> None:
    for outcome in (an_outcome(a_task()), an_outcome(verdict=undecided(Unreachable("No.")))):
        assert not are_complete(outcome)
        assert not are_of_all_images(outcome)


@pytest.mark.parametrize("severity", [Severity.HIGH, Severity.MEDIUM, Severity.LOW])
def test_a_finding_counts_from_the_lowest_severity_that_the_policy_asks_about(severity: Severity) -> None:
    policy = FindingPolicy(severity_cutoff=Severity.MEDIUM, max_findings={Severity.LOW: 0, Severity.HIGH: 0})

    assert counts(a_finding(severity=severity), policy)
    assert not counts(a_finding(severity=severity), FindingPolicy(severity_cutoff=Severity.CRITICAL))
