"""The single findings that reports list, of all images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.image import ImageState, Severity

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
    found.sort(key=lambda pair: (pair[1].status is not FindingStatus.OPEN, pair[1].severity.rank))
    return iter(found)


def counts(finding: Finding, policy: FindingPolicy) -> bool:
    """Whether a finding is open, and of a severity that the policy asks about."""
    levels = [level for level in (policy.severity_cutoff, *policy.max_findings) if level not in {None, Severity.NONE}]
    lowest = max(filter(None, levels), key=lambda level: level.rank, default=Severity.LOW)
    return finding.status is FindingStatus.OPEN and finding.severity.is_at_least(lowest)
