"""The single findings that reports list, of all images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.finding_messages import waiver_note
from gate.image import ImageState, Severity
from gate.policy import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.finding import Finding, FindingPolicy
    from gate.image import ScannedImage
    from gate.outcome import Outcome


def are_complete(outcome: Outcome) -> bool:
    """Whether the findings of every image with a result were listed, and nothing speaks against a list."""
    task = outcome.task
    if task is None or not task.asks_for_images:
        return False
    scanned = [image for image in task.images if image.state is ImageState.SCANNED]
    return all(image.findings is not None and not image.findings_doubt for image in scanned)


def are_of_all_images(outcome: Outcome) -> bool:
    """Whether they are complete, and every image of the release has a result."""
    images = outcome.task.images if outcome.task else ()
    return are_complete(outcome) and all(image.state is ImageState.SCANNED for image in images)


def listed(outcome: Outcome) -> Iterator[tuple[ScannedImage, Finding]]:
    """All findings that were listed, each with its image; those that count first, the highest severity first."""
    images = outcome.task.images if outcome.task else ()
    found = [(image, finding) for image in images for finding in image.findings or ()]
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    found.sort(key=lambda pair: (pair[1].status is not FindingStatus.OPEN, ranks[pair[1].severity]))
    return iter(found)


def counts(finding: Finding, policy: FindingPolicy) -> bool:
    """Whether a finding is open, and of a severity that the policy asks about."""
    levels = [level for level in (policy.severity_cutoff, *policy.max_findings) if level not in {None, Severity.NONE}]
    # They are defined in this order.
    lowest = max(filter(None, levels), key=[*Severity].index, default=Severity.LOW)
    return finding.status is FindingStatus.OPEN and finding.severity.is_at_least(lowest)


def waiver_notes(outcome: Outcome) -> list[str]:
    """What to know of waivers: those that have expired or end soon, and in a verdict those that match no finding."""
    notes = []
    for use in outcome.waivers:
        is_unused = use.is_unused and outcome.verdict.decision is not Decision.UNDECIDED
        if use.is_expired or use.ends_soon or is_unused:
            notes.append(waiver_note(use, is_unused=is_unused))
    return notes
