"""Which scan task is judged: pure rules over the tasks that the cloud listed.

The newest task is chosen. It is judged only if it is fresh, the only one that can be meant, and looked for everything
that is required; what speaks against it is its objection, a reason with a code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gate import selection_messages as messages
from gate.policy import CLOCK_TOLERANCE, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gate.policy import Policy
    from gate.scan import ScanTask

_WAITING_CANNOT_HELP = frozenset({"ambiguous-task"})
_FINAL_FOR_ONE_TASK = frozenset({"stale", "scope-too-narrow"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The task that would be judged now, and the objection to it; both are None if there is no task."""

    task: ScanTask | None = None
    objection: Reason | None = None

    @property
    def is_queued(self) -> bool:
        """Whether the task has appeared, and only has to start."""
        return self.task is not None and self.task.is_queued

    def is_hopeless(self, *, by_id: bool) -> bool:
        """Whether no later poll can return a task without this objection."""
        code = self.objection.code if self.objection else ""
        # A newer task may still appear in the place of this one, but not where it was selected by its id.
        return code in _WAITING_CANNOT_HELP or (by_id and code in _FINAL_FOR_ONE_TASK)


def choose(
    tasks: Sequence[ScanTask], policy: Policy, now: datetime, *, by_id: bool = False, of_others: Policy | None = None
) -> Choice:
    """Chooses among the tasks that fit all filters.

    Args:
        tasks: In any order.
        policy: With `started_after` by the same clock as `now`.
        now: The latest time that is known.
        by_id: Whether --task-id is one of the filters.
        of_others: What makes another task one that may be meant too; by default the same policy. With a
            `started_after` that nobody moved, it finds those that fit by either clock.
    """
    of_others = of_others or policy
    task = newest(_candidates(tasks, policy))
    if task is None or not task.id:
        return Choice()
    others = [other for other in tasks if other is not task]
    # A queued task will fit --started-after as soon as it starts, so a second one that fits ends the wait at once.
    second = other_that_fits(task, others, of_others, now) if task.started_at is None else None
    objection = (
        second
        or staleness(task, policy, now, is_fit_at_any_age=_is_judged_at_any_age(task, tasks, policy, now), by_id=by_id)
        or _same_start(task, others)
        or other_that_fits(task, others, of_others, now)
        or unknown_trigger(task, by_id=by_id)
        or narrow_scope(task, policy, by_id=by_id)
    )
    return Choice(task=task, objection=objection)


def newest(tasks: Iterable[ScanTask]) -> ScanTask | None:
    """The task with the latest start time; one without any may be newer than all that have not ended before it did."""
    # The id breaks ties, so that the result does not depend on the order of the list.
    return max(tasks, key=lambda task: (_latest_start(task), task.id), default=None)


def other_that_fits(task: ScanTask, listed: Iterable[ScanTask], policy: Policy, now: datetime) -> Reason | None:
    """Returns the objection if another listed task fits --started-after, or may fit; None without that option."""
    if policy.started_after is None:
        return None
    others = [other for other in listed if other.id != task.id and _may_fit(other, policy, now)]
    return _ambiguous(task, others[0]) if others else None


def staleness(
    task: ScanTask, policy: Policy, now: datetime, *, is_fit_at_any_age: bool = True, by_id: bool = False
) -> Reason | None:
    """Returns why this task is too old to be judged, or why its age is unknown; None when it is fresh.

    Args:
        task: The task.
        policy: As for `choose`.
        now: The latest time that is known.
        is_fit_at_any_age: Whether nothing else is against the task, so that another --max-age is of use.
        by_id: As for `choose`.
    """
    started_at, max_age, started_after = task.started_at, policy.max_age, policy.started_after
    if max_age is None and started_after is None:
        return None
    if started_at is None:
        is_judged = is_fit_at_any_age and started_after is None
        missing = messages.no_start_time(is_judged_at_any_age=is_judged, by_id=by_id)
        message = messages.QUEUED if task.is_queued else missing
        return _objection("no-begin", message)
    if started_at > now + CLOCK_TOLERANCE:
        return _objection("begins-in-future", messages.starts_in_future(started_at))
    if max_age is not None and now - started_at > max_age:
        is_judged = is_fit_at_any_age and (started_after is None or started_at >= started_after)
        message = messages.too_old(started_at, max_age.total_seconds(), is_judged_at_any_age=is_judged, by_id=by_id)
        reason = _objection("stale", message)
        return replace(reason, actual=_whole_seconds(now - started_at), limit=_whole_seconds(max_age))
    if started_after is not None and started_at < started_after:
        is_ahead = started_after > now + CLOCK_TOLERANCE
        message = messages.started_too_early(started_at, started_after, is_ahead=is_ahead, by_id=by_id)
        return _objection("stale", message)
    return None


