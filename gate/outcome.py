"""The outcome of one run: the only input of reports and CI systems."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from gate.errors import ExitCode
from gate.image import ImageState
from gate.policy import Decision, failed_images
from gate.policy_digest import policy_digest
from gate.run_context import RunContext
from gate.scan import ScanScope, TaskState

if TYPE_CHECKING:
    from datetime import datetime

    from gate.finding import KnownFinding, WaiverUse
    from gate.policy import Policy, Verdict
    from gate.run_context import Job
    from gate.scan import ScanTask


_JOB_NAME = "scan-gate"
"""The name of the job in GitLab's component, unless the user gives it another one."""


class EventKind(StrEnum):
    """The kinds of events while the gate waits."""

    POLL = "poll"
    PAUSE = "pause"
    RETRY = "retry"
    ACTION = "action"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that the gate saw or did, and when."""

    kind: EventKind
    at: float
    """Seconds since the start of the run."""
    text: str = ""
    task: ScanTask | None = None
    """For a poll: the task as it was then; None when there was none."""
    pause: float | None = None
    """Seconds until the next try or poll; None when there is none."""


def coverage(task: ScanTask) -> dict[str, str]:
    """What the scan looked for, in which images, and what triggered it, in words: a pass says nothing beyond this."""
    if task.asks_for_images:
        scopes = {image.scopes for image in task.images if image.state is ImageState.SCANNED}
        scope = "not the same for all images" if len(scopes) > 1 else _scope(next(iter(scopes), None))
        return {"Scope": scope, "Images": "those that were asked for"}
    return {
        "Scope": _scope(task.scopes),
        "Images": {True: "all", False: "selected", None: "not stated"}[task.covers_all_images],
        "Image type": task.image_type or "not stated",
        "Trigger": task.type or "not stated",
    }


def _scope(scopes: frozenset[ScanScope] | None) -> str:
    if scopes is None:
        return "not stated"
    return "everything" if scopes == frozenset(ScanScope) else ", ".join(sorted(scopes)) or "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A verdict, its basis, and how the wait went."""

    cloud: str
    name: str = ""
    """The gate's name, if the user gave one."""
    identity: str = ""
    """What tells the gate from others of its pipeline: its name, else its job or step, as far as that is known."""
    verdict: Verdict
    policy: Policy
    context: RunContext = field(default_factory=RunContext)
    """Where the cloud was asked, in which job, and where the policy comes from."""
    task: ScanTask | None = None
    waivers: tuple[WaiverUse, ...] = ()
    """What each waiver did; one of an undecided run may match findings that are not known."""
    gone: tuple[KnownFinding, ...] = ()
    """The findings of the baseline that no image has any more, as far as all of its repository are known."""
    is_settled: bool = False
    """Whether what the last poll showed may be believed, and would not have been polled for once more."""
    events: tuple[Event, ...] = field(default=(), repr=False)
    seconds: float = 0.0
    gate_version: str
    generated_at: datetime
    judged_at: datetime | None = None
    """The latest time that was known, by any clock, when the verdict was reached; None if it is `generated_at`."""

    @property
    def own_name(self) -> str:
        """What a name ends in that two gates of one pipeline must not share.

        Empty for a gate without a name and a known job, and for one in a job that has the name of the gate itself: of
        such jobs, a pipeline has one.
        """
        return "" if self.identity == _JOB_NAME else self.identity or self.name

    def in_job(self, job: Job) -> Outcome:
        """The same outcome, of a run in this job."""
        return replace(self, context=replace(self.context, job=job))

    @property
    def enforced(self) -> bool:
        """Whether the verdict decides the exit code."""
        return self.policy.enforces(self.verdict)

    @property
    def exit_code(self) -> ExitCode:
        """The code that the process ends with; 0 where the policy makes the verdict a warning."""
        return self.verdict.exit_code if self.enforced else ExitCode.PASSED

    @property
    def reasons_by_code(self) -> dict[str, str]:
        """What speaks against a pass, by its code: the exceeded limits for two severities have one code."""
        messages: dict[str, list[str]] = {}
        for reason in self.verdict.reasons:
            messages.setdefault(reason.code, []).append(reason.message)
        return {code: " ".join(of_code) for code, of_code in messages.items()}

    @property
    def counts_note(self) -> str:
        """What a report adds where it shows counts of an undecided run: they can still change, or are not judged."""
        if self.task is None or self.verdict.decision is not Decision.UNDECIDED:
            return ""
        is_over = self.task.state is TaskState.COMPLETE and self.verdict.exit_code is ExitCode.NOTHING_TO_JUDGE
        return " (not judged)" if is_over else " so far"

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs for later steps of a job, by name; empty where unknown, and not escaped.

        `exit-code` names what happened, before any leniency of the policy.
        """
        task = self.task
        counts = task.counts if task else None
        asked = counts if task and task.asks_for_images else None
        values = {
            "verdict": self.verdict.decision,
            "exit-code": int(self.verdict.exit_code),
            "task-id": task.id if task else None,
            "task-state": task.state if task else None,
            "task-type": task.type if task else None,
            "scope": None if task is None or task.scopes is None else ",".join(sorted(task.scopes)) or "none",
            "all-images": str(task.covers_all_images).lower() if task and task.covers_all_images is not None else None,
            "image-type": task.image_type if task else None,
            "total-num": counts.total if counts else None,
            "success-num": counts.succeeded if counts else None,
            "failed-num": failed_images(task) if task else None,
            "risky-num": counts.risky if counts else None,
            "images-total": asked.total if asked else None,
            "images-risky": asked.risky if asked else None,
            "region": self.context.region,
            "account": self.context.account,
            "policy-digest": policy_digest(self.policy),
        }
        return {name: "" if value is None else str(value) for name, value in values.items()}

    @property
    def polls(self) -> int:
        """How often the gate polled the cloud."""
        return sum(event.kind is EventKind.POLL for event in self.events)

    @property
    def retries(self) -> int:
        """How many requests were retried."""
        return sum(event.kind is EventKind.RETRY for event in self.events)
