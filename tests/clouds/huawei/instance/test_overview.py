"""What an instance shows of one image, and what of it is no result: each row is a statement that must not pass.

Written from huawei-images.md 5, 7 and 8.1: only what is plainly a success, with numbers that fit, is a clean image.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.instance.overview import parse_artifact
from gate.errors import NotUnderstood
from gate.image import ImageState, Severity
from gate.scan import ScanScope
from tests.clouds.huawei.images.builders import INSTANCE_HOST, a_digest, a_ref
from tests.clouds.huawei.instance.builders import REPORT, a_report, an_artifact

if TYPE_CHECKING:
    from gate.image import ScannedImage

IMAGE = a_ref(registry=INSTANCE_HOST)
UNKNOWN, SCANNED = ImageState.UNKNOWN, ImageState.SCANNED
CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW


def seen(report: object = None, **artifact: Any) -> ScannedImage:
    """What is seen of an image with this report."""
    return parse_artifact(IMAGE, an_artifact(report, **artifact)).image


def summary(total: object, by_severity: object = None, **fields: object) -> dict[str, Any]:
    """The report of an image with these numbers."""
    return a_report(summary={"total": total, "fixable": 0, "summary": by_severity}, **fields)


# What is a result.


def test_a_clean_image_has_no_vulnerabilities_and_no_risk() -> None:
    found = seen(a_report())

    assert (found.state, found.is_risky, found.highest) == (SCANNED, False, Severity.NONE)
    assert found.scanned_at == datetime(2026, 1, 31, 11, tzinfo=UTC)
    assert (found.kinds, found.severities) == ({ScanScope.VULNERABILITY: 0}, {})


def test_the_example_of_the_facts_is_a_risky_image() -> None:
    found = seen(summary(7, {"High": 2, "Medium": 5}, severity="High"))

    assert (found.is_risky, found.highest, found.kinds) == (True, HIGH, {ScanScope.VULNERABILITY: 7})
    assert found.severities == {CRITICAL: 0, HIGH: 2, MEDIUM: 5, LOW: 0}


@pytest.mark.parametrize(
    ("end", "utc"),
    [
        ("2026-01-31T11:00:00Z", (11, 0, 0)),
        ("2026-01-31T11:00:00.5Z", (11, 0, 500_000)),
        ("2026-01-31T11:00:00.123456789Z", (11, 0, 123_456)),
        ("2026-01-31T19:00:00+08:00", (11, 0, 0)),
        ("2026-01-31T19:00:00+0800", (11, 0, 0)),
    ],
)
def test_a_time_in_iso_8601_with_a_zone_is_read(end: str, utc: tuple[int, int, int]) -> None:
    hour, minute, micro = utc

    assert seen(a_report(end_time=end)).scanned_at == datetime(2026, 1, 31, hour, minute, 0, micro, UTC)


@pytest.mark.parametrize(
    "key",
    [
        REPORT,
        "application/vnd.security.vulnerability.report;version=1.1",
        "Application/vnd.security.vulnerability.report ; Version=1.1",
    ],
)
def test_the_type_of_the_report_may_differ_in_case_and_space(key: str) -> None:
    assert seen(scan_overview={key: a_report()}).state is SCANNED


def test_reports_of_other_types_do_not_count_and_are_named() -> None:
    both = parse_artifact(IMAGE, an_artifact(scan_overview={"application/sbom": {}, REPORT: a_report()}))

    assert (both.image.state, both.other_reports) == (SCANNED, ("'application/sbom'",))


@pytest.mark.parametrize("severity", ["Security", "None"])
def test_the_words_for_safe_and_not_rated_beside_nothing_found_are_no_risk(severity: str) -> None:
    assert seen(a_report(severity=severity)).is_risky is False


def test_vulnerabilities_that_are_not_rated_are_a_risk() -> None:
    """None is the word for no score (vendor's SDK), and not for none."""
    found = seen(summary(2, {"None": 2}, severity="None"))

    assert (found.is_risky, found.severities[Severity.UNKNOWN]) == (True, 2)


@pytest.mark.parametrize(
    ("status", "state"),
    [("Pending", ImageState.SCANNING), ("Running", ImageState.SCANNING), ("Error", ImageState.FAILED)],
)
def test_a_scan_that_has_not_succeeded_is_no_result(status: str, state: ImageState) -> None:
    """Whatever else is stated."""
    found = seen(a_report(scan_status=status))

    assert (found.state, found.is_risky) == (state, None)


@pytest.mark.parametrize("overview", [None, {}])
def test_without_an_overview_an_image_was_never_scanned(overview: object) -> None:
    assert seen(scan_overview=overview).state is ImageState.WAITING
    assert seen().state is ImageState.WAITING


@pytest.mark.parametrize(("end", "is_read"), [("2026-01-31T11:00:00Z", True), ("11:00", False), (None, False)])
def test_a_failure_has_the_end_of_its_scan_where_that_can_be_read(end: object, *, is_read: bool) -> None:
    found = seen(a_report(scan_status="Error", end_time=end))

    assert (found.state, found.scanned_at is not None) == (ImageState.FAILED, is_read)


# What must not pass.


@pytest.mark.parametrize("digest", [a_digest(2), "", None, 7, a_digest()[:-1], "sha512:" + "0" * 64], ids=repr)
def test_the_response_about_another_digest_is_an_error(digest: object) -> None:
    with pytest.raises(NotUnderstood, match="another digest"):
        parse_artifact(IMAGE, an_artifact(a_report(), digest=digest))


@pytest.mark.parametrize(
    "media_type",
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"],
)
def test_an_index_is_not_scanned_as_one_image(media_type: str) -> None:
    assert seen(a_report(), manifest_media_type=media_type).state is ImageState.NOT_SCANNABLE


@pytest.mark.parametrize(
    "status",
    ["success", "SUCCESS", "Finished", "Completed", "Success ", "", None, 100, True, ["Success"], {}],
    ids=repr,
)
def test_any_other_word_is_an_unknown_state(status: object) -> None:
    assert seen(a_report(scan_status=status)).state is UNKNOWN


@pytest.mark.parametrize("name", ["start_time", "end_time"])
@pytest.mark.parametrize(
    "time",
    [
        *(None, "", 0, 1_769_857_200_000, "1769857200", "2026-01-31", "2026-01-31T11:00:00", "2026-01-31 11:00:00"),
        *("2026-01-31 11:00:00Z", "2026-02-30T11:00:00Z", "2026-01-31T11:00:00 Z", "20260131T110000Z", "now"),
        *("2026-01-31T11:00:60Z", "2026-01-31T11:00Z", "2026-W05-6T11:00:00Z", "2026-01-31T11:00:00z", ["x"], {}),
        "2026-01-31T11:00:00+08:00:30",
    ],
    ids=repr,
)
def test_a_success_with_a_time_of_another_form_is_an_unknown_state_that_names_it(name: str, time: object) -> None:
    found = seen(a_report(**{name: time}))

    assert (found.state, found.is_risky) == (UNKNOWN, None)
    assert f"with the {name} " in found.raw_state


def test_an_end_before_its_start_is_no_success() -> None:
    found = seen(a_report(start_time="2026-01-31T11:00:01Z"))

    assert (found.state, found.raw_state) == (UNKNOWN, "Success, with an end before its start")


@pytest.mark.parametrize("percent", [0, 40, 99, 101, 100.0, "100", True, [], {}], ids=repr)
def test_a_success_that_is_not_complete_is_none(percent: object) -> None:
    assert seen(a_report(complete_percent=percent)).state is UNKNOWN


@pytest.mark.parametrize("percent", [100, None])
def test_a_success_may_state_no_percentage(percent: object) -> None:
    assert seen(a_report(complete_percent=percent)).state is SCANNED


@pytest.mark.parametrize(
    "overview",
    [
        pytest.param([], id="a list"),
        pytest.param("none", id="a text"),
        pytest.param({"application/sbom": a_report()}, id="another type"),
        pytest.param({REPORT.replace("1.1", "1.2"): a_report()}, id="another version"),
        pytest.param({REPORT: a_report(), REPORT.replace(" ", ""): a_report()}, id="two of the type"),
        pytest.param({REPORT: None}, id="null"),
        pytest.param({REPORT: [a_report()]}, id="a list of reports"),
        pytest.param({REPORT: {}}, id="an empty report"),
    ],
)
def test_no_single_report_of_the_known_type_is_an_unknown_state(overview: object) -> None:
    assert seen(scan_overview=overview).state is UNKNOWN


NO_TOTALS: tuple[object, ...] = (None, "0", 0.0, -1, False, [], "none")
NO_WORDS_FOR_SAFE: tuple[object, ...] = (
    *("Low", "Medium", "High", "Critical", "Unknown", "security", "SAFE"),
    *("", None, 0, [], {}),
)


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(a_report(summary=None), id="no summary"),
        pytest.param(a_report(summary=[]), id="a summary that is no object"),
        pytest.param(a_report(summary={}), id="no numbers"),
        *(pytest.param(summary(total), id=f"total {total!r}") for total in NO_TOTALS),
        pytest.param(summary(0, {"High": 1}), id="a number beside a total of 0"),
        pytest.param(summary(0, {"High": 1}, severity="High"), id="a total of 0 beside a number and a severity"),
        pytest.param(summary(0, {"High": "0"}), id="a number that is none"),
        pytest.param(summary(0, {"High": None}), id="a number that is null"),
        pytest.param(summary(0, [1]), id="numbers that are no object"),
        *(pytest.param(summary(0, {}, severity=word), id=f"total 0 and {word!r}") for word in NO_WORDS_FOR_SAFE),
        pytest.param(summary(7, {"High": 7}, severity="Security"), id="safe beside vulnerabilities"),
    ],
)
def test_numbers_that_are_missing_or_contradicted_leave_the_risk_unknown(report: dict[str, Any]) -> None:
    found = seen(report)

    assert (found.state, found.is_risky) == (SCANNED, None)


