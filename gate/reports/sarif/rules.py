"""The rules of the `sarif` report that are not single findings: the reasons of a block, and what images can fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.reports.images import NOT_SCANNED, RISKY
from gate.text import distinct_name

if TYPE_CHECKING:
    from gate.outcome import Outcome

LEFT_OUT = "more-images"
"""The rule of what an upload has no room for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    title: str
    meaning: str
    remedy: str
    severity: str
    """From 0 to 10, with one decimal."""


RULES = {
    "too-many-failed": _Rule(
        title="Too many images could not be scanned",
        meaning="More images could not be scanned than the policy allows, so their risks are unknown.",
        remedy="Look at the failed images, fix what the cloud names as the cause, and scan again.",
        severity="7.0",
    ),
    "too-many-findings": _Rule(
        title="Too many findings",
        meaning="The images have more open findings of a severity than the policy allows.",
        remedy="Update what is affected and scan again, or waive what you accept.",
        severity="8.0",
    ),
    "waiver-unused": _Rule(
        title="A waiver is not needed any more",
        meaning="A waiver matches no finding, and the policy allows none that does not.",
        remedy="Remove the waiver, or correct its id, images or package.",
        severity="2.0",
    ),
    "too-many-risky": _Rule(
        title="Too many images are risky",
        meaning="The cloud's scan found risks in more images than the policy allows.",
        remedy="Look at the findings of the risky images in the cloud's console, fix them, and scan again.",
        severity="8.0",
    ),
    RISKY: _Rule(
        title="An image is risky",
        meaning="The cloud's scan found risks in this image.",
        remedy="Look at its findings in the cloud's console, fix them, and scan again.",
        severity="6.0",
    ),
    NOT_SCANNED: _Rule(
        title="An image could not be scanned",
        meaning="The cloud's scan of this image failed, so its risks are unknown.",
        remedy="Fix what the cloud names as the cause, and scan again.",
        severity="5.0",
    ),
    LEFT_OUT: _Rule(
        title="More images are risky or could not be scanned",
        meaning="There are more such images than one upload can hold; the json report has them all.",
        remedy="Open the json report of the run.",
        severity="5.0",
    ),
}


def described(name: str, outcome: Outcome) -> dict[str, Any]:
    """One of these rules."""
    rule = RULES[name]
    return {
        "id": name,
        "name": name.title().replace("-", ""),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.meaning},
        "help": {"text": f"{rule.meaning} {rule.remedy}", "markdown": f"{rule.meaning}\n\n{rule.remedy}"},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "security-severity": rule.severity,
            "precision": "very-high",
            "tags": ["security", "container"],
            **category(outcome),
        },
    }


def category(outcome: Outcome) -> dict[str, str]:
    """By this, Jenkins tells the findings of two gates apart (report-readers.md 3.2)."""
    return {"category": f"scan-gate.{distinct_name(outcome.name)}"} if outcome.name else {}
