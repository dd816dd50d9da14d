"""Translates the rows of DescribeImageInstances into the state of one image (alibaba-security-center.md 2.2).

An image may have several rows, one for each of its tags and repositories; they all count as this image.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.translate import (
    NO_FINDINGS_VALUES,
    NOT_STATED,
    SUCCESS_VALUES,
    UNSUPPORTED_REGION,
    parse_image_result,
    risk_of,
    scan_times,
)
from gate.clouds.values import as_text, is_one_of, text
from gate.image import ImageState, ScannedImage
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from gate.image import ImageRef
    from gate.scan import ScanScope

_PENDING, _SUCCESS = "INIT", "SUCCESS"
_STATES = {
    **dict.fromkeys(
        (
            *("START", "MESSAGE_SEND", "START_RUN", "DOWNLOAD", "PRE_ANALYZER", "PRE_ANALYZER_SUCCESS"),
            *("WEB_SHELL_ANALYZER", "CVE_ANALYZER", "BIN_ANALYZER", "OTHER_ANALYZER"),
        ),
        ImageState.SCANNING,
    ),
    # TIMOUT is the spelling in the documents of DescribeImageLatestScanTask.
    **dict.fromkeys(("FAIL", "TIMEOUT", "TIMOUT"), ImageState.FAILED),
}
REPEATED = "forbid_create_repeat_task"
"""The result of a scan that was refused because another one of this image was running."""
_NO_TASK: tuple[object, ...] = (*SUCCESS_VALUES, "TASK_NOT_EXISTS")
_NOT_STARTED: tuple[object, ...] = (None, 0, "0")
_MAX_WORD = 80
"""Characters of a state or reason that are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRow:
    """What one row says of an image: the image under one of its tags."""

    digest: str
    """Without its prefix."""
    namespace: str = ""
    name: str = ""
    tag: str = ""
    uuid: str = ""
    """By which its findings are counted; empty if it has none."""
    state: ImageState
    raw_state: str = ""
    reason: str = ""
    scanned_at: datetime | None = None
    """The earlier one where a row states two times."""
    latest_at: datetime | None = None
    """The later one; it may not be in the future either."""
    is_from_before_push: bool = False
    """Whether the image came under this tag after the scan, so that the result may be that of another image."""
    is_risky: bool | None = None
    """None if the cloud says neither YES nor NO, or NO although a part of the scan found something."""
    kinds: Mapping[ScanScope, int] = field(default_factory=dict)
    clean_kinds: frozenset[ScanScope] = frozenset()
    """The kinds of findings of which every field says that there are none."""
    has_vulnerabilities: bool = False
    """Whether any field of the row says so, or says something that is neither yes nor no."""

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from other rows, whatever image it is about."""
        return (self.uuid, self.namespace, self.name, self.tag)


def parse_row(row: Mapping[str, Any]) -> ImageRow:
    """Translates one entry of ImageInstanceList."""
    times, result = scan_times(row), parse_image_result(row)
    return ImageRow(
        digest=result.digest,
        namespace=text(row.get("RepoNamespace")),
        name=text(row.get("RepoName")),
        tag=text(row.get("Tag")),
        uuid=text(row.get("Uuid")),
        state=_state(row, has_time=bool(times)),
        raw_state=_raw_state(row),
        reason=_word(row.get("ScaStatus") if is_one_of(row.get("ScaResult"), SUCCESS_VALUES) else row["ScaResult"]),
        scanned_at=min(times, default=None),
        latest_at=max(times, default=None),
        is_from_before_push=result.is_from_before_push,
        is_risky=result.is_risky,
        kinds=result.kinds,
        clean_kinds=result.clean_kinds,
        has_vulnerabilities=any(not is_one_of(row.get(name), NO_FINDINGS_VALUES) for name in ("VulStatus", "VulCount")),
    )


def as_image(image: ImageRef, rows: Sequence[ImageRow], listed_digest: str = "") -> ScannedImage:
    """What these rows of an image say of it, whatever scan they are about.

    A scan that runs under one tag may still change the result of another one, and so may a state that nobody
    documents: neither is left out for a result that is there.
    """
    if not rows:
        return ScannedImage(image=image, state=ImageState.MISSING, listed_digest=listed_digest)
    states = [row.state for row in rows]
    unclear = next((state for state in (ImageState.SCANNING, ImageState.UNKNOWN) if state in states), None)
    if unclear:
        return without_result(image, rows, unclear)
    results = [row for row in rows if row.state is ImageState.SCANNED and not row.is_from_before_push]
    failed = [row for row in rows if row.state is ImageState.FAILED]
    if results and not any(_may_be_later(row, results) for row in failed):
        return with_result(image, rows, results)
    if failed:
        return without_result(image, rows, ImageState.FAILED, of=failed)
    if outdated := [row for row in rows if row.state is ImageState.SCANNED]:
        return without_result(image, rows, ImageState.OUTDATED, of=outdated)
    is_scannable = ImageState.NOT_SCANNABLE not in states
    return without_result(image, rows, ImageState.WAITING if is_scannable else ImageState.NOT_SCANNABLE)


def with_result(image: ImageRef, rows: Sequence[ImageRow], results: Sequence[ImageRow]) -> ScannedImage:
    """The image with these results, at least one, and with the risk that all of its rows show."""
    kinds = {kind for row in results for kind in row.kinds}
    return ScannedImage(
        image=image,
        state=ImageState.SCANNED,
        raw_state=_raw_states(results),
        scanned_at=max(row.scanned_at for row in results if row.scanned_at),
        kinds={kind: max(row.kinds[kind] for row in results if kind in row.kinds) for kind in sorted(kinds)},
        results_by_tag=_by_tag(rows),
        is_risky=risk_of(rows, results),
    )


def _by_tag(rows: Iterable[ImageRow]) -> tuple[object, ...]:
    """What each row with a result shows of it, in an order of its own: that of a list may change."""
    shown = [
        (row.key, row.scanned_at, row.latest_at, row.is_risky, row.kinds)
        for row in rows
        if row.state is ImageState.SCANNED
    ]
    return tuple(sorted(shown, key=lambda one: one[0]))


def without_result(
    image: ImageRef, rows: Sequence[ImageRow], state: ImageState, *, of: Sequence[ImageRow] = ()
) -> ScannedImage:
    """The image in a state without a result that may be judged, with the time of its last scan.

    Args:
        image: The image.
        rows: All of its rows.
        state: Its state.
        of: The rows that are in this state; all of them if none are given.
    """
    shown = of or rows
    failure = (row.reason for row in shown) if state in {ImageState.FAILED, ImageState.NOT_SCANNABLE} else ()
    return ScannedImage(
        image=image,
        state=state,
        raw_state=_raw_states(shown),
        scanned_at=max((row.scanned_at for row in shown if row.scanned_at), default=None),
        is_risky=True if any(row.is_risky for row in rows) else None,
        reason=", ".join(dict.fromkeys(filter(None, failure))),
    )


def _state(row: Mapping[str, Any], *, has_time: bool) -> ImageState:
    status, result = row.get("ScaStatus"), row.get("ScaResult")
    state = _STATES.get(status) if isinstance(status, str) else None
    if state is not ImageState.SCANNING and result == UNSUPPORTED_REGION:
        return ImageState.NOT_SCANNABLE
    if state:
        return state
    if status == _SUCCESS and is_one_of(result, SUCCESS_VALUES) and has_time:
        return ImageState.SCANNED
    # "Pending" is also what an image shows that nobody has ever had scanned, for all that is known; one that has been
    # scanned, or shows progress, shows it because of another scan.
    if status == _PENDING and (has_time or not is_one_of(row.get("ScaProgress"), _NOT_STARTED) or result == REPEATED):
        return ImageState.SCANNING
    is_unscanned = is_one_of(status, (*NOT_STATED, _PENDING)) and is_one_of(result, _NO_TASK)
    return ImageState.WAITING if is_unscanned else ImageState.UNKNOWN


def _raw_state(row: Mapping[str, Any]) -> str:
    stated = [_word(row.get(name)) for name in ("ScaStatus", "ScaResult") if row.get(name) != _SUCCESS]
    if row.get("ScaStatus") == _SUCCESS:
        stated = [_SUCCESS, *stated, "" if scan_times(row) else "without a scan time"]
    return ", ".join(dict.fromkeys(filter(None, stated))) or "none given"


def _raw_states(rows: Iterable[ImageRow]) -> str:
    return one_line(", ".join(dict.fromkeys(row.raw_state for row in rows)), 2 * _MAX_WORD)


def _word(value: object) -> str:
    return "" if is_one_of(value, NOT_STATED) else one_line(as_text(value), _MAX_WORD)


def _may_be_later(failed: ImageRow, results: Sequence[ImageRow]) -> bool:
    return failed.scanned_at is None or all(row.scanned_at and row.scanned_at <= failed.scanned_at for row in results)