@pytest.mark.parametrize("severity", ["Low", "Medium", "High", "Critical", "None", "Unknown", "", None], ids=repr)
@pytest.mark.parametrize("total", [1, 10**30])
def test_what_was_found_is_a_risk_whatever_the_word_for_all(severity: object, total: int) -> None:
    assert seen(summary(total, {}, severity=severity)).is_risky is True


@pytest.mark.parametrize("report", [summary(None, {"Low": 1}), summary(None, {}, severity="Critical")])
def test_a_risk_is_one_without_a_total_too(report: dict[str, Any]) -> None:
    assert seen(report).is_risky is True


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(summary(7, {"High": 2, "Medium": 4}, severity="High"), id="fewer than the total"),
        pytest.param(summary(7, {"High": 2, "Medium": 6}, severity="High"), id="more than the total"),
        pytest.param(summary(7, {}, severity="High"), id="none"),
        pytest.param(summary(7, None, severity="High"), id="not stated"),
        pytest.param(summary(7, {"High": 7.0}, severity="High"), id="a fraction"),
        pytest.param(summary(7, {"Low": 7}, severity="High"), id="none of the highest severity"),
        pytest.param(summary(7, {"Critical": 1, "Low": 6}, severity="High"), id="a higher one than the highest"),
        pytest.param(summary(7, {"High": 6, "Urgent": 1}, severity="High"), id="a word that is not documented"),
    ],
)
def test_numbers_by_severity_that_do_not_fit_are_none(report: dict[str, Any]) -> None:
    """So that limits by severity go by the list; the image is risky all the same."""
    found = seen(report)

    assert (found.is_risky, found.severities) == (True, {})


@pytest.mark.parametrize(
    ("report", "highest"),
    [
        (summary(1, {"Low": 1}, severity="Critical"), CRITICAL),
        (summary(1, {"Critical": 1}, severity="Low"), CRITICAL),
        (summary(1, {"Urgent": 1}, severity="Low"), Severity.UNKNOWN),
        (summary(1, {"Low": 1}, severity="Urgent"), Severity.UNKNOWN),
        (summary(1, {}, severity="None"), None),
    ],
)
def test_the_highest_severity_that_is_stated_anywhere_counts(report: dict[str, Any], highest: Severity | None) -> None:
    assert seen(report).highest is highest


def test_a_total_below_its_parts_is_not_less_than_they_are() -> None:
    assert seen(summary(1, {"Low": 3}, severity="Low")).kinds == {ScanScope.VULNERABILITY: 3}
