"""GitLab's parser of JUnit reports, from report-readers.md 1.2."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.reports.readers.shown import Case, Reader, Shown, number, parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from tests.reports.readers.shown import State

MAX_XML_SIZE = 30 * 1024 * 1024
MAX_CASES = 500_000
REFUSED_TYPES = {"yaml", "symbol"}
CONVERTED_TYPES = {
    *("date", "datetime", "duration", "integer", "float", "decimal", "boolean", "string", "base64Binary"),
    *("hexBinary", "file", "double", "dateTime", "array", "binary"),
}
RESULTS: dict[str, State] = {"failure": "failed", "error": "error", "skipped": "skipped"}
"""The status by the name of the element; the first of them that a case has decides."""


def read(files: Mapping[str, str]) -> Shown:
    """The test report of one job with these files."""
    shown = Shown()
    kept: dict[tuple[str, ...], Case] = {}
    roots = [*parsed(files, shown)]
    shown.problems += [f"{name} is too large" for name, text in files.items() if len(text.encode()) > MAX_XML_SIZE]
    shown.problems += [problem for _, root in roots for problem in _refused(root)]
    if shown.problems:
        return shown  # The whole list of the job is an error.
    for _, root in roots:
        shown.problems += _converted(root)
        for suite, element in _cases(root):
            case = _case(element)
            shown.seconds += case.seconds
            key = (case.state, suite, element.get("classname", ""), case.name)
            if key in kept:
                shown.problems.append(f"one of two cases named {case.name} is not shown")
            kept[key] = case
    shown.cases = [*kept.values()]
    shown.count_cases()
    return shown


def _refused(root: Element) -> Iterator[str]:
    if sum(1 for _ in root.iter("testcase")) > MAX_CASES:
        yield "there are too many cases"
    yield from (
        f"the type {kind} is refused" for kind in REFUSED_TYPES if root.find(f".//*[@type='{kind}']") is not None
    )


def _converted(root: Element) -> Iterator[str]:
    kinds = {element.get("type") for element in root.iter()}
    yield from (f"the text of an element of the type {kind} is converted" for kind in kinds & CONVERTED_TYPES)


def _cases(root: Element, suite: str = "", depth: int = 0) -> Iterator[tuple[str, Element]]:
    if root.tag == "testsuites" and depth:
        return
    if depth or root.tag == "testsuite":
        for case in root.findall("testcase"):
            yield root.get("name", suite), case
    for inner in root.findall("testsuite"):
        yield from _cases(inner, inner.get("name", ""), depth + 1)


def _case(element: Element) -> Case:
    found = next((element.find(tag) for tag in RESULTS if element.find(tag) is not None), None)
    seconds = number(element.get("time"))
    return Case(
        suite=element.get("classname", ""),
        name=element.get("name", ""),
        state="passed" if found is None else RESULTS[found.tag],
        seconds=0.0 if math.isnan(seconds) else seconds,
        text=text_of(found),
    )


READER = Reader(read=read)
