"""From a complete task to its counts: which images it looked at, which it could not scan, and which are risky."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba import translate
from gate.scan import Counts, FailedImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from gate.clouds.alibaba.translate import Finding, Leaf
    from gate.scan import ScanTask


def leaves(rows: Iterable[Mapping[str, Any]]) -> tuple[Leaf, ...]:
    """The leaves that count in DescribeOnceTaskLeafRecordPage: not those of repositories that succeeded."""
    return tuple(translate.leaf(row) for row in rows if translate.tells_of_images(row))


def targets(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """What entries of DescribeOnceTaskLeafRecordPage are about, as far as they say."""
    return {translate.target(row) for row in rows} - {""}


def scanned(leaves: Iterable[Leaf]) -> frozenset[str]:
    """The digests of the images that were scanned; an empty one stands for images that nobody can name."""
    return frozenset(leaf.image.digest for leaf in leaves if leaf.succeeded)


def counted(task: ScanTask, leaves: Sequence[Leaf], findings: Iterable[Finding], *, until: datetime) -> ScanTask:
    """The task with its counts, and with the number of images that its results still lack.

    Args:
        task: The task, complete, with the number of images that it says it has.
        leaves: All of its leaves that count.
        findings: What is known of the images; what is known of others does no harm.
        until: The latest moment at which an image can have been scanned; a later one is no time of a scan.
    """
    stated = task.counts.total
    known: dict[str, list[Finding]] = {digest: [] for digest in scanned(leaves)}
    for finding in findings:
        known.get(finding.digest, []).append(finding)
    failed = tuple(FailedImage(image=leaf.image, reason=leaf.reason) for leaf in leaves if not leaf.succeeded)
    is_fresh = partial(_is_fresh, started_at=task.started_at, until=until)
    judged = [any(map(is_fresh, about)) for about in known.values()]
    # Of an image without a digest, or of a scan without a begin, no result will ever be known to be this scan's.
    is_tellable = "" not in known and task.started_at is not None
    counts = Counts(
        # Without a number of the task's own nobody knows whether these are all leaves, and more of them than it says
        # are not its own alone: the policy sees the contradiction.
        total=stated,
        succeeded=len(leaves) - len(failed),
        failed=len(failed),
        risky=_risky(known.values(), is_fresh) if is_tellable and all(judged) else None,
    )
    # A leaf that is there twice does not stand for an image that has none.
    missing = max(0, (stated or 0) - len(failed) - len({(leaf.image, leaf.place) for leaf in leaves if leaf.succeeded}))
    results_pending = missing + judged.count(False) if is_tellable else 0
    return replace(task, counts=counts, failed_images=failed, results_pending=results_pending)


def _is_fresh(finding: Finding, *, started_at: datetime | None, until: datetime) -> bool:
    return started_at is not None and finding.scanned_at is not None and started_at <= finding.scanned_at <= until


def _risky(images: Iterable[Sequence[Finding]], is_fresh: Callable[[Finding], bool]) -> int | None:
    """How many of the images are risky, under whatever tag; None where this scan does not say it of one of them."""
    risks = []
    for about in images:
        fresh = {finding.is_risky for finding in about if is_fresh(finding)}
        is_risky = any(finding.is_risky for finding in about)
        risks.append(None if None in fresh and not is_risky else is_risky)
    return None if None in risks else risks.count(True)
