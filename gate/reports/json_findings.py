"""The parts of the `json` report about single findings, waivers, and the policy that goes by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.reports.json_text import RowLayout, encoded_list, encoded_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gate.finding import Finding, FindingPolicy, KnownFinding, Waiver, WaiverUse
    from gate.image import ScannedImage
    from gate.reports.json_text import Encoded

_NAMES = (
    *("id", "cves", "package", "version", "fixed_version", "fixable", "severity", "raw_severity", "kind"),
    *("handled", "status", "waiver"),
)


def finding_list(image: ScannedImage, waiver_numbers: Mapping[int, int], *, depth: int) -> Encoded | None:
    """The findings of an image; None if they were not listed.

    Args:
        image: The image.
        waiver_numbers: The place of each waiver in the list of waivers, by its identity.
        depth: In how many objects and lists the value lies.
    """
    if image.findings is None:
        return None
    layout = RowLayout({name: f"%({name})s" for name in _NAMES}, depth=depth + 1)
    return encoded_list((_row(layout, finding, waiver_numbers, depth) for finding in image.findings), depth)


def waiver_rows(uses: Iterable[WaiverUse]) -> list[dict[str, Any]]:
    """All waivers of the policy, with what each did."""
    return [
        {**waiver_row(use.waiver), "matches": use.matches, "expired": use.is_expired, "ends_soon": use.ends_soon}
        for use in uses
    ]


def waiver_row(waiver: Waiver) -> dict[str, Any]:
    """One waiver, as it is in force."""
    return {
        "id": waiver.id,
        "images": [*waiver.images],
        "digests": sorted(waiver.digests),
        "package": waiver.package,
        "version": waiver.version,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "until": waiver.until.isoformat() if waiver.until else None,
        "justification": waiver.justification,
        "source": waiver.source,
    }


def known_row(known: KnownFinding) -> dict[str, Any]:
    """One finding of the baseline."""
    return {"id": known.id, "package": known.package, "kind": known.kind, "repository": known.repository}


def finding_policy(policy: FindingPolicy) -> dict[str, Any]:
    """The part of the policy about findings; the waivers are in a list of their own."""
    return {
        "severity_cutoff": policy.severity_cutoff,
        "max_findings": dict(policy.max_findings),
        "has_critical": policy.has_critical,
        "only_fixable": policy.only_fixable,
        "unused_waivers": "block" if policy.unused_waivers_block else "warn",
        "as_of": policy.as_of.isoformat() if policy.as_of else None,
        "has_baseline": policy.baseline is not None,
    }


def _row(layout: RowLayout, finding: Finding, waiver_numbers: Mapping[int, int], depth: int) -> str:
    return layout.fill(
        id=finding.id,
        cves=None if finding.has_unknown_cves else encoded_texts(finding.cves, depth + 2),
        package=finding.package,
        version=finding.version,
        fixed_version=finding.fixed_version,
        fixable=finding.is_fixable,
        severity=finding.severity,
        raw_severity=finding.raw_severity,
        kind=finding.kind,
        handled=finding.handled,
        status=finding.status,
        waiver=waiver_numbers.get(id(finding.waiver)),
    )
