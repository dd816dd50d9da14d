"""The agent of Azure Pipelines, from report-readers.md 1.4: one test run for each file."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.reports.readers.shown import Case, Reader, Shown, number, parsed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from tests.reports.readers.shown import State

RESULTS: dict[str, State] = {"failure": "failed", "error": "failed", "skipped": "skipped"}
"""The outcome by the name of the element; the first of them that a case has decides."""


def read(files: Mapping[str, str]) -> Shown:
    """The test runs that PublishTestResults makes of these files."""
    shown = Shown()
    starts: list[datetime] = []
    for file, root in parsed(files, shown):
        suites = root.findall("testsuite") if root.tag == "testsuites" else [root]
        times = [number(suite.get("time")) for suite in suites]
        begins = [_date(suite.get("timestamp")) for suite in suites]
        known = [begin for begin in begins if begin is not None]
        if len(known) < len(suites) or any(map(math.isnan, times)):
            shown.problems.append(f"the run of {file} starts when it is published")
            shown.seconds += sum(time for time in times if time >= 0)
        elif known:
            ends = [begin + timedelta(seconds=time) for begin, time in zip(known, times, strict=True)]
            shown.seconds += (max(ends) - min(known)).total_seconds()
            starts.append(min(known))
        for suite in suites:
            for inner in suite.iter("testsuite"):
                shown.cases += _cases(inner, root.get("name", "") if len(suites) > 1 else suite.get("name", ""), shown)
    shown.started_at = min(starts, default=None)
    shown.count_cases()
    return shown


def _cases(suite: Element, run: str, shown: Shown) -> list[Case]:
    cases = []
    for case in suite.findall("testcase"):
        if not case.get("name"):
            shown.problems.append("a case without a name is dropped")
            continue
        found = next((case.find(tag) for tag in RESULTS if case.find(tag) is not None), None)
        seconds = number(case.get("time"))
        cases.append(
            Case(
                suite=f"{run}/{case.get('classname', '')}",
                name=case.get("name", ""),
                state="passed" if found is None else RESULTS[found.tag],
                seconds=seconds if seconds >= 0 else 0.0,
                text="" if found is None else found.get("message", ""),
            )
        )
    return cases


def _date(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


READER = Reader(read=read, state_of_error="failed", shows_start=True)
