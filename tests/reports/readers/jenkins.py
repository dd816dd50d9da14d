"""Jenkins' junit step, from report-readers.md 1.1."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.reports.readers.shown import Case, Reader, Shown, parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

YEAR = 365 * 24 * 60 * 60
UNSAFE = re.compile(r'[\x00-\x20\x7f"#%/:<>?\[\\\]^`{|}]')


@dataclass
class _Suite:
    name: str
    has_time: bool
    seconds: float
    started_at: datetime | None
    cases: list[Case] = field(default_factory=list)


def read(files: Mapping[str, str]) -> Shown:
    """The result of a build whose `junit` step finds these files."""
    shown = Shown()
    suites: dict[str, _Suite] = {}
    for _, root in parsed(files, shown):
        for element in _suites(root, shown):
            suite = _suite(element, shown)
            known = suites.setdefault(suite.name, suite)
            if known is not suite:
                shown.problems.append(f"two suites named {suite.name} are merged")
                known.cases += suite.cases
                known.seconds += suite.seconds
    for suite in suites.values():
        names = Counter((case.suite, case.name) for case in suite.cases)
        shown.problems += [f"{name} has no history of its own" for name, count in names.items() if count > 1]
        shown.cases += suite.cases
    shown.seconds = sum(suite.seconds for suite in suites.values())
    shown.started_at = min((suite.started_at for suite in suites.values() if suite.started_at), default=None)
    shown.count_cases()
    return shown


def _suites(root: Element, shown: Shown) -> Iterator[Element]:
    for inner in root.findall("testsuite"):
        yield from _suites(inner, shown)
    if root.find("testcase") is not None or root.find("error") is not None:
        yield root
    elif root.tag == "testsuite" and root.find("testsuite") is None:
        shown.problems.append("a suite without a case is not shown")


def _suite(element: Element, shown: Shown) -> _Suite:
    name = element.get("name")
    package = element.get("package")
    plain = "(file)" if name is None else f"{package}.{name}" if package else name
    cases = [_case(case, name) for case in element.findall("testcase")]
    time = element.get("time")
    started_at = _start(element.get("timestamp"), shown)
    seconds = sum(case.seconds for case in cases) if time is None else _seconds(time)
    return _Suite(UNSAFE.sub("_", plain) or "(empty)", time is not None, seconds, started_at, cases)


def _case(element: Element, suite: str | None) -> Case:
    name, class_name = element.get("name", ""), element.get("classname", suite)
    if class_name is None:
        class_name, _, name = name.rpartition(".")
    bad = element.find("error")
    bad = element.find("failure") if bad is None else bad
    skipped = element.find("skipped")
    package, _, simple = class_name.rpartition(".")
    details = "" if bad is None else bad.get("message", "")
    return Case(
        suite=f"{package or '(root)'}.{simple}",
        name=name or "(?)",
        state="skipped" if skipped is not None else "passed" if bad is None else "failed",
        seconds=_seconds(element.get("time")),
        text=details if skipped is None else skipped.get("message", text_of(skipped)),
    )


def _seconds(text: str | None) -> float:
    try:
        return min(max(float((text or "").replace(",", "")), 0.0), YEAR)
    except ValueError:
        return 0.0


def _start(text: str | None, shown: Shown) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        shown.problems.append(f"{text} is no start time")
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


READER = Reader(read=read, state_of_error="failed", shows_start=True)
