"""Computes the counts of a complete task: which images were scanned, which failed, and which are risky."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba import translate
from gate.scan import Counts, FailedImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from gate.clouds.alibaba.translate import ImageResult, LeafRecord
    from gate.scan import ScanTask


def leaf_records(rows: Iterable[Mapping[str, Any]], started_at: datetime | None = None) -> tuple[LeafRecord, ...]:
    """The leaf records of DescribeOnceTaskLeafRecordPage that count: not those of repositories that succeeded."""
    return tuple(translate.parse_leaf_record(row, started_at) for row in rows if translate.counts_as_image(row))


def record_targets(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """The images and repositories that entries of DescribeOnceTaskLeafRecordPage name."""
    return {translate.record_target(row) for row in rows} - {""}


def scanned_digests(records: Iterable[LeafRecord]) -> frozenset[str]:
    """The digests of the images that were scanned; an empty one stands for images without a digest."""
    return frozenset(record.image.digest for record in records if record.succeeded)


def count_results(
    task: ScanTask, records: Sequence[LeafRecord], results: Iterable[ImageResult], *, until: datetime
) -> ScanTask:
    """Returns the task with its counts and with the number of images whose result is still missing.

    Args:
        task: The complete task, with the number of images that it states.
        records: All of its leaf records that count.
        results: The results of its images; those of other images are ignored.
        until: The latest time at which an image can have been scanned; a later scan time is invalid.
    """
    stated = task.counts.total
    by_digest: dict[str, list[ImageResult]] = {digest: [] for digest in scanned_digests(records)}
    for result in results:
        by_digest.get(result.digest, []).append(result)
    failed = tuple(FailedImage(image=record.image, reason=record.reason) for record in records if not record.succeeded)
    is_fresh = partial(_is_fresh, started_at=task.started_at, until=until)
    have_fresh_result = [any(map(is_fresh, of_image)) for of_image in by_digest.values()]
    # Without the image's digest or the task's start time, no result can be attributed to this scan.
    can_attribute = "" not in by_digest and task.started_at is not None
    # Without the stated number the records may be incomplete. One that is smaller than the number of records is no
    # contradiction: in the vendor's own sample the counts do not fit each other (1.2).
    total = None if stated is None else max(stated, sum(not record.is_repository for record in records))
    counts = Counts(
        total=total,
        succeeded=len(records) - len(failed),
        failed=len(failed),
        risky=_risky(by_digest.values(), is_fresh) if can_attribute and all(have_fresh_result) else None,
    )
    # A record that is listed twice does not make up for one that is missing.
    distinct = {(record.image, record.location) for record in records if record.succeeded}
    missing = max(0, (total or 0) - len(failed) - len(distinct))
    results_pending = missing + have_fresh_result.count(False) if can_attribute else 0
    ended_at = _end(records, [result for of_image in by_digest.values() for result in of_image])
    return replace(
        task, counts=counts, failed_images=failed, results_pending=results_pending, ended_at=ended_at or task.ended_at
    )


def _end(records: Sequence[LeafRecord], results: Iterable[ImageResult]) -> datetime | None:
    """When the last part of the task ended; None if a record does not state it."""
    ends = [record.ended_at for record in records]
    scans = [result.scanned_at for result in results]
    return None if None in ends else max(filter(None, (*ends, *scans)), default=None)


def _is_fresh(result: ImageResult, *, started_at: datetime | None, until: datetime) -> bool:
    return started_at is not None and result.scanned_at is not None and started_at <= result.scanned_at <= until


def _risky(images: Iterable[Sequence[ImageResult]], is_fresh: Callable[[ImageResult], bool]) -> int | None:
    """How many of the images are risky under any tag; None if this scan does not say it of one of them."""
    risks = []
    for of_image in images:
        fresh = {result.is_risky for result in of_image if is_fresh(result)}
        is_risky = any(result.is_risky for result in of_image)
        risks.append(None if None in fresh and not is_risky else is_risky)
    return None if None in risks else risks.count(True)
