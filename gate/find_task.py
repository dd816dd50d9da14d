"""Finding the task that is judged: polls until one may be judged, or the wait for it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gate.clock import Deadline
from gate.policy import no_task
from gate.selection import NO_TASK, Choice, choose
from gate.verdict_messages import format_limit, waiting_for_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds import Cloud, Connection
    from gate.policy import Policy, Reason
    from gate.scan import ScanTask
    from gate.wait import Poller


class _AppearDeadline(Deadline):
    """The appear timeout; once the task is listed and only waits for its start, the end of the run."""

    def __init__(self, connection: Connection, seconds: float, is_queued: Callable[[], bool]) -> None:
        super().__init__(connection.clock, seconds)
        self._run = connection.deadline
        self._is_queued = is_queued

    def left(self) -> float:
        """See `Deadline.left`."""
        return self._run.left() if self._is_queued() else super().left()


def find_task(cloud: Cloud, poller: Poller, connection: Connection) -> ScanTask | Reason:
    """Waits for a task that may be judged; returns the objection to the last one seen if none came in time."""
    settings, choice = connection.settings, Choice()
    appear_timeout, option = min((settings.appear_timeout, "--appear-timeout"), (settings.timeout, "--timeout"))

    def find() -> ScanTask | None:
        nonlocal choice
        choice = _choice(cloud, connection)
        return choice.task

    def limit() -> str:
        return format_limit(*((settings.timeout, "--timeout") if choice.is_queued else (appear_timeout, option)))

    def obstacle(_task: ScanTask | None) -> str | None:
        reason = choice.objection
        is_worth_waiting = reason and choice.may_improve(is_given_by_id=settings.task_id is not None)
        return waiting_for_task(reason.message, limit()) if reason and is_worth_waiting else None

    poller.until(obstacle, find, _AppearDeadline(connection, appear_timeout, lambda: choice.is_queued))
    if choice.objection and choice.objection.code == NO_TASK:
        return no_task(settings.task_id, cloud.search_description(settings.task_id), limit())
    return choice.objection or choice.task or no_task(settings.task_id, "")


def _choice(cloud: Cloud, connection: Connection) -> Choice:
    task_id = connection.settings.task_id
    named = cloud.task_by_id(task_id) if task_id else None
    tasks = ([named] if named else []) if task_id else cloud.matching_tasks()
    where = cloud.search_description(task_id)
    return choose(tasks, policy_in_force(connection), connection.time_of_day.latest(), no_task(task_id, where))


def policy_in_force(connection: Connection) -> Policy:
    """The policy with `started_after` moved by the lag of this machine's clock, on which it was probably noted."""
    policy, lag = connection.settings.policy, connection.time_of_day.lag
    if policy.started_after is None or not lag:
        return policy
    room = datetime.max.replace(tzinfo=UTC) - policy.started_after
    return replace(policy, started_after=policy.started_after + min(room, timedelta(seconds=lag)))
