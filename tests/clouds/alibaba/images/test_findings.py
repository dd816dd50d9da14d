"""The findings of one image in Security Center: nothing that may be missing is read as nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import NotAuthorised
from gate.image import Severity
from gate.scan import RISK_SCOPES, ScanScope
from tests.builders import NOW
from tests.clouds.alibaba.images.builders import DIGEST, a_row, an_image, in_ms
from tests.clouds.alibaba.images.scripted import ScriptedCloud, images

if TYPE_CHECKING:
    from gate.image import ScannedImage
    from tests.builders import FakeTime
    from tests.clouds.alibaba.images.scripted import Answer, Document

LIST, COUNTS = "DescribeImageInstances", "DescribeUuidVulNumClassifyStatistic"
SYSTEM, LIBRARIES = "DescribeImageVulList", "DescribeImageGroupedVulList"
FILES, BASELINE = "DescribeGroupedMaliciousFiles", "DescribeImageBaselineCheckResult"
SCANNED_MS = in_ms(NOW - timedelta(hours=1))
UUID = "391abd09184cbd3743d7f5ec125d0000"
HIGH, MEDIUM, LOW, UNKNOWN = Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.UNKNOWN


def a_vulnerability(name: str = "debian:12:CVE-2026-1", **fields: Any) -> Document:
    """A row of DescribeImageVulList (alibaba-images.md 6)."""
    package = {"Name": "openssl", "Version": "3.0", "FullVersion": "3.0-1"}
    return {
        "Type": "cve",
        "Status": 1,
        "Necessity": "asap",
        "Name": name,
        "Related": name.rpartition(":")[2],
        "ImageDigest": DIGEST,
        "LastTs": SCANNED_MS,
        "PrimaryId": name,
        "ExtendContentJson": {"RpmEntityList": [package]},
        **fields,
    }


def a_group(name: str = "imgsca:java:spring-core:AVD-2026-2", **fields: Any) -> Document:
    """A row of DescribeImageGroupedVulList."""
    counts = {"AsapCount": 0, "LaterCount": 1, "NntfCount": 0}
    return {"Name": name, "Related": "CVE-2026-2", "Status": 0, "LastScanTime": SCANNED_MS, **counts, **fields}


def a_file(**fields: Any) -> Document:
    """A row of DescribeGroupedMaliciousFiles."""
    named = {"MaliciousName": "eicar.elf", "MaliciousMd5": "0" * 32, "Level": "serious"}
    return {**named, "Status": 0, "LatestScanTimestamp": SCANNED_MS, **fields}


def a_baseline(**fields: Any) -> Document:
    """A row of DescribeImageBaselineCheckResult."""
    counts = {"HighRiskItemCount": 1, "MiddleRiskItemCount": 0, "LowRiskItemCount": 2}
    return {"BaselineNameKey": "hc_image_keys", "Status": 0, "LastScanTime": SCANNED_MS, **counts, **fields}


def a_list(key: str, *rows: Document, **fields: Any) -> Document:
    """A page with all rows."""
    return {key: [*rows], "CurrentPage": 1, "PageSize": 100, "TotalCount": len(rows), **fields}


def listed(
    time: FakeTime,
    *,
    system: Answer | None = None,
    libraries: Answer | None = None,
    files: Answer | None = None,
    baseline: Answer | None = None,
    numbers: Document | None = None,
    rows: tuple[Document, ...] = (),
    kinds: frozenset[ScanScope] = RISK_SCOPES,
    **row: Any,
) -> ScannedImage:
    """The image of this row with its findings, of which there are none by default."""
    cloud = ScriptedCloud()
    stated = {"Uuid": UUID, "RiskStatus": "YES", "VulCount": 0, "AlarmCount": 0, "HcCount": 0, **row}
    cloud.on(LIST, images(*(rows or (a_row(**stated),))))
    cloud.on(COUNTS, {"Data": {UUID: numbers} if numbers else {}})
    cloud.on(SYSTEM, system or a_list("VulRecords"))
    cloud.on(LIBRARIES, libraries or a_list("GroupedVulItems"))
    cloud.on(FILES, files or a_list("GroupedMaliciousFileResponse"))
    cloud.on(BASELINE, baseline or a_list("BaselineResult"))
    scans, _ = cloud.connect(time)
    (image,) = scans.with_findings(scans.with_severities(scans.look([an_image()])), kinds)
    return image


def numbers(high: int = 0, medium: int = 0, low: int = 0) -> Document:
    stated = {"VulAsapSum": high, "VulLaterSum": medium, "VulNntfSum": low}
    return {**stated, "CveNum": high + medium + low, "ScaNum": 0}


def test_every_kind_that_is_counted_is_listed_with_its_severity(fake_time: FakeTime) -> None:
    image = listed(
        fake_time,
        system=a_list("VulRecords", a_vulnerability()),
        libraries=a_list("GroupedVulItems", a_group()),
        files=a_list("GroupedMaliciousFileResponse", a_file()),
        baseline=a_list("BaselineResult", a_baseline()),
        VulCount=2,
        AlarmCount=1,
        HcCount=3,
    )

    assert image.findings_doubt == ""
    assert image.findings is not None
    assert [(one.kind, one.severity, one.id) for one in image.findings] == [
        (ScanScope.BASELINE, HIGH, "hc_image_keys"),
        (ScanScope.BASELINE, LOW, "hc_image_keys"),
        (ScanScope.BASELINE, LOW, "hc_image_keys"),
        (ScanScope.MALICIOUS_FILE, HIGH, "eicar.elf"),
        (ScanScope.VULNERABILITY, HIGH, "debian:12:CVE-2026-1"),
        (ScanScope.VULNERABILITY, MEDIUM, "imgsca:java:spring-core:AVD-2026-2"),
    ]
    assert [(one.package, one.version, one.cves) for one in image.findings[4:]] == [
        ("openssl", "3.0-1", ("CVE-2026-1",)),
        ("spring-core", "", ("CVE-2026-2",)),
    ]
    assert {one.is_fixable for one in image.findings} == {None}


def test_only_what_is_counted_is_asked_for(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, images(a_row(Uuid=UUID, RiskStatus="YES", VulCount=0, AlarmCount=1, HcCount=0)))
    cloud.on(FILES, a_list("GroupedMaliciousFileResponse", a_file()))
    scans, _ = cloud.connect(fake_time)

    (image,) = scans.with_findings(scans.look([an_image()]), RISK_SCOPES)

    assert cloud.operations == [LIST, FILES]
    assert (len(image.findings or ()), image.findings_doubt) == (1, "")


def test_vulnerabilities_that_only_the_numbers_by_severity_show_are_asked_for(fake_time: FakeTime) -> None:
    image = listed(fake_time, numbers=numbers(high=1), system=a_list("VulRecords", a_vulnerability()), VulCount=0)

    assert [one.id for one in image.findings or ()] == ["debian:12:CVE-2026-1"]


def test_each_request_names_the_image_and_no_filter_that_hides_handled_findings(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, images(a_row(Uuid=UUID, RiskStatus="YES", VulCount=1, AlarmCount=1, HcCount=1)))
    cloud.on(SYSTEM, a_list("VulRecords", a_vulnerability()))
    cloud.on(LIBRARIES, a_list("GroupedVulItems"))
    cloud.on(FILES, a_list("GroupedMaliciousFileResponse", a_file()))
    cloud.on(BASELINE, a_list("BaselineResult", a_baseline()))
    scans, _ = cloud.connect(fake_time)
    scans.with_findings(scans.look([an_image()]), RISK_SCOPES)

    paging = {"CurrentPage": "1", "PageSize": "100"}
    assert cloud.queries(SYSTEM) == [{"Type": "cve", "Digest": DIGEST, "ScanRange.1": "image", **paging}]
    assert cloud.queries(LIBRARIES) == [{"Type": "sca", "ImageDigest": DIGEST, **paging}]
    assert cloud.queries(FILES) == [{"ImageDigest": DIGEST, **paging}]
    assert cloud.queries(BASELINE) == [{"ImageUuid": UUID, **paging}]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("asap", HIGH),
        ("later", MEDIUM),
        ("nntf", LOW),
        ("ASAP", UNKNOWN),
        ("", UNKNOWN),
        (None, UNKNOWN),
        (["asap"], UNKNOWN),
    ],
)
def test_a_priority_is_a_severity_and_any_other_word_is_unknown(
    word: object, expected: Severity, fake_time: FakeTime
) -> None:
    """alibaba-images.md 5: later is medium and nntf low, whatever another page says."""
    image = listed(fake_time, system=a_list("VulRecords", a_vulnerability(Necessity=word)), VulCount=1)

    assert [one.severity for one in image.findings or ()] == [expected]


@pytest.mark.parametrize(
    ("counts", "expected", "word"),
    [
        ({"AsapCount": 1, "LaterCount": 9, "NntfCount": 9}, HIGH, "asap"),
        ({"AsapCount": 0, "LaterCount": 1, "NntfCount": 9}, MEDIUM, "later"),
        ({"AsapCount": 0, "LaterCount": 0, "NntfCount": 1}, LOW, "nntf"),
        ({"AsapCount": 0, "LaterCount": 0, "NntfCount": 0}, UNKNOWN, ""),
        ({"AsapCount": "1", "LaterCount": None, "NntfCount": None}, UNKNOWN, ""),
    ],
)
def test_a_group_has_the_highest_severity_of_which_it_counts_any(
    counts: dict[str, Any], expected: Severity, word: str, fake_time: FakeTime
) -> None:
    image = listed(fake_time, libraries=a_list("GroupedVulItems", a_group(**counts)), VulCount=1)

    assert [(one.severity, one.raw_severity) for one in image.findings or ()] == [(expected, word)]


@pytest.mark.parametrize(
    ("word", "expected"), [("serious", HIGH), ("suspicious", MEDIUM), ("remind", LOW), ("mild", UNKNOWN)]
)
def test_the_level_of_a_malicious_file_is_a_severity(word: str, expected: Severity, fake_time: FakeTime) -> None:
    files = a_list("GroupedMaliciousFileResponse", a_file(Level=word))

    image = listed(fake_time, files=files, AlarmCount=1)

    assert [(one.severity, one.raw_severity) for one in image.findings or ()] == [(expected, word)]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(1, ""), ("1", ""), (None, ""), (4, "fixing"), (7, "fixed"), ("7", "fixed"), (9, "9"), ({}, "{}")],
    ids=repr,
)
def test_a_finding_that_the_console_has_handled_is_listed_and_open(
    status: object, expected: str, fake_time: FakeTime
) -> None:
    image = listed(fake_time, system=a_list("VulRecords", a_vulnerability(Status=status)), VulCount=1)

    assert [(one.handled, one.status) for one in image.findings or ()] == [(expected, "open")]


def test_a_whitelisted_group_is_listed_and_open(fake_time: FakeTime) -> None:
    image = listed(fake_time, libraries=a_list("GroupedVulItems", a_group(Status=3)), VulCount=1)

    assert [(one.handled, one.status) for one in image.findings or ()] == [("whitelisted", "open")]


def test_a_vulnerability_in_two_packages_is_two_findings_and_one_of_two_tags_is_one(fake_time: FakeTime) -> None:
    packages = [{"Name": "openssl", "Version": "3.0"}, {"Name": "libssl", "FullVersion": "3.0-1"}, "none", {"Name": 7}]
    both = {"RpmEntityList": packages}
    records = [a_vulnerability(ExtendContentJson=both, Uuid=uuid, PrimaryId=uuid) for uuid in ("first", "second")]

    image = listed(fake_time, system=a_list("VulRecords", *records), VulCount=1)

    assert [(one.package, one.version) for one in image.findings or ()] == [
        ("openssl", "3.0"),
        ("libssl", "3.0-1"),
        ("", ""),
    ]


@pytest.mark.parametrize(
    "details",
    [None, "no json", "[" * 99_999, [], {"RpmEntityList": None}, json.dumps({"RpmEntityList": []})],
    ids=["none", "text", "deep", "list", "null", "empty"],
)
def test_a_vulnerability_that_names_no_package_is_a_finding(details: object, fake_time: FakeTime) -> None:
    image = listed(fake_time, system=a_list("VulRecords", a_vulnerability(ExtendContentJson=details)), VulCount=1)

    assert [(one.id, one.package) for one in image.findings or ()] == [("debian:12:CVE-2026-1", "")]


def test_details_that_are_json_in_a_text_are_read(fake_time: FakeTime) -> None:
    details = json.dumps({"RpmEntityList": [{"Name": "curl", "Version": "8"}]})

    image = listed(fake_time, system=a_list("VulRecords", a_vulnerability(ExtendContentJson=details)), VulCount=1)

    assert [(one.package, one.version) for one in image.findings or ()] == [("curl", "8")]


def test_every_id_that_a_finding_stands_for_has_to_be_waived(fake_time: FakeTime) -> None:
    record = a_vulnerability(Related="CVE-2026-1, RHSA-2026:9,,CVE-2026-1")

    image = listed(fake_time, system=a_list("VulRecords", record), VulCount=1)

    assert [one.cves for one in image.findings or ()] == [("CVE-2026-1", "RHSA-2026:9")]


def test_a_library_whose_name_is_of_another_form_has_no_package(fake_time: FakeTime) -> None:
    image = listed(fake_time, libraries=a_list("GroupedVulItems", a_group("scan:AVD-2022-953356")), VulCount=1)

    assert [(one.id, one.package) for one in image.findings or ()] == [("scan:AVD-2022-953356", "")]


OLD = SCANNED_MS - 3_600_001


@pytest.mark.parametrize(
    ("answers", "row", "doubt"),
    [
        ({}, {"VulCount": 1}, "1 vulnerabilities are counted, and 0 listed"),
        ({}, {"AlarmCount": 2}, "2 malicious files are counted, and 0 listed"),
        ({}, {"HcCount": 3}, "3 failed baseline checks are counted, and 0 listed"),
        ({}, {"VulCount": None}, "how many vulnerabilities there are is not stated, and none is listed"),
        (
            {"system": a_list("VulRecords", a_vulnerability(ImageDigest="f" * 64))},
            {"VulCount": 1},
            "some of another image",
        ),
        ({"system": a_list("VulRecords", a_vulnerability(LastTs=OLD))}, {"VulCount": 1}, "from before the scan"),
        ({"libraries": a_list("GroupedVulItems", a_group(LastScanTime=OLD))}, {"VulCount": 1}, "from before the scan"),
        (
            {"files": a_list("GroupedMaliciousFileResponse", a_file(LatestScanTimestamp=OLD))},
            {"AlarmCount": 1},
            "from before the scan",
        ),
        ({"baseline": a_list("BaselineResult", a_baseline(LastScanTime=OLD))}, {"HcCount": 1}, "from before the scan"),
        (
            {"baseline": a_list("BaselineResult", a_baseline(HighRiskItemCount=None))},
            {"HcCount": 1},
            "a baseline does not say how many of its checks failed",
        ),
        (
            {"baseline": a_list("BaselineResult", a_baseline(HighRiskItemCount=10_001))},
            {"HcCount": 1},
            "a baseline does not say how many of its checks failed",
        ),
        ({"baseline": a_list("BaselineResult", a_baseline())}, {"HcCount": 1, "Uuid": ""}, "has no uuid"),
        (
            {"system": a_list("VulRecords", a_vulnerability(Necessity="nntf")), "numbers": numbers(high=1)},
            {"VulCount": 1},
            "1 vulnerabilities of severity high or higher are counted, and 0 listed",
        ),
        (
            {"system": a_list("VulRecords", a_vulnerability()), "numbers": numbers(high=1, low=1)},
            {"VulCount": 1},
            "2 vulnerabilities are counted, and 1 listed",
        ),
    ],
)
def test_a_list_that_does_not_fit_is_doubted(
    answers: dict[str, Any], row: dict[str, Any], doubt: str, fake_time: FakeTime
) -> None:
    image = listed(fake_time, **answers, **row)

    assert doubt in image.findings_doubt


def test_a_finding_that_was_seen_during_the_scan_is_of_it(fake_time: FakeTime) -> None:
    image = listed(fake_time, system=a_list("VulRecords", a_vulnerability(LastTs=OLD + 1)), VulCount=1)

    assert image.findings_doubt == ""


def test_a_kind_that_cannot_be_listed_is_doubted(fake_time: FakeTime) -> None:
    image = listed(fake_time, kinds=RISK_SCOPES | {ScanScope.SENSITIVE_INFORMATION})

    assert "no list of sensitive-information" in image.findings_doubt


@pytest.mark.parametrize("operation", [SYSTEM, LIBRARIES, FILES, BASELINE])
def test_a_list_that_is_refused_is_an_error_and_never_empty(operation: str, fake_time: FakeTime) -> None:
    refused = (403, {"Code": "NoPermission", "Message": "You are not authorized to do this action."})
    answers = {SYSTEM: "system", LIBRARIES: "libraries", FILES: "files", BASELINE: "baseline"}

    with pytest.raises(NotAuthorised):
        listed(fake_time, **{answers[operation]: refused}, VulCount=1, AlarmCount=1, HcCount=1)  # type: ignore[arg-type] # by name


def test_all_pages_of_a_list_are_read(fake_time: FakeTime) -> None:
    records = [a_vulnerability(f"debian:12:CVE-2026-{number}") for number in range(150)]

    def page(query: dict[str, str]) -> Document:
        number = int(query["CurrentPage"])
        rows = records[(number - 1) * 100 : number * 100]
        return {"VulRecords": rows, "CurrentPage": number, "PageSize": 100, "TotalCount": 150}

    image = listed(fake_time, system=page, VulCount=150)

    assert (len(image.findings or ()), image.findings_doubt) == (150, "")


def test_the_baseline_of_the_tag_with_the_most_failed_checks_counts(fake_time: FakeTime) -> None:
    rows = tuple(
        a_row(Uuid=uuid, Tag=uuid, RiskStatus="YES", VulCount=0, AlarmCount=0, HcCount=3) for uuid in ("one", "two")
    )
    few = a_list("BaselineResult", a_baseline(LowRiskItemCount=0))

    def baseline(query: dict[str, str]) -> Document:
        return few if query["ImageUuid"] == "one" else a_list("BaselineResult", a_baseline())

    image = listed(fake_time, rows=rows, baseline=baseline)

    assert (len(image.findings or ()), image.findings_doubt) == (3, "")
