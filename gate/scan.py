"""The vocabulary: what a scan task of container images is, in the words that every cloud is translated into."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class TaskState(StrEnum):
    """How far a scan task is; only what a cloud documents as complete is COMPLETE."""

    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    TIMED_OUT = "timed-out"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def ended_badly(self) -> bool:
        """Whether the task is over and has no result to judge."""
        return self in {TaskState.STOPPED, TaskState.TIMED_OUT, TaskState.FAILED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How many images a task has, by result; None where the cloud gave no number that can be one."""

    total: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    risky: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRef:
    """One container image, as far as the cloud names it; an absent part is the empty string."""

    registry: str = ""
    namespace: str = ""
    name: str = ""
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        path = "/".join(part for part in (self.registry, self.namespace, self.name) if part)
        return path + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedImage:
    """An image that the cloud could not scan, and its reason in the cloud's own words."""

    image: ImageRef
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanTask:
    """One scan task as it was when it was looked at."""

    id: str
    """Empty where the cloud gave none; such a task cannot be followed."""
    name: str = ""
    type: str = ""
    """The cloud's own word for what set the task off, such as `manual`."""
    state: TaskState
    raw_state: str = ""
    """The state in the cloud's own words."""
    progress: int | None = None
    """Per cent, 0 to 100."""
    started_at: datetime | None = None
    """Aware, in UTC."""
    ended_at: datetime | None = None
    """Aware, in UTC."""
    remaining: float | None = None
    """The cloud's own estimate of what is left, in s; a hint, never a promise."""
    counts: Counts = field(default_factory=Counts)
    failed_images: tuple[FailedImage, ...] = ()
    reason: str = ""
    """Why the task ended badly, in the cloud's own words."""
    risk_applies: bool = True
    """False for tasks that look for no risk, such as the synchronisation of a registry."""
    results_pending: int | None = 0
    """How many images of a complete task have no result yet that can be judged; None where nobody has asked yet.

    Some clouds call a task complete some time before they can say what was found.
    """
    lost_images: int = 0
    """How many of the images that an earlier look named it has no longer; 0 where the cloud does not name them all."""

    @property
    def is_final(self) -> bool:
        """Whether there is nothing left to wait for; an unknown state may still change."""
        return self.state.ended_badly or (self.state is TaskState.COMPLETE and self.results_pending == 0)
