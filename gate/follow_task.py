"""Following the task that was found: polls until it is final and its counts are settled, or the run is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gate.errors import DeadlineExceeded
from gate.policy import contradiction, future_end
from gate.scan import TaskState
from gate.settlement import Settlement

if TYPE_CHECKING:
    from datetime import datetime

    from gate.clouds import Cloud, Connection
    from gate.scan import ScanTask
    from gate.wait import Poller


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """What became of the task that was selected."""

    pinned: ScanTask
    """As it was when it was selected."""
    last: ScanTask
    """As it was at the last poll."""
    is_settled: bool
    """Whether its counts may be believed."""
    known_at: datetime
    """The latest time of its selection, by all that is known now."""


def follow_task(cloud: Cloud, poller: Poller, pinned: ScanTask, connection: Connection) -> Followed:
    """Polls until this task is final and its counts are settled, or the run is over."""
    time_of_day, clock = connection.time_of_day, connection.clock
    selected_at, elapsed = time_of_day.latest(), clock.elapsed()
    settlement = Settlement(policy=connection.settings.policy, clock=clock, min_interval=poller.schedule.min_interval)
    last = _last_poll(cloud, poller, pinned, settlement, connection)
    # A server may have stated a later time since the task was selected: by that time it may have been stale then.
    known_since = time_of_day.latest() - timedelta(seconds=clock.elapsed() - elapsed)
    is_settled = settlement.covers(last, time_of_day.latest())
    return Followed(pinned=pinned, last=last, is_settled=is_settled, known_at=max(selected_at, known_since))


def _last_poll(
    cloud: Cloud, poller: Poller, pinned: ScanTask, settlement: Settlement, connection: Connection
) -> ScanTask:
    gone = replace(pinned, state=TaskState.UNKNOWN, raw_state="no longer listed", progress=None)
    deadline, time_of_day = connection.deadline, connection.time_of_day

    def poll() -> ScanTask:
        task = cloud.poll(pinned) or gone
        settlement.observe(task)
        return task

    def obstacle(task: ScanTask) -> str | None:
        now = time_of_day.latest()
        sign = contradiction(task) or future_end(task, now)
        if sign:
            return f"the cloud calls the task complete, but {sign}"
        if not task.is_final:
            return _pending(task)
        return None if settlement.covers(task, now) else _SETTLING

    settlement.observe(pinned)
    # At the deadline, the poll that found the task was the last one.
    if pinned.results_pending is not None or deadline.is_over():
        return poller.until(obstacle, poll, deadline, seen=pinned)
    try:
        # A complete task without counts needs no delay before they are requested.
        return poller.until(obstacle, poll, deadline)
    except DeadlineExceeded:
        return pinned


def _pending(task: ScanTask) -> str:
    # While the scan itself goes on, its state says all there is to say.
    return f"waiting for results; images without one: {task.results_pending}" if task.results_pending else ""


_SETTLING = "the task has just ended; polling once more, since its counts may still change"
