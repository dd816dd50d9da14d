"""The data model of findings: what is meant where nothing is given, and the words that reports have of it."""

from __future__ import annotations

from gate.finding import Finding, FindingStatus, Waiver, WaiverUse
from gate.image import Severity
from gate.scan import ScanScope
from tests.builders import a_waiver


def test_a_status_is_one_of_the_words_in_reports() -> None:
    assert [*FindingStatus] == ["open", "waived", "not-fixable", "known"]


def test_a_finding_of_which_nothing_else_is_known_is_open() -> None:
    assert Finding(id="HW-1", severity=Severity.HIGH, kind=ScanScope.VULNERABILITY) == Finding(
        id="HW-1",
        cves=(),
        package="",
        version="",
        fixed_version="",
        is_fixable=None,
        severity=Severity.HIGH,
        raw_severity="",
        kind=ScanScope.VULNERABILITY,
        handled="",
        status=FindingStatus.OPEN,
        waiver=None,
    )


def test_a_waiver_without_a_scope_has_an_empty_one() -> None:
    assert Waiver(id="HW-1", reason="not reachable") == Waiver(
        id="HW-1",
        images=(),
        digests=frozenset(),
        package="",
        version="",
        reason="not reachable",
        owner="",
        until=None,
        justification="",
        is_fixed=False,
        source="",
    )


def test_a_waiver_is_not_unused_unless_that_is_known() -> None:
    use = WaiverUse(waiver=a_waiver(), matches=0, is_expired=False, ends_soon=False)

    assert use.is_unused is False
    assert Waiver(id="HW-1", reason="not reachable").is_fixed is False
