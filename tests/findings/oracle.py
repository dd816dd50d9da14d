"""What a policy about findings decides, said again in another way: finding by finding, without the code of the gate."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gate.image import Severity
from gate.scan import RISK_SCOPES, ScanScope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from gate.finding import Finding, FindingPolicy, Waiver
    from gate.image import ScannedImage
    from gate.policy import Policy

RANKS = {
    Severity.UNKNOWN: 5,
    Severity.CRITICAL: 4,
    Severity.HIGH: 3,
    Severity.MEDIUM: 2,
    Severity.LOW: 1,
    Severity.NONE: 0,
}


def decision(images: Sequence[ScannedImage], policy: Policy, today: date) -> str:
    """What a run that has these results of all images decides; `blocked` comes before `undecided`."""
    findings = policy.findings
    risks = [is_risky(image, findings, today) for image in images]
    limits = {
        level: sum(at_least(image, findings, today, level) for image in images) for level in findings.max_findings
    }
    if any(limits[level] > most for level, most in findings.max_findings.items()):
        return "blocked"
    if risks.count(True) > policy.max_risky:
        return "blocked"
    is_known = None not in risks and not (findings.max_findings and any(map(is_doubtful, images)))
    return "passed" if is_known else "undecided"


def is_risky(image: ScannedImage, policy: FindingPolicy, today: date) -> bool | None:
    """Whether this policy calls an image risky whose findings are listed."""
    subtracts = policy.only_fixable or policy.waivers or policy.baseline
    if policy.severity_cutoff is None and not subtracts:
        return image.is_risky
    if policy.severity_cutoff is None and image.is_risky is False:
        risks = [one for one in opened(image, policy, today) if one.kind in RISK_SCOPES and RANKS[one.severity] > 0]
        return None if risks or image.findings_doubt else False
    cutoff = policy.severity_cutoff or Severity.LOW
    if cutoff is not Severity.NONE and at_least(image, policy, today, cutoff):
        return True
    return None if is_doubtful(image) or image.is_risky is None else False


def is_doubtful(image: ScannedImage) -> bool:
    """Whether its list is incomplete, or has no reason for the risk that the cloud states."""
    has_reason = any(RANKS[one.severity] > 0 for one in image.findings or ())
    return bool(image.findings_doubt) or (image.is_risky is True and not has_reason)


def at_least(image: ScannedImage, policy: FindingPolicy, today: date, level: Severity) -> int:
    """How many of its findings count and have this severity or a higher one."""
    return sum(RANKS[one.severity] >= RANKS[level] for one in opened(image, policy, today))


def opened(image: ScannedImage, policy: FindingPolicy, today: date) -> list[Finding]:
    """The findings that count."""
    # Equal findings are told apart by their identity.
    counted = [replace(one) for one in image.findings or () if not is_waived(one, image, policy, today)]
    return [
        finding
        for finding in counted
        if not stood_before(counted, finding, image, policy)
        and not (policy.only_fixable and finding.is_fixable is False)
    ]


def is_waived(finding: Finding, image: ScannedImage, policy: FindingPolicy, today: date) -> bool:
    """Whether a waiver names the finding itself, or there is one for each CVE of it."""

    def has_waiver(name: str) -> bool:
        return any(waiver.id == name and applies(waiver, finding, image, today) for waiver in policy.waivers)

    if finding.cves and all(has_waiver(cve) for cve in finding.cves):
        return True
    return finding.id not in finding.cves and has_waiver(finding.id)


def applies(waiver: Waiver, finding: Finding, image: ScannedImage, today: date) -> bool:
    """Whether a waiver that names this finding is in force for it."""
    is_over = waiver.until is not None and waiver.until < today
    names = (image.image.repository, f"{image.image.namespace}/{image.image.name}")
    in_scope = image.image.digest in waiver.digests or any(
        fnmatchcase(name, pattern) for pattern in waiver.images for name in names
    )
    is_named = waiver.package in {"", finding.package} and waiver.version in {"", finding.version}
    fits = finding.kind is ScanScope.VULNERABILITY or not (waiver.until is None or waiver.id[:4] == "CVE-")
    return not is_over and is_named and in_scope and fits


def stood_before(counted: Sequence[Finding], finding: Finding, image: ScannedImage, policy: FindingPolicy) -> bool:
    """Whether the baseline has it and as many others of its name as count and are as severe, or came before it."""
    name = (finding.id, finding.package, finding.kind, image.image.repository)
    stood = {
        known.number: RANKS[severity]
        for known, severity in (policy.baseline or {}).items()
        if (known.id, known.package, known.kind, known.repository) == name
    }
    if finding.kind is ScanScope.VULNERABILITY and finding.package:
        return stood.get(1, -1) >= RANKS[finding.severity]
    same = [one for one in counted if (one.id, one.package, one.kind) == name[:3]]
    left = 1
    for one in sorted(same, key=lambda one: -RANKS[one.severity]):
        is_known = stood.get(left, -1) >= RANKS[one.severity]
        if one is finding:
            return is_known
        left += is_known
    raise AssertionError(finding)
