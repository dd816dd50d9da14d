"""Decides which findings count against a release, and from them which images are risky.

It fails closed: a finding is open unless something says why it does not count, an unknown severity is the highest, and
an image whose findings are not all known is never called free of risks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.findings.known import known_places
from gate.findings.waivers import WaiverIndex
from gate.image import ImageState, Severity
from gate.scan import RISK_SCOPES, ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from gate.finding import Finding, FindingPolicy
    from gate.image import ImageRef, ScannedImage


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenFindings:
    """How many findings of an image count, by severity."""

    counts: Mapping[Severity, int]
    """At least so many; exactly, if `is_complete`."""
    is_complete: bool

    def at_least(self, level: Severity) -> int:
        """How many have this severity or a higher one."""
        return sum(number for severity, number in self.counts.items() if severity.is_at_least(level))


@dataclass(frozen=True, kw_only=True, slots=True)
class ExceededLimit:
    """A number of open findings in all images that is above its limit."""

    level: Severity
    actual: int
    limit: int


def evaluated(images: Iterable[ScannedImage], policy: FindingPolicy, today: date) -> tuple[ScannedImage, ...]:
    """The images with the status of each finding, and risky or not by this policy and no longer by the cloud alone.

    Args:
        images: As the cloud shows them.
        policy: Which findings count.
        today: The day, in UTC, on which waivers must not have expired.
    """
    index = WaiverIndex.of(policy.waivers, today)
    return tuple(_evaluated(image, policy, index) if image.state is ImageState.SCANNED else image for image in images)


def today(policy: FindingPolicy, now: datetime) -> date:
    """The day by which waivers are judged, in UTC."""
    return policy.as_of or now.date()


def open_findings(image: ScannedImage) -> OpenFindings:
    """The findings of an image that count, by its list if it was read, else by the cloud's own numbers."""
    if image.findings is not None:
        counts = Counter(finding.severity for finding in image.findings if finding.status is FindingStatus.OPEN)
        return OpenFindings(counts=counts, is_complete=not image.findings_doubt)
    vulnerabilities = image.kinds.get(ScanScope.VULNERABILITY)
    has_no_others = all(image.number_of(kind) == 0 for kind in RISK_SCOPES - {ScanScope.VULNERABILITY})
    adds_up = vulnerabilities in {None, sum(image.severities.values())}
    is_counted = (bool(image.severities) and adds_up) or vulnerabilities == 0
    return OpenFindings(counts=dict(image.severities), is_complete=is_counted and has_no_others)


def exceeded_limits(images: Sequence[ScannedImage], policy: FindingPolicy) -> list[ExceededLimit]:
    """The limits that these images exceed together, the highest severity first."""
    scanned = [_known_to_be_open(image, policy) for image in images if image.state is ImageState.SCANNED]
    found = {level: sum(each.at_least(level) for each in scanned) for level in policy.max_findings}
    return [
        ExceededLimit(level=level, actual=found[level], limit=policy.max_findings[level])
        for level in Severity
        if level in found and found[level] > policy.max_findings[level]
    ]


def is_certain(image: ScannedImage, policy: FindingPolicy) -> bool:
    """Whether all is known of this image that the policy needs for a pass; one without a result has no findings."""
    if image.state is not ImageState.SCANNED:
        return True
    if image.is_risky is None:
        return False
    return not policy.max_findings or (_known_to_be_open(image, policy).is_complete and not _is_contradicted(image))


def _evaluated(image: ScannedImage, policy: FindingPolicy, index: WaiverIndex) -> ScannedImage:
    if image.findings is not None:
        image = replace(image, findings=_with_statuses(image, policy, index))
    if not (policy.uses_severities or policy.needs_lists):
        return image
    return replace(image, is_risky=_is_risky(image, policy), goes_by_findings=True, stated_risk=image.is_risky)


def _with_statuses(image: ScannedImage, policy: FindingPolicy, index: WaiverIndex) -> tuple[Finding, ...]:
    findings = [_waived(finding, image.image, index) for finding in image.findings or ()]
    open_places = (place for place, finding in enumerate(findings) if finding.status is FindingStatus.OPEN)
    # Of what is waived, the baseline need not have another one.
    known = known_places(findings, open_places, policy.baseline or {}, image.image.repository)
    return tuple(
        replace(finding, status=FindingStatus.KNOWN) if place in known else _without_fix(finding, policy)
        for place, finding in enumerate(findings)
    )


def _waived(finding: Finding, image: ImageRef, index: WaiverIndex) -> Finding:
    waiver = index.waiver_of(finding, image)
    return replace(finding, status=FindingStatus.WAIVED, waiver=waiver) if waiver else finding


def _without_fix(finding: Finding, policy: FindingPolicy) -> Finding:
    is_counted = finding.status is not FindingStatus.OPEN or not policy.only_fixable or finding.is_fixable is not False
    return finding if is_counted else replace(finding, status=FindingStatus.NOT_FIXABLE)


def _is_risky(image: ScannedImage, policy: FindingPolicy) -> bool | None:
    """Whether this policy calls the image risky; None if that is not certain."""
    found, cutoff = _known_to_be_open(image, policy), policy.severity_cutoff or Severity.LOW
    if policy.severity_cutoff is None:
        if not policy.needs_lists:
            return image.is_risky
        # Nothing is taken from what the cloud calls a risk, so that nothing can be added to it either.
        if image.is_risky is False:
            return False if found.is_complete and not _has_open_risk(image) else None
    if cutoff is not Severity.NONE and found.at_least(cutoff):
        return True
    return False if found.is_complete and image.is_risky is not None and not _is_contradicted(image) else None


def _known_to_be_open(image: ScannedImage, policy: FindingPolicy) -> OpenFindings:
    """The findings of an image that count in any case."""
    found = open_findings(image)
    if image.findings is None and policy.needs_lists and found.at_least(Severity.LOW):
        # Only a list says which of them are waived, known or without a fix.
        return OpenFindings(counts={}, is_complete=False)
    return found


def _is_contradicted(image: ScannedImage) -> bool:
    """Whether the cloud calls the image risky, and nothing that could make it so was listed or counted."""
    states_risk = image.stated_risk if image.goes_by_findings else image.is_risky
    if image.findings is None:
        severities = [severity for severity, number in image.severities.items() if number]
    else:
        severities = [finding.severity for finding in image.findings]
    return states_risk is True and not any(severity.is_at_least(Severity.LOW) for severity in severities)


def _has_open_risk(image: ScannedImage) -> bool:
    return any(
        finding.status is FindingStatus.OPEN
        and finding.kind in RISK_SCOPES
        and finding.severity.is_at_least(Severity.LOW)
        for finding in image.findings or ()
    )
