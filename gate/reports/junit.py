"""The `junit` report, for every CI system that shows tests: a case for the verdict, and one for each failed image.

In the dialect of Jenkins' junit-10.xsd. Readers identify a case by its class and name, and show one of two equal ones
(report-readers.md 1).
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from gate.policy import Decision
from gate.reports.failures import exceeds_failed_limit, left_out
from gate.reports.size_limits import MAX_JUNIT_SIZE, count_fitting, size
from gate.text import MAX_REASON_LENGTH, escape_commands_in_markup, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.image import FailedImage
    from gate.outcome import Outcome

_RELEASE, _REST = "the release may go out", "images that are left out here"
_TOTALS = {"failure": "failures", "error": "errors", "skipped": "skipped"}
"""The attribute that counts the cases with an element of this name."""
_ELEMENTS = {Decision.PASSED: "", Decision.BLOCKED: "failure", Decision.UNDECIDED: "error"}
_END = "</testsuite>\n</testsuites>\n"


def render(outcome: Outcome, max_size: int = MAX_JUNIT_SIZE) -> Iterator[str]:
    """Renders one suite of at most `max_size` bytes in UTF-8, the verdict first, which is always there."""
    failed = outcome.task.failed_images if outcome.task else ()
    element = _ELEMENTS[outcome.verdict.decision]
    message = " ".join(reason.message for reason in outcome.verdict.reasons)
    suite = one_line(f"scan-gate.{outcome.own_name}") if outcome.own_name else "scan-gate"
    verdict = _case(suite, "verdict", _RELEASE, _result("verdict", element, message), seconds=outcome.seconds)
    element_of_image = "failure" if exceeds_failed_limit(outcome) else "skipped"

    # The head counts the cases that follow it, so that the images are rendered once to measure, and once to write.
    largest = dict.fromkeys(("tests", *_TOTALS.values()), len(failed) + 2)
    frame = (_head(suite, outcome, largest), verdict, _rest(suite, outcome, len(failed) + 1, element_of_image), _END)
    shown = count_fitting(_images(suite, failed, element_of_image), max_size - sum(map(size, frame)))
    rest = _rest(suite, outcome, len(failed) - shown, element_of_image)

    images = shown + bool(rest)
    totals = Counter({element: 1}) + Counter({element_of_image: images})
    yield _head(suite, outcome, {"tests": 1 + images, **{_TOTALS[name]: totals[name] for name in _TOTALS}})
    yield verdict
    yield from islice(_images(suite, failed, element_of_image), shown)
    yield rest
    yield _END


def _head(suite: str, outcome: Outcome, totals: dict[str, int]) -> str:
    # On both levels, since some readers look at the outer one only; the schema has no count of skipped cases there.
    both = {"name": suite, "time": f"{outcome.seconds:.3f}"} | {
        name: count for name, count in totals.items() if name != _TOTALS["skipped"]
    }
    # When the suite started; readers that show when it ended add its time (report-readers.md 1.1 and 1.4).
    started_at = outcome.generated_at - timedelta(seconds=outcome.seconds)
    attributes = both | totals | {"timestamp": f"{started_at:%Y-%m-%dT%H:%M:%S}"}
    properties = {"cloud": outcome.cloud, "gate-version": outcome.gate_version, **outcome.outputs}
    if outcome.counts_note:
        properties["counts"] = outcome.counts_note.strip(" ()")
    listed = "".join(f"<property{_attributes(name=name, value=value)}/>\n" for name, value in properties.items())
    suites = f"<testsuites{_attributes(**both)}>\n<testsuite{_attributes(**attributes)}>\n"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{suites}<properties>\n{listed}</properties>\n'


def _images(suite: str, failed: Iterable[FailedImage], element: str) -> Iterator[str]:
    # Of each name, the number given last is kept: counting again for each of many equal names would be quadratic.
    taken, numbers = {_RELEASE, _REST}, Counter[str]()
    for image in failed:
        name = unique = one_line(str(image.image)) or "an image without a name"
        while unique in taken:
            numbers[name] += 1
            unique = f"{name} ({numbers[name] + 1})"
        taken.add(unique)
        yield _case(suite, "image", unique, _result("image", element, image.reason))


def _rest(suite: str, outcome: Outcome, count: int, element: str) -> str:
    return _case(suite, "image", _REST, _result("image", element, left_out(count, outcome))) if count else ""


def _case(suite: str, kind: str, name: str, result: str, *, seconds: float = 0.0) -> str:
    start = f'<testcase classname={_quoted_class(suite, kind)} name={_quote(name)} time="{seconds:.3f}"'
    return f"{start}>{result}</testcase>\n" if result else f"{start}/>\n"


@lru_cache(maxsize=2)  # There are two in a report.
def _quoted_class(suite: str, kind: str) -> str:
    return _quote(f"{suite}.{kind}")


@lru_cache(maxsize=64)  # Thousands of images fail for the same few reasons.
def _result(kind: str, element: str, message: str) -> str:
    if not element:
        return ""
    shown = one_line(message, MAX_REASON_LENGTH) or "no reason given"
    text = escape_commands_in_markup(escape(shown))
    return f"<{element}{_attributes(type=kind, message=shown)}>{text}</{element}>"


def _attributes(**values: object) -> str:
    return "".join(f" {name}={_quote(one_line(str(value), MAX_REASON_LENGTH))}" for name, value in values.items())


def _quote(value: str) -> str:
    return escape_commands_in_markup(quoteattr(value))
