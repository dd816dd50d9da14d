"""What the summary of a report says was found: a number that is missing or contradicted leaves the risk unknown.

A summary has the number of all vulnerabilities, their numbers by severity, and one word for all (huawei-images.md 5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.severity_words import INSTANCE_LEVELS, NOT_RATED, SAFE
from gate.clouds.values import count, is_one_of
from gate.image import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_STATED: tuple[object, ...] = (None, "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """What was found in one image, in the terms of `ScannedImage`."""

    total: int | None
    """Vulnerabilities, at least; None if their number is not stated."""
    severities: Mapping[Severity, int] = field(default_factory=dict)
    """Empty if they do not add up, or do not fit the word for all."""
    highest: Severity | None = None
    is_risky: bool | None = None


def parse_numbers(report: Mapping[str, Any]) -> Numbers:
    """Translates the summary of a report, and its word."""
    stated = report.get("summary")
    summary = stated if isinstance(stated, dict) else {}
    total, word = count(summary.get("total")), report.get("severity")
    counts = _by_severity(summary.get("summary"))
    counted = sum((counts or {}).values())
    level = _level(word)
    highest = _highest(counts or {}, level)
    fits = level in {None, Severity.NONE} or (level is highest and bool((counts or {}).get(level)))
    return Numbers(
        total=None if total is None else max(total, counted),
        severities=counts if counts and total == counted and total and fits else {},
        # What is not rated is none the less there.
        highest=None if highest is Severity.NONE and total != 0 else highest,
        is_risky=_is_risky(total, counted, level, word, can_be_clean=counts is not None),
    )


def _is_risky(
    total: int | None, counted: int, level: Severity | None, word: object, *, can_be_clean: bool
) -> bool | None:
    """Whether anything was found; None where the statements contradict each other, or lack one for a pass."""
    is_level = level is not None and level is not Severity.NONE and level is not Severity.UNKNOWN
    if total is None:
        return True if counted or is_level else None
    if total:
        # A word for safe beside a number; what is not rated was found all the same.
        return None if word == SAFE else True
    return False if can_be_clean and not counted and level is Severity.NONE else None


def _level(word: object) -> Severity | None:
    """The word for all; None if there is none, and NONE for what is safe or not rated."""
    if is_one_of(word, _NOT_STATED):
        return None
    known = {**INSTANCE_LEVELS, SAFE: Severity.NONE, NOT_RATED: Severity.NONE}
    return known.get(word, Severity.UNKNOWN) if isinstance(word, str) else Severity.UNKNOWN


def _by_severity(summary: object) -> dict[Severity, int] | None:
    """The numbers by severity; those of any other word are of unknown severity. None if they cannot be read."""
    if summary is None:
        return {}
    if not isinstance(summary, dict):
        return None
    found = dict.fromkeys(INSTANCE_LEVELS.values(), 0)
    for word, value in summary.items():
        if (number := count(value)) is None:
            return None
        severity = INSTANCE_LEVELS.get(word, Severity.UNKNOWN)
        found[severity] = found.get(severity, 0) + number
    return found


def _highest(counts: Mapping[Severity, int], level: Severity | None) -> Severity | None:
    """The highest severity that is stated in either way."""
    stated = [severity for severity, number in counts.items() if number]
    return min([*stated, *([level] if level else [])], key=lambda severity: severity.rank, default=None)
