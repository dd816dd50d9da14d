"""The single findings that reports list: those of all images, and the words for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.image import ImageState, Severity
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.finding import Finding, FindingPolicy
    from gate.image import ScannedImage
    from gate.outcome import Outcome

_KINDS = {
    "vulnerability": "a vulnerability",
    "baseline": "a failed baseline check",
    "malicious-file": "a malicious file",
    "sensitive-information": "sensitive information",
    "software-compliance": "non-compliant software",
}


def are_complete(outcome: Outcome) -> bool:
    """Whether the findings of every image of the release were listed, and nothing speaks against a list."""
    task = outcome.task
    if task is None or not task.asks_for_images:
        return False
    scanned = [image for image in task.images if image.state is ImageState.SCANNED]
    return all(image.findings is not None and not image.findings_doubt for image in scanned)


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


def title(finding: Finding) -> str:
    """What was found, in a few words: `CVE-2026-1 in openssl 3.0.1`."""
    what = ", ".join(finding.cves) or finding.id
    where = " ".join(filter(None, (finding.package, finding.version)))
    return one_line(f"{what} in {where}" if where else f"{what}: {_KINDS[finding.kind]}")


def severity(finding: Finding) -> str:
    """The severity, with the cloud's own word where that is another one: `high (asap)`."""
    word = finding.raw_severity
    return one_line(f"{finding.severity} ({word})" if word and word.lower() != finding.severity else finding.severity)


def why_not_counted(finding: Finding) -> str:
    """Why a finding does not count, with the reason and the owner of a waiver; empty for one that counts."""
    waiver = finding.waiver
    if waiver:
        who = f" by {waiver.owner}" if waiver.owner else ""
        until = f" until {waiver.until.isoformat()}" if waiver.until else ""
        return one_line(f"waived{who}{until}: {waiver.reason.rstrip('.')}")
    words = {
        FindingStatus.KNOWN: "it stood in the baseline",
        FindingStatus.NOT_FIXABLE: "there is no fix, and only fixable findings count",
    }
    return words.get(finding.status, "")
