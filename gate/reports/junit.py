"""The `junit` report, for every CI host that shows tests: one case a rule, and one for each image that failed.

In the dialect of Jenkins' junit-10.xsd; GitLab shows the class name as the suite and drops cases of the same name
(ci-hosts.md 4.2).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from gate.policy import Decision
from gate.reports.failures import exceeds_failed_limit, left_out
from gate.text import MAX_REASON_LENGTH, one_line, without_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.outcome import Outcome
    from gate.scan import FailedImage

BUDGET = 29_000_000
"""Bytes: GitLab takes files of less than 30 MB."""
_RELEASE, _REST = "the release may go out", "images that are left out here"
_MARKS = {"failures": "<failure ", "errors": "<error ", "skipped": "<skipped "}
_ELEMENTS = {Decision.BLOCKED: "failure", Decision.UNDECIDED: "error"}


def render(outcome: Outcome, budget: int = BUDGET) -> str:
    """Renders one suite of at most `budget` bytes in UTF-8, the verdict first; the verdict is there at any price."""
    failed = outcome.task.failed_images if outcome.task else ()
    fate = "failure" if exceeds_failed_limit(outcome) else "skipped"
    verdict = _case("verdict", _RELEASE, *_verdict(outcome))
    most = dict.fromkeys(("tests", *_MARKS), len(failed) + 2)
    frame = _suite(outcome, [verdict, _case("image", _REST, fate, left_out(len(failed) + 1))], most)
    shown = list(_within(_images(failed, fate), budget - _size(frame)))
    cases = [verdict, *shown]
    if len(shown) < len(failed):
        cases.append(_case("image", _REST, fate, left_out(len(failed) - len(shown))))
    totals = {name: sum(mark in case for case in cases) for name, mark in _MARKS.items()}
    return _suite(outcome, cases, {"tests": len(cases), **totals})


def _suite(outcome: Outcome, cases: list[str], totals: dict[str, int]) -> str:
    attributes = {
        "name": "scan-gate",
        **totals,
        "time": f"{outcome.seconds:.3f}",
        "timestamp": f"{outcome.generated_at:%Y-%m-%dT%H:%M:%S}",
    }
    properties = {"cloud": outcome.cloud, "gate-version": outcome.gate_version, **outcome.outputs}
    listed = "".join(f"<property{_attributes(name=name, value=value)}/>\n" for name, value in properties.items())
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n<testsuite{_attributes(**attributes)}>\n'
    return f"{head}<properties>\n{listed}</properties>\n{''.join(cases)}</testsuite>\n</testsuites>\n"


def _verdict(outcome: Outcome) -> tuple[str, str]:
    message = " ".join(reason.message for reason in outcome.verdict.reasons)
    return _ELEMENTS.get(outcome.verdict.decision, ""), message


def _images(failed: Iterable[FailedImage], fate: str) -> Iterator[str]:
    # The number that a name was given last is kept: counting anew for each of many equal names would be quadratic.
    taken, numbers = {_RELEASE, _REST}, Counter[str]()
    for one in failed:
        name = unique = one_line(str(one.image)) or "an image without a name"
        while unique in taken:
            numbers[name] += 1
            unique = f"{name} ({numbers[name] + 1})"
        taken.add(unique)
        yield _case("image", unique, fate, one_line(one.reason, MAX_REASON_LENGTH) or "no reason given")


def _case(kind: str, name: str, fate: str, message: str) -> str:
    case = f"<testcase{_attributes(classname=f'scan-gate.{kind}', name=name)}"
    if not fate:
        return f"{case}/>\n"
    shown = one_line(message, MAX_REASON_LENGTH)
    said = _harmless(escape(shown))
    return f"{case}><{fate}{_attributes(type=kind, message=shown)}>{said}</{fate}></testcase>\n"


def _within(cases: Iterable[str], room: int) -> Iterator[str]:
    for case in cases:
        room -= _size(case)
        if room < 0:
            return
        yield case


def _attributes(**values: object) -> str:
    return "".join(
        f" {name}={_harmless(quoteattr(one_line(str(value), MAX_REASON_LENGTH)))}" for name, value in values.items()
    )


def _size(text: str) -> int:
    return len(text.encode())


def _harmless(markup: str) -> str:
    return without_commands(markup, "#&#35;")
