"""The data model of a scan task of container images, into which each cloud's data is translated.

Whether a task is stale, so too old to be judged, is decided in `gate.selection.staleness`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from gate.image import FailedImage, ScannedImage


NOT_LISTED = "no longer listed"
"""The `raw_state` of a task that the cloud listed before and does not list any more."""
NO_LONGER_FITS = "no longer fits the filters"
"""The `raw_state` of a task that is listed, and by its own fields is no longer one that was asked for."""


class TaskState(StrEnum):
    """The state of a scan task; only what a cloud documents as complete is COMPLETE."""

    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    TIMED_OUT = "timed-out"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def ended_badly(self) -> bool:
        """Whether the task is over without a result to judge."""
        return self in {TaskState.STOPPED, TaskState.TIMED_OUT, TaskState.FAILED}


class ScanScope(StrEnum):
    """What a scan can look for."""

    VULNERABILITY = "vulnerability"
    BASELINE = "baseline"
    MALICIOUS_FILE = "malicious-file"
    SENSITIVE_INFORMATION = "sensitive-information"
    SOFTWARE_COMPLIANCE = "software-compliance"


RISK_SCOPES = frozenset({ScanScope.VULNERABILITY, ScanScope.BASELINE, ScanScope.MALICIOUS_FILE})
"""The kinds of findings that a cloud counts an image as risky for (huawei-hss.md 2, alibaba-security-center.md 2.2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How many images a task has, by result; None if the cloud gave no valid number."""

    total: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    risky: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanTask:
    """One scan task at the time of a poll."""

    id: str
    """Empty if the cloud gave none; such a task cannot be polled."""
    name: str = ""
    type: str = ""
    """The trigger of the task in the cloud's own words, such as `manual`."""
    has_unknown_type: bool = False
    """Whether the cloud documents triggers, and states none of them for this task: it may be of another kind."""
    scopes: frozenset[ScanScope] | None = None
    """What the scan looks for; None if the cloud does not state it."""
    covers_all_images: bool | None = None
    """Whether the scan covers all images or only selected ones; None if the cloud does not state it."""
    image_type: str = ""
    """Where the images are, in the cloud's own words, such as `registry`; empty if the cloud does not state it."""
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
    """The cloud's estimate of the time left, in s; it may be wrong."""
    counts: Counts = field(default_factory=Counts)
    failed_images: tuple[FailedImage, ...] = ()
    has_unread_failures: bool = False
    """Whether the cloud's list of failed images cannot be read, so that more may have failed than it counts."""
    images: tuple[ScannedImage, ...] = ()
    """The images that were asked for, if any were; else those of the task that are risky, as far as it says which."""
    reason: str = ""
    """Why the task ended without a result, in the cloud's own words."""
    contradiction: str = ""
    """What speaks against the state COMPLETE in a field that cannot be read, in words; empty if nothing does."""
    asks_for_images: bool = False
    """Whether it stands for the images that were asked for, and not for one task of the cloud."""
    risk_applies: bool = True
    """False for tasks that do not scan for risks, such as the synchronisation of a registry."""
    results_pending: int | None = 0
    """How many images of a complete task have no result yet; None if the results were not requested yet.

    Some clouds report a task as complete some time before the results of its images are available.
    """
    lost_images: int = 0
    """How many images that earlier polls listed are no longer listed; 0 if the cloud does not list them all."""

    @property
    def is_gone(self) -> bool:
        """Whether the cloud does not list this task any more."""
        return self.state is TaskState.UNKNOWN and self.raw_state == NOT_LISTED

    @property
    def is_unfit(self) -> bool:
        """Whether the task fitted the filters before, and does not any more."""
        return self.state is TaskState.UNKNOWN and self.raw_state == NO_LONGER_FITS

    @property
    def is_queued(self) -> bool:
        """Whether the task is listed and has not started yet, by all that the cloud states."""
        return self.state is TaskState.RUNNING and not self.progress and not self.started_at and not self.ended_at

    @property
    def is_final(self) -> bool:
        """Whether further polls are pointless; an unknown state may still change."""
        return self.state.ended_badly or (self.state is TaskState.COMPLETE and self.results_pending == 0)


def as_gone(task: ScanTask) -> ScanTask:
    """The task as it stands for one that the cloud does not list any more."""
    return replace(task, state=TaskState.UNKNOWN, raw_state=NOT_LISTED, progress=None)
