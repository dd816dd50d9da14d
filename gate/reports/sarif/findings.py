"""The single findings of the `sarif` report: a rule for each id, and a result for each finding and repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.finding_messages import severity, title, why_not_counted
from gate.image import Severity
from gate.image_description import short_name
from gate.policy import Decision
from gate.reports.listed_findings import counts, listed
from gate.reports.sarif.images import left_out
from gate.reports.sarif.results import LEVELS, Result, place
from gate.reports.sarif.rules import LEFT_OUT, category, described
from gate.text import for_markdown, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gate.finding import Finding
    from gate.image import ImageRef
    from gate.outcome import Outcome

SECURITY_SEVERITIES = {
    Severity.UNKNOWN: "8.0",
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""The numbers that GitHub sorts by. The clouds' words are priorities, and not CVSS: an unknown one is not critical."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundFinding:
    """One finding in one repository, in the first of its images that has it."""

    rule: str
    finding: Finding
    image: ImageRef
    more_images: int
    """In how many further images of the repository it is."""

    blocks: bool
    """Whether findings like this block the release."""

    @property
    def suppression(self) -> str:
        """Why it does not count; empty if it does."""
        return why_not_counted(self.finding)

    @property
    def text(self) -> str:
        """What was found, and where."""
        others = f" and {self.more_images} more" if self.more_images else ""
        sentence = f"{title(self.finding)}, severity {severity(self.finding)}, in {short_name(self.image)}{others}."
        return f"{sentence} It does not count: {self.suppression}." if self.suppression else sentence

    @property
    def identity(self) -> str:
        """The same from run to run, whatever version, tag and digest there are."""
        return f"{self.finding.id}|{self.finding.package}|{self.image.repository}"


def of_findings(
    outcome: Outcome, found: list[FoundFinding], room: int
) -> tuple[list[dict[str, Any]], Iterator[Result]]:
    """The rules and results of single findings, as far as there is room.

    Args:
        outcome: The outcome.
        found: All findings.
        room: How many results there may be; at least one if there are findings.
    """
    shown = found if len(found) <= room else found[: room - 1]
    more = len(found) - len(shown)
    rules = [*([described(LEFT_OUT, outcome)] if more else []), *_rules(shown, category(outcome))]

    def results() -> Iterator[Result]:
        yield from map(_of_finding, shown)
        if more:
            text = f"{more} more findings are left out here; the json report has them all."
            yield left_out(text, outcome, blocks=any(result.blocks for result in found[len(shown) :]))

    return rules, results()


def _of_finding(found: FoundFinding) -> Result:
    return Result(
        rule=found.rule,
        text=found.text,
        level=LEVELS[found.blocks],
        place=place(found.image),
        identity=found.identity,
        suppression=found.suppression,
    )


def finding_results(outcome: Outcome) -> list[FoundFinding]:
    """The findings of all images, each once in a repository, those that count first."""
    is_blocking = outcome.verdict.decision is Decision.BLOCKED
    found: dict[tuple[str, str, str], list[tuple[Finding, ImageRef]]] = {}
    for image, finding in listed(outcome):
        key = finding.id, finding.package, image.image.repository
        found.setdefault(key, []).append((finding, image.image))
    return [
        FoundFinding(
            rule=rule_of(of_repository[0][0]),
            finding=of_repository[0][0],
            image=of_repository[0][1],
            more_images=len({image for _, image in of_repository}) - 1,
            blocks=is_blocking and counts(of_repository[0][0], outcome.policy.findings),
        )
        for of_repository in found.values()
    ]


def rule_of(finding: Finding) -> str:
    """The id of the rule of a finding, which is a name that no other kind of result has."""
    return f"finding/{one_line(finding.id)}"


def _rules(results: Sequence[FoundFinding], more: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rules of these results, each with the highest severity of its findings.

    Args:
        results: Those that are shown.
        more: More properties of each rule.
    """
    highest: dict[str, Finding] = {}
    for result in results:
        before = highest.setdefault(result.rule, result.finding)
        if result.finding.severity.is_at_least(before.severity):
            highest[result.rule] = result.finding
    return [_rule(name, finding, more) for name, finding in highest.items()]


def _rule(name: str, finding: Finding, more: Mapping[str, str]) -> dict[str, Any]:
    called = one_line(", ".join(finding.cves) or finding.id)
    help_text = (
        f"The cloud's scan has found {called}. Update what is affected and scan again, or waive what you accept."
    )
    return {
        "id": name,
        "name": called,
        "shortDescription": {"text": called},
        "fullDescription": {"text": f"{called}, as the cloud names it: {one_line(finding.id)}."},
        "help": {"text": help_text, "markdown": for_markdown(help_text)},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "security-severity": SECURITY_SEVERITIES[finding.severity],
            "precision": "very-high",
            "tags": ["security", "container"],
            **more,
        },
    }
