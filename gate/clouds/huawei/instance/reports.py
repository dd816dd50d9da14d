"""Finds the report of vulnerabilities among those that an instance shows, by their media types (huawei-images.md 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.clouds.values import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPE = "application/vnd.security.vulnerability.report;version=1.1"
_MOST_OTHERS = 5
"""Types that are named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundReport:
    """The one report that counts, or why there is none."""

    report: Mapping[str, Any] | None
    problem: str = ""
    """Why none counts, in words; empty if one does."""
    others: tuple[str, ...] = ()
    """The types of the reports that do not count, in quotes."""


def find_report(document: Mapping[str, Any]) -> FoundReport:
    """Finds the report of vulnerabilities in an object with reports by their types, which may differ in case and space.

    More than one of its type, or one of another form, leave none: what does not count could be the one that matters.
    """
    of_type = [key for key in document if "".join(key.split()).lower() == _TYPE]
    others = tuple(sorted(quoted(key) for key in document if key not in of_type)[:_MOST_OTHERS])
    if len(of_type) != 1:
        many = f"{len(of_type)} reports" if of_type else "no report"
        return FoundReport(report=None, problem=f"{many} of vulnerabilities", others=others)
    report = document[of_type[0]]
    if not isinstance(report, dict):
        return FoundReport(report=None, problem="a report that is no object", others=others)
    return FoundReport(report=report, others=others)
