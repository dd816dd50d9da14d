"""The rules of judgement: from a scan task and a policy to a verdict, without a clock and without a network.

It fails closed: a pass is never the default. `Decision.PASSED` is returned in one place, at the end of `_apply_limits`,
after every reason against it was checked. The words of the reasons are in `gate.verdict_messages` and
`gate.selection_messages`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from gate import selection_messages
from gate import verdict_messages as messages
from gate.errors import ExitCode, GateError
from gate.finding import FindingPolicy
from gate.scan import RISK_SCOPES, TaskState
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from gate.errors import Interrupted
    from gate.scan import ScanScope, ScanTask

CLOCK_TOLERANCE = timedelta(minutes=15)
"""How far this machine's clock may be behind the cloud's: with more, no signature would be accepted either."""
END_TOLERANCE = timedelta(minutes=2)
"""How far the end of a task may be ahead of the latest known time, which servers state late and in whole seconds."""
DEFAULT_TIMEOUT = 1800.0
"""The polling timeout: how many s a run may take by default."""


class Decision(StrEnum):
    """The verdict in one word."""

    PASSED = "passed"
    BLOCKED = "blocked"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One reason against a release, with the number and its limit where there are any."""

    code: str
    message: str
    while_waiting: str = ""
    """The message without what to do, for the log while the gate still waits; empty if there is no such message."""
    actual: int | None = None
    limit: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The decision and its reasons; `exit_code` is the one before the policy turns it into a warning."""

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
    required_scopes: frozenset[ScanScope] = RISK_SCOPES
    """What the scan must have looked for, where the cloud states it."""
    settle: float = 60.0
    """Seconds after the end of a task in which its counts may still change; 0 if they are believed at first sight."""
    findings: FindingPolicy = field(default_factory=FindingPolicy)
    """Which findings count; only where images are named."""
    warn_only: bool = False
    warn_undecided: bool = False

    def enforces(self, verdict: Verdict) -> bool:
        """Whether this verdict decides the exit code; if not, it is a warning and the gate exits with 0."""
        if verdict.decision is Decision.BLOCKED:
            return not self.warn_only
        excusable = ExitCode.CLOUD_UNAVAILABLE <= verdict.exit_code <= ExitCode.NOTHING_TO_JUDGE
        return not (excusable and self.warn_undecided)


def judge(task: ScanTask, policy: Policy, *, now: datetime, timeout: float = DEFAULT_TIMEOUT) -> Verdict:
    """Decides whether the images of this task may be released.

    Args:
        task: As it was when the wait ended.
        policy: What the user allows.
        now: The latest time that is known.
        timeout: How many s the gate was given, for the reason where they were not enough.
    """
    if task.state is TaskState.COMPLETE:
        if task.results_pending != 0:
            return _undecided(ExitCode.NOT_FINAL, "results-pending", messages.results_pending(task, timeout))
        if sign := contradiction(task, now):
            message = messages.not_plainly_complete(sign, timeout, of_images=task.asks_for_images)
            return _undecided(ExitCode.NOT_FINAL, "not-plainly-complete", message)
        return _apply_limits(task, policy)
    if task.state.ended_badly:
        return _undecided(ExitCode.TASK_ENDED_BADLY, f"task-{task.state}", messages.ended_badly(task))
    code = "unknown-state" if task.state is TaskState.UNKNOWN else "not-final"
    return _undecided(ExitCode.NOT_FINAL, code, messages.not_final(task, timeout))


def contradiction(task: ScanTask, now: datetime) -> str:
    """Returns what the task states against the cloud's word that it is complete; empty if nothing does."""
    if task.state is not TaskState.COMPLETE:
        return ""
    ended_at = task.ended_at
    if task.reason:
        return f"it states a failure ({one_line(task.reason.rstrip('.'))})"
    if task.remaining:
        return f"it states a remaining time of {messages.format_duration(task.remaining)}"
    if sign := end_before_start(task):
        return sign
    if ended_at and ended_at > now + END_TOLERANCE:
        return f"it states an end in the future, {messages.format_time(ended_at)}"
    return task.contradiction


def end_before_start(task: ScanTask) -> str:
    """Returns what a task states whose end is before its start; empty if it is not."""
    is_before = task.started_at and task.ended_at and task.ended_at < task.started_at
    return "it states an end before its start" if is_before else ""


def not_settled(task: ScanTask, timeout: float) -> Verdict:
    """The verdict when the counts were within the limits, and there was no time to see whether they stay so."""
    states_end, of_images = task.ended_at is not None, task.asks_for_images
    message = messages.not_settled(timeout, states_end=states_end, of_images=of_images)
    return _undecided(ExitCode.NOT_FINAL, "not-settled", message)


def changed_since() -> Verdict:
    """The verdict when the counts were within the limits, and a later list shows the task otherwise."""
    return _undecided(ExitCode.NOT_FINAL, "task-changed", messages.CHANGED_SINCE)


def undecided(cause: GateError | Interrupted) -> Verdict:
    """The verdict when an error or a signal kept the gate from judging."""
    if isinstance(cause, GateError):
        return _undecided(cause.exit_code, cause.code, str(cause))
    return _undecided(cause.exit_code, "interrupted", str(cause))


def no_task(task_id: str | None, where: str, waited: str = "") -> Reason:
    """The reason when there is no task to follow; see `gate.selection_messages.no_task_found`."""
    return Reason(code="no-task", message=selection_messages.no_task_found(task_id, where, waited))


