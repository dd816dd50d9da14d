"""The single findings of the `sarif` report: one alert for each finding and repository, whatever tag and digest."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema.validators import validator_for

from gate.finding import FindingPolicy
from gate.image import ImageState, Severity
from gate.policy import Policy
from gate.reports import sarif
from gate.reports.sarif import MAX_RESULTS
from tests.builders import a_finding, a_release, a_risky_image, a_waiver, an_image
from tests.reports.endings import an_ending
from tests.schemas import published

if TYPE_CHECKING:
    from gate.image import ScannedImage
    from gate.outcome import Outcome

CURL = a_finding("HW-3", package="curl", version="8.1")


def read(outcome: Outcome) -> dict[str, Any]:
    run: dict[str, Any]
    (run,) = json.loads("".join(sarif.render(outcome)))["runs"]
    return run


def judged(*images: ScannedImage, **policy: Any) -> dict[str, Any]:
    return read(a_release(*images, policy=Policy(findings=FindingPolicy(**policy))))


def of_findings(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [result for result in run["results"] if result["ruleId"].startswith("finding/")]


def test_a_report_with_findings_is_of_the_published_schema() -> None:
    schema = json.loads(published("sarif-schema-2.1.0.json").read_text())
    document = json.loads("".join(sarif.render(an_ending("release with findings"))))

    validator_for(schema)(schema).validate(document)


def test_each_finding_has_a_place_and_a_rule_with_the_highest_of_its_severities() -> None:
    low, high = replace(CURL, severity=Severity.LOW), replace(CURL, package="libcurl", cves=("CVE-1",))

    run = judged(a_risky_image(findings=(low, high)))

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["too-many-risky", "finding/HW-3"]
    assert run["tool"]["driver"]["rules"][1]["properties"]["security-severity"] == "8.0"
    assert [result["message"]["text"] for result in of_findings(run)] == [
        "CVE-1 in libcurl 8.1, severity high, in swr/team/web:1.0@sha256:aaaaaaaaaaaa.",
        "HW-3 in curl 8.1, severity low, in swr/team/web:1.0@sha256:aaaaaaaaaaaa.",
    ]
    for result in of_findings(run):
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"] == {"uri": "team/web"}


@pytest.mark.parametrize(
    ("severity", "expected"),
    [("unknown", "8.0"), ("critical", "9.5"), ("high", "8.0"), ("medium", "5.5"), ("low", "2.0")],
)
def test_a_severity_has_a_number_by_which_it_is_sorted(severity: Severity, expected: str) -> None:
    run = judged(a_risky_image(findings=(replace(CURL, severity=Severity(severity)),)))

    assert run["tool"]["driver"]["rules"][-1]["properties"]["security-severity"] == expected


def test_a_finding_of_two_tags_of_one_repository_is_one_alert_and_of_two_repositories_two() -> None:
    second_tag = a_risky_image(image=replace(a_risky_image().image, tag="2.0"), findings=(CURL,))

    run = judged(a_risky_image(findings=(CURL,)), second_tag, a_risky_image("api", findings=(CURL,)))

    texts = [result["message"]["text"] for result in of_findings(run)]
    assert ["1 more" in text for text in texts] == [True, False]
    assert len({json.dumps(result["partialFingerprints"]) for result in of_findings(run)}) == 2


def test_an_alert_is_the_same_in_the_next_release() -> None:
    changed = replace(a_risky_image().image, tag="2.0", digest="sha256:0")

    runs = [judged(a_risky_image(image=image, findings=(CURL,))) for image in (a_risky_image().image, changed)]

    first, second = (of_findings(run)[0]["partialFingerprints"] for run in runs)
    assert first == second


def test_a_waived_finding_is_suppressed_with_its_reason_and_all_others_say_that_they_are_not() -> None:
    other = replace(CURL, id="HW-4")

    run = judged(a_risky_image(findings=(CURL, other)), waivers=(a_waiver("HW-3", owner="team-web"),))

    assert [result["suppressions"] for result in run["results"]] == [
        [],
        [],
        [{"kind": "external", "justification": "waived by team-web until 2026-03-02: not reachable"}],
    ]


def test_only_what_blocks_is_an_error() -> None:
    low, high = replace(CURL, id="HW-4", severity=Severity.LOW), CURL

    blocked = judged(a_risky_image(findings=(low, high)), severity_cutoff=Severity.HIGH)
    passed = judged(a_risky_image(findings=(low,)), severity_cutoff=Severity.HIGH)
    by_number = judged(a_risky_image(findings=(low,)), severity_cutoff=Severity.NONE, max_findings={Severity.LOW: 0})

    assert [result["level"] for result in of_findings(blocked)] == ["error", "note"]
    assert [result["level"] for result in of_findings(passed)] == ["note"]
    assert [result["level"] for result in of_findings(by_number)] == ["error"]


def test_a_list_that_may_not_be_whole_makes_no_alerts_of_findings() -> None:
    run = judged(a_risky_image(findings=(CURL,), findings_doubt="one page is missing"))

    assert [result["ruleId"] for result in run["results"]] == ["too-many-risky", "image-risky"]


def test_beside_an_image_that_could_not_be_scanned_images_are_the_alerts_and_not_findings() -> None:
    run = judged(an_image("api", ImageState.FAILED), a_risky_image(findings=(CURL,)))

    assert [result["ruleId"] for result in run["results"]] == [
        *("too-many-failed", "too-many-risky"),
        *("image-risky", "image-not-scanned"),
    ]


def test_limits_for_two_severities_are_one_result_of_one_rule() -> None:
    run = judged(a_risky_image(findings=(CURL,)), max_findings={Severity.HIGH: 0, Severity.LOW: 0})

    names = [result["ruleId"] for result in run["results"]]
    assert names == ["too-many-risky", "too-many-findings", "finding/HW-3"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == names
    text = run["results"][1]["message"]["text"]
    assert "--max-findings high allows 0" in text
    assert "--max-findings low allows 0" in text


def test_however_small_the_report_must_be_it_has_every_reason_and_how_many_findings_are_left_out() -> None:
    found = tuple(replace(CURL, id=f"HW-{number}") for number in range(9))
    findings = FindingPolicy(max_findings={Severity.LOW: 0}, waivers=(a_waiver("HW-99"),), unused_waivers_block=True)
    run = a_release(a_risky_image(findings=found), policy=Policy(findings=findings))

    (rendered,) = json.loads("".join(sarif.render(run, 1)))["runs"]

    assert [result["ruleId"] for result in rendered["results"]] == [
        *("too-many-risky", "too-many-findings", "waiver-unused"),
        "more-images",
    ]
    assert rendered["results"][-1]["message"]["text"].startswith("9 more findings are left out here")


def test_findings_without_room_are_counted_and_those_that_count_are_shown_first() -> None:
    found = tuple(replace(CURL, id=f"HW-{number}", severity=Severity.LOW) for number in range(MAX_RESULTS + 10))

    run = judged(a_risky_image(findings=(*found, replace(CURL, id="TOP"))))

    assert len(run["results"]) == MAX_RESULTS
    assert of_findings(run)[0]["ruleId"] == "finding/TOP"
    assert run["results"][-1]["message"]["text"] == "13 more findings are left out here; the json report has them all."
    assert run["results"][-1]["level"] == "error"


def test_a_rule_of_a_finding_is_never_one_of_the_gates_own() -> None:
    run = judged(a_risky_image(findings=(replace(CURL, id="too-many-risky"),)))

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["too-many-risky", "finding/too-many-risky"]
