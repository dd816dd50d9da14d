"""The `container-scanning` report, against GitLab's schema (report-readers.md 5)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema.validators import validator_for

from gate.finding import FindingPolicy
from gate.image import Severity
from gate.policy import Policy
from gate.policy_digest import policy_digest
from gate.reports import container_scanning
from gate.scan import ScanScope
from gate.text import as_json
from tests.builders import a_finding, a_release, a_risky_image, a_waiver, an_image
from tests.harness import CLOUDS
from tests.hostile import HOSTILE
from tests.reports.endings import FIELDS, an_ending
from tests.schemas import published

if TYPE_CHECKING:
    from gate.outcome import Outcome

CURL = a_finding("HW-3", package="curl", version="8.1")


def read(outcome: Outcome) -> dict[str, Any]:
    document: dict[str, Any] = json.loads("".join(container_scanning.render(outcome)))
    return document


def rows(*found: Any, policy: FindingPolicy | None = None) -> list[dict[str, Any]]:
    release = a_release(a_risky_image(findings=found), policy=Policy(findings=policy or FindingPolicy()))
    vulnerabilities: list[dict[str, Any]] = read(release)["vulnerabilities"]
    return vulnerabilities


@pytest.mark.parametrize(
    "outcome",
    [
        a_release(an_image(findings=())),
        an_ending("release with findings"),
        *(an_ending("release with findings", dict.fromkeys(FIELDS, text)) for text in HOSTILE.values()),
        a_release(a_risky_image(findings=(a_finding(version="", package="p" * 999),))),
    ],
    ids=["clean", "findings", *HOSTILE, "long"],
)
def test_the_report_is_of_the_published_schema(outcome: Outcome) -> None:
    # The schema is that of 15.2.1, transcribed by hand; all that is used here is in 15.0.7 too.
    schema = json.loads(published("gitlab-container-scanning-15.2.1.transcribed.json").read_text())

    validator_for(schema)(schema).validate(read(outcome))


def test_a_finding_names_its_package_its_image_and_how_to_solve_it() -> None:
    (row,) = rows(replace(CURL, cves=("CVE-2026-1", "RHSA-2026-2"), fixed_version="8.2", raw_severity="asap"))

    assert row["name"] == "CVE-2026-1, RHSA-2026-2 in curl 8.1"
    assert row["description"] == "CVE-2026-1, RHSA-2026-2 in curl 8.1; severity high (asap)."
    assert (row["severity"], row["solution"]) == ("High", "Update to 8.2.")
    assert row["location"] == {
        "dependency": {"package": {"name": "curl"}, "version": "8.1"},
        "operating_system": "unknown",
        "image": f"swr/team/web:1.0@{an_image().image.digest}",
        "default_branch_image": "swr/team/web",
    }
    assert [(one["type"], one["value"]) for one in row["identifiers"]] == [
        ("cve", "CVE-2026-1"),
        ("huawei_advisory", "RHSA-2026-2"),
        ("huawei_finding", "HW-3"),
    ]


@pytest.mark.parametrize("severity", [severity for severity in Severity if severity is not Severity.NONE])
def test_every_severity_is_the_same_word_of_gitlab(severity: Severity) -> None:
    (row,) = rows(replace(CURL, severity=severity))

    assert row["severity"] == str(severity).capitalize()


def test_a_name_of_the_cloud_is_there_once() -> None:
    (row,) = rows(replace(CURL, id="CVE-2026-1", cves=("CVE-2026-1",)))

    assert row["identifiers"] == [{"type": "cve", "name": "CVE-2026-1", "value": "CVE-2026-1"}]


def test_a_waived_finding_is_there_with_its_reason_and_owner() -> None:
    (row,) = rows(CURL, policy=FindingPolicy(waivers=(a_waiver("HW-3", owner="team-web"),)))

    assert row["description"].endswith("It does not count: waived by team-web until 2026-03-02: not reachable.")


def test_the_same_finding_of_two_images_of_one_repository_is_there_once_and_in_two_repositories_twice() -> None:
    found = (CURL,)
    second_tag = replace(a_risky_image().image, tag="2.0")
    images = (a_risky_image(findings=found), a_risky_image(image=second_tag, findings=found))

    once = read(a_release(*images))["vulnerabilities"]
    twice = read(a_release(*images, a_risky_image("api", findings=found)))["vulnerabilities"]

    assert [row["location"]["image"].split("@")[0] for row in once] == ["swr/team/web:1.0"]
    assert len({row["id"] for row in twice}) == len(twice) == 2


def test_findings_that_differ_in_name_package_version_or_repository_have_ids_of_their_own() -> None:
    found = (CURL, replace(CURL, id="HW-4"), replace(CURL, package="wget"), replace(CURL, version="8.0"))

    document = read(a_release(a_risky_image(findings=found), a_risky_image("api", findings=(CURL,))))

    assert len({row["id"] for row in document["vulnerabilities"]}) == 5


def test_a_finding_without_a_fix_has_no_solution() -> None:
    (row,) = rows(CURL)

    assert row["solution"] == ""


def test_names_are_as_long_as_gitlab_takes() -> None:
    """It takes 255 characters; the last one says that there are more."""
    image = replace(an_image().image, name="n" * 300)
    (row,) = read(a_release(a_risky_image(image=image, findings=(replace(CURL, package="p" * 300),))))[
        "vulnerabilities"
    ]

    assert len(row["name"]) == len(row["location"]["default_branch_image"]) == 255


def test_the_report_is_laid_out_like_a_document_that_is_rendered_at_once() -> None:
    text = "".join(container_scanning.render(an_ending("release with findings")))

    assert text == as_json(json.loads(text))


def test_malware_in_a_package_is_no_vulnerability_of_it() -> None:
    assert rows(a_finding("EICAR", kind=ScanScope.MALICIOUS_FILE)) == []


def test_an_id_is_the_same_in_the_next_release() -> None:
    next_tag = a_risky_image(image=replace(a_risky_image().image, tag="2.0", digest="sha256:0"), findings=(CURL,))

    (first,), (second,) = rows(CURL), read(a_release(next_tag))["vulnerabilities"]

    assert first["id"] == second["id"]


def test_what_names_no_package_is_counted_in_a_message_and_invented_nowhere() -> None:
    malware = a_finding("EICAR", kind=ScanScope.MALICIOUS_FILE, package="", version="")

    document = read(a_release(a_risky_image(findings=(CURL, malware, replace(malware, id="OTHER")))))

    assert len(document["vulnerabilities"]) == 1
    assert [message["value"] for message in document["scan"]["messages"]] == [
        "Verdict: blocked.",
        f"Run of the gate: cloud: huawei; policy digest: {policy_digest(Policy())}; version of the gate: 0.1.0.",
        "2 findings of the kind malicious-file are not listed here: they name no package.",
    ]


def test_those_that_count_come_first_and_the_highest_of_them_at_the_top() -> None:
    low, high = replace(CURL, severity=Severity.LOW), replace(CURL, id="HW-4", severity=Severity.HIGH)
    waived = replace(CURL, id="HW-5", severity=Severity.CRITICAL)

    found = rows(low, waived, high, policy=FindingPolicy(waivers=(a_waiver("HW-5"),)))

    assert [row["severity"] for row in found] == ["High", "Low", "Critical"]


def test_the_times_are_those_of_the_run_without_a_zone() -> None:
    scan = read(a_release(an_image(findings=())))["scan"]

    assert (scan["start_time"], scan["end_time"]) == ("2026-01-31T11:58:58", "2026-01-31T12:00:00")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_scanner_is_the_scan_of_the_cloud_and_the_analyzer_is_the_gate(cloud: str) -> None:
    scan = read(replace(a_release(an_image()), cloud=cloud))["scan"]

    assert (scan["scanner"]["id"], scan["scanner"]["name"]) == (cloud, f"the scan of {cloud}")
    gate = {"name": "Scan Gate", "version": "0.1.0", "vendor": {"name": "Scan Gate"}}
    assert scan["analyzer"] == {"id": "scan-gate", **gate}
    assert scan["scanner"]["vendor"] == {"name": "Scan Gate"}
