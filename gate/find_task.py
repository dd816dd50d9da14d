"""Finding the task that is judged: polls until one may be judged, or the wait for it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gate.clock import Deadline
from gate.policy import after_waiting, end_before_start, no_longer_listed, no_task
from gate.scan import as_gone
from gate.selection import Choice, choose, with_clock_error
from gate.selection_messages import waiting_for_task
from gate.verdict_messages import format_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gate.clouds import Cloud, Connection
    from gate.policy import Policy, Reason
    from gate.scan import ScanTask
    from gate.settings import Settings
    from gate.wait import Poller


class _AppearDeadline(Deadline):
    """The end of the appear timeout; while the task is listed and queued, the end of the run."""

    def __init__(self, connection: Connection, is_queued: Callable[[], bool]) -> None:
        super().__init__(connection.clock, min(connection.settings.appear_timeout, connection.settings.timeout))
        self._end_of_run = connection.deadline
        self._is_queued = is_queued

    def left(self) -> float:
        """See `Deadline.left`."""
        return self._end_of_run.left() if self._is_queued() else super().left()


class SeenTasks:
    """What the polls of the search have shown: a later poll that shows less, or another start time, undoes none of it.

    A task is as old as the earliest start time that it ever had. One that was chosen is a candidate still when it is no
    longer listed: an older one does not become the newest by that.
    """

    def __init__(self) -> None:
        self._started_at: dict[str, datetime] = {}
        self._chosen: dict[str, ScanTask] = {}

    def candidates(self, listed: Iterable[ScanTask]) -> list[ScanTask]:
        """The listed tasks, as old as they ever were, and those chosen before that are not among them."""
        tasks = [self._with_earliest_start(task) for task in listed]
        ids = {task.id for task in tasks}
        return [*tasks, *(as_gone(task) for task in self._chosen.values() if task.id not in ids)]

    def choose(
        self,
        listed: Iterable[ScanTask],
        policy: Policy,
        now: datetime,
        *,
        by_id: bool = False,
        of_others: Policy | None = None,
    ) -> Choice:
        """Chooses among all candidates; see `gate.selection.choose`."""
        choice = choose(self.candidates(listed), policy, now, by_id=by_id, of_others=of_others)
        if choice.task is None:
            return choice
        self._chosen[choice.task.id] = replace(choice.task, failed_images=(), images=())
        has_own_objection = choice.objection is not None and choice.objection.code != "no-begin"
        if not choice.task.is_gone or has_own_objection:
            return choice
        return replace(choice, objection=no_longer_listed(choice.task))

    def _with_earliest_start(self, task: ScanTask) -> ScanTask:
        if not task.id or task.started_at is None:
            return task
        earliest = min(task.started_at, self._started_at.get(task.id, task.started_at))
        self._started_at[task.id] = earliest
        if earliest == task.started_at:
            return task
        # What its own start contradicts is not undone by an earlier one.
        return replace(task, started_at=earliest, contradiction=end_before_start(task) or task.contradiction)


def find_task(cloud: Cloud, poller: Poller, connection: Connection) -> ScanTask | Reason:
    """Waits for a task that may be judged; returns the objection to the last one seen if none came in time."""
    settings, choice, seen = connection.settings, Choice(), SeenTasks()
    by_id = settings.task_id is not None

    def poll() -> ScanTask | None:
        nonlocal choice
        choice = choose_among(listed_tasks(cloud, settings), seen, connection)
        return choice.task

    def reason_to_wait(task: ScanTask | None) -> str | None:
        reason = choice.objection if task else no_task(settings.task_id, cloud.search_description(settings.task_id))
        if reason is None or choice.is_hopeless(by_id=by_id):
            return None
        return waiting_for_task(reason.while_waiting or reason.message, _limit(settings, choice))

    poller.until(reason_to_wait, poll, _AppearDeadline(connection, lambda: choice.is_queued))
    if choice.task is None:
        return no_task(settings.task_id, cloud.search_description(settings.task_id), _limit(settings, choice))
    if choice.objection and not choice.is_hopeless(by_id=by_id):
        return after_waiting(choice.objection, _limit(settings, choice))
    return choice.objection or _without_images_so_far(choice.task)


def choose_among(tasks: Iterable[ScanTask], seen: SeenTasks, connection: Connection) -> Choice:
    """Chooses among the tasks that the cloud lists now, by the settings and the time of the run."""
    settings, now = connection.settings, connection.time_of_day.latest()
    by_id = settings.task_id is not None
    choice = seen.choose(tasks, policy_in_force(connection), now, by_id=by_id, of_others=settings.policy)
    if choice.task and choice.objection:
        choice = replace(choice, objection=named_clock(choice.objection, choice.task, now, connection))
    return choice


def _without_images_so_far(task: ScanTask) -> ScanTask:
    # The whole wait holds this task, and each of its polls may list very many failed images.
    if task.is_final or not (task.failed_images or task.images):
        return task
    return replace(task, failed_images=(), images=())


def named_clock(reason: Reason, task: ScanTask, now: datetime, connection: Connection) -> Reason:
    """The objection to a task, with the error of this machine's clock; see `gate.selection.with_clock_error`."""
    policy, time_of_day = connection.settings.policy, connection.time_of_day
    return with_clock_error(reason, task, policy, now, lead=time_of_day.lead, lag=time_of_day.lag)


def policy_in_force(connection: Connection) -> Policy:
    """The policy with `started_after` moved by the lag of this machine's clock, on which it was probably noted."""
    policy, lag = connection.settings.policy, connection.time_of_day.lag
    if policy.started_after is None or not lag:
        return policy
    room = datetime.max.replace(tzinfo=UTC) - policy.started_after
    return replace(policy, started_after=policy.started_after + min(room, timedelta(seconds=lag)))


def listed_tasks(cloud: Cloud, settings: Settings) -> list[ScanTask]:
    """The tasks among which one is chosen; sends a request."""
    if not settings.task_id:
        return cloud.matching_tasks()
    named = cloud.task_by_id(settings.task_id)
    return [named] if named else []


def _limit(settings: Settings, choice: Choice) -> str:
    if choice.is_queued or settings.timeout < settings.appear_timeout:
        return format_limit(settings.timeout, "--timeout")
    return format_limit(settings.appear_timeout, "--appear-timeout")
