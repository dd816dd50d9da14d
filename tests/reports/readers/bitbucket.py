"""The tests of a step in Bitbucket, from report-readers.md 1.5: the first failed cases, and nothing of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reports.readers.shown import Case, Shown, parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CASES, MAX_LENGTH = 100, 2000


def read(files: Mapping[str, str]) -> Shown:
    """The failed cases that Bitbucket lists of these files."""
    shown = Shown()
    for _, root in parsed(files, shown):
        for case in root.iter("testcase"):
            found = case.find("failure") if case.find("error") is None else case.find("error")
            if found is not None:
                text = text_of(found)[:MAX_LENGTH]
                name = case.get("name", "")[:MAX_LENGTH]
                shown.cases.append(
                    Case(suite=case.get("classname", ""), name=name, state="failed", seconds=0.0, text=text)
                )
    shown.cases = shown.cases[:MAX_CASES]
    shown.count_cases()
    return shown
