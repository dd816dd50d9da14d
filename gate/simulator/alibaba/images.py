"""Generates the images of scan tasks, so that the image list agrees with every count of a task."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import cycle, islice
from typing import Final, Literal

from gate.simulator.task import FailedImage, ImageFailure, SimulatedTask

ImageResult = Literal["scanned", "unfinished"] | ImageFailure

UNRELATED_COUNT: Final = 120


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


@lru_cache(maxsize=1024)
def images(task: SimulatedTask) -> tuple[Image, ...]:
    """The images of a task: risky ones first, failed ones last, so that a client that reads one page misses them.

    There are as many as its total says, unless more of them fail or stay unfinished.
    """
    if task.kind != "image_scan":
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
