"""What a row of a list of findings says: its id, its severity in words of the cloud, and what was decided about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gate.clouds.alibaba.images.finding_rows import (
    MOST_ITEMS,
    UNNAMED,
    FindingRow,
    parse_baseline,
    parse_file,
    parse_group,
    parse_sensitive_file,
    parse_vulnerability,
    row_identity,
)
from gate.finding import Finding
from gate.image import Severity
from gate.scan import ScanScope
from tests.clouds.alibaba.images.builders import DIGEST
from tests.clouds.alibaba.images.findings import AT, a_baseline, a_file, a_group, a_secret, a_vulnerability

HIGH, MEDIUM, LOW, UNKNOWN = Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.UNKNOWN
TIME = datetime.fromtimestamp(AT / 1000, UTC)


def only(row: FindingRow) -> Finding:
    """The only finding of a row."""
    (finding,) = row.findings
    return finding


def test_a_vulnerability_of_the_system_has_its_name_its_package_and_all_that_it_bundles() -> None:
    row = parse_vulnerability(a_vulnerability(Related="CVE-2019-9893, RHSA-2019:1,CVE-2019-9893,"))

    assert row == FindingRow(
        findings=(
            Finding(
                id="debian:10:CVE-2019-9893",
                cves=("CVE-2019-9893", "RHSA-2019:1"),
                package="libseccomp2",
                version="2.3.3-4",
                severity=HIGH,
                raw_severity="asap",
                kind=ScanScope.VULNERABILITY,
            ),
        ),
        scanned_at=TIME,
        digest=DIGEST,
        uuid="uuid-b1064a50",
    )


def test_no_finding_is_called_fixable_or_not_as_only_the_console_may_repair_it() -> None:
    """alibaba-images.md 3.2."""
    rows = [parse_vulnerability(a_vulnerability(CanFix=word)) for word in ("yes", "no")]

    assert [(only(row).is_fixable, only(row).fixed_version) for row in rows] == [(None, "")] * 2


@pytest.mark.parametrize(
    ("packages", "package", "version"),
    [
        ([{"Name": "a", "Version": "1"}, {"Name": "a", "Version": "1"}], "a", "1"),
        ([{"Name": "a", "FullVersion": "1"}, {"Name": "b", "Version": "2"}], "a, b", "1, 2"),
        ([{"Name": " "}, "a", None, {"Name": 7}], "", ""),
        ([], "", ""),
        (None, "", ""),
        ({"Name": "a"}, "", ""),
    ],
)
def test_a_record_about_two_packages_is_not_one_about_the_first(packages: object, package: str, version: str) -> None:
    """A waiver for one of them must not cover it."""
    finding = only(parse_vulnerability(a_vulnerability(ExtendContentJson={"RpmEntityList": packages})))

    assert (finding.package, finding.version) == (package, version)


@pytest.mark.parametrize("details", [None, "text", []])
def test_a_record_without_details_has_no_package(details: object) -> None:
    assert only(parse_vulnerability(a_vulnerability(ExtendContentJson=details))).package == ""


@pytest.mark.parametrize(
    ("finding", "severity", "raw"),
    [
        (only(parse_vulnerability(a_vulnerability(Necessity="asap"))), HIGH, "asap"),
        (only(parse_vulnerability(a_vulnerability(Necessity="later"))), MEDIUM, "later"),
        (only(parse_vulnerability(a_vulnerability(Necessity="nntf"))), LOW, "nntf"),
        (only(parse_vulnerability(a_vulnerability(Necessity="Asap"))), UNKNOWN, "Asap"),
        (only(parse_vulnerability(a_vulnerability(Necessity="high"))), UNKNOWN, "high"),
        (only(parse_vulnerability(a_vulnerability(Necessity=["asap"]))), UNKNOWN, "['asap']"),
        (only(parse_vulnerability(a_vulnerability(Necessity=None))), UNKNOWN, ""),
        (only(parse_group(a_group(AsapCount=1, LaterCount=1, NntfCount=1))), HIGH, "asap"),
        (only(parse_group(a_group(AsapCount=0, LaterCount=1, NntfCount=9))), MEDIUM, "later"),
        (only(parse_group(a_group(AsapCount=0, LaterCount=0, NntfCount=1))), LOW, "nntf"),
        (only(parse_group(a_group(AsapCount=0, LaterCount=0, NntfCount=0))), UNKNOWN, ""),
        (only(parse_group(a_group(AsapCount=None, LaterCount=1, NntfCount=0))), UNKNOWN, ""),
        (only(parse_group(a_group(AsapCount=0, LaterCount="1", NntfCount=1))), UNKNOWN, ""),
        (only(parse_file(a_file(Level="serious"))), HIGH, "serious"),
        (only(parse_file(a_file(Level="suspicious"))), MEDIUM, "suspicious"),
        (only(parse_file(a_file(Level="remind"))), LOW, "remind"),
        (only(parse_file(a_file(Level="low"))), UNKNOWN, "low"),
        (only(parse_sensitive_file(a_secret(RiskLevel="high"), "u")), HIGH, "high"),
        (only(parse_sensitive_file(a_secret(RiskLevel="medium"), "u")), MEDIUM, "medium"),
        (only(parse_sensitive_file(a_secret(RiskLevel="low"), "u")), LOW, "low"),
        (only(parse_sensitive_file(a_secret(RiskLevel="asap"), "u")), UNKNOWN, "asap"),
    ],
)
def test_each_word_is_a_severity_and_any_other_word_is_unknown(finding: Finding, severity: Severity, raw: str) -> None:
    """alibaba-images.md 5: a number of images that is missing is not 0, so a lower word is not certain."""
    assert (finding.severity, finding.raw_severity) == (severity, raw)


@pytest.mark.parametrize(
    ("finding", "handled"),
    [
        (only(parse_vulnerability(a_vulnerability(Status=1))), ""),
        (only(parse_vulnerability(a_vulnerability(Status=4))), "being fixed"),
        (only(parse_vulnerability(a_vulnerability(Status="7"))), "fixed"),
        (only(parse_vulnerability(a_vulnerability(Status=None))), ""),
        (only(parse_vulnerability(a_vulnerability(Status=True))), "Status True"),
        (only(parse_vulnerability(a_vulnerability(Status=1), is_dealt_with=True)), "handled"),
        (only(parse_vulnerability(a_vulnerability(Status=7), is_dealt_with=True)), "fixed"),
        (only(parse_group(a_group(Status=0))), ""),
        (only(parse_group(a_group(Status=1))), "handled"),
        (only(parse_group(a_group(Status=2))), "verifying"),
        (only(parse_group(a_group(Status=3))), "whitelisted"),
        (only(parse_group(a_group(Status=9))), "Status 9"),
        (only(parse_file(a_file(Status=3))), "whitelisted"),
        (only(parse_baseline(a_baseline(Status=1), "u")), "fixed"),
        (only(parse_baseline(a_baseline(Status=2), "u")), "to be verified"),
        (only(parse_baseline(a_baseline(Status=3), "u")), "not fixed"),
        (only(parse_sensitive_file(a_secret(Status=1), "u")), "ignored"),
        (only(parse_sensitive_file(a_secret(Status=2), "u")), "false positive"),
    ],
)
def test_what_was_decided_in_the_console_is_a_word_beside_an_open_finding(finding: Finding, handled: str) -> None:
    assert (finding.handled, finding.status) == (handled, "open")


def test_a_vulnerability_of_applications_is_of_no_single_image() -> None:
    row = parse_group(a_group())

    assert (row.digest, row.uuid, row.scanned_at) == (None, "", TIME)
    assert only(row).id == "imgsca:java:spring-core:AVD-2022-1124599"
    assert only(row).cves == ("AVD-2022-1124599",)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("imgsca:java:spring-core:AVD-2022-1124599", "spring-core"),
        ("imgsca:java:org.a:core:AVD-1", "org.a:core"),
        ("scan:AVD-2022-953356", ""),
        ("debian:10:CVE-2019-9893", ""),
    ],
)
def test_a_vulnerability_of_applications_names_its_library(name: str, package: str) -> None:
    assert only(parse_group(a_group(name))).package == package


def test_a_malicious_file_is_told_from_others_of_its_name() -> None:
    one, other = (only(parse_file(a_file(MaliciousMd5=md5))) for md5 in ("1" * 32, "2" * 32))

    assert (one.id, one.kind) == (other.id, ScanScope.MALICIOUS_FILE)
    assert (one.package, other.package) == ("1" * 32, "2" * 32)


def test_each_item_of_a_baseline_that_failed_is_a_finding() -> None:
    row = parse_baseline(a_baseline(HighRiskItemCount=1, MiddleRiskItemCount=0, LowRiskItemCount=2), "u")

    assert [finding.severity for finding in row.findings] == [HIGH, LOW, LOW]
    assert {(finding.id, finding.kind, finding.raw_severity) for finding in row.findings} == {
        ("hc_image_ak", ScanScope.BASELINE, "high"),
        ("hc_image_ak", ScanScope.BASELINE, "low"),
    }
    assert (row.uuid, row.doubt, row.scanned_at) == ("u", "", TIME)


@pytest.mark.parametrize("stated", [None, "1", -1, 1.0])
def test_a_number_of_items_that_is_none_is_a_finding_of_unknown_severity(stated: object) -> None:
    row = parse_baseline(a_baseline(HighRiskItemCount=0, MiddleRiskItemCount=stated, LowRiskItemCount=0), "u")

    assert [(finding.severity, finding.raw_severity) for finding in row.findings] == [(UNKNOWN, "high")]


def test_a_baseline_without_items_that_failed_is_no_finding() -> None:
    assert parse_baseline(a_baseline(HighRiskItemCount=0), "u").findings == ()


def test_not_any_number_of_items_is_kept() -> None:
    row = parse_baseline(a_baseline(HighRiskItemCount=10**12), "u")

    assert (len(row.findings), row.doubt) == (MOST_ITEMS, "a baseline has more than 10000 items that failed")


def test_the_content_of_a_sensitive_file_is_not_kept() -> None:
    row = parse_sensitive_file(a_secret(Prompt="AKIA-SECRET", Advice="AKIA-SECRET", SensitiveFileName="AKIA"), "u")

    assert only(row).id == "npm_token"
    assert "AKIA" not in repr(row)


@pytest.mark.parametrize(
    "row",
    [
        parse_vulnerability(a_vulnerability(Name=None)),
        parse_group(a_group(Name=" ")),
        parse_file(a_file(MaliciousName=7)),
        parse_baseline(a_baseline(BaselineNameKey=""), "u"),
        parse_sensitive_file(a_secret(SensitiveFileKey=None), "u"),
    ],
)
def test_a_finding_without_a_name_is_one_and_doubtful(row: FindingRow) -> None:
    assert (only(row).id, row.doubt) == (UNNAMED, "a finding has no name")


@pytest.mark.parametrize("time", [None, 0, "1764246200000", -1])
def test_a_row_without_a_scan_time_has_none(time: object) -> None:
    rows = [
        parse_vulnerability(a_vulnerability(LastTs=time)),
        parse_group(a_group(LastScanTime=time)),
        parse_file(a_file(LatestScanTimestamp=time)),
        parse_baseline(a_baseline(LastScanTime=time), "u"),
        parse_sensitive_file(a_secret(LastScanTime=time), "u"),
    ]

    assert {row.scanned_at for row in rows} == {None}


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"LastTs": 1, "Status": 7}, True),
        ({"ScanTime": 1, "ModifyTs": 2}, True),
        ({"Name": "another"}, False),
        ({"Uuid": "another"}, False),
        ({"ExtendContentJson": {}}, False),
    ],
    ids=str,
)
def test_a_row_is_the_same_when_only_its_times_or_its_state_have_changed(
    changes: dict[str, Any], is_same: object
) -> None:
    row = a_vulnerability()
    changed = dict(reversed({**row, **changes}.items()))

    assert (row_identity(row) == row_identity(changed)) is is_same
