"""The words of one finding: what was found, how severe it is, and why it does not count.

Each text is on one line and not escaped.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.image import Severity
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.finding import Finding, WaiverUse

_KINDS = {
    "vulnerability": "a vulnerability",
    "baseline": "a failed baseline check",
    "malicious-file": "a malicious file",
    "sensitive-information": "sensitive information",
    "software-compliance": "non-compliant software",
}
_NAMED = 3
"""How many findings of an image a sentence names."""


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


def summary(findings: Sequence[Finding]) -> str:
    """The findings of an image in one sentence: the most severe open ones by name, and how many others there are."""
    # They are defined in this order.
    ranks = {level: rank for rank, level in enumerate(Severity)}
    open_ones = sorted(
        (finding for finding in findings if finding.status is FindingStatus.OPEN),
        key=lambda finding: ranks[finding.severity],
    )
    named = ", ".join(f"{title(finding)} ({finding.severity})" for finding in open_ones[:_NAMED])
    more = f" and {len(open_ones) - _NAMED} more" if len(open_ones) > _NAMED else ""
    number = Counter(finding.status for finding in findings)
    parts = [f"open: {named}{more}"] if named else []
    parts += [
        f"{number[status]} {status}" for status in FindingStatus if status is not FindingStatus.OPEN and number[status]
    ]
    return "; ".join(parts)


def waiver_note(use: WaiverUse, *, is_unused: bool) -> str:
    """What to know of a waiver: that it has expired or ends soon, or is not needed any more."""
    waiver = use.waiver
    about = one_line(f"{waiver.id} ({waiver.source})" if waiver.source else waiver.id)
    who = f" of {one_line(waiver.owner)}" if waiver.owner else ""
    until = f" {waiver.until.isoformat()}" if waiver.until else ""
    ended = f"expired after{until}" if use.is_expired else f"ends after{until}" if use.ends_soon else ""
    unused = "matches no finding" if is_unused else ""
    return f"The waiver {about}{who} {' and '.join(filter(None, (ended, unused)))}."
