"""Computes the counts of a complete task: which images were scanned, which failed, and which are risky."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.leaves import parse_leaf_record, record_target
from gate.clouds.alibaba.translate import risk_of
from gate.image import FailedImage, ImageState, ScannedImage
from gate.scan import Counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gate.clouds.alibaba.leaves import LeafRecord, ScanWindow
    from gate.clouds.alibaba.translate import ImageResult
    from gate.image import ImageRef
    from gate.scan import ScanTask


def leaf_records(rows: Iterable[Mapping[str, Any]], window: ScanWindow) -> tuple[LeafRecord, ...]:
    """The leaf records of DescribeOnceTaskLeafRecordPage, also those that do not count as images."""
    return tuple(parse_leaf_record(row, window) for row in rows)


def record_targets(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """The images and repositories that entries of DescribeOnceTaskLeafRecordPage name."""
    return {record_target(row) for row in rows} - {""}


def scanned_digests(records: Iterable[LeafRecord]) -> frozenset[str]:
    """The digests of the images that were scanned; an empty one stands for images without a digest."""
    return frozenset(record.image.digest for record in records if record.succeeded and record.counts_as_image)


def count_results(
    task: ScanTask, leaves: Sequence[LeafRecord], results: Iterable[ImageResult], window: ScanWindow
) -> ScanTask:
    """Returns the task with its counts and with the number of images whose result is still missing.

    Args:
        task: The complete task, with the number of images that it states.
        leaves: All of its leaf records.
        results: The results of its images; those of other images are ignored.
        window: When the images can have been scanned; a result of any other time is not one of this scan.
    """
    records = [leaf for leaf in leaves if leaf.counts_as_image]
    stated = task.counts.total
    by_digest: dict[str, list[ImageResult]] = {digest: [] for digest in scanned_digests(records)}
    for result in results:
        by_digest.get(result.digest, []).append(result)
    failed = tuple(FailedImage(image=record.image, reason=record.reason) for record in records if not record.succeeded)
    is_fresh = partial(_is_fresh, window=window)
    have_fresh_result = [any(map(is_fresh, of_image)) for of_image in by_digest.values()]
    # Without the image's digest or the task's start time, no result can be attributed to this scan.
    can_attribute = "" not in by_digest and window.since is not None
    # Without the stated number the records may be incomplete. One that is smaller than the number of records is no
    # contradiction: in the vendor's own sample the counts do not fit each other (1.2).
    total = None if stated is None else max(stated, sum(not record.is_repository for record in records))
    counts = Counts(
        total=total,
        succeeded=len(records) - len(failed),
        failed=len(failed),
        risky=_risky(by_digest.values(), is_fresh) if can_attribute and all(have_fresh_result) else None,
    )
    # Two records without a digest may look the same.
    missing = (total or 0) - (len(failed) + _count_distinct(records) if can_attribute else len(records))
    ended_at = _end(leaves, [result for of_image in by_digest.values() for result in of_image], window)
    return replace(
        task,
        counts=counts,
        failed_images=failed,
        images=tuple(_risky_images(records, by_digest, is_fresh)),
        results_pending=max(0, missing) + (have_fresh_result.count(False) if can_attribute else 0),
        ended_at=ended_at or task.ended_at,
    )


def _count_distinct(records: Iterable[LeafRecord]) -> int:
    """How many images succeeded: a record that is listed twice does not make up for one that is missing."""
    return len({(record.image, record.location) for record in records if record.succeeded})


def _risky_images(
    records: Iterable[LeafRecord],
    by_digest: Mapping[str, Sequence[ImageResult]],
    is_fresh: Callable[[ImageResult], bool],
) -> Iterator[ScannedImage]:
    """The images that are risky under any tag once this scan has a result, each by the name in its first leaf record.

    One without a digest is not among them: nobody knows of which image a result is then.
    """
    names: dict[str, ImageRef] = {}
    for record in records:
        names.setdefault(record.image.digest, record.image)
    for digest, of_image in by_digest.items():
        found = next((result for result in of_image if result.is_risky and not result.is_from_before_push), None)
        if found and digest and any(map(is_fresh, of_image)):
            yield ScannedImage(
                image=replace(names[digest], digest=f"sha256:{digest}"),
                state=ImageState.SCANNED,
                scanned_at=found.scanned_at,
                kinds=found.kinds,
                is_risky=True,
            )


def _end(leaves: Sequence[LeafRecord], results: Iterable[ImageResult], window: ScanWindow) -> datetime | None:
    """When the last part of the task ended; None if a record that counts does not state it.

    An end in the future is returned in any case, since the task is then not plainly complete.
    """
    is_stated = all(leaf.ended_at for leaf in leaves if leaf.counts_as_image)
    ends, scans = ([leaf.ended_at for leaf in leaves], [result.latest_at for result in results])
    latest = max(filter(None, (*ends, *scans)), default=None)
    is_ahead = latest is not None and window.now is not None and latest > window.now
    return latest if is_stated or is_ahead else None


def _is_fresh(result: ImageResult, *, window: ScanWindow) -> bool:
    earliest, latest = result.scanned_at, result.latest_at
    if earliest is None or latest is None or window.since is None or result.is_from_before_push:
        return False
    return not (window.starts_after(earliest) or window.ends_before(latest))


def _risky(images: Iterable[Sequence[ImageResult]], is_fresh: Callable[[ImageResult], bool]) -> int | None:
    """How many of the images are risky under any tag; None if this scan does not say it of one of them."""
    risks = [risk_of(of_image, [result for result in of_image if is_fresh(result)]) for of_image in images]
    return None if None in risks else risks.count(True)
