"""The words of findings and waivers."""

from __future__ import annotations

import pytest

from gate.finding import FindingStatus
from gate.finding_messages import KINDS, severity, summary, title, why_not_counted
from gate.image import Severity
from gate.scan import ScanScope
from tests.builders import a_finding, a_waiver


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (a_finding("HW-1"), "HW-1 in openssl 3.0.1"),
        (a_finding("HW-1", cves=("CVE-1", "CVE-2")), "CVE-1, CVE-2 in openssl 3.0.1"),
        (a_finding("HW-1", version=""), "HW-1 in openssl"),
        (a_finding("HW-1", package="", version=""), "HW-1: a vulnerability"),
        (a_finding("EICAR", package="", version="", kind=ScanScope.MALICIOUS_FILE), "EICAR: a malicious file"),
    ],
)
def test_a_title_says_what_was_found_and_where(found: object, expected: str) -> None:
    assert title(found) == expected  # type: ignore[arg-type] # a parameter of the test


@pytest.mark.parametrize(
    ("kind", "one", "several"),
    [
        (ScanScope.VULNERABILITY, "vulnerability", "vulnerabilities"),
        (ScanScope.BASELINE, "failed baseline check", "failed baseline checks"),
        (ScanScope.MALICIOUS_FILE, "malicious file", "malicious files"),
        (ScanScope.SENSITIVE_INFORMATION, "piece of sensitive information", "pieces of sensitive information"),
        (ScanScope.SOFTWARE_COMPLIANCE, "non-compliant piece of software", "non-compliant pieces of software"),
    ],
)
def test_every_kind_of_finding_has_words_for_one_and_for_several(kind: ScanScope, one: str, several: str) -> None:
    assert KINDS.keys() == {*ScanScope}
    assert KINDS[kind] == (one, several)
    assert title(a_finding("X-1", package="", version="", kind=kind)) == f"X-1: a {one}"


def test_the_clouds_word_stands_beside_the_severity_where_it_is_another_one() -> None:
    assert severity(a_finding(raw_severity="asap")) == "high (asap)"
    assert severity(a_finding(raw_severity="High")) == severity(a_finding()) == "high"


def test_a_finding_that_does_not_count_says_why() -> None:
    assert why_not_counted(a_finding()) == ""
    assert why_not_counted(a_finding(status=FindingStatus.KNOWN)) == "it stood in the baseline"
    assert why_not_counted(a_finding(status=FindingStatus.NOT_FIXABLE)) == (
        "there is no fix, and only fixable findings count"
    )
    waived = a_finding(status=FindingStatus.WAIVED, waiver=a_waiver(owner="ana", reason="Not reachable, see DOCX."))
    assert why_not_counted(waived) == "waived by ana until 2026-03-02: Not reachable, see DOCX"
    by_vex = a_finding(status=FindingStatus.WAIVED, waiver=a_waiver(until=None, reason="fixed"))
    assert why_not_counted(by_vex) == "waived: fixed"


def test_a_summary_names_the_most_severe_open_findings_and_counts_the_others() -> None:
    found = [a_finding(f"L-{number}", severity=Severity.LOW) for number in range(3)]
    found += [a_finding("H"), a_finding("U", severity=Severity.UNKNOWN)]
    others = [a_finding("W", status=FindingStatus.WAIVED), a_finding("K", status=FindingStatus.KNOWN)]

    assert summary([*found, *others]) == (
        "open: U in openssl 3.0.1 (unknown), H in openssl 3.0.1 (high), L-0 in openssl 3.0.1 (low) and 2 more; "
        "1 waived; 1 known"
    )
    assert summary(others) == "1 waived; 1 known"
    assert summary([]) == ""
