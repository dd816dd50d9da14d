"""GitLab's code quality report of a pipeline, from report-readers.md 2."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SEVERITIES = ("blocker", "critical", "major", "minor", "info")


@dataclass(kw_only=True)
class Findings:
    """The code quality report of a pipeline."""

    shown: list[dict[str, Any]] = field(default_factory=list)
    """The worst first."""
    problems: list[str] = field(default_factory=list)


def read(*reports: str) -> Findings:
    """The list of a pipeline whose jobs have these reports, in this order."""
    findings = Findings()
    kept: dict[str, dict[str, Any]] = {}
    for report in reports:
        entries = json.loads(report)
        for at, entry in enumerate(entries):
            if problem := _invalid(entry):
                findings.problems.append(f"{len(entries) - at} entries are dropped: {problem}")
                break
            if entry["fingerprint"] in kept:
                findings.problems.append(f"one of two entries is replaced: {entry['description']}")
            kept[entry["fingerprint"]] = entry
            findings.problems += _unusable(entry)
    findings.shown = sorted(kept.values(), key=_rank)
    return findings


def _invalid(entry: Any) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("location"), dict):
        return "no location"
    if missing := [key for key in ("description", "fingerprint", "severity") if not isinstance(entry.get(key), str)]:
        return f"no {missing[0]}"
    line = _line(entry["location"])
    return "" if line is None or type(line) is int else "a line that is no integer"


def _line(location: Mapping[str, Any]) -> Any:
    begin = location.get("lines", {}).get("begin")
    return location.get("positions", {}).get("begin", {}).get("line") if begin is None else begin


def _unusable(entry: Mapping[str, Any]) -> Iterator[str]:
    path = entry["location"].get("path")
    if not isinstance(path, str) or not re.fullmatch(r"(?!\.{0,2}/)[^/].*", path):
        yield f"the path {path} leads nowhere"
    if _line(entry["location"]) is None:
        yield "an entry has no line"
    if entry["severity"] not in SEVERITIES:
        yield f"{entry['severity']} is an unknown severity"
    if not entry["description"].strip():
        yield "an entry says nothing"


def _rank(entry: Mapping[str, Any]) -> int:
    severity = entry["severity"].lower()
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
