"""Translates the rows of Security Center's lists of findings (alibaba-images.md 3.2, 5)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from gate.clouds.values import as_text, count, is_one_of, text
from gate.finding import Finding
from gate.image import Severity
from gate.scan import ScanScope
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Row = dict[str, Any]
_NECESSITIES = {"asap": Severity.HIGH, "later": Severity.MEDIUM, "nntf": Severity.LOW}
_LEVELS = {"serious": Severity.HIGH, "suspicious": Severity.MEDIUM, "remind": Severity.LOW}
_GROUP_COUNTS = {"AsapCount": "asap", "LaterCount": "later", "NntfCount": "nntf"}
"""The highest first: the counts are over images, so a row of one image has one of them."""
_BASELINE_COUNTS = {
    "HighRiskItemCount": ("high", Severity.HIGH),
    "MiddleRiskItemCount": ("medium", Severity.MEDIUM),
    "LowRiskItemCount": ("low", Severity.LOW),
}
_HANDLED = {4: "fixing", 7: "fixed"}
"""What DescribeImageVulList calls a finding that is not open (1)."""
_HANDLED_IN_GROUPS = {1: "handled", 2: "verifying", 3: "whitelisted"}
"""The same in the lists of groups, where an open one is 0."""
_LIBRARY = re.compile(r"imgsca:[^:]*:(?P<package>.+):[^:]+")
_MAX_ITEMS = 10_000
"""Of one row of the baseline: more are no number of failed checks."""
_MAX_WORD, _MAX_ID = 80, 300
"""Characters."""


def system_vulnerabilities(row: Row) -> Iterator[Finding]:
    """The vulnerability of one row of DescribeImageVulList, in each package that has it."""
    necessity = row.get("Necessity")
    for package, version in _packages(row) or [("", "")]:
        yield Finding(
            id=_id(row.get("Name")),
            cves=_related(row),
            package=package,
            version=version,
            severity=_severity(necessity, _NECESSITIES),
            raw_severity=_word(necessity),
            kind=ScanScope.VULNERABILITY,
            handled=_handled(row.get("Status"), 1, _HANDLED),
        )


def library_vulnerability(row: Row) -> Finding:
    """The vulnerability of one row of DescribeImageGroupedVulList, in the library that its name names."""
    name = _id(row.get("Name"))
    library = _LIBRARY.fullmatch(name)
    stated = next((word for field, word in _GROUP_COUNTS.items() if count(row.get(field))), "")
    return Finding(
        id=name,
        cves=_related(row),
        package=library["package"] if library else "",
        severity=_NECESSITIES.get(stated, Severity.UNKNOWN),
        raw_severity=stated,
        kind=ScanScope.VULNERABILITY,
        handled=_handled(row.get("Status"), 0, _HANDLED_IN_GROUPS),
    )


def malicious_file(row: Row) -> Finding:
    """The malicious file of one row of DescribeGroupedMaliciousFiles."""
    return Finding(
        id=_id(row.get("MaliciousName")),
        # Files of one name differ by this.
        version=one_line(text(row.get("MaliciousMd5")), _MAX_WORD),
        severity=_severity(row.get("Level"), _LEVELS),
        raw_severity=_word(row.get("Level")),
        kind=ScanScope.MALICIOUS_FILE,
        handled=_handled(row.get("Status"), 0, _HANDLED_IN_GROUPS),
    )


def failed_checks(row: Row) -> list[Finding] | None:
    """The failed checks of one row of DescribeImageBaselineCheckResult, which counts them; None if it does not."""
    numbers = {field: count(row.get(field)) for field in _BASELINE_COUNTS}
    if None in numbers.values() or sum(filter(None, numbers.values())) > _MAX_ITEMS:
        return None
    return [
        Finding(
            id=_id(row.get("BaselineNameKey")),
            severity=severity,
            raw_severity=word,
            kind=ScanScope.BASELINE,
            handled=_handled(row.get("Status"), 0, {1: "fixed", 2: "to verify", 3: "failed to fix"}),
        )
        for field, (word, severity) in _BASELINE_COUNTS.items()
        for _ in range(numbers[field] or 0)
    ]


def _packages(row: Row) -> list[tuple[str, str]]:
    details = row.get("ExtendContentJson")
    if isinstance(details, str):
        try:
            details = json.loads(details)
        except (ValueError, RecursionError):
            details = None
    listed = details.get("RpmEntityList") if isinstance(details, dict) else None
    packages = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    found = ((text(one.get("Name")), text(one.get("FullVersion")) or text(one.get("Version"))) for one in packages)
    return list(dict.fromkeys((one_line(name, _MAX_ID), one_line(version, _MAX_ID)) for name, version in found))


def _related(row: Row) -> tuple[str, ...]:
    """Every id that it stands for: a waiver has to name all of them, and some are not CVEs."""
    names = (one_line(name, _MAX_ID) for name in text(row.get("Related")).split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def _severity(word: object, words: Mapping[str, Severity]) -> Severity:
    return words.get(word, Severity.UNKNOWN) if isinstance(word, str) else Severity.UNKNOWN


def _handled(status: object, still_open: int, words: Mapping[int, str]) -> str:
    """What was decided in the console; empty for a finding that is open, or says nothing of it."""
    if is_one_of(status, (None, "", still_open, str(still_open))):
        return ""
    number = int(status) if isinstance(status, str) and status.isascii() and status.isdecimal() else count(status)
    return words.get(number, _word(status)) if number is not None else _word(status)


def _id(value: object) -> str:
    return one_line(text(value), _MAX_ID)


def _word(value: object) -> str:
    return one_line(as_text(value), _MAX_WORD) if value is not None else ""