def with_clock_error(
    reason: Reason, task: ScanTask, policy: Policy, now: datetime, *, lead: float, lag: float
) -> Reason:
    """The objection, with the error of this machine's clock where that is the likely cause or explains its time.

    Args:
        reason: The objection to the task.
        task: The task.
        policy: With `started_after` as it was given.
        now: As for `choose`.
        lead: Seconds by which this machine's clock is ahead of the cloud's.
        lag: Seconds by which it is behind.
    """
    if reason.code != "stale":
        return reason
    started_after, note = policy.started_after, ""
    # The reason of --max-age has a limit, and that of --started-after has none.
    if lag and started_after and reason.limit is None:
        note = messages.shifted_start_time(started_after, lag)
    elif lead and not staleness(task, _recorded_without(lead, policy), now - timedelta(seconds=lead)):
        note = messages.likely_cause(lead)
    happened = f"{reason.while_waiting} {note}".rstrip()
    remedy = reason.message.removeprefix(reason.while_waiting)
    return replace(reason, message=f"{happened}{remedy}", while_waiting=happened)


def _recorded_without(lead: float, policy: Policy) -> Policy:
    """The policy with the time that a right clock would have recorded."""
    if policy.started_after is None:
        return policy
    room = policy.started_after - datetime.min.replace(tzinfo=UTC)
    return replace(policy, started_after=policy.started_after - min(room, timedelta(seconds=lead)))


def unknown_trigger(task: ScanTask, *, by_id: bool) -> Reason | None:
    """Returns the objection to a task whose trigger is not documented, so that its kind is unknown; None to others."""
    if not task.has_unknown_type:
        return None
    return _objection("unknown-trigger", messages.unknown_trigger(task, by_id=by_id))


def narrow_scope(task: ScanTask, policy: Policy, *, by_id: bool = False) -> Reason | None:
    """Returns what the scan did not look for of what the policy requires; None if all of it, or if it is not stated."""
    if task.scopes is None or not task.risk_applies:
        return None
    missing = sorted(policy.required_scopes - task.scopes)
    if not missing:
        return None
    is_judged = bool(policy.required_scopes & task.scopes) and not task.state.ended_badly
    message = messages.scope_too_narrow(missing, is_judged_by_less=is_judged, by_id=by_id)
    return _objection("scope-too-narrow", message)


def _candidates(tasks: Sequence[ScanTask], policy: Policy) -> Sequence[ScanTask]:
    # Where age does not matter, a task without a start time is no newer than one that has it.
    started = [task for task in tasks if task.started_at]
    return started if started and policy.max_age is None and policy.started_after is None else tasks


def _is_judged_at_any_age(task: ScanTask, tasks: Sequence[ScanTask], policy: Policy, now: datetime) -> bool:
    """Whether --max-age alone keeps this task from being judged."""
    if policy.max_age is None or task.state.ended_badly or task.is_gone:
        return False
    choice = choose(tasks, replace(policy, max_age=None), now)
    return choice.task is task and choice.objection is None


def _may_fit(task: ScanTask, policy: Policy, now: datetime) -> bool:
    """Whether a task fits, or may: one without a start time started at some time before it ended, or will start."""
    latest_start = task.started_at or task.ended_at
    return latest_start is None or not staleness(replace(task, started_at=latest_start), policy, now)


def _same_start(task: ScanTask, others: Iterable[ScanTask]) -> Reason | None:
    twin = next((other for other in others if _latest_start(other) == _latest_start(task)), None)
    return _ambiguous(task, twin) if twin else None


def _ambiguous(one: ScanTask, other: ScanTask) -> Reason:
    # One that may be of another kind is the better reason: a filter can leave it out.
    of_unknown_kind = (unknown_trigger(task, by_id=False) for task in (one, other))
    return next(filter(None, of_unknown_kind), None) or _objection("ambiguous-task", messages.ambiguous(one, other))


def _objection(code: str, message: messages.Message) -> Reason:
    return Reason(code=code, message=str(message), while_waiting=message.happened)


def _latest_start(task: ScanTask) -> float:
    """The latest time at which the task can have started, in s since 1970."""
    time = task.started_at or task.ended_at
    return time.timestamp() if time else math.inf


def _whole_seconds(span: timedelta) -> int:
    return int(span.total_seconds())
