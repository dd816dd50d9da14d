"""Translates what an instance shows of one image into its state: only what is plainly a success is one.

What must not pass is in huawei-images.md 8.1; the form of the times is not verified (9), so any other one than that of
the documents is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.images.names import normalised_digest
from gate.clouds.huawei.images.swr import is_index
from gate.clouds.huawei.instance.numbers import parse_numbers
from gate.clouds.huawei.instance.reports import find_report
from gate.clouds.values import as_text, datetime_from_text, is_one_of, malformed, quoted, text
from gate.image import ImageState, ScannedImage
from gate.scan import ScanScope
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gate.image import ImageRef

_STATES = {
    "Pending": ImageState.SCANNING,
    "Running": ImageState.SCANNING,
    "Success": ImageState.SCANNED,
    "Error": ImageState.FAILED,
}
_NEVER_SCANNED: tuple[object, ...] = (None, {})
_COMPLETE: tuple[object, ...] = (None, 100)
"""The values of `complete_percent` beside a success."""
_INDEX = "it is an index of several images, which an instance does not scan as one"
_FAILURE = "its instance of SWR Enterprise states no reason"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)
_MAX_WORD = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownArtifact:
    """One image as its instance shows it."""

    image: ScannedImage
    started_at: datetime | None = None
    """The start of its scan, aware, in UTC."""
    status: str = ""
    """The state of its scan in the word of the instance."""
    report: tuple[str, ...] = ()
    """What tells one report from another: a new scan changes it."""
    other_reports: tuple[str, ...] = ()
    """The types of reports that do not count, in quotes."""


def missing(image: ImageRef, reason: str) -> ShownArtifact:
    """An image that its instance does not show."""
    return ShownArtifact(image=ScannedImage(image=image, state=ImageState.MISSING, reason=reason))


def parse_artifact(image: ImageRef, document: Mapping[str, Any]) -> ShownArtifact:
    """Translates the response of ShowInstanceArtifact.

    Raises:
        NotUnderstood: It is about another digest.
    """
    if normalised_digest(document.get("digest")) != image.digest:
        raise malformed("The response of ShowInstanceArtifact is about another digest than the requested one.")
    if is_index(document):
        return _shown(image, ImageState.NOT_SCANNABLE, reason=_INDEX)
    overview = document.get("scan_overview")
    if is_one_of(overview, _NEVER_SCANNED):
        return _shown(image, ImageState.WAITING, raw_state="never scanned")
    if not isinstance(overview, dict):
        return _shown(image, ImageState.UNKNOWN, raw_state="an overview that is no object")
    found = find_report(overview)
    if found.report is None:
        return _shown(image, ImageState.UNKNOWN, raw_state=found.problem, other_reports=found.others)
    return _of_report(image, found.report, found.others)


def time_of(value: object) -> datetime | None:
    """The time from a text in ISO 8601 with a zone, as in the documents' example; None for anything else."""
    return datetime_from_text(value) if _TIME.fullmatch(text(value)) else None


def _of_report(image: ImageRef, report: Mapping[str, Any], others: tuple[str, ...]) -> ShownArtifact:
    status, start, end = report.get("scan_status"), time_of(report.get("start_time")), time_of(report.get("end_time"))
    state = _STATES.get(status, ImageState.UNKNOWN) if isinstance(status, str) else ImageState.UNKNOWN
    raw_state = one_line(as_text(status), _MAX_WORD) if status else "none given"
    if state is ImageState.SCANNED and (doubt := _why_not_plain(report, start, end)):
        state, raw_state = ImageState.UNKNOWN, f"{raw_state}, {doubt}"
    identity = tuple(as_text(report.get(name)) for name in ("report_id", "scan_status", "start_time", "end_time"))
    if state is not ImageState.SCANNED:
        ended_at = end if state is ImageState.FAILED else None
        reason = _FAILURE if state is ImageState.FAILED else ""
        seen = ScannedImage(image=image, state=state, raw_state=raw_state, scanned_at=ended_at, reason=reason)
        return ShownArtifact(image=seen, status=text(status), report=identity, other_reports=others)
    numbers = parse_numbers(report)
    seen = ScannedImage(
        image=image,
        state=state,
        raw_state=raw_state,
        scanned_at=end,
        kinds={} if numbers.total is None else {ScanScope.VULNERABILITY: numbers.total},
        severities=numbers.severities,
        highest=numbers.highest,
        is_risky=numbers.is_risky,
    )
    return ShownArtifact(image=seen, started_at=start, status=text(status), report=identity, other_reports=others)


def _why_not_plain(report: Mapping[str, Any], start: datetime | None, end: datetime | None) -> str:
    """What speaks against a success, in a few words; empty if nothing does."""
    for name, time in (("end_time", end), ("start_time", start)):
        if time is None:
            return f"with the {name} {quoted(report.get(name))}"
    if start and end and start > end:
        return "with an end before its start"
    if not is_one_of(report.get("complete_percent"), _COMPLETE):
        return f"at {quoted(report.get('complete_percent'))} per cent"
    return ""


def _shown(
    image: ImageRef,
    state: ImageState,
    *,
    raw_state: str = "",
    reason: str = "",
    other_reports: tuple[str, ...] = (),
) -> ShownArtifact:
    seen = ScannedImage(image=image, state=state, raw_state=raw_state, reason=reason)
    return ShownArtifact(image=seen, other_reports=other_reports)
