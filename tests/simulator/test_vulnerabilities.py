"""Tests the vulnerabilities that are generated from the counts of an image."""

from __future__ import annotations

from gate.simulator import BySeverity, Findings
from gate.simulator.vulnerability import vulnerabilities

FINDINGS = Findings(
    vulnerabilities=BySeverity(critical=1, low=2),
    libraries=BySeverity(high=1),
    handled=BySeverity(medium=1),
    baseline=BySeverity(high=5),
)


def test_there_is_one_for_each_that_is_counted_or_handled() -> None:
    """Other findings than vulnerabilities are not among them."""
    listed = vulnerabilities(FINDINGS)

    assert [one.severity for one in listed] == ["low", "low", "medium", "high", "critical"]
    assert [one.severity for one in listed if one.is_library] == ["high"]
    assert [one.severity for one in listed if one.is_handled] == ["medium"]


def test_each_has_a_cve_of_its_own_and_a_package_or_library() -> None:
    listed = vulnerabilities(FINDINGS)

    assert len({one.cve_id for one in listed}) == 5
    assert {one.package for one in listed if one.is_library} == {"spring-core"}
    assert all(one.package != "spring-core" for one in listed if not one.is_library)


def test_a_clean_image_has_none() -> None:
    assert vulnerabilities(Findings()) == []
