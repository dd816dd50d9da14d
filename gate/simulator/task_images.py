"""Generates the images of scan tasks that name none, so that the image list agrees with every count of a task.

Those of tasks that name their images are in `gate.simulator.listing`, with all others that were pushed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import cycle, islice
from typing import Final, Literal

from gate.simulator.task import FailedImage, ImageFailure, SimulatedTask, Snapshot

ImageResult = Literal["scanned", "unfinished"] | ImageFailure

UNRELATED_COUNT: Final = 120
EARLIER_SCAN_AGE: Final = 30 * 24 * 3600.0
OLD_SCAN_TIME: Final = 1_704_067_200.0
"""2024-01-01, when the images that belong to no task were scanned."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image in a repository, and the result of its scan."""

    number: int
    digest: str
    """64 hexadecimal digits, without the name of the algorithm."""
    namespace: str
    repository: str
    tags: tuple[str, ...]
    risky: bool | None
    result: ImageResult = "scanned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """An image under one of its tags, with the results of its last scan."""

    image: Image
    tag_index: int
    scanned: float | None
    """When it was last scanned, in seconds since the epoch; None if never."""
    risky: bool | None
    task: Snapshot | None = None
    """None for an image that belongs to no task."""


@lru_cache(maxsize=1024)
def images(task: SimulatedTask) -> tuple[Image, ...]:
    """The images of a task: risky ones first, failed ones last, so that a client that reads one page misses them.

    There are as many as its total says, unless more of them fail or stay unfinished.
    """
    if task.kind != "image_scan" or task.images:
        return ()
    results = tuple(_results(task))
    failures = dict(enumerate(task.failures, start=len(results) - _failed_count(task)))
    return tuple(_image(task, number, result, failures.get(number)) for number, result in enumerate(results))


@lru_cache(maxsize=1)
def unrelated_images() -> tuple[Image, ...]:
    """Images of the account that belong to no task, all of them risky."""
    return tuple(
        Image(
            number=number,
            digest=sha256(f"other/{number}".encode()).hexdigest(),
            namespace="archive",
            repository=f"legacy-{number % 12 + 1}",
            tags=(f"0.{number + 1}.0",),
            risky=True,
        )
        for number in range(UNRELATED_COUNT)
    )


def instances(tasks: Iterable[Snapshot]) -> Iterator[Instance]:
    """All images of the account, once per tag."""
    for snapshot in tasks:
        for image in images(snapshot.task):
            scanned, risky = _last_result(image, snapshot)
            for tag_index in range(len(image.tags)):
                yield Instance(image=image, tag_index=tag_index, scanned=scanned, risky=risky, task=snapshot)
    for image in unrelated_images():
        # One in ten was never scanned, and has no results.
        is_unscanned = image.number % 10 == 0
        yield Instance(
            image=image,
            tag_index=0,
            scanned=None if is_unscanned else OLD_SCAN_TIME + image.number,
            risky=None if is_unscanned else image.risky,
        )


def _results(task: SimulatedTask) -> Iterator[ImageResult]:
    failed = _failed_count(task)
    for _ in range(task.total - task.without_result - failed):
        yield "scanned"
    for _ in range(task.without_result):
        yield "unfinished"
    yield from islice(cycle(task.failure_kinds), failed)


def _failed_count(task: SimulatedTask) -> int:
    return max(task.failed, len(task.failures))


def _image(task: SimulatedTask, number: int, result: ImageResult, failure: FailedImage | None) -> Image:
    version = failure.image_version if failure else f"2.{number + 1}.0"
    return Image(
        number=number,
        digest=sha256(f"{task.id}/{number}".encode()).hexdigest(),
        namespace=failure.namespace if failure else "shop",
        repository=failure.image_name.rpartition("/")[2] if failure else f"app-{number + 1}",
        tags=(version,) if number % 2 else (version, "latest"),
        risky=None if task.risky is None else number < task.risky,
        result=result,
    )


def _last_result(image: Image, snapshot: Snapshot) -> tuple[float | None, bool | None]:
    if snapshot.has_results and image.result == "scanned":
        return snapshot.ended, image.risky
    if not snapshot.task.scanned_before:
        return None, None
    # The earlier scan had the opposite result, so that a client that ignores the scan time gets the wrong risk.
    return snapshot.started - EARLIER_SCAN_AGE, None if image.risky is None else not image.risky
