"""Repeats a run of image mode with worse responses: risk is added, results are removed, or they are older."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from gate.policy import Decision
from tests.properties.image_sequences import execute_images
from tests.properties.worse_responses import replay_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.properties.image_sequences import ImageRun
    from tests.properties.mutations import Document
    from tests.properties.transport import ApiRequest

_LISTS = {"images": "data_list", "DescribeImageInstances": "ImageInstanceList"}
_OLDER = 50 * 3_600_000 + 431_007
"""In ms: more than any maximum age, and no difference between two scans of a history."""


@dataclass(frozen=True, kw_only=True)
class ImageWorsening:
    """One way to make responses worse."""

    name: str
    change: Callable[[Document, ApiRequest], object]


def _rows(document: Document, request: ApiRequest) -> list[Document]:
    rows = document.get(_LISTS.get(request.operation, ""))
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _risky(document: Document, request: ApiRequest) -> None:
    for row in _rows(document, request):
        row.update({"vul_num": 7, "severity_level": "High"} if request.operation == "images" else {"RiskStatus": "YES"})


def _without_results(document: Document, request: ApiRequest) -> None:
    for row in _rows(document, request):
        for name in ("latest_scan_time", "LastScanTime", "lastScanTime"):
            row.pop(name, None)


def _without_rows(document: Document, request: ApiRequest) -> None:
    if _rows(document, request):
        document[_LISTS[request.operation]] = []
        document |= {"total_num": 0} if request.operation == "images" else {"PageInfo": {"TotalCount": 0}}


def _older(document: Document, request: ApiRequest) -> None:
    for row in _rows(document, request):
        for name in ("latest_scan_time", "LastScanTime", "lastScanTime"):
            if type(row.get(name)) is int:
                row[name] -= _OLDER


def image_worsenings(run: ImageRun) -> tuple[ImageWorsening, ...]:
    """The worsenings with which this run, which has not passed, must not pass.

    Risk that is stated may replace one that was unknown, which a limit above 0 allows. A result from the future may be
    one of the past if it is older, so that an undecided run may pass. Where an old result counts, an older one may be
    better: no scan of that time is listed any more, so nothing states that it looked for less than is required.
    """
    settings = run.sequence.settings
    policy = settings.policy
    counts_old = policy.max_age is None and policy.started_after is None and settings.scan != "always"
    is_blocked = run.outcome.verdict.decision is Decision.BLOCKED
    if run.outcome.verdict.decision is Decision.PASSED:
        return ()
    found = [ImageWorsening(name="no rows", change=_without_rows)]
    found += [ImageWorsening(name="no results", change=_without_results)]
    found += [ImageWorsening(name="risk", change=_risky)] if not policy.max_risky else []
    found += [ImageWorsening(name="older results", change=_older)] if is_blocked and not counts_old else []
    return tuple(found)


def worse_image_runs(run: ImageRun, most: int) -> Iterator[tuple[ImageWorsening, ImageRun]]:
    """Runs of the same sequence with worse responses, at most this many; its seed decides which."""
    possible = image_worsenings(run)
    for worsening in Random(f"worse {run.sequence.seed}").sample(possible, min(most, len(possible))):
        yield worsening, replay_with(execute_images, run, worsening.change)
