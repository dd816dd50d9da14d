"""The `sarif` report as Jenkins shows it beside its test results (report-readers.md 3.2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import a_failed_image
from tests.harness import CLOUDS
from tests.reports.readers import warnings
from tests.reports.readers.kinds import KINDS, hostile_images, outcome_of, plain_images
from tests.reports.reading import rendered

if TYPE_CHECKING:
    from collections.abc import Callable

JUDGED = {kind: about for kind, about in KINDS.items() if about.verdict != "error"}
every_kind = pytest.mark.parametrize("kind", JUDGED)
EXAMPLE = "blocked by both"


def last_lines(found: warnings.Warnings) -> list[tuple[str, str]]:
    """The severity of each issue, and the message of its result."""
    return [(issue.severity, issue.message.splitlines()[-1]) for issue in found.issues]


@every_kind
@pytest.mark.parametrize("count", [0, 1, 300])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_there_is_an_issue_for_each_reason_and_each_image(kind: str, count: int, cloud: str) -> None:
    outcome = outcome_of(kind, plain_images(count), cloud=cloud)

    found = warnings.read(rendered("sarif", outcome))

    severity = "low" if KINDS[kind].are_allowed else "high"
    assert not found.problems
    assert last_lines(found) == [
        *(("high", reason.message) for reason in outcome.verdict.reasons),
        *((severity, f"swr/team/shop-{number}:1.0 could not be scanned: reason {number}.") for number in range(count)),
    ]


@every_kind
def test_no_name_or_reason_makes_jenkins_drop_or_merge_an_image(kind: str) -> None:
    outcome = outcome_of(kind, hostile_images())

    found = warnings.read(rendered("sarif", outcome))

    assert not found.problems
    assert len(found.issues) == len(hostile_images()) + len(outcome.verdict.reasons)


def test_images_with_the_same_name_and_reason_are_numbered() -> None:
    images = [a_failed_image("a](b"), a_failed_image("a] (b"), a_failed_image("shop"), a_failed_image("a](b")]

    found = warnings.read(rendered("sarif", outcome_of("passed", tuple(images))))

    text = "could not be scanned: download_failed."
    assert [text for _, text in last_lines(found)] == [
        f"swr/team/a] (b:1.0 {text}",
        f"swr/team/a] (b:1.0 {text} (2)",
        f"swr/team/shop:1.0 {text}",
        f"swr/team/a] (b:1.0 {text} (3)",
    ]


@every_kind
@pytest.mark.parametrize("other", ["passed", EXAMPLE])
def test_the_issues_of_two_gates_with_names_are_told_apart(kind: str, other: str) -> None:
    """Here the same images could not be scanned in both."""
    gates = {name: outcome_of(of, plain_images(2), name=name) for name, of in {"a": kind, "b": other}.items()}

    found = warnings.read(*(rendered("sarif", outcome) for outcome in gates.values()))

    assert not found.problems
    assert {name: sum(issue.category == f"scan-gate.{name}" for issue in found.issues) for name in gates} == {
        name: len(outcome.verdict.reasons) + 2 for name, outcome in gates.items()
    }


def test_without_names_equal_findings_of_two_gates_are_one() -> None:
    text = rendered("sarif", outcome_of(EXAMPLE, plain_images(2)))

    assert len(warnings.read(text, text).problems) == len(warnings.read(text).issues) == 4


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "a result has no message": lambda result: result.pop("message"),
    "a result has no location": lambda result: result.pop("locations"),
    "a location is logical only": lambda result: result.update(locations=[{"logicalLocations": []}]),
    "an index has no rule": lambda result: result.update(ruleIndex=9),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_jenkins_drops_what_is_wrong(broken: str) -> None:
    document = json.loads(rendered("sarif", outcome_of(EXAMPLE, plain_images(2))))

    BROKEN[broken](document["runs"][0]["results"][-1])

    assert warnings.read(json.dumps(document)).problems
