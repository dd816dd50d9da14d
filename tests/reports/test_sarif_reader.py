"""The `sarif` report as GitHub's code scanning takes and shows it (report-readers.md 3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import CLOUDS
from tests.reports.readers.code_scanning import STORED_RESULTS, CodeScanning
from tests.reports.readers.kinds import KINDS, hostile_images, outcome_of, plain_images
from tests.reports.reading import rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Outcome
    from tests.harness import Gate

JUDGED = {kind: about for kind, about in KINDS.items() if about.verdict != "error"}
"""The kinds of outcomes of which there is a report."""
every_kind = pytest.mark.parametrize("kind", JUDGED)
EXAMPLE = "blocked by both"


def shown(*outcomes: Outcome) -> CodeScanning:
    """The alerts after an upload of each."""
    github = CodeScanning()
    for outcome in outcomes:
        github.upload(rendered("sarif", outcome))
    return github


def reasons(outcome: Outcome) -> list[str]:
    return [reason.message for reason in outcome.verdict.reasons]


@every_kind
@pytest.mark.parametrize("count", [0, 1, 500])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_there_is_an_alert_for_each_reason_and_each_image(kind: str, count: int, cloud: str) -> None:
    outcome = outcome_of(kind, plain_images(count), cloud=cloud)

    github = shown(outcome)

    assert not github.problems
    texts = {alert.text: alert for alert in github.alerts}
    expected = [f"swr/team/shop-{number}:1.0 could not be scanned: reason {number}." for number in range(count)]
    assert sorted(texts) == sorted([*reasons(outcome), *expected])
    assert {texts[text].level for text in reasons(outcome)} <= {"error"}
    level = "note" if KINDS[kind].are_allowed else "error"
    assert {texts[text].level for text in expected} == ({level} if count else set())
    assert {texts[text].uri for text in expected} == {f"team/shop-{number}" for number in range(count)}


@every_kind
def test_no_name_or_reason_makes_github_refuse_the_upload_or_merge_two_images(kind: str) -> None:
    outcome = outcome_of(kind, hostile_images())

    github = shown(outcome)

    assert not github.problems
    assert len(github.alerts) == len(hostile_images()) + len(reasons(outcome))


@every_kind
def test_the_alerts_about_the_verdict_are_the_most_severe(kind: str) -> None:
    outcome = outcome_of(kind, plain_images(3))

    severities = {alert.text: alert.severity for alert in shown(outcome).alerts}

    about_images = [severity for text, severity in severities.items() if text not in reasons(outcome)]
    assert all(severities[text] > max(about_images) for text in reasons(outcome))


@pytest.mark.parametrize("count", [5000, 5001])
@pytest.mark.parametrize("kind", ["passed", EXAMPLE])
def test_no_image_is_left_out_without_a_word(kind: str, count: int) -> None:
    """GitHub keeps 5,000 results of a run and drops the others, which no alert would say."""
    outcome = outcome_of(kind, plain_images(count))

    github = shown(outcome)

    assert not github.problems
    rest = [alert for alert in github.alerts if alert.rule == "more-images"]
    named = [alert for alert in github.alerts if alert.rule == "image-not-scanned"]
    assert len(named) + sum(int(alert.text.split()[0]) for alert in rest) == count
    assert len(github.alerts) <= STORED_RESULTS
    assert bool(rest) is (len(reasons(outcome)) + count > STORED_RESULTS)


def test_an_alert_stays_one_from_run_to_run_and_is_closed_by_a_pass() -> None:
    blocked, passed = outcome_of(EXAMPLE, plain_images(3)), outcome_of("passed")

    assert len(in_three_runs(blocked, blocked, blocked).alerts) == 5
    assert in_three_runs(blocked, blocked, passed).alerts == []


def in_three_runs(*outcomes: Outcome) -> CodeScanning:
    github = CodeScanning()
    for outcome in outcomes:
        github.upload(rendered("sarif", outcome))
        github.run_again()
    assert not github.problems
    return github


@pytest.mark.parametrize("jobs", [("one", "one"), ("one", "two")], ids=["in one job", "in two jobs"])
@pytest.mark.parametrize("named", [True, False], ids=["with names", "with categories"])
def test_two_gates_have_alerts_of_their_own(jobs: tuple[str, str], *, named: bool) -> None:
    """The green one of two gates would otherwise close the alerts of the red one."""
    github = CodeScanning()
    for (name, kind), job in zip({"production": EXAMPLE, "staging": "passed"}.items(), jobs, strict=True):
        outcome = outcome_of(kind, plain_images(2), name=name if named else "")
        github.upload(rendered("sarif", outcome), category="" if named else name, job=job)

    assert not github.problems
    prefix = "scan-gate/" if named else ""
    found = [(alert.category, alert.rule) for alert in github.alerts if alert.level == "error"]
    assert sorted(found) == [
        (f"{prefix}production", rule)
        for rule in ["image-not-scanned", "image-not-scanned", "too-many-failed", "too-many-risky"]
    ]
    assert {alert.category for alert in github.alerts if alert.level == "note"} == {f"{prefix}staging"}


def test_two_gates_with_names_can_be_uploaded_together() -> None:
    github = CodeScanning()

    github.upload(*(rendered("sarif", outcome_of(EXAMPLE, name=name)) for name in ("production", "staging")))

    assert not github.problems
    assert {alert.category for alert in github.alerts} == {"scan-gate/production", "scan-gate/staging"}


def test_two_gates_that_github_cannot_tell_apart_are_refused() -> None:
    red, green = rendered("sarif", outcome_of(EXAMPLE)), rendered("sarif", outcome_of("passed"))
    together, one_by_one = CodeScanning(), CodeScanning()

    together.upload(red, green)
    one_by_one.upload(red)
    one_by_one.upload(green)

    assert together.problems == ["two runs of one upload have the same category"]
    assert one_by_one.problems == ["a second upload of the same category in one job aborts"]


@pytest.mark.parametrize("names", [("staging", "Staging"), ("a-b", "a_b"), ("a.b", "a-b"), ("eu-1", "eu1")])
def test_names_that_differ_in_capitals_and_punctuation_only_have_a_category_each(names: tuple[str, str]) -> None:
    github = CodeScanning()

    for name in names:
        github.upload(rendered("sarif", outcome_of(EXAMPLE, name=name)))

    assert not github.problems


def first_result(run: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = run["results"][0]
    return result


def first_rule(run: dict[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = run["tool"]["driver"]["rules"][0]
    return rule


def artifact(run: dict[str, Any]) -> dict[str, Any]:
    place: dict[str, Any] = first_result(run)["locations"][0]["physicalLocation"]
    return place


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "a result has no message": lambda run: first_result(run)["message"].update(text=" "),
    "a result has no location": lambda run: first_result(run).pop("locations"),
    "a result has a logical location only": lambda run: first_result(run).update(
        locations=[{"logicalLocations": [{"name": "shop"}]}]
    ),
    "a result has no line": lambda run: artifact(run).pop("region"),
    "a place has a scheme": lambda run: artifact(run)["artifactLocation"].update(uri="localhost:5000/shop"),
    "a place is absolute": lambda run: artifact(run)["artifactLocation"].update(uri="/shop"),
    "a place leads out": lambda run: artifact(run)["artifactLocation"].update(uri="a/../../shop"),
    "a result has no fingerprint": lambda run: first_result(run).pop("partialFingerprints"),
    "two results have one fingerprint": lambda run: run["results"].append(run["results"][-1]),
    "a rule is not described": lambda run: first_result(run).update(ruleId="another"),
    "the index leads to another rule": lambda run: first_result(run).update(ruleIndex=1),
    "a rule is described twice": lambda run: run["tool"]["driver"]["rules"].append(first_rule(run)),
    "a rule says nothing": lambda run: first_rule(run).pop("help"),
    "a rule says too much": lambda run: first_rule(run)["fullDescription"].update(text="x" * 1025),
    "a severity is a number": lambda run: first_rule(run)["properties"].update({"security-severity": 7.0}),
    "a severity is 0": lambda run: first_rule(run)["properties"].update({"security-severity": "0.0"}),
    "a rule has too many tags": lambda run: first_rule(run)["properties"].update(tags=["security"] * 21),
    "a result has too many locations": lambda run: first_result(run).update(
        locations=first_result(run)["locations"] * 1001
    ),
    "the tool has no name": lambda run: run["tool"]["driver"].update(name=""),
    "there are too many results": lambda run: run.update(results=run["results"] * 10_000),
    "there are more results than are stored": lambda run: run.update(
        results=[
            first_result(run) | {"partialFingerprints": {"primaryLocationLineHash": str(number)}}
            for number in range(5001)
        ]
    ),
}
"""Ways in which the writer could be wrong."""


@pytest.mark.parametrize("broken", BROKEN)
def test_github_refuses_or_shows_a_report_that_is_wrong(broken: str) -> None:
    document = json.loads(rendered("sarif", outcome_of(EXAMPLE, plain_images(2))))
    github = CodeScanning()

    BROKEN[broken](document["runs"][0])
    github.upload(json.dumps(document))

    assert len(github.problems) >= 1


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", ["clean", "risky", "partial"])
def test_github_agrees_with_the_json_report_of_a_real_run(
    scenario: str, cloud: str, gate_in: Callable[..., Gate]
) -> None:
    run = gate_in(scenario, cloud).check("--report", "sarif=scan.sarif").report
    github = CodeScanning()

    github.upload(Path("scan.sarif").read_text())

    assert not github.problems
    assert len(github.alerts) == len(run["reasons"]) + len(run["images"]) + len(run["failed_images"])
    assert ("error" in {alert.level for alert in github.alerts}) is (run["verdict"] == "blocked")
