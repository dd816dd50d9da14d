"""Huawei Cloud's scan tasks in our vocabulary: tolerant of what may be absent, strict about what counts as a number.

Fields are those of ListImageScanTask, every one of which is optional there (huawei-hss.md 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gate.errors import NotUnderstood
from gate.scan import Counts, FailedImage, ImageRef, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_SCAN, IMAGE_SYNC = "image_scan", "image_sync"
_TASK_TYPES = {IMAGE_SCAN: frozenset({"cycle", "manual"}), IMAGE_SYNC: frozenset({"autoSync", "manualSync"})}
_COMPLETE = 100
_MINUTES_OF_A_YEAR = 525_600
_ENDINGS = {_COMPLETE: TaskState.COMPLETE, -1: TaskState.STOPPED, -2: TaskState.TIMED_OUT, -3: TaskState.FAILED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page of the list of tasks."""

    rows: tuple[Mapping[str, Any], ...]
    total: int | None
    """How many tasks there are on all pages, as far as the cloud says."""


def page(document: Mapping[str, Any]) -> Page:
    """Reads the envelope.

    Raises:
        NotUnderstood: There is no list of tasks in it; an answer without one is not an answer of "no tasks".
    """
    total = _count(document.get("total_num"))
    rows = document.get("data_list", [] if total == 0 else None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotUnderstood(
            "The answer has no list of scan tasks.",
            means="Something else answered in the API's place, or the API has changed.",
            remedy="Check --endpoint; if it is right, report this to the gate's project.",
        )
    return Page(rows=tuple(rows), total=total)


def is_kind(row: Mapping[str, Any], kind: str) -> bool:
    """Whether this task is of the kind that was asked for; one that does not say its type is believed."""
    others = {IMAGE_SCAN: IMAGE_SYNC, IMAGE_SYNC: IMAGE_SCAN}[kind]
    said = row.get("task_type")
    return not (isinstance(said, str) and said in _TASK_TYPES[others])


def task(row: Mapping[str, Any], kind: str) -> ScanTask:
    """Turns one entry of `data_list` into a scan task of this kind, `image_scan` or `image_sync`.

    Raises:
        NotUnderstood: Its id holds characters with which it cannot be asked for again.
    """
    status = row.get("task_status")
    minutes = _count(row.get("remain_min"))
    return ScanTask(
        id=_id(row.get("task_id")),
        name=_text(row.get("task_name")),
        type=_text(row.get("task_type")),
        state=_state(status),
        raw_state="none given" if status is None else str(status),
        progress=status if _is_progress(status) else None,
        began_at=_moment(row.get("begin_time")),
        ended_at=_moment(row.get("end_time")),
        # The unit is nowhere stated; its name says minutes (huawei-hss.md 2). It only ever shortens a pause.
        remaining=None if minutes is None else min(minutes, _MINUTES_OF_A_YEAR) * 60.0,
        counts=_counts(row, kind),
        failed_images=_failed_images(row.get("failed_images")),
        reason=_text(row.get("failed_reason")),
        risk_applies=kind == IMAGE_SCAN,
    )


def _state(status: object) -> TaskState:
    # type() and not isinstance(): True is an int, and 100.0 is not the documented Integer 100.
    if type(status) is not int:
        return TaskState.UNKNOWN
    return TaskState.RUNNING if 0 <= status < _COMPLETE else _ENDINGS.get(status, TaskState.UNKNOWN)


def _is_progress(status: object) -> bool:
    return type(status) is int and 0 <= status <= _COMPLETE


def _counts(row: Mapping[str, Any], kind: str) -> Counts:
    return Counts(
        total=_count(row.get("total_num")),
        succeeded=_count(row.get("success_num")),
        failed=_count(row.get("failed_num")),
        risky=_count(row.get("risky_num")) if kind == IMAGE_SCAN else None,
    )


def _count(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _moment(milliseconds: object) -> datetime | None:
    if type(milliseconds) is not int or milliseconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _failed_images(entries: object) -> tuple[FailedImage, ...]:
    # An entry that cannot be read still stands for an image that failed.
    return tuple(_failed_image(entry) for entry in entries) if isinstance(entries, list) else ()


def _failed_image(entry: object) -> FailedImage:
    fields = entry if isinstance(entry, dict) else {}
    image = ImageRef(
        registry=_text(fields.get("registry_name")),
        namespace=_text(fields.get("namespace")),
        name=_text(fields.get("image_name")),
        tag=_text(fields.get("image_version")),
    )
    return FailedImage(image=image, reason=_text(fields.get("failed_reason")))


def _id(value: object) -> str:
    text = _text(value)
    if not text.isprintable():
        raise NotUnderstood(
            "The id of a scan task has characters in it that nobody can read.",
            means="Something else answered in the API's place, or the answer was damaged.",
            remedy="Check --endpoint and the proxy settings of this runner.",
        )
    return text


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
