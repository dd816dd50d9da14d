"""The table of reports: which of them are made of findings, and why some are not written, in the words of the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.image import ImageRef
from gate.images.check import lists_for_reports
from gate.policy import Decision, Policy
from gate.publish import obstacle
from gate.reports import REPORTS
from gate.scan import TaskState
from gate.settings import ReportTarget, Settings
from tests.builders import a_release, a_risky_image, a_task, an_image, an_outcome

if TYPE_CHECKING:
    from gate.outcome import Outcome

UNDECIDED = {
    "sarif": "there is no verdict, and code scanning would close every alert at an upload without results",
    "container-scanning": "there is no verdict, and GitLab would take a list without findings for a clean scan",
    "cyclonedx": "there is no verdict, and readers would take a list without vulnerabilities for a clean scan",
    "attestation": "there is no verdict, and a statement is about one",
}
OF_A_TASK = {
    "container-scanning": "the gate judged a scan task, and the clouds list no findings of one",
    "cyclonedx": "the gate judged a scan task, and the clouds list no findings of one",
    "attestation": "the gate judged a scan task, and the clouds state no digests of its images; use --image",
}
WITHOUT_ALL_FINDINGS = {
    "sarif": "the findings of the images are not all known, and code scanning would close their alerts",
    "container-scanning": "the findings of the images are not all known, and GitLab would take the others for solved",
    "cyclonedx": "the findings of the images are not all known, and readers would take the others for absent",
}


def obstacles(outcome: Outcome) -> dict[str, str]:
    """Why reports are not written of this outcome, by format."""
    return {name: why for name, report in REPORTS.items() if (why := obstacle(report, outcome))}


def test_of_a_run_without_a_verdict_no_report_is_written_that_would_mean_a_clean_scan() -> None:
    undecided = an_outcome(a_task(state=TaskState.RUNNING))

    assert undecided.verdict.decision is Decision.UNDECIDED
    assert obstacles(undecided) == UNDECIDED


def test_of_a_task_no_report_is_written_that_needs_the_findings_or_digests_of_images() -> None:
    assert obstacles(an_outcome(a_task())) == OF_A_TASK


def test_of_a_release_without_all_findings_no_report_is_written_that_would_mean_that_there_are_no_others() -> None:
    blocked = a_release(a_risky_image())

    assert blocked.verdict.decision is Decision.BLOCKED
    assert obstacles(blocked) == WITHOUT_ALL_FINDINGS


def test_of_a_release_whose_findings_are_known_every_report_is_written() -> None:
    assert obstacles(a_release(an_image(findings=()))) == {}


@pytest.mark.parametrize("name", [*REPORTS])
def test_findings_are_asked_for_where_a_report_is_made_of_them(name: str) -> None:
    settings = Settings(cloud="huawei", policy=Policy(), reports=(ReportTarget(format=name, path=Path("a")),))

    assert lists_for_reports(settings) is (name in {"html", "sarif", "container-scanning", "cyclonedx"})


def test_a_statement_about_digests_needs_the_digest_of_every_image() -> None:
    named = a_release(an_image(findings=(), image=ImageRef(name="web", tag="1.0", digest="")))

    assert obstacles(named) == {"attestation": "an image has no digest by sha256, and a statement is about digests"}
