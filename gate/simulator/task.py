"""Models a simulated scan task, and what it shows at one time, independent of any cloud."""

from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from gate.simulator.image import PushedImage

State = Literal["queued", "running", "complete", "stopped", "timed-out", "failed", "unknown"]
Kind = Literal[
    "image_scan",
    "image_sync",
    "registry_scan",
    "client_problem_check",
    "client_dev_ops",
    "asset_security_check",
    "assets_collection",
    "ai_security_check",
    "idc_probe_scan",
    "attack_surface_scan",
    "asset_exposure_scan",
    "vul_check_task",
]
"""The first three work on images; the others exist in one cloud only, and have its names for them.

A `registry_scan` is one of a registry itself: it has no part in what the security service shows.
"""
Scope = Literal["vulnerability", "baseline", "malicious-file", "sensitive-information", "software-compliance"]
IdForm = Literal["text", "number", "zero", "empty", "absent"]
ImageFailure = Literal["broken", "timed-out", "unsupported"]

ENDED: Final[frozenset[State]] = frozenset({"complete", "stopped", "timed-out", "failed"})
EVERY_SCOPE: Final[frozenset[Scope]] = frozenset(
    {"vulnerability", "baseline", "malicious-file", "sensitive-information", "software-compliance"}
)
DONE: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedImage:
    """An image whose scan failed, with the reason that the cloud gives."""

    id: int
    registry_id: str
    registry_name: str
    image_name: str
    image_version: str
    namespace: str
    registry_type: str
    failed_reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One stage in the progress of a task.

    It ends after `polls` polls or after `seconds` seconds, whichever comes first; with neither it never ends.
    A poll is one response that shows the task.
    """

    state: State
    progress: int = 0
    polls: int | None = None
    seconds: float | None = None
    remaining_minutes: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedTask:
    """A task in the simulated cloud, with all of its stages."""

    id: str
    name: str
    kind: Kind = "image_scan"
    task_type: str = "manual"
    """Its trigger by Huawei's names: `cycle`, `manual`, `autoSync`, `manualSync`; other clouds translate these."""
    image_type: str = "registry"
    scopes: frozenset[Scope] | None = EVERY_SCOPE
    """What it looks for; `None` leaves the field out, where a cloud has one."""
    all_images: bool | None = True
    """Whether it covers all images; `None` leaves the field out."""
    enterprise_project_id: str = "0"
    started_ago: float = 0.0
    """Its start time, in seconds before the start of the simulator; if negative, it is not listed until it starts."""
    stages: tuple[Stage, ...] = (Stage(state="complete", progress=100),)
    """In order; the last one never ends, whatever its `polls` and `seconds` are."""
    total: int = 3
    failed: int = 0
    risky: int | None = 0
    """`None` leaves the count out of every response."""
    without_result: int = 0
    """Images that count neither as succeeded nor as failed when the task is complete."""
    failed_images: tuple[FailedImage, ...] = ()
    """Generated from `failed` when empty."""
    failure_kinds: tuple[ImageFailure, ...] = ("broken", "timed-out", "unsupported")
    """How its images fail, in rotation, where a cloud distinguishes several kinds of failure."""
    id_form: IdForm = "text"
    """The form of the id in a cloud that declares a number but shows a text; only the first two can be requested."""
    finished: int | None = None
    """The finished count of the task, where a cloud has one; `None` computes it."""
    unsupported: bool = False
    """Whether its result code says that its images are in a region that the cloud does not scan."""
    results_lag: float = 0.0
    """Seconds from the end of the task until its images show its results, where a cloud lists images apart."""
    scanned_before: bool = True
    """Whether its images show the results of an earlier scan until then; otherwise they show none."""
    images: tuple[PushedImage, ...] = ()
    """Exactly these images, in the order in which their scans end; all counts and failures are then those of them.

    Empty for a task whose images `gate.simulator.task_images` generates from its counts.
    """
    is_import: bool = False
    """Whether the security service lists its images because of it, after their `PushedImage.sync_lag`."""
    registries: tuple[str, ...] = ()
    """The registries that it synchronises, by `PushedImage.registry`; all of them if empty."""

    @property
    def failures(self) -> tuple[FailedImage, ...]:
        """The failed images of a task that names none."""
        return self.failed_images or tuple(_example_failure(number) for number in range(1, self.failed + 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """The counts of a task at its current progress."""

    total: int
    succeeded: int
    failed: int
    risky: int | None
    failed_images: tuple[FailedImage, ...] = ()
    """Empty for a task that names its images; `Snapshot.ended_images` has those."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A task at one point in time; times in seconds since the epoch."""

    task: SimulatedTask
    stage: Stage
    at: float
    started: float
    ended: float | None
    stages: tuple[tuple[Stage, float], ...] = ()
    """The stages until now, each with the time at which it started; the last one is `stage`."""

    @property
    def percent(self) -> int:
        """The progress in percent."""
        return DONE if self.stage.state == "complete" else self.stage.progress

    @property
    def has_results(self) -> bool:
        """Whether the images show the results of this scan."""
        ended = self.ended if self.stage.state == "complete" else None
        return ended is not None and self.at >= ended + self.task.results_lag

    @property
    def is_running(self) -> bool:
        """Whether it has not ended, successfully or not."""
        return self.stage.state not in ENDED

    def image_ended(self, position: int) -> float | None:
        """When the scan of the image at this position of `SimulatedTask.images` ended; None if it did not, or not yet.

        The images end in their order, in proportion to the progress of the task.
        """
        for stage, since in self.stages:
            percent = DONE if stage.state == "complete" else stage.progress
            if position < len(self.task.images) * percent // DONE:
                return since if self.ended is None else min(since, self.ended)
        return None

    @property
    def counts(self) -> Counts:
        """The images done so far: all of them once the task is complete, before that in proportion to its progress."""
        return self._counts_of_images() if self.task.images else self._counts_in_proportion()

    @property
    def ended_images(self) -> tuple[PushedImage, ...]:
        """The images of a task that names them, as far as their scans have ended."""
        return tuple(image for number, image in enumerate(self.task.images) if self.image_ended(number) is not None)

    def _counts_of_images(self) -> Counts:
        ended = self.ended_images
        failed = sum(image.failure is not None for image in ended)
        risky = sum(image.findings.is_risky and not image.failure for image in ended)
        return Counts(
            total=len(self.task.images),
            succeeded=len(ended) - failed,
            failed=failed,
            risky=None if self.task.risky is None else risky,
        )

    def _counts_in_proportion(self) -> Counts:
        task, percent = self.task, self.percent
        failed = task.failed * percent // DONE
        return Counts(
            total=task.total,
            succeeded=(task.total - task.without_result) * percent // DONE - failed,
            failed=failed,
            risky=None if task.risky is None else task.risky * percent // DONE,
            # A complete task lists all of its failures, even where their number contradicts its count.
            failed_images=task.failures if percent == DONE else tuple(islice(task.failures, failed)),
        )


def _example_failure(number: int) -> FailedImage:
    return FailedImage(
        id=1000 + number,
        registry_id=f"5f0c7a52-0000-4000-8000-{number:012d}",
        registry_name="SWR private images",
        image_name=f"shop/service-{number}",
        image_version=f"1.{number}.0",
        namespace="shop",
        registry_type="SwrPrivate",
        failed_reason="download_failed",
    )
