"""The rules of judgement: from a scan task and a policy to a verdict, with no clock, no network and no surprise.

A pass is never the default: `Decision.PASSED` is returned in one place, at the end of `_apply_limits`, after every
reason against it was checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from gate.errors import ExitCode, GateError
from gate.scan import TaskState
from gate.verdict_messages import too_many_failed, too_many_risky

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from gate.errors import Interrupted
    from gate.scan import ScanTask

CLOCK_TOLERANCE = timedelta(minutes=15)
"""How far this machine's clock may be behind the cloud's: with more, no signature would be accepted either."""


class Decision(StrEnum):
    """The verdict in one word."""

    PASSED = "passed"
    BLOCKED = "blocked"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One thing that speaks against a release, with the number and its limit where there are any."""

    code: str
    message: str
    actual: int | None = None
    limit: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What was decided and why; `exit_code` says it before any leniency of the policy."""

    decision: Decision
    exit_code: ExitCode
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What the user allows."""

    max_failed: int = 0
    max_risky: int = 0
    max_age: timedelta | None = timedelta(hours=24)
    started_after: datetime | None = None
    warn_only: bool = False
    warn_undecided: bool = False

    def enforces(self, verdict: Verdict) -> bool:
        """Whether this verdict decides the exit code; where not, it is a warning and the gate exits with 0."""
        if verdict.decision is Decision.BLOCKED:
            return not self.warn_only
        excusable = ExitCode.CLOUD_UNAVAILABLE <= verdict.exit_code <= ExitCode.NOTHING_TO_JUDGE
        return not (excusable and self.warn_undecided)


def judge(task: ScanTask, policy: Policy) -> Verdict:
    """Says whether the images of this task may be released."""
    if task.state is TaskState.COMPLETE:
        return _apply_limits(task, policy) if task.results_pending == 0 else _results_pending(task)
    if task.state.ended_badly:
        why = f": {task.reason.rstrip('.')}" if task.reason else ""
        message = f"The scan task itself {_ENDINGS[task.state]}{why}. Its images were not all scanned; scan them again."
        return _undecided(ExitCode.TASK_ENDED_BADLY, f"task-{task.state}", message)
    if task.state is TaskState.UNKNOWN:
        message = (
            f"The time is up and the task is in a state that the gate does not know ({task.raw_state}). "
            "Look at it in the cloud's console; if it is over there, report this state to the gate's project."
        )
        return _undecided(ExitCode.NOT_FINAL, "unknown-state", message)
    progress = "" if task.progress is None else f" ({task.progress} %)"
    message = f"The time is up and the scan task is still running{progress}. Give it more time with --timeout."
    return _undecided(ExitCode.NOT_FINAL, "not-final", message)


def staleness(task: ScanTask, policy: Policy, now: datetime) -> Reason | None:
    """Says why this task is not fresh enough to be judged; None when it is."""
    if policy.max_age is None and policy.started_after is None:
        return None
    if task.started_at is None:
        return Reason(
            code="no-begin",
            message="The scan task does not say when it began, so its age is unknown. "
            "It may still be waiting for its turn; if not, judge it all the same with --max-age none.",
        )
    began = f"{task.started_at:%Y-%m-%dT%H:%M:%SZ}"
    if task.started_at > now + CLOCK_TOLERANCE:
        return Reason(
            code="begins-in-future",
            message=f"The scan task says that it began in the future, {began}. Set the clock of this machine right.",
        )
    if policy.max_age is not None and now - task.started_at > policy.max_age:
        age, most = _whole_seconds(now - task.started_at), _whole_seconds(policy.max_age)
        message = (
            f"The scan task began {began}, longer ago than --max-age allows ({_span(most)}). "
            "Start a scan for this release, or allow older ones."
        )
        return Reason(code="stale", message=message, actual=age, limit=most)
    if policy.started_after is not None and task.started_at < policy.started_after:
        since = f"{policy.started_after:%Y-%m-%dT%H:%M:%SZ}"
        message = f"The scan task began {began}, before {since} (--started-after). Start a scan for this release."
        return Reason(code="stale", message=message)
    return None


def is_different_task(last: ScanTask, pinned: ScanTask) -> bool:
    """Whether what was seen last cannot be the task that was chosen as fresh: its begin has moved."""
    return last.started_at != pinned.started_at and pinned.started_at is not None


def undecided(cause: GateError | Interrupted) -> Verdict:
    """The verdict when something kept the gate from judging."""
    if isinstance(cause, GateError):
        return _undecided(cause.exit_code, cause.code, str(cause))
    message = f"The run was interrupted by {cause.signal.name} before there was a verdict."
    return _undecided(cause.exit_code, "interrupted", message)


