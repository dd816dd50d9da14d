"""The `junit` report, for every CI system that shows tests: a case for the verdict, and one for each named image.

An image that was scanned and has no risks passes. One that is risky or could not be scanned fails where this blocks
the release, and is skipped where the policy allows it or the run is undecided. One without a result is an error of an
undecided run, and skipped otherwise.

In the dialect of Jenkins' junit-10.xsd. Readers identify a case by its class and name, and show one of two equal ones
(report-readers.md 1).
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from gate.image_description import predicate, short_name
from gate.policy import Decision
from gate.reports.context import context_rows
from gate.reports.images import CHECKS, blocks, failed_check, is_clean, left_out, named_images, passed_release
from gate.reports.size_limits import MAX_JUNIT_SIZE, count_fitting, size
from gate.text import MAX_REASON_LENGTH, escape_commands_in_markup, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gate.image import ScannedImage
    from gate.outcome import Outcome
    from gate.reports.images import NamedImages

_RELEASE, _REST = "the release may go out", "images that are left out here"
_TOTALS = {"failure": "failures", "error": "errors", "skipped": "skipped"}
"""The attribute that counts the cases with an element of this name."""
_ELEMENTS = {Decision.PASSED: "", Decision.BLOCKED: "failure", Decision.UNDECIDED: "error"}
_END = "</testsuite>\n</testsuites>\n"


def render(outcome: Outcome, max_size: int = MAX_JUNIT_SIZE) -> Iterator[str]:
    """Renders one suite of at most `max_size` bytes in UTF-8, the verdict first, which is always there."""
    named, element_of = named_images(outcome), _elements(outcome)
    element = _ELEMENTS[outcome.verdict.decision]
    message = " ".join(reason.message for reason in outcome.verdict.reasons) or passed_release(outcome)
    suite = one_line(f"scan-gate.{outcome.own_name}") if outcome.own_name else "scan-gate"
    verdict = _case(suite, "verdict", _RELEASE, _result("verdict", element, message), seconds=outcome.seconds)

    # The head counts the cases that follow it, so that the images are rendered once to measure, and once to write.
    largest = dict.fromkeys(("tests", *_TOTALS.values()), len(named) + 2)
    frame = (_head(suite, outcome, largest), verdict, _rest(suite, named, element_of), _END)
    shown = count_fitting(_images(suite, named, element_of), max_size - sum(map(size, frame)))
    first, rest = named.parted(shown)

    totals = Counter([element]) + first.count(element_of) + Counter([_worst(rest, element_of)] if rest else [])
    yield _head(suite, outcome, {"tests": totals.total(), **{_TOTALS[name]: totals[name] for name in _TOTALS}})
    yield verdict
    yield from _images(suite, first, element_of)
    yield _rest(suite, rest, element_of)
    yield _END


def _elements(outcome: Outcome) -> Callable[[ScannedImage], str]:
    """Tells the element of each image's case; it is empty for one that passes."""
    is_blocking = {check: blocks(check, outcome) for check in CHECKS}
    without_result = "error" if outcome.verdict.decision is Decision.UNDECIDED else "skipped"

    def element_of(image: ScannedImage) -> str:
        if check := failed_check(image):
            return "failure" if is_blocking[check] else "skipped"
        return "" if is_clean(image) else without_result

    return element_of


def _head(suite: str, outcome: Outcome, totals: dict[str, int]) -> str:
    # On both levels, since some readers look at the outer one only; the schema has no count of skipped cases there.
    both = {"name": suite, "time": f"{outcome.seconds:.3f}"} | {
        name: count for name, count in totals.items() if name != _TOTALS["skipped"]
    }
    # When the suite started; readers that show when it ended add its time (report-readers.md 1.1 and 1.4).
    started_at = outcome.generated_at - timedelta(seconds=outcome.seconds)
    attributes = both | totals | {"timestamp": f"{started_at:%Y-%m-%dT%H:%M:%S}"}
    properties = {row.key: row.value for row in context_rows(outcome)} | outcome.outputs
    properties |= {f"{row.key}-url": row.url for row in context_rows(outcome) if row.url}
    if outcome.counts_note:
        properties["counts"] = outcome.counts_note.strip(" ()")
    listed = "".join(f"<property{_attributes(name=name, value=value)}/>\n" for name, value in properties.items())
    suites = f"<testsuites{_attributes(**both)}>\n<testsuite{_attributes(**attributes)}>\n"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{suites}<properties>\n{listed}</properties>\n'


def _images(suite: str, images: Iterable[ScannedImage], element_of: Callable[[ScannedImage], str]) -> Iterator[str]:
    # Of each name, the number given last is kept: counting again for each of many equal names would be quadratic.
    taken, numbers = {_RELEASE, _REST}, Counter[str]()
    for image in images:
        name = unique = short_name(image.image) or "an image without a name"
        while unique in taken:
            numbers[name] += 1
            unique = f"{name} ({numbers[name] + 1})"
        taken.add(unique)
        yield _case(suite, "image", unique, _result("image", element_of(image), predicate(image)))


def _rest(suite: str, images: NamedImages, element_of: Callable[[ScannedImage], str]) -> str:
    """The case that stands for images for which there is no room; empty without any."""
    if not images:
        return ""
    return _case(suite, "image", _REST, _result("image", _worst(images, element_of), left_out(len(images))))


def _worst(images: NamedImages, element_of: Callable[[ScannedImage], str]) -> str:
    """The element of the case that stands for these images: one that no reader counts as passed."""
    elements = images.count(element_of)
    return next((element for element in _TOTALS if element in elements), "skipped")


def _case(suite: str, kind: str, name: str, result: str, *, seconds: float = 0.0) -> str:
    start = f'<testcase classname={_quoted_class(suite, kind)} name={_quote(name)} time="{seconds:.3f}"'
    return f"{start}>{result}</testcase>\n" if result else f"{start}/>\n"


@lru_cache(maxsize=2)  # There are two in a report.
def _quoted_class(suite: str, kind: str) -> str:
    return _quote(f"{suite}.{kind}")


@lru_cache(maxsize=64)  # Thousands of images fail for the same few reasons.
def _result(kind: str, element: str, message: str) -> str:
    shown = one_line(message, MAX_REASON_LENGTH)
    text = escape_commands_in_markup(escape(shown))
    if element:
        return f"<{element}{_attributes(type=kind, message=shown)}>{text}</{element}>"
    return f"<system-out>{text}</system-out>" if text else ""


def _attributes(**values: object) -> str:
    return "".join(f" {name}={_quote(one_line(str(value), MAX_REASON_LENGTH))}" for name, value in values.items())


def _quote(value: str) -> str:
    return escape_commands_in_markup(quoteattr(value))
