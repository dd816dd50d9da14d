"""The real command line against answers of an instance that are well formed, and mean something else.

Each row is one of "What must not pass" (huawei-images.md 8.1), with the exit code and the reason that it must have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, Findings
from gate.simulator.fault import Fault, HttpResponse
from gate.simulator.image import EarlierScan
from tests.clouds.huawei.images.builders import a_digest
from tests.clouds.huawei.instance.builders import (
    CLEAN,
    DAY,
    HOUR,
    LIST,
    REPORT,
    SHOW,
    START,
    a_push,
    a_release,
    codes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clouds.huawei.instance.builders import Document, Release
    from tests.harness import Gate

CLEAN_NUMBERS = {"total": 0, "fixable": 0, "summary": {}}
NEVER = ("--scan", "never", "--timeout", "2m", "--appear-timeout", "1m")
LOW = {"id": "CVE-2025-1", "package": "openssl", "severity": "Low"}
UNKNOWN, UNCERTAIN = (5, "image-state-unknown"), (7, "counts-missing")


@pytest.mark.parametrize(
    ("fields", "ends_with"),
    [
        pytest.param({"scan_status": "success"}, UNKNOWN, id="a state in another case"),
        pytest.param({"scan_status": "Finished"}, UNKNOWN, id="a state that no document has"),
        pytest.param({"scan_status": "Error"}, (1, "too-many-failed"), id="a failure with numbers"),
        pytest.param({"scan_status": "Pending"}, (5, "not-final"), id="a scan that waits, with numbers"),
        pytest.param({"scan_status": "Running"}, (5, "not-final"), id="a scan that runs, with numbers"),
        pytest.param({"end_time": None}, UNKNOWN, id="no end"),
        pytest.param({"end_time": "2026-01-31T11:00:00"}, UNKNOWN, id="an end without a zone"),
        pytest.param({"end_time": 1_769_857_200_000}, UNKNOWN, id="an end in milliseconds"),
        pytest.param({"end_time": "2026-01-28T11:00:00Z"}, UNKNOWN, id="an end before its start"),
        pytest.param({"start_time": "31 Jan 2026"}, UNKNOWN, id="a start of another form"),
        pytest.param({"end_time": "2026-01-31T13:00:00Z"}, (5, "not-plainly-complete"), id="an end in the future"),
        pytest.param({"complete_percent": 40}, UNKNOWN, id="a success that is not complete"),
        pytest.param({"summary": None}, UNCERTAIN, id="no summary"),
        pytest.param({"summary": {"summary": {}}}, UNCERTAIN, id="no total"),
        pytest.param({"summary": {"total": "0"}}, UNCERTAIN, id="a total that is no number"),
        pytest.param({"summary": {"total": 0, "summary": {"High": 1}}}, UNCERTAIN, id="more than the total"),
        pytest.param({"severity": "High"}, UNCERTAIN, id="a risk beside a total of 0"),
        pytest.param({"severity": "Safe"}, UNCERTAIN, id="a word that no document has"),
        pytest.param({"severity": None}, UNCERTAIN, id="no word for all"),
        pytest.param({"summary": {"total": 3, "summary": {"High": 3}}}, UNCERTAIN, id="safe beside vulnerabilities"),
    ],
)
def test_a_fresh_result_that_is_not_plainly_clean_does_not_pass(
    fields: dict[str, Any], ends_with: tuple[int, str], gate_in: Callable[..., Gate]
) -> None:
    release = a_release(gate_in, a_push(earlier=CLEAN))
    release.shows(lambda report: {**report, **fields})
    ending = release.check(*NEVER)

    assert (ending.code, codes(ending)) == (ends_with[0], [ends_with[1]])


def with_overview(release: Release, overview: object) -> None:
    """Has the instance show this in place of the reports of an image."""
    release.gate.simulator.rewrite = lambda operation, document: (
        {**document, "scan_overview": overview} if operation == SHOW else document
    )


def true_report(release: Release, *, code: int = 0) -> Document:
    """The report that the instance shows of the image, and the exit code of a check by it."""
    shown: list[Document] = []

    def keep(report: Document) -> Document:
        shown.append(report)
        return report

    release.shows(keep)
    assert release.check(*NEVER).code == code
    return shown[0]


@pytest.mark.parametrize(
    "key", ["application/sbom", REPORT.replace("1.1", "2.0"), REPORT.replace("vulnerability", "malware")]
)
def test_a_report_of_another_type_is_no_result(key: str, gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=CLEAN))
    with_overview(release, {key: true_report(release)})
    ending = release.check(*NEVER, "-v")

    assert (ending.code, codes(ending)) == (5, ["image-state-unknown"])
    assert ending.err.count("reports of other types do not count") == 1


def test_of_two_reports_of_the_type_none_is_a_result(gate_in: Callable[..., Gate]) -> None:
    """One of them could be the true one."""
    release = a_release(gate_in, a_push(earlier=CLEAN))
    report = true_report(release)
    with_overview(release, {REPORT: report, REPORT.upper(): {**report, "severity": "High"}})

    assert release.check(*NEVER).code == 5


@pytest.mark.parametrize("overview", [None, {}])
def test_an_overview_without_a_report_is_no_scan(overview: object, gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=CLEAN))
    with_overview(release, overview)
    ending = release.check(*NEVER)

    assert (ending.code, codes(ending)) == (5, ["not-final"])


def test_the_result_of_another_digest_is_an_error(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=CLEAN))
    release.gate.simulator.rewrite = lambda operation, document: (
        {**document, "digest": a_digest(2)} if operation == SHOW else document
    )
    ending = release.check(*NEVER)

    assert (ending.code, codes(ending)) == (4, ["not-understood"])


def test_a_clean_result_of_an_index_is_none(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=CLEAN))
    media_type = "application/vnd.docker.distribution.manifest.list.v2+json"
    release.gate.simulator.rewrite = lambda operation, document: (
        {**document, "manifest_media_type": media_type} if operation == SHOW else document
    )
    ending = release.check(*NEVER)

    assert (ending.code, codes(ending)) == (7, ["image-not-scannable"])


def test_an_old_result_in_place_of_the_scan_that_was_started_is_none(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=3 * DAY)))
    before = true_report(release, code=7)
    release.shows(lambda _report: before)
    ending = release.check("--timeout", "3m")

    assert START in release.gate.operations
    assert (ending.code, codes(ending)) == (5, ["not-final"])


@pytest.mark.parametrize("number", [1, 2])
def test_a_clean_summary_before_the_true_one_is_looked_at_twice(number: int, gate_in: Callable[..., Gate]) -> None:
    """Of the scan that was started, and of one of others that has just ended."""
    earlier = EarlierScan(ago=5.0 if number == 1 else 3 * DAY)
    release = a_release(gate_in, a_push(earlier=earlier))
    clean: list[Document] = []

    def late(report: Document) -> Document:
        is_result = report["scan_status"] == "Success" and (number == 1 or START in release.gate.operations)
        if is_result and not clean:
            clean.append(report)
            return report
        found = {"total": 1, "fixable": 0, "summary": {"Critical": 1}}
        return {**report, "severity": "Critical", "summary": found} if is_result else report

    release.shows(late)

    assert release.check().code == 1
    assert clean


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda report: {**report, "vulnerabilities": []}, id="an empty list"),
        pytest.param(lambda report: {**report, "vulnerabilities": report["vulnerabilities"][1:]}, id="a part of it"),
        pytest.param(lambda report: {**report, "generated_at": "2026-01-01T00:00:00Z"}, id="one from before the scan"),
        pytest.param(lambda report: {**report, "generated_at": None}, id="one without a time"),
        pytest.param(
            lambda report: {
                **report,
                "vulnerabilities": [{**row, "severity": "Low"} for row in report["vulnerabilities"]],
            },
            id="one of lower severities",
        ),
    ],
)
def test_a_list_that_is_not_that_of_the_result_lets_nothing_pass(
    change: Callable[[Document], Document], gate_in: Callable[..., Gate]
) -> None:
    findings = Findings(vulnerabilities=BySeverity(high=2))
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=findings)))
    policy = ("--only-fixable", "--severity-cutoff", "none", "--max-findings", "high=2")
    release.gate.simulator.rewrite = lambda operation, document: (
        {REPORT: change(document[REPORT])} if operation == LIST else document
    )
    ending = release.check(*NEVER, *policy)
    release.gate.simulator.rewrite = None

    assert (ending.code, codes(ending)) == (7, ["findings-incomplete"])
    assert release.check(*NEVER, *policy).code == 0


def test_a_list_that_is_refused_is_an_error_and_no_empty_list(gate_in: Callable[..., Gate]) -> None:
    findings = Findings(vulnerabilities=BySeverity(high=2))
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=findings)))
    body = b'{"error_code": "APIGW.0302", "error_msg": "no"}'
    fault = Fault(response=HttpResponse(status=403, body=body), operation=LIST)
    release.gate.simulator.faults.append(fault)
    ending = release.check(*NEVER, "--only-fixable", "--max-risky", "1")

    assert (ending.code, codes(ending)) == (3, ["not-authorised"])
    assert "swr:repository:startManualScanning" in ending.out


def test_a_refused_look_names_the_version_of_the_instance_as_a_cause(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=CLEAN))
    body = b'{"errors": [{"errorCode": "SVCSTG.SWR.4000014", "errorMessage": "no"}]}'
    release.gate.simulator.faults.append(Fault(response=HttpResponse(status=400, body=body), operation=SHOW))
    ending = release.check(*NEVER)

    assert (ending.code, codes(ending)) == (4, ["refused"])
    assert "before v25.7.20" in ending.out
    assert "--swr-enterprise-scanner hss" in ending.out


def test_the_clean_image_of_another_instance_is_not_that_of_this_one(gate_in: Callable[..., Gate]) -> None:
    """Both have a repository and a tag of these names."""
    other = replace(a_push(earlier=CLEAN), registry="other-x2.swr-pro.myhuaweicloud.com")
    findings = Findings(vulnerabilities=BySeverity(low=1))
    risky = replace(a_push(2, earlier=EarlierScan(ago=HOUR, findings=findings)), tag=other.tag)
    release = a_release(gate_in, risky, others=(other,))

    assert release.check(by_tag=True).code == 1
