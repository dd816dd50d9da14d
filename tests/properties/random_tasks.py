"""Generates random tasks and images, as an account may have them: they start, end, change, disappear, or contradict."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from tests.properties.mutations import ResponseMutator

SCAN, OTHER = "scan", "other"
"""An image scan, and a task of another type."""
_IDS = ("task-1", "task-2", "0e719c2a-4fa2", "3f65e1f1bb131188", '<b id="x">|`', "42")
_STARTS = (*(-60, -250) * 8, -1000, -1000, -3500, -3700, -80_000, -90_000, -1_000_000, 0, 5, 30, 200, 5000)
"""In seconds since the start of the run."""
_HUAWEI_FINAL_STATES = (100,) * 20 + (-1, -2, -3, 7, 101, -4, "100", 100.0, True, None, "finished")
_ALIBABA_FINAL_STATES = ("SUCCESS",) * 20 + ("TIMEOUT", "TIMOUT", "FAIL", "PRE_ANALYZER", "success", "", None)
_SCOPES = (*[0x7FFFFFFF] * 8, *[0xFFFFF] * 3, *[0xFFF00] * 2, None, None, 0, 15, 240, 0xF0000, 0x7FF00)
"""Both encodings of everything, just the risks, none stated, and scopes that are too narrow (huawei-hss.md 1)."""
_NAMES = ("nightly", "nightly", "release-a", "release-b")
_NEVER = 1e9


@dataclass(kw_only=True)
class Image:
    """An image of a task, and the result of its scan."""

    digest: str
    result: str
    """`scanned`, `failed` or `unfinished`."""
    risk: object
    results_lag: float
    """Seconds from the end of the task until the result appears."""
    name: str
    tags: int = 1
    has_moved_tag: bool = False
    """Whether its other tag was moved to it just after the image before was scanned under that tag."""


@dataclass(kw_only=True)
class Task:
    """A task and its future; times in seconds since the start of the run."""

    id: str
    name: str
    kind: str
    starts_at: float
    ends_at: float
    final_state: object
    appears_at: float = -_NEVER
    disappears_at: float = _NEVER
    start_changes_at: float = _NEVER
    """When its start time changes."""
    images: list[Image] = field(default_factory=list)
    count_error: int = 0
    reason: str = ""
    has_start: bool = True
    """Whether the cloud shows its start time."""
    image_replaced_at: float = _NEVER
    """When another image replaces its last one."""
    scope: object = 0x7FFFFFFF
    """The value of `scan_scope`; None leaves it out."""
    covers_all: object = True
    """The value of `is_all`; None leaves it out."""
    image_type: object = "registry"
    trigger: object = "manual"
    """The value of `task_type`; None leaves it out."""
    settles_at: float = -_NEVER
    """Until when its counts lack one risky image."""
    has_leaf_times: bool = False
    """Whether its leaves state when they ran."""
    scan_time_field: str = "LastScanTime"
    """The spelling of the scan time of its images (alibaba-security-center.md 2.2)."""
    repository_state: str = "SUCCESS"
    """The final state of its leaf for the whole repository."""

    def is_visible(self, now: float) -> bool:
        """Whether the cloud shows it."""
        return self.appears_at <= now < self.disappears_at

    def images_at(self, now: float) -> list[Image]:
        """The images that the cloud shows for it."""
        if now < self.image_replaced_at or not self.images:
            return self.images
        *others, last = self.images
        return [*others, replace(last, digest=last.digest[::-1], risk="NO", results_lag=0.0)]

    def progress(self, now: float) -> int:
        """Percent, below 100."""
        duration = max(1.0, self.ends_at - self.starts_at)
        return max(0, min(99, int((now - self.starts_at) / duration * 100)))


def random_tasks(rng: Random, cloud: str, kind: str, mutator: ResponseMutator) -> list[Task]:
    """A few tasks, most of them of this kind and with a start time near that of the run."""
    number = rng.choice((0,) + (1,) * 12 + (2,) * 5 + (3,))
    number = number if rng.random() < 0.98 else 14
    ids = _IDS if number <= len(_IDS) else tuple(f"task-{at}" for at in range(number))
    return [_task(rng, task_id, cloud, kind, mutator) for task_id in rng.sample(ids, number)]


def _task(rng: Random, task_id: str, cloud: str, kind: str, mutator: ResponseMutator) -> Task:
    # Now and then two tasks have the same start time.
    starts_at = float(rng.choice(_STARTS)) - rng.choice((0, 0, 1, 2, 3))
    task = Task(
        id=task_id,
        name=rng.choice(_NAMES),
        kind=kind if rng.random() < 0.97 else OTHER if kind == SCAN else SCAN,
        starts_at=starts_at,
        ends_at=starts_at + rng.choice((5, 5, 5, 50, 50, 50, 100, 200, 200, 300, 1000, 5000)),
        final_state=rng.choice(_HUAWEI_FINAL_STATES if cloud == "huawei" else _ALIBABA_FINAL_STATES),
        images=_images(rng, task_id, mutator),
        scope=rng.choice(_SCOPES),
        covers_all=rng.choice((True, True, False, None)),
        image_type=rng.choice(("registry", "registry", "registry", "local", None)),
        has_leaf_times=rng.random() < 0.5,
        scan_time_field=rng.choice(("LastScanTime", "LastScanTime", "lastScanTime")),
        trigger=rng.choice((*["manual"] * 24, *["cycle"] * 8, None, "event")),
    )
    if rng.random() < 0.05:
        task.settles_at = task.ends_at + rng.choice((5.0, 30.0, 50.0))
    if rng.random() < 0.3:
        _add_irregularity(rng, task, mutator)
    return task


def _add_irregularity(rng: Random, task: Task, mutator: ResponseMutator) -> None:
    kind = rng.random()
    if kind < 0.3:
        task.appears_at = rng.choice((5.0, 20.0, 100.0, 290.0, 310.0))
    elif kind < 0.5:
        task.disappears_at = rng.choice((5.0, 30.0, 100.0, 400.0))
    elif kind < 0.65:
        task.start_changes_at = rng.choice((0.0, 10.0, 60.0, 200.0))
    elif kind < 0.8:
        task.count_error = rng.choice((-1, 1, 1, 2))
    elif kind < 0.82:
        task.image_replaced_at = rng.choice((10.0, 30.0, 100.0, 250.0))
    elif kind < 0.88:
        task.has_start = False
    elif kind < 0.92:
        task.repository_state = rng.choice(("FAIL", "START", "TIMEOUT", ""))
    else:
        task.name, task.reason = mutator.text(), mutator.text()


def _images(rng: Random, task_id: str, mutator: ResponseMutator) -> list[Image]:
    has_problems = rng.random() < 0.5
    number = rng.choice((0, 1, 1, 1, 2, 2, 3, 3, 4, 5))
    return [_image(rng, f"{task_id}{at}", mutator, has_problems=has_problems) for at in range(number)]


def _image(rng: Random, seed: str, mutator: ResponseMutator, *, has_problems: bool) -> Image:
    # With and without the name of the algorithm, since both forms are documented (alibaba-security-center.md 2.2).
    digest = seed.encode().hex().ljust(64, "0")
    image = Image(digest=digest, result="scanned", risk="NO", results_lag=0.0, name="shop")
    if rng.random() < 0.2:
        image.name, image.digest = mutator.text(), f"sha256:{digest}"
    if rng.random() < 0.15:
        image.results_lag, image.tags = rng.choice((30.0, 120.0, 400.0, 3000.0)), rng.choice((1, 1, 2))
        image.has_moved_tag = rng.random() < 0.5
    if has_problems:
        image.result = rng.choice(("scanned", "scanned", "scanned", "failed", "unfinished"))
        image.risk = rng.choice(("NO", "NO", "NO", "YES", "YES", "YES", None))
    return image
