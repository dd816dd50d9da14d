"""The Warnings Next Generation plugin of Jenkins, from report-readers.md 3.2: the issues of SARIF files of one tool."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

SEVERITIES = {"error": "high", "warning": "normal"}


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One issue; two that are equal are one."""

    category: str
    rule: str
    severity: str
    message: str
    file: str
    line: int


@dataclass(kw_only=True)
class Warnings:
    """What `recordIssues` shows of some files."""

    issues: list[Issue] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(*files: str) -> Warnings:
    """The issues of a build with these files."""
    warnings = Warnings()
    for text in files:
        try:
            found = [issue for run in json.loads(text)["runs"] for issue in _issues(run, warnings)]
        except (KeyError, IndexError) as error:
            warnings.problems.append(f"a file cannot be parsed: {error!r}")
            continue
        for issue in found:
            if issue in warnings.issues:
                warnings.problems.append(f"an issue is there twice: {issue.message}")
            else:
                warnings.issues.append(issue)
    return warnings


def _issues(run: dict[str, Any], warnings: Warnings) -> Iterator[Issue]:
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        if "message" not in result:
            warnings.problems.append("a result without a message is dropped")
            continue
        rule = rules[result["ruleIndex"]]
        for location in result.get("locations", []):
            place = location["physicalLocation"]
            yield Issue(
                category=rule.get("properties", {}).get("category", ""),
                rule=result.get("ruleId", rule["id"]),
                severity=SEVERITIES.get(result.get("level", ""), "low"),
                message=_message(rule, result["message"].get("text", "")),
                file=unquote(urlsplit(place["artifactLocation"]["uri"]).path),
                line=place.get("region", {}).get("startLine", 0),
            )
        if not result.get("locations"):
            warnings.problems.append("a result has no file")


def _message(rule: dict[str, Any], text: str) -> str:
    described = f"{rule['id']}: {rule.get('name', '')}\n\n{rule['shortDescription']['text']}"
    described += f"\n\nFor additional help see: {rule['help'].get('markdown', rule['help']['text'])}"
    return described if text in described else f"{described}\n\n{text}"
