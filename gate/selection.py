"""Which scan task is judged: pure rules over the tasks that the cloud listed.

A task is judged only if it is plainly the one that was meant: the newest, fresh, with a scope that covers what risky
images are counted for, and the only one that fits. What speaks against it is an objection, and has a name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate import verdict_messages as messages
from gate.policy import CLOCK_TOLERANCE, Reason
from gate.scan import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from gate.policy import Policy
    from gate.scan import ScanTask

NO_TASK = "no-task"
NO_START_TIME = "no-begin"
_WAITING_CANNOT_HELP = frozenset({"ambiguous-task"})
_FINAL_FOR_ONE_TASK = frozenset({"stale", "scope-too-narrow"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The task that would be judged now, and what speaks against that; neither is there before the first poll."""

    task: ScanTask | None = None
    objection: Reason | None = None

    @property
    def is_queued(self) -> bool:
        """Whether the task is listed, and only waits for its start."""
        return self.task is not None and self.task.started_at is None and not self.task.state.ended_badly

    def may_improve(self, *, is_given_by_id: bool) -> bool:
        """Whether a later poll may find a task without this objection."""
        if self.objection is None or self.objection.code in _WAITING_CANNOT_HELP:
            return False
        return not (is_given_by_id and self.objection.code in _FINAL_FOR_ONE_TASK)


def choose(tasks: Sequence[ScanTask], policy: Policy, now: datetime, no_task: Reason) -> Choice:
    """Chooses among the tasks that fit all filters.

    Args:
        tasks: In any order.
        policy: With `started_after` by the clock that `now` is of.
        now: The latest time that is known.
        no_task: The objection if there is none.
    """
    task = newest(_candidates(tasks, policy))
    if task is None or not task.id:
        return Choice(task=task, objection=no_task)
    objection = staleness(task, policy, now) or _ambiguity(task, tasks, policy, now)
    return Choice(task=task, objection=objection or narrow_scope(task, policy))


def newest(tasks: Iterable[ScanTask]) -> ScanTask | None:
    """The task with the latest start time; one without any may be newer than all that have not ended before it did."""
    # The id breaks ties, so that the result does not depend on the order of the list.
    return max(tasks, key=lambda task: (_latest_start(task), task.id), default=None)


def others_that_fit(pinned: ScanTask, tasks: Iterable[ScanTask], policy: Policy, now: datetime) -> Reason | None:
    """The objection to a task that was judged, if by now another one fits `started_after` as well."""
    others = [task for task in tasks if task.id != pinned.id and not staleness(task, policy, now)]
    return _ambiguous(pinned, others[0]) if others and policy.started_after else None


def staleness(task: ScanTask, policy: Policy, now: datetime) -> Reason | None:
    """Returns why this task is too old to be judged, or why its age is unknown; None when it is fresh."""
    started_at, max_age, started_after = task.started_at, policy.max_age, policy.started_after
    if max_age is None and started_after is None:
        return None
    if started_at is None:
        return _no_start_time(task)
    if started_at > now + CLOCK_TOLERANCE:
        return Reason(code="begins-in-future", message=messages.starts_in_future(started_at))
    if max_age is not None and now - started_at > max_age:
        message = messages.too_old(started_at, max_age.total_seconds())
        return Reason(
            code="stale", message=message, actual=_whole_seconds(now - started_at), limit=_whole_seconds(max_age)
        )
    if started_after is not None and started_at < started_after:
        return Reason(code="stale", message=messages.started_too_early(started_at, started_after))
    return None


def narrow_scope(task: ScanTask, policy: Policy) -> Reason | None:
    """Returns what the scan did not look for of what the policy requires; None if all of it, or if it is not stated."""
    if task.scopes is None or not task.risk_applies:
        return None
    missing = sorted(policy.required_scopes - task.scopes)
    return Reason(code="scope-too-narrow", message=messages.scope_too_narrow(missing)) if missing else None


def _candidates(tasks: Sequence[ScanTask], policy: Policy) -> Sequence[ScanTask]:
    # Where age does not matter, a task without a start time is no newer than one that has it.
    started = [task for task in tasks if task.started_at]
    return started if started and policy.max_age is None and policy.started_after is None else tasks


def _ambiguity(task: ScanTask, tasks: Sequence[ScanTask], policy: Policy, now: datetime) -> Reason | None:
    others = [other for other in tasks if other is not task]
    same_start = [other for other in others if other.started_at == task.started_at]
    if same_start and task.started_at:
        return _ambiguous(task, same_start[0])
    return others_that_fit(task, others, policy, now)


def _ambiguous(one: ScanTask, other: ScanTask) -> Reason:
    return Reason(code="ambiguous-task", message=messages.ambiguous(one, other))


def _no_start_time(task: ScanTask) -> Reason:
    is_waiting = task.state in {TaskState.RUNNING, TaskState.UNKNOWN}
    return Reason(code=NO_START_TIME, message=messages.QUEUED if is_waiting else messages.NO_START_TIME)


def _latest_start(task: ScanTask) -> float:
    """The latest time at which the task can have started, in s since 1970."""
    time = task.started_at or task.ended_at
    return time.timestamp() if time else math.inf


def _whole_seconds(span: timedelta) -> int:
    return int(span.total_seconds())
