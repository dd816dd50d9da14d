"""The `junit` report, for every CI host that shows tests: one case a rule, and one for each image that failed.

In the dialect of Jenkins' junit-10.xsd; GitLab shows the class name as the suite and drops cases of the same name
(ci-hosts.md 4.2).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from gate.policy import Decision
from gate.reports.failures import are_too_many, left_out
from gate.text import A_REASON, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.outcome import Outcome
    from gate.scan import FailedImage

BUDGET = 29_000_000
"""Bytes: GitLab takes files of less than 30 MB."""
_FATES = {Decision.BLOCKED: "failure", Decision.UNDECIDED: "error"}


def render(outcome: Outcome, budget: int = BUDGET) -> str:
    """Renders one suite of at most `budget` bytes in UTF-8, the verdict first."""
    cases = [_case("verdict", "the release may go out", *_verdict(outcome))]
    failed = outcome.task.failed_images if outcome.task else ()
    fate = "failure" if are_too_many(outcome) else "skipped"
    room = budget - len(cases[0].encode()) - 1000
    shown = list(_within(_images(failed, fate), room))
    cases += shown
    if len(shown) < len(failed):
        cases.append(_case("image", "images that are left out here", fate, left_out(len(failed) - len(shown))))
    tests = {"failures": "<failure ", "errors": "<error ", "skipped": "<skipped "}
    totals = {name: sum(mark in case for case in cases) for name, mark in tests.items()}
    return _suite(outcome, cases, totals)


def _suite(outcome: Outcome, cases: list[str], totals: dict[str, int]) -> str:
    attributes = {
        "name": "scan-gate",
        "tests": len(cases),
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
    return _FATES.get(outcome.verdict.decision, ""), message


def _images(failed: Iterable[FailedImage], fate: str) -> Iterator[str]:
    met: Counter[str] = Counter()
    for one in failed:
        name = one_line(str(one.image)) or "an image without a name"
        met[name] += 1
        name += f" ({met[name]})" if met[name] > 1 else ""
        yield _case("image", name, fate, one.reason or "no reason given")


def _case(kind: str, name: str, fate: str, message: str) -> str:
    case = f"<testcase{_attributes(classname=f'scan-gate.{kind}', name=name)}"
    if not fate:
        return f"{case}/>\n"
    shown = one_line(message, A_REASON)
    return f"{case}><{fate}{_attributes(type=kind, message=shown)}>{escape(shown)}</{fate}></testcase>\n"


def _within(cases: Iterable[str], room: int) -> Iterator[str]:
    for case in cases:
        room -= len(case.encode())
        if room < 0:
            return
        yield case


def _attributes(**values: object) -> str:
    return "".join(f" {name}={quoteattr(one_line(str(value), A_REASON))}" for name, value in values.items())
