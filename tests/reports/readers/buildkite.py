"""Buildkite's plugin junit-annotate, from report-readers.md 1.5."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.reports.readers.shown import Case, Reader, Shown, number, parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from tests.reports.readers.shown import State

RESULTS: dict[str, State] = {"failure": "failed", "error": "error", "skipped": "skipped"}


def read(files: Mapping[str, str]) -> Shown:
    """The annotation of a build with these files, with its lists of slow and of skipped cases."""
    shown = Shown()
    total = 0
    for _, root in parsed(files, shown):
        for suite in root.iter("testsuite"):
            for case in suite.findall("testcase"):
                total += 1
                shown.cases += (listed := [*_listed(case)])
                if len(listed) > 1:
                    shown.problems.append(f"{case.get('name')} is listed {len(listed)} times")
    shown.seconds = sum(case.seconds for case in shown.cases)
    shown.count_cases()
    shown.counts["passed"] = total - sum(shown.counts[state] for state in RESULTS.values())
    return shown


def _listed(case: Element) -> Iterator[Case]:
    seconds = number(case.get("time"))
    plain = Case(
        suite=case.get("classname", ""),
        name=case.get("name", ""),
        state="passed",
        seconds=0.0 if math.isnan(seconds) else seconds,
    )
    found = [element for element in case if element.tag in RESULTS]
    for element in found:
        yield replace(plain, state=RESULTS[element.tag], text=element.get("message") or text_of(element).strip())
    if not found:
        yield plain


READER = Reader(read=read)
