"""Which findings to ask for their CVEs: those by which a waiver of a CVE may keep the release from being blocked.

Some clouds list a vulnerability by the id of an advisory, and name its CVEs only in answer to a question of its own. A
finding whose CVEs are not known is open as far as waivers of CVEs are concerned, so that a question which is not asked,
or not answered, never lets a release pass.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.findings.evaluate import evaluated, exceeded_limits
from gate.findings.waivers import WaiverIndex, pairs_of
from gate.image import Severity
from gate.policy import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from typing import TypeAlias

    from gate.finding import Finding, FindingPolicy, Waiver
    from gate.image import ScannedImage

    Decide: TypeAlias = Callable[[tuple[ScannedImage, ...]], Decision]
    """The decision on a release of these images, which were evaluated by the policy."""


def open_questions(
    images: Sequence[ScannedImage],
    policy: FindingPolicy,
    today: date,
    decide: Decide,
    *,
    unanswered: Collection[str] = (),
) -> tuple[Finding, ...]:
    """The findings whose CVEs may decide, one for each id, the most severe first.

    There are none if the release passes as it is, also where it is not decided without these findings, and none if the
    decision is the same whatever their CVEs are.

    Args:
        images: As the cloud shows them.
        policy: Which findings count.
        today: The day, in UTC, on which waivers must not have expired.
        decide: The rules of judgement.
        unanswered: The ids whose CVEs were asked for, and are not known all the same.
    """
    now, at_best = _now_and_at_best(images, policy, today, unanswered)
    if now == at_best or decide(now) in {Decision.PASSED, decide(at_best)}:
        return ()
    limits = [exceeded.level for exceeded in exceeded_limits(now, policy)]
    of_id: dict[str, Finding] = {}
    for finding in sorted(_deciding(now, at_best, policy, limits), key=lambda finding: finding.severity.rank):
        of_id.setdefault(finding.id, finding)
    return tuple(of_id.values())


def covered_at_best(
    images: Sequence[ScannedImage], policy: FindingPolicy, today: date, *, unanswered: Collection[str]
) -> int:
    """How many open findings waivers of CVEs cover at best; see `open_questions`."""
    now, at_best = _now_and_at_best(images, policy, today, unanswered)
    return sum(len(_newly_waived(*images)) for images in zip(now, at_best, strict=True))


def with_cves(images: Iterable[ScannedImage], id_: str, cves: tuple[str, ...]) -> tuple[ScannedImage, ...]:
    """The images, with these CVEs for each of their findings that has this id and lacks them."""

    def answered(finding: Finding) -> Finding:
        is_meant = finding.has_unknown_cves and finding.id == id_
        return replace(finding, cves=cves, has_unknown_cves=False) if is_meant else finding

    return tuple(
        replace(image, findings=tuple(map(answered, image.findings))) if image.findings else image for image in images
    )


def _now_and_at_best(
    images: Sequence[ScannedImage], policy: FindingPolicy, today: date, unanswered: Collection[str]
) -> tuple[tuple[ScannedImage, ...], tuple[ScannedImage, ...]]:
    """The evaluated images: as they are, and if all CVEs that are not known were waived wherever a waiver may do so."""
    if not policy.waives_cves or not any(one.has_unknown_cves for image in images for one in image.findings or ()):
        return (), ()
    now, index = evaluated(images, policy, today), WaiverIndex.of(policy.waivers, today)
    waived = [
        replace(image, findings=tuple(_at_best(image, index.cve_waivers(image.image), unanswered)))
        if image.findings
        else image
        for image in images
    ]
    return now, evaluated(waived, policy, today)


def _at_best(
    image: ScannedImage, waivers: Mapping[tuple[str, str], Waiver], unanswered: Collection[str]
) -> Iterator[Finding]:
    for finding in image.findings or ():
        may_be_waived = finding.has_unknown_cves and finding.id not in unanswered
        waiver = next((waivers[pair] for pair in pairs_of(finding) if pair in waivers), None) if may_be_waived else None
        yield replace(finding, cves=(waiver.id,)) if waiver else finding


def _deciding(
    now: Iterable[ScannedImage], at_best: Iterable[ScannedImage], policy: FindingPolicy, limits: Sequence[Severity]
) -> Iterator[Finding]:
    """The findings that count towards a limit that is exceeded, or towards the risk of an image that may have less."""
    cutoff = policy.severity_cutoff or Severity.LOW
    for before, after in zip(now, at_best, strict=True):
        levels = [*limits, *([cutoff] if before.is_risky is not after.is_risky else [])]
        for finding in _newly_waived(before, after):
            if any(finding.severity.is_at_least(level) for level in levels):
                yield finding


def _newly_waived(before: ScannedImage, after: ScannedImage) -> list[Finding]:
    """The open findings of an image whose CVEs are not known, and which are waived at best."""
    return [
        finding
        for finding, at_best in zip(before.findings or (), after.findings or (), strict=True)
        if finding.status is FindingStatus.OPEN and finding.has_unknown_cves and at_best.status is FindingStatus.WAIVED
    ]
