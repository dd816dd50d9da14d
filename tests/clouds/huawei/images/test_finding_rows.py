"""What the rows of HSS's lists of findings mean, whatever they lack or say instead (huawei-images.md 3.2, 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.images.finding_rows import LISTS, NO_ID, kept, parsed
from gate.image import Severity
from gate.scan import RISK_SCOPES, ScanScope
from tests.builders import a_finding

if TYPE_CHECKING:
    from gate.finding import Finding

VULNERABILITIES, MALWARE, BASELINES, SENSITIVE = LISTS
UNKNOWN_WORDS = ["Critical", "IMMEDIATE_REPAIR", "", None, 3, ["High"], "high ", "x" * 500]


def the_finding(of: Any, **row: Any) -> Finding:
    """The only finding that a row states."""
    (finding,) = parsed(of, [kept(of, row)])
    return finding


def test_there_is_a_list_for_every_kind_that_makes_an_image_risky() -> None:
    assert {one.kind for one in LISTS} == RISK_SCOPES | {ScanScope.SENSITIVE_INFORMATION}


def test_a_vulnerability_has_the_id_of_its_advisory_and_no_fix_since_its_solution_is_prose() -> None:
    row = {
        "vul_id": "X-SA-2025-1234",
        "repair_necessity": "immediate_repair",
        "description": "CVE-2025-1 in openssl.",
        "position": "sha256:8ac8",
        "app_name": "openssl",
        "version": "1.1.1k-7",
        "solution": "Update openssl to 1.1.1k-8.",
        "url": "https://example.com/advisory",
    }

    assert the_finding(VULNERABILITIES, **row) == a_finding(
        "X-SA-2025-1234",
        has_unknown_cves=True,
        version="1.1.1k-7",
        severity=Severity.HIGH,
        raw_severity="immediate_repair",
    )
    assert the_finding(VULNERABILITIES, **row).is_fixable is None


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("immediate_repair", Severity.HIGH),
        ("delay_repair", Severity.MEDIUM),
        ("not_needed_repair", Severity.LOW),
    ],
)
def test_a_vulnerability_is_as_severe_as_its_repair_is_urgent(word: str, severity: Severity) -> None:
    assert the_finding(VULNERABILITIES, repair_necessity=word).severity is severity


@pytest.mark.parametrize(
    ("of", "name"), [(VULNERABILITIES, "repair_necessity"), (BASELINES, "severity"), (SENSITIVE, "severity")]
)
@pytest.mark.parametrize("word", UNKNOWN_WORDS)
def test_a_word_that_is_not_documented_counts_as_the_highest(of: Any, name: str, word: object) -> None:
    finding = the_finding(of, failed_rule_num=1, **{name: word})

    assert finding.severity is Severity.UNKNOWN
    assert len(finding.raw_severity) <= 81
    assert bool(finding.raw_severity) is (word not in ("", None))


def test_a_vulnerability_without_a_severity_counts_as_the_highest() -> None:
    assert the_finding(VULNERABILITIES, vul_id="X-1").severity is Severity.UNKNOWN


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"file_path": "/usr/bin/miner", "file_name": "miner"}, "/usr/bin/miner"),
        ({"file_path": "/usr/bin", "file_name": "miner"}, "/usr/bin/miner"),
        ({"file_path": "/usr/bin/", "file_name": "miner"}, "/usr/bin/miner"),
        ({"file_path": "/usr/miner/x", "file_name": "miner"}, "/usr/miner/x/miner"),
        ({"file_path": "/opt/xminer", "file_name": "miner"}, "/opt/xminer/miner"),
        ({"file_path": "miner", "file_name": "miner"}, "miner"),
        ({"file_path": "/usr/bin/miner"}, "/usr/bin/miner"),
        ({"file_name": "miner"}, "miner"),
    ],
)
def test_a_malicious_file_is_named_by_its_whole_path_and_its_severity_is_unknown(
    row: dict[str, Any], path: str
) -> None:
    finding = the_finding(MALWARE, **row)

    assert (finding.id, finding.severity, finding.raw_severity) == (path, Severity.UNKNOWN, "")
    assert finding.kind is ScanScope.MALICIOUS_FILE


def test_baselines_of_one_name_in_two_standards_are_two_findings() -> None:
    rows = [
        {"check_name": "EulerOS", "standard": standard, "severity": "Low", "failed_rule_num": 1}
        for standard in ("cn_standard", "hw_standard")
    ]

    assert [finding.id for finding in parsed(BASELINES, rows)] == ["cn_standard/EulerOS", "hw_standard/EulerOS"]


@pytest.mark.parametrize(
    ("word", "severity"), [("Low", Severity.LOW), ("Medium", Severity.MEDIUM), ("High", Severity.HIGH)]
)
def test_a_baseline_has_the_severity_of_its_row(word: str, severity: Severity) -> None:
    assert the_finding(BASELINES, severity=word, failed_rule_num=1).severity is severity


def test_a_baseline_that_is_kept_is_no_finding() -> None:
    rows = [{"check_name": "EulerOS", "failed_rule_num": 0, "severity": word} for word in ("Security", "", None)]

    assert parsed(BASELINES, rows) == []


@pytest.mark.parametrize(
    ("row", "severity"),
    [
        ({"severity": "High", "failed_rule_num": 0}, Severity.HIGH),
        ({"severity": "High"}, Severity.HIGH),
        ({"severity": "Safe", "failed_rule_num": 0}, Severity.UNKNOWN),
        ({"severity": "Security", "failed_rule_num": 1}, Severity.UNKNOWN),
        ({"severity": "Security"}, Severity.UNKNOWN),
        ({"severity": "Security", "failed_rule_num": "0"}, Severity.UNKNOWN),
        ({"severity": "Security", "failed_rule_num": False}, Severity.UNKNOWN),
    ],
)
def test_a_baseline_is_not_kept_unless_its_row_says_so_and_nothing_else(
    row: dict[str, Any], severity: Severity
) -> None:
    assert the_finding(BASELINES, **row).severity is severity


def test_sensitive_information_is_named_by_its_rule_and_file_and_never_by_what_it_is() -> None:
    row = {
        "sensitive_info_id": "event-1",
        "severity": "critical",
        "name": "Private key",
        "description": "hunter2",
        "file_path": "/app/key.pem",
        "content": "hunter2",
        "latest_scan_time": 1,
    }
    finding = the_finding(SENSITIVE, **row)

    assert (finding.id, finding.package, finding.severity) == ("Private key", "/app/key.pem", Severity.CRITICAL)
    assert "hunter2" not in repr((finding, kept(SENSITIVE, row)))


def test_sensitive_information_without_a_rule_is_named_by_its_event() -> None:
    assert the_finding(SENSITIVE, sensitive_info_id="event-1").id == "event-1"


@pytest.mark.parametrize("of", LISTS, ids=lambda of: of.path)
@pytest.mark.parametrize("row", [{}, {"vul_id": 3, "file_path": [], "check_name": {}, "name": None}])
def test_a_finding_that_names_itself_nowhere_is_one_all_the_same(of: Any, row: dict[str, Any]) -> None:
    finding = the_finding(of, **row)

    assert (finding.id, finding.severity, finding.kind) == (NO_ID, Severity.UNKNOWN, of.kind)


def test_each_failed_item_of_a_baseline_is_a_finding() -> None:
    """HSS counts them so, and so does a limit."""
    findings = parsed(BASELINES, [{"check_name": "EulerOS", "severity": "Low", "failed_rule_num": 3}])

    assert [finding.id for finding in findings] == ["EulerOS"] * 3


def test_the_number_of_baseline_findings_is_that_of_their_failed_items() -> None:
    rows = [{"failed_rule_num": number} for number in (3, 4, None, "5", -1)]

    assert [one.count_rows(rows) for one in LISTS] == [5, 5, 7, 5]


def test_a_huge_number_of_failed_items_is_bounded_and_counted_as_what_is_listed() -> None:
    rows = [{"severity": "Low", "failed_rule_num": 2**40}]

    assert BASELINES.count_rows(rows) == len(parsed(BASELINES, rows)) == 10_000


def test_texts_of_a_finding_have_no_line_breaks_and_are_whole_as_long_as_documented() -> None:
    finding = the_finding(VULNERABILITIES, vul_id="X-1\n::error::", app_name="a" * 128, version="1\x1b[0m")

    assert (finding.id, finding.package, finding.version) == ("X-1 ::error::", "a" * 128, "1 [0m")
