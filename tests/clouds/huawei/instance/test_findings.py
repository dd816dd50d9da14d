"""The list of vulnerabilities that an instance has of one image, and when it may not be all (huawei-images.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.instance.findings import listed
from gate.clouds.huawei.instance.overview import parse_artifact, time_of
from gate.errors import NotUnderstood
from gate.image import Severity
from gate.policy import Policy
from gate.scan import ScanScope
from gate.simulator import Simulator
from gate.simulator.fault import Fault, HttpResponse
from gate.simulator.image import EarlierScan
from tests.clouds.huawei.images.builders import INSTANCE_HOST, a_ref, connected
from tests.clouds.huawei.images.builders import listed as listed_image
from tests.clouds.huawei.instance.builders import (
    HOUR,
    LIST,
    REPORT,
    RISKY,
    SHOW,
    a_push,
    a_release,
    a_report,
    an_artifact,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.image import ScannedImage
    from tests.builders import FakeTime
    from tests.harness import Gate

ROW = {"id": "CVE-2025-1", "package": "openssl", "version": "1.0.0", "fix_version": "1.0.1", "severity": "High"}
TWO_HIGH = a_report(severity="High", summary={"total": 2, "fixable": 2, "summary": {"High": 2}})
BY_LISTS = ("--only-fixable", "--severity-cutoff", "none", "--max-findings", "low=7")
"""A policy that needs a complete list for a pass."""
STARTED_AT = time_of(TWO_HIGH["start_time"])


def an_image(report: dict[str, Any] = TWO_HIGH) -> ScannedImage:
    """The image with this report."""
    return parse_artifact(a_ref(registry=INSTANCE_HOST), an_artifact(report)).image


def a_list(*rows: object, **fields: object) -> dict[str, Any]:
    """The response of ListInstanceArtifactVulnerabilities with these rows."""
    report = {"generated_at": "2026-01-31T10:59:30Z", "severity": "High", "vulnerabilities": [*rows], **fields}
    return {REPORT: report}


def of(document: dict[str, Any] | None, image: ScannedImage | None = None) -> ScannedImage:
    """The image with the findings of this response."""
    return listed(image or an_image(), document, STARTED_AT)


def test_a_complete_list_has_packages_severities_cves_and_fixed_versions() -> None:
    found = of(a_list({**ROW, "id": "CVE-2025-10001"}, {**ROW, "id": "CVE-2025-10001-A"}))
    first, second = found.findings or ()

    assert found.findings_doubt == ""
    assert (first.id, first.cves, first.package, first.version) == (
        "CVE-2025-10001",
        ("CVE-2025-10001",),
        "openssl",
        "1.0.0",
    )
    assert (first.fixed_version, first.is_fixable, first.severity, first.raw_severity) == (
        "1.0.1",
        True,
        Severity.HIGH,
        "High",
    )
    assert (second.id, second.cves) == ("CVE-2025-10001-A", ())


@pytest.mark.parametrize("version", ["", None, 7, []], ids=repr)
def test_no_version_with_a_fix_does_not_say_that_there_is_none(version: object) -> None:
    """What an empty one means is not documented."""
    (finding,) = of(a_list({**ROW, "fix_version": version})).findings or ()

    assert (finding.fixed_version, finding.is_fixable) == ("", None)


@pytest.mark.parametrize("word", ["high", "Security", "None", "Unknown", "", None, 3, ["High"]], ids=repr)
def test_any_other_word_is_of_unknown_severity(word: object) -> None:
    (finding,) = of(a_list({**ROW, "severity": word})).findings or ()

    assert finding.severity is Severity.UNKNOWN


def test_there_may_be_more_rows_than_vulnerabilities() -> None:
    assert of(a_list(ROW, ROW, ROW)).findings_doubt == ""


@pytest.mark.parametrize(
    ("document", "doubt"),
    [
        (None, "its instance has no list of its vulnerabilities"),
        ({}, "its instance lists no report of vulnerabilities"),
        ({"application/sbom": {}}, "its instance lists no report of vulnerabilities"),
        ({REPORT: []}, "its instance lists a report that is no object"),
        ({**a_list(ROW, ROW), REPORT.replace(" ", ""): {}}, "its instance lists 2 reports of vulnerabilities"),
        (a_list(ROW, ROW, generated_at="2026-01-31T10:58:59Z"), "the list of vulnerabilities is from before the scan"),
        (a_list(ROW, ROW, generated_at=None), "does not state when it was generated"),
        (a_list(ROW, ROW, generated_at="2026-01-31 10:59:30"), "does not state when it was generated"),
        (a_list(ROW), "2 vulnerabilities are counted, and 1 listed"),
        (a_list(), "2 vulnerabilities are counted, and 0 listed"),
        (a_list(ROW, {**ROW, "severity": "Low"}), "2 vulnerabilities of severity high are counted, and 1 listed"),
        (a_list(ROW, {**ROW, "id": ""}), "vulnerabilities are listed without an id"),
        (a_list(ROW, {**ROW, "id": 7}), "vulnerabilities are listed without an id"),
    ],
)
def test_a_list_that_may_not_be_all_of_the_image_is_in_doubt(document: dict[str, Any] | None, doubt: str) -> None:
    assert doubt in of(document).findings_doubt


def test_a_list_without_the_highest_severity_is_in_doubt() -> None:
    """The numbers do not fit the word for all, and are none."""
    image = an_image(a_report(severity="Critical", summary={"total": 1, "summary": {"High": 1}}))

    assert "the severity critical is stated, and none of it is listed" in of(a_list(ROW), image).findings_doubt


def test_a_list_beside_no_number_is_in_doubt() -> None:
    assert "their number is not stated" in of(a_list(ROW), an_image(a_report(summary={}))).findings_doubt


@pytest.mark.parametrize("rows", [None, {}, "none", [None], [[]], [7]], ids=repr)
def test_a_report_without_a_list_is_an_error_and_no_empty_list(rows: object) -> None:
    with pytest.raises(NotUnderstood, match="no list of vulnerabilities"):
        of({REPORT: {**a_list()[REPORT], "vulnerabilities": rows}})


def test_a_list_without_a_start_of_the_scan_is_in_doubt() -> None:
    assert "does not state when" in listed(an_image(), a_list(ROW, ROW), None).findings_doubt


def test_a_report_that_changes_while_its_findings_are_listed_leaves_them_unknown(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=RISKY)))
    release.shows(lambda report: {**report, "report_id": len(release.gate.operations)})
    ending = release.check(*BY_LISTS)

    assert release.gate.operations[-3:] == [SHOW, LIST, SHOW]
    assert (ending.code, [reason["code"] for reason in ending.report["reasons"]]) == (7, ["findings-incomplete"])


def test_a_result_without_a_list_leaves_its_findings_unknown(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=RISKY)))
    body = b'{"errors": [{"errorCode": "SVCSTG.SWR.4040010"}]}'
    release.gate.simulator.faults = [Fault(operation=LIST, response=HttpResponse(status=404, body=body))]
    ending = release.check(*BY_LISTS)

    assert (ending.code, [reason["code"] for reason in ending.report["reasons"]]) == (7, ["findings-incomplete"])


def test_a_list_for_a_result_that_was_seen_before_another_one_is_in_doubt(
    fake_time: FakeTime,
) -> None:
    """As where the same digest is asked for under a second tag, and was scanned again in between."""
    image = a_ref(registry=INSTANCE_HOST)
    with Simulator("empty", now=fake_time.true_wall) as simulator:
        simulator.push(listed_image(registry=INSTANCE_HOST, earlier=EarlierScan(ago=60.0, findings=RISKY)))
        for_cloud = {"project-id": simulator.describe()["huawei"]["project_id"], "swr-enterprise-scanner": "instance"}
        policy = Policy(required_scopes=frozenset({ScanScope.VULNERABILITY}))
        scans, _ = connected(simulator, fake_time, images=(image,), for_cloud=for_cloud, policy=policy)
        (before,) = scans.look([image])
        ended = {"start_time": "2026-01-31T11:59:10Z", "end_time": "2026-01-31T11:59:30Z"}
        simulator.rewrite = lambda operation, document: (
            {**document, "scan_overview": {REPORT: {**document["scan_overview"][REPORT], **ended}}}
            if operation == SHOW
            else {REPORT: {**document[REPORT], "generated_at": ended["end_time"]}}
        )
        (now,) = scans.look([image])
        kinds = frozenset(ScanScope)

        assert "changed while its findings" in scans.with_findings([before], kinds)[0].findings_doubt
        assert scans.with_findings([now], kinds)[0].findings_doubt == ""
        assert scans.with_findings([now], frozenset({ScanScope.BASELINE})) == (now,)


def test_a_list_that_does_not_change_is_certain(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=RISKY)))

    assert release.check(*BY_LISTS).code == 0
    assert release.check("--only-fixable").code == 1
