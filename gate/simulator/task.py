"""Tells the story of a scan task as it unfolds, in words that belong to no cloud."""

from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Literal

State = Literal["queued", "running", "complete", "stopped", "timed-out", "failed", "unknown"]
Kind = Literal[
    "image_scan",
    "image_sync",
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
"""The first two look at images; the others are known to one cloud only, and named after its words."""
Scope = Literal["vulnerability", "baseline", "malicious-file", "sensitive-information", "software-compliance"]
IdForm = Literal["text", "number", "zero", "empty", "absent"]
Failing = Literal["broken", "timed-out", "unsupported"]

ENDED: Final[frozenset[State]] = frozenset({"complete", "stopped", "timed-out", "failed"})
EVERY_SCOPE: Final[frozenset[Scope]] = frozenset(
    {"vulnerability", "baseline", "malicious-file", "sensitive-information", "software-compliance"}
)
DONE: Final = 100
USUAL_SECONDS: Final = 240.0


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedImage:
    """An image whose scan failed, with the reason the cloud gives."""

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
    """One stretch of a task's story.

    It lasts for so many looks or so many seconds, whichever ends first; with neither it lasts for ever.
    A look is one answer in which the task is shown.
    """

    state: State
    progress: int = 0
    polls: int | None = None
    seconds: float | None = None
    remaining_minutes: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedTask:
    """A task in the simulated cloud, with the whole of its story."""

    id: str
    name: str
    kind: Kind = "image_scan"
    task_type: str = "manual"
    """Who started it, in Huawei's words: `cycle`, `manual`, `autoSync`, `manualSync`; other clouds translate these."""
    image_type: str = "registry"
    scopes: frozenset[Scope] = EVERY_SCOPE
    enterprise_project_id: str = "0"
    started_ago: float = 0.0
    """Seconds before the simulator started; a task with a negative number is not listed until it has begun."""
    stages: tuple[Stage, ...] = (Stage(state="complete", progress=100),)
    """Scene by scene; the last one stays for ever, whatever it says of its length."""
    total: int = 3
    failed: int = 0
    risky: int | None = 0
    """`None` leaves the count out of every answer."""
    without_result: int = 0
    """Images that count neither as succeeded nor as failed when the task is complete."""
    failed_images: tuple[FailedImage, ...] = ()
    """Made up from `failed` when empty."""
    failing: tuple[Failing, ...] = ("broken", "timed-out", "unsupported")
    """How its images fail, by turns, where a cloud has more than one way to say so."""
    id_form: IdForm = "text"
    """How the id is written where a cloud declares a number and shows a text; only the first two can be asked for."""
    finished: int | None = None
    """What the task itself says of how many are done, where a cloud has such a count; `None` counts them."""
    unsupported: bool = False
    """Whether its result is that the images are in a region where the cloud does not scan."""
    results_lag: float = 0.0
    """Seconds from the end of the task until its images show what was found, where a cloud tells the two apart."""
    scanned_before: bool = True
    """Whether its images show, until then, what an earlier scan had found, or nothing at all."""

    @property
    def failures(self) -> tuple[FailedImage, ...]:
        """The failed images by name."""
        return self.failed_images or tuple(_made_up(number) for number in range(1, self.failed + 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """What a task has to show for its progress so far."""

    total: int
    succeeded: int
    failed: int
    risky: int | None
    failed_images: tuple[FailedImage, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A task as it stands at one moment."""

    task: SimulatedTask
    stage: Stage
    at: float
    started: float
    ended: float | None

    @property
    def percent(self) -> int:
        """How much of the work is done."""
        return DONE if self.stage.state == "complete" else self.stage.progress

    @property
    def settled(self) -> bool:
        """Whether the images show what this scan has found."""
        ended = self.ended if self.stage.state == "complete" else None
        return ended is not None and self.at >= ended + self.task.results_lag

    @property
    def counts(self) -> Counts:
        """The images done so far: all of them once the task is complete, else in step with its progress."""
        task, percent = self.task, self.percent
        failed = task.failed * percent // DONE
        return Counts(
            total=task.total,
            succeeded=(task.total - task.without_result) * percent // DONE - failed,
            failed=failed,
            risky=None if task.risky is None else task.risky * percent // DONE,
            failed_images=_listed(task, failed, everything=percent == DONE),
        )


@dataclass(kw_only=True, slots=True)
class TaskProgress:
    """How far a task has come in its story; its clock starts when the task begins or is first known of."""

    task: SimulatedTask
    started: float
    known_since: float
    _stage: int = 0
    _since: float = field(init=False)
    _polls: int = 0

    def __post_init__(self) -> None:
        self._since = max(self.started, self.known_since)

    def at(self, now: float) -> Snapshot:
        """The task at this moment, without counting as a look."""
        while self._stage < len(self.task.stages) - 1 and (end := self._end(now)) is not None:
            self._stage, self._since, self._polls = self._stage + 1, end, 0
        stage = self.task.stages[self._stage]
        return Snapshot(task=self.task, stage=stage, at=now, started=self.started, ended=self._ended(stage))

    def poll(self) -> None:
        """Count one answer in which the task was shown."""
        self._polls += 1

    def _end(self, now: float) -> float | None:
        stage = self.task.stages[self._stage]
        if stage.seconds is not None and now >= self._since + stage.seconds:
            return self._since + stage.seconds
        return now if stage.polls is not None and self._polls >= stage.polls else None

    def _ended(self, stage: Stage) -> float | None:
        if stage.state not in ENDED:
            return None
        # A task that was over from its first scene ended somewhere between its begin and our first knowledge of it.
        return self._since if self._stage else min(self.started + USUAL_SECONDS, self._since)


def _listed(task: SimulatedTask, failed: int, *, everything: bool) -> tuple[FailedImage, ...]:
    return task.failures if everything else tuple(islice(task.failures, failed))


def _made_up(number: int) -> FailedImage:
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
