"""Holds the tasks and the pushed images of the simulated account, and starts and stops scans of them."""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from gate.simulator.image import Push, PushedImage, TagKey
from gate.simulator.listing import (
    ListedImage,
    World,
    current_tags,
    listed_images,
    pushed_images,
    running_scan,
    scanned_images,
    sync_time,
)
from gate.simulator.progress import TaskProgress
from gate.simulator.scenario import Scenario
from gate.simulator.task import DONE, SimulatedTask, Snapshot, Stage
from gate.simulator.unverified import Unverified
from gate.simulator.vulnerability import WhitelistEntry

SYNC_STAGES: Final = (Stage(state="running", progress=50, seconds=2), Stage(state="complete", progress=DONE))
QUEUED_SECONDS: Final = 1.0


class Account:
    """The state of the simulated account; every method takes the time of the request, in seconds since the epoch.

    A test may change its attributes while the simulator runs. The methods must be called under the lock of the
    simulator, as they are in the response to a request, and in `Simulator.push`.
    """

    tasks: list[SimulatedTask]
    """Scans and synchronisations that were started are appended to it."""
    scans_left: int | None
    """How many images can still be scanned; None for no limit. An operation checks it, and `start_scan` counts."""
    scan_stages: tuple[Stage, ...] | None
    """The stages of every scan that is started; None derives them from `PushedImage.scan_seconds`."""
    sync_stages: tuple[Stage, ...]
    """The stages of every synchronisation that is started."""
    unverified: Unverified
    whitelist: list[WhitelistEntry]
    """What users of the console have put on a whitelist."""

    def __init__(self, scenario: Scenario) -> None:
        self.tasks = [*scenario.tasks]
        self.scans_left = scenario.scans_left
        self.scan_stages = None
        self.sync_stages = SYNC_STAGES
        self.unverified = Unverified()
        self.whitelist = []
        self._images = [*scenario.pushes]
        self._pushes: list[Push] = []
        self._started: float | None = None
        self._progress_of: dict[SimulatedTask, TaskProgress] = {}

    def start(self, at: float) -> None:
        """The simulator starts: all times of tasks, and those of images that are there already, count from now."""
        self._started = at
        self._progress_of.clear()
        self._pushes.clear()
        for image in self._images:
            self._push(image, at)
        self.snapshots(at)

    def push(self, image: PushedImage, at: float) -> None:
        """Push an image: its tag stands for its digest from now on; before `start`, it is pushed then."""
        if self._started is None:
            self._images.append(image)
        else:
            self._push(image, at)

    def snapshots(self, at: float) -> list[Snapshot]:
        """Every task that has started."""
        started = at if self._started is None else self._started
        for task in self.tasks:
            if task not in self._progress_of:
                self._progress_of[task] = TaskProgress(task=task, started=started - task.started_ago, known_since=at)
        snapshots = (self._progress_of[task].snapshot(at) for task in self.tasks)
        return [snapshot for snapshot in snapshots if snapshot.started <= at]

    def poll(self, snapshots: Iterable[Snapshot]) -> None:
        """Count one response that showed these tasks."""
        for snapshot in snapshots:
            self._progress_of[snapshot.task].poll()

    def listed(self, at: float) -> list[ListedImage]:
        """What the security service shows of the images that were pushed, in no order that a client may rely on."""
        return sorted(listed_images(self._world(at)), key=lambda shown: (shown.scanned or 0.0, shown.image.number))

    def pushed(self, at: float) -> list[ListedImage]:
        """What the registries themselves show: every push, oldest first for each tag, with the scans of its digest."""
        return [*pushed_images(self._world(at))]

    def tags(self, at: float) -> dict[TagKey, Push]:
        """What each tag of the registries stands for; the registry knows it at once, the security service later."""
        return current_tags(self._world(at))

    def sync_time(self, registry: str, at: float) -> float | None:
        """When the last synchronisation of this registry ended successfully; None if there was none."""
        return sync_time(registry, self._world(at))

    def being_scanned(self, images: Iterable[PushedImage], at: float) -> list[PushedImage]:
        """Those of these images, by digest and tag, that a task which has not ended is to scan."""
        world = self._world(at)
        return [image for image in images if running_scan(image, world) is not None]

    def is_being_scanned(self, image: PushedImage, at: float) -> bool:
        """Whether a task that has not ended is to scan this digest under this tag."""
        return bool(self.being_scanned([image], at))

    def start_scan(
        self,
        images: Sequence[PushedImage],
        at: float,
        *,
        cost: int | None = None,
        queued_seconds: float = QUEUED_SECONDS,
        **fields: Any,
    ) -> SimulatedTask:
        """Start one scan of exactly these images, which every list shows from now on; `scans_left` goes down.

        Args:
            images: As they are listed or as the registry knows them.
            at: Now.
            cost: How many scans it uses up; None for one for each image.
            queued_seconds: How long it waits before its first image is scanned.
            fields: Further fields of the task.
        """
        in_order = tuple(sorted(images, key=lambda image: image.scan_seconds))
        if self.scans_left is not None:
            self.scans_left -= len(in_order) if cost is None else cost
        task = SimulatedTask(
            id=self._new_id("scan"),
            name=f"ManualImageScan_{round(at * 1000)}",
            images=in_order,
            started_ago=self._ago(at),
            stages=self.scan_stages or _scan_stages(in_order, queued_seconds),
            **fields,
        )
        self.tasks.append(task)
        self.snapshots(at)
        return task

    def start_sync(self, registries: Collection[str], at: float, **fields: Any) -> SimulatedTask:
        """Start a synchronisation of these registries, or of all if there is none among them."""
        task = SimulatedTask(
            id=self._new_id("sync"),
            name=f"ManualImageAssetSynchronization_{round(at * 1000)}",
            kind="image_sync",
            task_type="manualSync",
            registries=tuple(sorted(registries)),
            started_ago=self._ago(at),
            stages=self.sync_stages,
            **fields,
        )
        self.tasks.append(task)
        self.snapshots(at)
        return task

    def stop(self, task: SimulatedTask, at: float) -> None:
        """Stop a task: the scans of its images that have not ended leave no result."""
        self._progress_of[task].stop(at)

    def _push(self, image: PushedImage, at: float) -> None:
        self._pushes.append(Push(image=image, at=at - image.pushed_ago, known_since=at, number=len(self._pushes)))

    def _world(self, at: float) -> World:
        snapshots = self.snapshots(at)
        return World(
            at=at,
            pushes=self._pushes,
            snapshots=snapshots,
            unverified=self.unverified,
            scanned=scanned_images(snapshots),
        )

    def _ago(self, at: float) -> float:
        return 0.0 if self._started is None else self._started - at

    def _new_id(self, kind: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"{kind}/{len(self.tasks)}"))


def _scan_stages(images: Sequence[PushedImage], queued_seconds: float) -> tuple[Stage, ...]:
    """Queued, then running until the scan of the last image ends; an image ends with the stage that covers it."""
    stages, before = [Stage(state="queued", seconds=queued_seconds)], 0.0
    for done, image in enumerate(images):
        if image.scan_seconds > before:
            seconds = None if math.isinf(image.scan_seconds) else image.scan_seconds - before
            stages.append(Stage(state="running", progress=-(-DONE * done // len(images)), seconds=seconds))
            before = image.scan_seconds
    return (*stages, Stage(state="complete", progress=DONE))
