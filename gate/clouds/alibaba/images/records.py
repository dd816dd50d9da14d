"""What the leaf records of a scan task that this run has started say of each image that it is to scan."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gate.clouds.alibaba.images.rows import REPEATED
from gate.clouds.alibaba.leaves import parse_leaf_record, record_target
from gate.image import ImageState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from gate.clouds.alibaba.leaves import LeafRecord, ScanWindow
    from gate.clouds.alibaba.pages import Row

_UNFINISHED = frozenset({"INIT", "START"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanRecord:
    """How the scan of one image went, by the records of its own task."""

    state: ImageState
    """SCANNED, SCANNING or FAILED, and MISSING if the task has no record of it or has refused to scan it again."""
    window: ScanWindow
    """The time in which a result of this scan can have been made."""
    reason: str = ""
    """Why it failed; empty if a task that went well has no record of it."""
    ended_at: datetime | None = None
    """When the scan failed; None for any other state, or if the record does not state it."""


def scan_records(
    rows: Sequence[Row], digests: Iterable[str], window: ScanWindow, *, bad_end: str
) -> dict[str, ScanRecord]:
    """What these leaf records say of these images, given by their digests without prefix.

    Args:
        rows: All leaf records of the task.
        digests: The images that it is to scan; its records of any other image do not count.
        window: When the task ran.
        bad_end: How the task ended if it ended badly, else empty: no record changes any more then, and no other comes.
            Where none of the images has failed, that contradicts their records, and all have.

    Raises:
        NotUnderstood: A record belongs to another type of task than was requested.
    """
    by_digest: Mapping[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_digest[record_target(row)].append(row)
    records = {digest: _record(by_digest.get(digest, []), window, bad_end) for digest in digests}
    if bad_end and all(record.state is ImageState.SCANNED for record in records.values()):
        return dict.fromkeys(records, ScanRecord(state=ImageState.FAILED, window=window, reason=bad_end))
    return records


def _record(rows: Sequence[Row], window: ScanWindow, bad_end: str) -> ScanRecord:
    """The image must have been scanned by each of its records: one for each tag, for all that is known."""
    # Where no start is stated, the window begins at the request, by a clock that may be ahead: what a row shows may be
    # older than that, but no record of the task is.
    of_task = window if window.since else replace(window, earliest=None)
    leaves = [(row, leaf) for row in rows if not (leaf := parse_leaf_record(row, of_task)).is_repository]
    if not leaves:
        return ScanRecord(state=ImageState.MISSING, window=window, reason=bad_end)
    failed = [(row, leaf) for row, leaf in leaves if not leaf.succeeded]
    if not failed:
        # An end in the future is no failure, as the clock of this machine may be behind, but no success either.
        is_ahead = any(leaf.ended_at and window.ends_before(leaf.ended_at) for _, leaf in leaves)
        return ScanRecord(state=ImageState.SCANNING if is_ahead else ImageState.SCANNED, window=window)
    if not bad_end and any(_is_unfinished(row) for row, _ in failed):
        return ScanRecord(state=ImageState.SCANNING, window=window)
    is_refused = all(row.get("ResultInfo") == REPEATED for row, _ in failed)
    return _failure([leaf for _, leaf in failed], window, ImageState.MISSING if is_refused else ImageState.FAILED)


def _failure(leaves: Sequence[LeafRecord], window: ScanWindow, state: ImageState) -> ScanRecord:
    return ScanRecord(
        state=state,
        window=window,
        reason=", ".join(dict.fromkeys(leaf.reason for leaf in leaves)),
        ended_at=max((leaf.ended_at for leaf in leaves if leaf.ended_at), default=None),
    )


def _is_unfinished(row: Row) -> bool:
    return isinstance(row.get("StatusText"), str) and row["StatusText"] in _UNFINISHED
