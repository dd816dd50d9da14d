"""The words of one finding: what was found, how severe it is, and why it does not count.

Each text is on one line and not escaped.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.scan import ScanScope
from gate.text import first_of, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.finding import Finding

KINDS = {
    ScanScope.VULNERABILITY: ("vulnerability", "vulnerabilities"),
    ScanScope.BASELINE: ("failed baseline check", "failed baseline checks"),
    ScanScope.MALICIOUS_FILE: ("malicious file", "malicious files"),
    ScanScope.SENSITIVE_INFORMATION: ("piece of sensitive information", "pieces of sensitive information"),
    ScanScope.SOFTWARE_COMPLIANCE: ("non-compliant piece of software", "non-compliant pieces of software"),
}
"""One finding of each kind, and several."""
_NAMED = 3
"""How many findings of an image a sentence names."""


def title(finding: Finding) -> str:
    """What was found, in a few words: `CVE-2026-1 in openssl 3.0.1`."""
    what = ", ".join(finding.cves) or finding.id
    where = " ".join(filter(None, (finding.package, finding.version)))
    return one_line(f"{what} in {where}" if where else f"{what}: a {KINDS[finding.kind][0]}")


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
    open_ones = [finding for finding in findings if finding.status is FindingStatus.OPEN]
    open_ones.sort(key=lambda finding: finding.severity.rank)
    named = first_of([f"{title(finding)} ({finding.severity})" for finding in open_ones], _NAMED)
    number = Counter(finding.status for finding in findings)
    parts = [f"open: {named}"] if named else []
    parts += [
        f"{number[status]} {status}" for status in FindingStatus if status is not FindingStatus.OPEN and number[status]
    ]
    return "; ".join(parts)
