"""Makes up the images that scan tasks look at, so that every count of a task has somebody behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import cycle, islice
from typing import Final, Literal

from gate.simulator.task import FailedImage, Failing, SimulatedTask

Fate = Literal["scanned", "unfinished"] | Failing

OTHERS: Final = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image in a repository, and what becomes of it in a scan."""

    number: int
    digest: str
    """64 hexadecimal digits, without the name of their algorithm."""
    namespace: str
    repository: str
    tags: tuple[str, ...]
    risky: bool | None
    fate: Fate = "scanned"


@lru_cache(maxsize=1024)
def images(task: SimulatedTask) -> tuple[Image, ...]:
    """The images of a task: risky ones first, failing ones last, where a client that reads one page misses them.

    There are as many as its total says, unless more of them fail or stay unfinished.
    """
    if task.kind != "image_scan":
        return ()
    fates = tuple(_fates(task))
    named = dict(enumerate(task.failures, start=len(fates) - _failing(task)))
    return tuple(_image(task, number, fate, named.get(number)) for number, fate in enumerate(fates))


@lru_cache(maxsize=1)
def others() -> tuple[Image, ...]:
    """Images of the account that no task here looks at, each of them risky."""
    return tuple(
        Image(
            number=number,
            digest=sha256(f"other/{number}".encode()).hexdigest(),
            namespace="archive",
            repository=f"legacy-{number % 12 + 1}",
            tags=(f"0.{number + 1}.0",),
            risky=True,
        )
        for number in range(OTHERS)
    )


def _fates(task: SimulatedTask) -> Iterator[Fate]:
    failing = _failing(task)
    for _ in range(task.total - task.without_result - failing):
        yield "scanned"
    for _ in range(task.without_result):
        yield "unfinished"
    yield from islice(cycle(task.failing), failing)


def _failing(task: SimulatedTask) -> int:
    return max(task.failed, len(task.failures))


def _image(task: SimulatedTask, number: int, fate: Fate, named: FailedImage | None) -> Image:
    version = named.image_version if named else f"2.{number + 1}.0"
    return Image(
        number=number,
        digest=sha256(f"{task.id}/{number}".encode()).hexdigest(),
        namespace=named.namespace if named else "shop",
        repository=named.image_name.rpartition("/")[2] if named else f"app-{number + 1}",
        tags=(version,) if number % 2 else (version, "latest"),
        risky=None if task.risky is None else number < task.risky,
        fate=fate,
    )