def no_longer_listed(task: ScanTask) -> Reason:
    """The reason when the newest task was listed before, and is not any more; an older one is not judged instead."""
    message = selection_messages.no_longer_listed(task)
    return Reason(code="not-listed", message=str(message), while_waiting=message.happened)


def after_waiting(reason: Reason, limit: str) -> Reason:
    """The reason against the last task at the end of a wait, with how long it was, as `format_limit` writes it."""
    remedy = reason.message.removeprefix(reason.while_waiting)
    return replace(reason, message=selection_messages.waited_for_task(reason.while_waiting, limit) + remedy)


def nothing_to_judge(reason: Reason) -> Verdict:
    """The verdict when there is no task that may be judged."""
    return Verdict(decision=Decision.UNDECIDED, exit_code=ExitCode.NOTHING_TO_JUDGE, reasons=(reason,))


def has_lost_images(last: ScanTask, polled: Iterable[ScanTask]) -> bool:
    """Whether images of an earlier poll are gone, by name or by number, without a result."""
    now = last.counts.total
    return last.lost_images > 0 or (now is not None and any((task.counts.total or 0) > now for task in polled))


def failed_images(task: ScanTask) -> int | None:
    """How many images failed: those stated, those listed, and those without a result once the task is complete.

    None if a number that it is computed from is missing, or the list of those that failed cannot be read.
    """
    counts = task.counts
    if task.has_unread_failures:
        return None
    if task.state is not TaskState.COMPLETE:
        return counts.failed
    if counts.failed is None or counts.total is None or counts.succeeded is None:
        return None
    return _least_failed(task)


def _least_failed(task: ScanTask) -> int:
    """How many images of a complete task failed at least, by the numbers that are known."""
    counts = task.counts
    without_result = 0 if counts.total is None or counts.succeeded is None else counts.total - counts.succeeded
    return max(counts.failed or 0, len(task.failed_images), without_result)


def _least_risky(task: ScanTask) -> int:
    """How many images are risky at least; of those that were asked for, `gate.images.judge` knows which are certain."""
    if not task.risk_applies:
        return 0
    if task.counts.risky is not None or task.asks_for_images:
        return task.counts.risky or 0
    return sum(image.is_risky is True for image in task.images)


def _apply_limits(task: ScanTask, policy: Policy) -> Verdict:
    if task.counts.total == 0:
        return nothing_to_judge(Reason(code="no-images", message=messages.NO_IMAGES))
    unfit = _unfit_counts(task)
    # No count that is missing could make a pass of what exceeds a limit.
    reasons = _exceeded_limits(task, policy, is_judged_above=unfit is None)
    if reasons:
        return Verdict(decision=Decision.BLOCKED, exit_code=ExitCode.BLOCKED, reasons=reasons)
    if unfit:
        return nothing_to_judge(unfit)
    return Verdict(decision=Decision.PASSED, exit_code=ExitCode.PASSED)


def _unfit_counts(task: ScanTask) -> Reason | None:
    """Why these counts do not pass with any limits; None if they do with some."""
    stated = _stated_counts(task)
    counts = {name: count for name, count in stated.items() if count is not None}
    if len(counts) < len(stated):
        missing = [name for name in stated if name not in counts]
        return Reason(code="counts-missing", message=messages.counts_missing(missing, task))
    if contradictions := _contradictions(counts):
        return Reason(code="counts-contradict", message=messages.counts_contradict(contradictions, counts["total"]))
    if counts["succeeded"] == 0:
        return Reason(code="nothing-scanned", message=messages.nothing_scanned(task))
    return None


def _stated_counts(task: ScanTask) -> dict[str, int | None]:
    """The counts that a pass needs, by name; the risky ones only of a task that looks for risks."""
    counts, failed = task.counts, None if task.has_unread_failures else task.counts.failed
    stated = {"total": counts.total, "succeeded": counts.succeeded, "failed": failed}
    return {**stated, "risky": counts.risky} if task.risk_applies else stated


def _contradictions(counts: Mapping[str, int]) -> list[str]:
    """The counts that are larger than the total, each with its name."""
    total, with_result = counts["total"], counts["succeeded"] + counts["failed"]
    too_many = [f"{count} {name}" for name, count in counts.items() if count > total]
    return too_many or ([f"{with_result} succeeded or failed"] if with_result > total else [])


def _exceeded_limits(task: ScanTask, policy: Policy, *, is_judged_above: bool) -> tuple[Reason, ...]:
    failed, risky = _least_failed(task), _least_risky(task)
    reasons = []
    if failed > policy.max_failed:
        message = messages.too_many_failed(
            failed,
            policy.max_failed,
            task=task,
            is_exact=failed_images(task) is not None,
            is_judged_above=is_judged_above,
        )
        reasons.append(Reason(code="too-many-failed", message=message, actual=failed, limit=policy.max_failed))
    if risky > policy.max_risky:
        message = messages.too_many_risky(risky, policy.max_risky, task=task, is_judged_above=is_judged_above)
        reasons.append(Reason(code="too-many-risky", message=message, actual=risky, limit=policy.max_risky))
    return tuple(reasons)


def _undecided(exit_code: ExitCode, code: str, message: str) -> Verdict:
    return Verdict(decision=Decision.UNDECIDED, exit_code=exit_code, reasons=(Reason(code=code, message=message),))
