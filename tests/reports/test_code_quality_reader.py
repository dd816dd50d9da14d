"""The `code-quality` report as GitLab's merge requests show it (report-readers.md 2)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.reports.code_quality import MAX_ISSUES
from tests.harness import CLOUDS
from tests.reports.readers import gitlab_code_quality as gitlab
from tests.reports.readers.kinds import KINDS, NO_TASK, OTHER_KINDS, hostile_images, outcome_of, plain_images
from tests.reports.reading import rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Outcome
    from tests.harness import Gate

every_kind = pytest.mark.parametrize("kind", KINDS)
EXAMPLE = "blocked by both"


def render(outcome: Outcome) -> str:
    return rendered("code-quality", outcome)


@every_kind
@pytest.mark.parametrize("count", [0, 1, 500])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_gitlab_shows_each_reason_before_each_image(kind: str, count: int, cloud: str) -> None:
    outcome = outcome_of(kind, plain_images(count), cloud=cloud)

    findings = gitlab.read(render(outcome))

    assert not findings.problems
    assert [one["description"] for one in findings.shown] == [
        *(reason.message for reason in outcome.verdict.reasons),
        *(f"swr/team/shop-{number}:1.0 could not be scanned: reason {number}." for number in range(count)),
    ]


def test_gitlab_shows_why_there_is_no_verdict() -> None:
    findings = gitlab.read(render(NO_TASK))

    assert not findings.problems
    assert [one["description"] for one in findings.shown] == [NO_TASK.verdict.reasons[0].message]


@every_kind
def test_no_name_or_reason_makes_gitlab_drop_or_merge_an_image(kind: str) -> None:
    outcome = outcome_of(kind, hostile_images())

    findings = gitlab.read(render(outcome))

    assert not findings.problems
    assert len(findings.shown) == len(hostile_images()) + len(outcome.verdict.reasons)


def test_images_for_which_there_is_no_room_are_counted() -> None:
    findings = gitlab.read(render(outcome_of(EXAMPLE, plain_images(MAX_ISSUES + 7))))

    assert not findings.problems
    left_out = [one["description"] for one in findings.shown if one["check_name"] == "more-images"]
    named = [one for one in findings.shown if one["check_name"] == "image-not-scanned"]
    assert len(named) + int(left_out[0].split()[0]) == MAX_ISSUES + 7


@every_kind
@pytest.mark.parametrize("other", OTHER_KINDS)
@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("production", "staging"),
        ("gate: [production]", "gate: [staging]"),
        ("a-b", "a_b"),
        ("staging", ""),
    ],
    ids=["names", "jobs", "similar names", "one name"],
)
def test_the_findings_of_two_gates_are_in_one_list_and_none_replaces_another(
    kind: str, other: str, one: str, two: str
) -> None:
    """Here the same image could not be scanned in both."""
    identities = {one: kind, two: other}
    gates = [replace(outcome_of(of, plain_images(1)), identity=identity) for identity, of in identities.items()]

    findings = gitlab.read(*map(render, gates))

    assert not findings.problems
    assert len(findings.shown) == sum(len(gate.verdict.reasons) + 1 for gate in gates)


def test_an_outcome_of_the_target_branch_has_the_same_findings_for_the_same_causes() -> None:
    before, now = (
        {one["fingerprint"] for one in gitlab.read(render(outcome_of(EXAMPLE, plain_images(count)))).shown}
        for count in (2, 3)
    )

    assert len(now - before) == 1
    assert not before - now


Entry = dict[str, Any]

BROKEN: dict[str, Callable[[list[Entry]], object]] = {
    "an entry has no fingerprint": lambda entries: entries[1].pop("fingerprint"),
    "an entry has no description": lambda entries: entries[1].pop("description"),
    "an entry has no severity": lambda entries: entries[1].pop("severity"),
    "an entry has no location": lambda entries: entries[1].pop("location"),
    "a line is a text": lambda entries: entries[1]["location"]["lines"].update(begin="1"),
    "a line is missing": lambda entries: entries[1]["location"].pop("lines"),
    "a fingerprint is there twice": lambda entries: entries[1].update(fingerprint=entries[0]["fingerprint"]),
    "a severity is unknown": lambda entries: entries[1].update(severity="high"),
    "a path is absolute": lambda entries: entries[1]["location"].update(path="/Dockerfile"),
    "a path starts with a dot": lambda entries: entries[1]["location"].update(path="./Dockerfile"),
    "a path is missing": lambda entries: entries[1]["location"].pop("path"),
    "a description is blank": lambda entries: entries[1].update(description=" "),
}
"""Ways in which the writer could be wrong."""


@pytest.mark.parametrize("broken", BROKEN)
def test_gitlab_drops_or_replaces_findings_of_a_report_that_is_wrong(broken: str) -> None:
    entries = json.loads(render(outcome_of(EXAMPLE, plain_images(2))))

    BROKEN[broken](entries)

    assert gitlab.read(json.dumps(entries)).problems


def test_gitlab_replaces_the_findings_of_a_gate_by_those_of_another_that_it_cannot_tell_apart() -> None:
    text = render(outcome_of(EXAMPLE, plain_images(2)))

    assert len(gitlab.read(text, text).problems) == len(json.loads(text))


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", ["clean", "risky", "partial", "failed", "stale"])
def test_gitlab_agrees_with_the_json_report_of_a_real_run(
    scenario: str, cloud: str, gate_in: Callable[..., Gate]
) -> None:
    run = gate_in(scenario, cloud).check("--report", "code-quality=scan.json", "--timeout", "90s").report

    findings = gitlab.read(Path("scan.json").read_text())

    assert not findings.problems
    shown = [one["description"] for one in findings.shown]
    assert shown[: len(run["reasons"])] == [reason["message"] for reason in run["reasons"]]
    assert len(shown) == len(run["reasons"]) + len(run["images"]) + len(run["failed_images"])
