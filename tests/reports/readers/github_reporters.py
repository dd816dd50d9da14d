"""Three actions that show JUnit reports in GitHub, from report-readers.md 1.3."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from tests.reports.readers.shown import Case, Reader, Shown, number, parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from tests.reports.readers.shown import State


def read_dorny(files: Mapping[str, str]) -> Shown:
    """The check run of dorny/test-reporter with its reporter java-junit."""
    shown = Shown()
    for file, root in parsed(files, shown):
        suites = root.findall("testsuite") if root.tag == "testsuites" else [root]
        times = []
        for suite in suites:
            if None in (suite.get("name"), *(case.get("name") for case in suite.findall("testcase"))):
                return Shown(problems=[f"an exception: something in {file} has no name"])
            times.append(number(suite.get("time")))
            shown.cases += [_dorny_case(suite, case) for case in suite.findall("testcase")]
        outer = number(root.get("time"))
        shown.seconds += sum(times) if math.isnan(outer) else outer
        if any(map(math.isnan, [*times, *(case.seconds for case in shown.cases)])):
            shown.problems.append(f"a time in {file} is shown as NaN")
    shown.count_cases()
    return shown


def _dorny_case(suite: Element, case: Element) -> Case:
    bad = case.find("failure")
    bad = case.find("error") if bad is None else bad
    class_name = case.get("classname", "undefined")
    group = "" if class_name == suite.get("name") else class_name
    is_skipped = bad is None and case.find("skipped") is not None
    return Case(
        suite=f"{suite.get('name', '').strip()}/{group}",
        name=case.get("name", "").strip(),
        state="failed" if bad is not None else "skipped" if is_skipped else "passed",
        seconds=number(case.get("time")),
        text=text_of(bad if bad is not None else case.find("skipped")),
    )


def read_mikepenz(files: Mapping[str, str]) -> Shown:
    """The check run and the table of mikepenz/action-junit-report."""
    shown = Shown()
    for file, root in parsed(files, shown):
        if root.tag not in {"testsuites", "testsuite"}:
            shown.problems.append(f"there is no suite in {file}")
        for suite in root.iter():
            shown.cases += [_mikepenz_case(suite, case) for case in suite.findall("testcase")]
    shown.seconds = sum(case.seconds for case in shown.cases)
    shown.count_cases()
    return shown


def _mikepenz_case(suite: Element, case: Element) -> Case:
    bad = [*case.findall("failure"), *case.findall("error")]
    skipped = case.find("skipped")
    found = bad[0] if bad else skipped
    time = case.get("time")
    return Case(
        suite=suite.get("name", ""),
        name=case.get("name", ""),
        state="skipped" if skipped is not None else "failed" if bad else "passed",
        seconds=0.0 if time is None else number(time),
        text="" if found is None else (found.get("message") or text_of(found)).strip(),
    )


_WORST_FIRST: tuple[State, ...] = ("error", "failed", "passed", "skipped")
_STATED: dict[State, str] = {"failed": "failures", "error": "errors", "skipped": "skipped"}


def read_enricomi(files: Mapping[str, str]) -> Shown:
    """The check run of EnricoMi/publish-unit-test-result-action; its runs and its tests have to agree."""
    shown = Shown(counts=dict.fromkeys(_WORST_FIRST, 0))
    for file, root in parsed(files, shown):
        if any(re.search("[^0-9.,]", element.get("time", "")) for element in root.iter()):
            return Shown(problems=[f"an exception: a time in {file} is no number"])
        for suite in root.findall("testsuite") if root.tag == "testsuites" else [root]:
            cases = [_enricomi_case(case) for case in _enricomi_cases(suite)]
            shown.cases += cases
            _add_runs(suite, cases, shown)
    shown.seconds = math.floor(shown.seconds)
    states: dict[tuple[str, str], set[State]] = defaultdict(set)
    for case in shown.cases:
        states[case.suite, case.name].add(case.state)
    tests = [next(state for state in _WORST_FIRST if state in found) for found in states.values()]
    counted = {state: tests.count(state) for state in _WORST_FIRST}
    if tests and counted != shown.counts:
        shown.problems.append(f"the tests are {counted}, the runs {shown.counts}")
    return shown


def _add_runs(suite: Element, cases: list[Case], shown: Shown) -> None:
    if not {"tests", *_STATED.values(), "time"} <= set(suite.keys()):
        # One attribute that is missing makes the parser count them all.
        shown.seconds += sum(case.seconds for case in cases)
        for case in cases:
            shown.counts[case.state] += 1
        return
    stated = {state: int(suite.get(name, "")) for state, name in _STATED.items()}
    stated["passed"] = int(suite.get("tests", "")) - sum(stated.values())
    for state, count in stated.items():
        shown.counts[state] += count
    shown.seconds += number(suite.get("time", "").replace(",", ""))


def _enricomi_cases(suite: Element) -> Iterator[Element]:
    for inner in suite.findall("testsuite"):
        yield from _enricomi_cases(inner)
    yield from (case for case in suite.findall("testcase") if case.get("name") or case.get("classname"))


def _enricomi_case(case: Element) -> Case:
    tags: dict[str, State] = {"error": "error", "failure": "failed", "skipped": "skipped"}
    found = next((case.find(tag) for tag in tags if case.find(tag) is not None), None)
    seconds = number(case.get("time"))
    return Case(
        suite=case.get("classname", ""),
        name=case.get("name", ""),
        state="passed" if found is None else tags[found.tag],
        seconds=0.0 if math.isnan(seconds) else seconds,
        text="" if found is None else found.get("message", text_of(found)),
    )


DORNY = Reader(read=read_dorny, state_of_error="failed")
MIKEPENZ = Reader(read=read_mikepenz, state_of_error="failed")
ENRICOMI = Reader(read=read_enricomi, is_rounded=True)
