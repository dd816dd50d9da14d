"""Translates the rows of ListRegistryImages into the state of one image (huawei-images.md 1.2).

HSS has one row for each tag, so a digest may have several rows, and the row of a tag may have another digest by now.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.images.names import normalised_digest
from gate.clouds.huawei.severity_words import LEVELS, SAFE
from gate.clouds.values import as_text, count, datetime_from_ms, is_one_of, text
from gate.image import ImageState, ScannedImage, Severity
from gate.scan import ScanScope
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gate.image import ImageRef

_SUCCESS = "success"
_STATES = {
    _SUCCESS: ImageState.SCANNED,
    "failed": ImageState.FAILED,
    "download_failed": ImageState.FAILED,
    "image_oversized": ImageState.FAILED,
    "scanning": ImageState.SCANNING,
    "waiting_for_scan": ImageState.SCANNING,
    "unscan": ImageState.WAITING,
}
_KINDS = {
    ScanScope.VULNERABILITY: "vul_num",
    ScanScope.BASELINE: "unsafe_setting_num",
    ScanScope.MALICIOUS_FILE: "malicious_file_num",
}
_LEVELS = {**LEVELS, SAFE: Severity.NONE}
_TIMES = ("latest_scan_time", "latest_update_time", "latest_sync_time")
_NOT_STATED: tuple[object, ...] = (None, "")
_FAILURE_CODE = "scan_failed_code"
_NO_FAILURE: tuple[object, ...] = (*_NOT_STATED, [], {})
"""What a success may state beside it: with anything else it is not plainly one (2.4)."""
_INDEX = "it is an index of several platforms, which HSS does not scan"
_OBSTACLES: tuple[tuple[str, tuple[object, ...], str], ...] = (
    ("is_multiple_arch", (None, False), _INDEX),
    # Its own counts are 0, whatever those of its platforms are.
    ("association_images", (None, []), _INDEX),
    ("shared_status", (*_NOT_STATED, "effective"), "it is shared by another account, and the sharing has expired"),
    ("scannable", (None, True), "HSS says that it cannot be scanned"),
)
"""What speaks against a scan (1.2, 1.3): the field, what it states if nothing does, and the reason."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_FROM_BEFORE_PUSH = "its last scan is from before its tag was last pushed"
_FROM_BEFORE_SYNC = "its last scan is from before its registry was last read, and may be of the image before"
_MAX_WORD, _MAX_REASON = 80, 300
"""Characters of a state, and of a reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRow:
    """What one row says of an image: the image under one of its tags."""

    raw: Mapping[str, Any]
    """All of its fields, of which a scan repeats some."""
    id: object
    """Of the row, which stays when its tag moves."""
    tag: str = ""
    digest: str = ""
    """Empty if the row has no valid one."""
    registry_type: str = ""
    state: ImageState
    raw_state: str = ""
    reason: str = ""
    scanned_at: datetime | None = None
    is_from_before_push: bool = False
    """Whether the image may have come under this tag after the scan, so that the result may be that of another one."""
    is_from_before_sync: bool = False
    """Whether the row may have taken this digest after the scan, and kept the result of the one before."""
    kinds: Mapping[ScanScope, int] = field(default_factory=dict)
    highest: Severity | None = None
    is_risky: bool | None = None


def parse_row(row: Mapping[str, Any]) -> ImageRow:
    """Translates one entry of `data_list`; every field of it is optional."""
    scanned_at, pushed_at, read_at = (datetime_from_ms(row.get(name)) for name in _TIMES)
    state, reason = _state(row, has_time=scanned_at is not None)
    counts = {kind: count(row.get(name)) for kind, name in _KINDS.items()}
    level = row.get("severity_level")
    highest = None if is_one_of(level, _NOT_STATED) else _LEVELS.get(as_text(level), Severity.UNKNOWN)
    return ImageRow(
        raw=row,
        id=row.get("id"),
        tag=text(row.get("image_version")),
        digest=normalised_digest(row.get("image_digest")),
        registry_type=text(row.get("registry_type")),
        state=state,
        raw_state=_raw_state(row, state),
        reason=reason,
        scanned_at=scanned_at,
        # Whether the row of a tag that has moved keeps the result of the digest before is not documented (9).
        is_from_before_push=scanned_at is not None and (pushed_at is None or scanned_at < pushed_at),
        is_from_before_sync=scanned_at is not None and (read_at is None or scanned_at < read_at),
        kinds={kind: number for kind, number in counts.items() if number is not None},
        highest=highest,
        is_risky=_is_risky([*counts.values()], highest),
    )


def chosen_row(image: ImageRef, rows: Sequence[ImageRow]) -> ImageRow:
    """The row, of at least one, whose scan is that of the image: the one of its tag, else the one scanned last."""
    return max(rows, key=lambda row: (row.tag == image.tag, row.scanned_at or _NEVER))


def as_image(
    image: ImageRef,
    rows: Sequence[ImageRow],
    *,
    listed_digest: str = "",
    scanned_row: ImageRow | None = None,
    has_moved: bool = False,
) -> ScannedImage:
    """What these rows, which have its digest, say of an image.

    Args:
        image: The image.
        rows: Its rows; none if HSS does not list the digest.
        listed_digest: The other digest that the row of its tag has; empty if it has none.
        scanned_row: The one of them of which this run has started a scan; it had the digest before. So a result which
            is later than before is certainly that of this digest.
        has_moved: Whether that row has had another digest since, so that it is not.
    """
    if not rows:
        return ScannedImage(image=image, state=ImageState.MISSING, listed_digest=listed_digest)
    row = scanned_row or chosen_row(image, rows)
    is_certain = scanned_row and not has_moved
    state, reason = row.state, row.reason
    if state is ImageState.SCANNED and not is_certain and (row.is_from_before_push or row.is_from_before_sync):
        state, reason = ImageState.OUTDATED, _FROM_BEFORE_PUSH if row.is_from_before_push else _FROM_BEFORE_SYNC
    seen = ScannedImage(image=image, state=state, raw_state=row.raw_state, scanned_at=row.scanned_at, reason=reason)
    if state is not ImageState.SCANNED:
        return seen
    # The row of a tag that has moved may show what was found in another image.
    others = (one for one in rows if one is not row and not one.is_from_before_push)
    return _with_results(seen, [row, *(one for one in others if one.state is ImageState.SCANNED)])


def _with_results(image: ScannedImage, rows: Sequence[ImageRow]) -> ScannedImage:
    """The image with what was found in it under any of its tags: the worst counts."""
    kinds = {kind for row in rows for kind in row.kinds}
    levels = [row.highest for row in rows if row.highest]
    risks = {row.is_risky for row in rows}
    return replace(
        image,
        kinds={kind: max(row.kinds.get(kind, 0) for row in rows) for kind in sorted(kinds)},
        # They are defined in this order.
        highest=min(levels, key=lambda level: level.rank, default=None),
        is_risky=True if True in risks else None if None in risks else False,
        results_by_tag=_by_tag(rows),
    )


def _by_tag(rows: Iterable[ImageRow]) -> tuple[object, ...]:
    """What each of these rows shows of its result, in an order of its own: that of a list may change."""
    shown = [((row.tag, as_text(row.id)), row.scanned_at, row.is_risky, row.highest, row.kinds) for row in rows]
    return tuple(sorted(shown, key=lambda one: one[0]))


def _state(row: Mapping[str, Any], *, has_time: bool) -> tuple[ImageState, str]:
    """The state, and why it is failed or not scannable."""
    for name, says_nothing, reason in _OBSTACLES:
        if not is_one_of(row.get(name), says_nothing):
            return ImageState.NOT_SCANNABLE, reason
    status = row.get("scan_status")
    state = _STATES.get(status, ImageState.UNKNOWN) if isinstance(status, str) else ImageState.UNKNOWN
    if state is ImageState.SCANNED and (not has_time or not is_one_of(row.get(_FAILURE_CODE), _NO_FAILURE)):
        return ImageState.UNKNOWN, ""
    return state, _failure(row) if state is ImageState.FAILED else ""


def _failure(row: Mapping[str, Any]) -> str:
    stated = (row.get(name) for name in (_FAILURE_CODE, "scan_failed_desc"))
    return one_line(": ".join(as_text(value) for value in stated if not is_one_of(value, _NOT_STATED)), _MAX_REASON)


def _raw_state(row: Mapping[str, Any], state: ImageState) -> str:
    status = row.get("scan_status")
    stated = "none given" if is_one_of(status, _NOT_STATED) else _word(status)
    if stated != _SUCCESS or state is not ImageState.UNKNOWN:
        return stated
    failure = row.get(_FAILURE_CODE)
    return f"{stated}, {'without a scan time' if is_one_of(failure, _NO_FAILURE) else f'beside {_word(failure)}'}"


def _word(value: object) -> str:
    return one_line(as_text(value), _MAX_WORD)


def _is_risky(counts: Sequence[int | None], highest: Severity | None) -> bool | None:
    """Whether anything was found; None if that is not certain. The level alone may speak for it, never against it."""
    if any(counts) or highest in {Severity.LOW, Severity.MEDIUM, Severity.HIGH}:
        return True
    return None if None in counts or highest is Severity.UNKNOWN else False