def no_task(task_id: str | None) -> Reason:
    """The reason when there is no task that could be followed, or none of the id that was asked for."""
    which = f"No scan task of the id {task_id!r}" if task_id else "No scan task"
    message = (
        f"{which} was found. Either none was started, or the region, the project or the options that select tasks look "
        "in the wrong place."
    )
    return Reason(code="no-task", message=message)


def nothing_to_judge(reason: Reason) -> Verdict:
    """The verdict when there is no task that may be judged."""
    return Verdict(decision=Decision.UNDECIDED, exit_code=ExitCode.NOTHING_TO_JUDGE, reasons=(reason,))


def has_lost_images(last: ScanTask, seen: Iterable[ScanTask]) -> bool:
    """Whether images of an earlier look are gone, by name or by number: what became of them, nobody says."""
    now = last.counts.total
    return last.lost_images > 0 or (now is not None and any((task.counts.total or 0) > now for task in seen))


def failed_images(task: ScanTask) -> int | None:
    """How many images count as failed: those stated, those listed, and those with no result once the task is complete.

    None where the cloud gave no number that could be trusted for it.
    """
    counts = task.counts
    if task.state is not TaskState.COMPLETE:
        return counts.failed
    if counts.failed is None or counts.total is None or counts.succeeded is None:
        return None
    return max(counts.failed, len(task.failed_images), counts.total - counts.succeeded)


_ENDINGS = {TaskState.STOPPED: "was stopped", TaskState.TIMED_OUT: "timed out", TaskState.FAILED: "failed"}


def _results_pending(task: ScanTask) -> Verdict:
    which = "nobody has asked yet" if task.results_pending is None else f"images without one: {task.results_pending}"
    message = (
        f"The scan task is complete, but the time is up and its results are not all there yet ({which}). "
        "Give it more time with --timeout; if they never come, look at these images in the cloud's console."
    )
    return _undecided(ExitCode.NOT_FINAL, "results-pending", message)


def _apply_limits(task: ScanTask, policy: Policy) -> Verdict:
    counts, failed = task.counts, failed_images(task)
    given = {"total": counts.total, "succeeded": counts.succeeded, "failed": counts.failed}
    if task.risk_applies:
        given["risky"] = counts.risky
    numbers = {name: count for name, count in given.items() if count is not None}
    missing = [name for name in given if name not in numbers]
    if failed is None or missing:
        message = (
            f"The cloud calls the task complete but gave no usable number for: {', '.join(missing)}. "
            "Perhaps the task is of another kind; look at it in the cloud's console."
        )
        return nothing_to_judge(Reason(code="counts-missing", message=message))
    total = numbers["total"]
    if total == 0:
        message = "The scan task has no images: nothing was scanned. Check which images the scan covers."
        return nothing_to_judge(Reason(code="no-images", message=message))
    reasons = _exceeded_limits(numbers, failed, policy)
    if reasons:
        return Verdict(decision=Decision.BLOCKED, exit_code=ExitCode.BLOCKED, reasons=reasons)
    too_many = [f"{count} {name}" for name, count in numbers.items() if count > total]
    both = numbers["succeeded"] + numbers["failed"]
    if not too_many and both > total:
        too_many = [f"{both} succeeded or failed"]
    if too_many:
        message = (
            f"The counts contradict each other: {', '.join(too_many)} of {total} images. "
            "Run the gate again, and look at the task in the cloud's console if this stays so."
        )
        return nothing_to_judge(Reason(code="counts-contradict", message=message))
    return Verdict(decision=Decision.PASSED, exit_code=ExitCode.PASSED)


def _exceeded_limits(numbers: Mapping[str, int], failed: int, policy: Policy) -> tuple[Reason, ...]:
    total, risky = numbers["total"], numbers.get("risky", 0)
    reasons = []
    if failed > policy.max_failed:
        message = too_many_failed(failed, total, policy.max_failed, stated=numbers["failed"])
        reasons.append(Reason(code="too-many-failed", message=message, actual=failed, limit=policy.max_failed))
    if risky > policy.max_risky:
        message = too_many_risky(risky, total, policy.max_risky)
        reasons.append(Reason(code="too-many-risky", message=message, actual=risky, limit=policy.max_risky))
    return tuple(reasons)


def _undecided(exit_code: ExitCode, code: str, message: str) -> Verdict:
    return Verdict(decision=Decision.UNDECIDED, exit_code=exit_code, reasons=(Reason(code=code, message=message),))


def _span(seconds: int) -> str:
    if seconds and seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds and seconds % 60 == 0 else f"{seconds} s"


def _whole_seconds(span: timedelta) -> int:
    return int(span.total_seconds())
