"""Following the task that was found: polls until it is final and its counts are settled, or the run is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gate.errors import DeadlineExceeded
from gate.policy import contradiction
from gate.scan import as_gone
from gate.settlement import Settlement

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gate.clouds import Cloud, Connection
    from gate.scan import ScanTask
    from gate.wait import Poller


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """A task from its selection to its last poll."""

    first: ScanTask
    """As it was when it was selected."""
    last: ScanTask
    """As it was at the last poll; the very same object if it was not polled again."""
    started_at: datetime | None
    """The earliest start time of all polls since then: one that starts again is the same; None if one stated none."""
    selected_at: datetime
    """The latest time of its selection, by all that is known at the end."""
    is_settled: bool
    """Whether the counts of the last poll may be believed."""


def follow_task(cloud: Cloud, poller: Poller, first: ScanTask, connection: Connection) -> Followed:
    """Polls until this task is final and its counts are settled, or the run is over."""
    time_of_day, clock = connection.time_of_day, connection.clock
    selected_at, elapsed = time_of_day.latest(), clock.elapsed()
    settlement = Settlement(
        settle=connection.settings.policy.settle, min_interval=poller.schedule.min_interval, clock=clock
    )
    starts = [first.started_at]

    def observe(task: ScanTask) -> None:
        settlement.observe(task, time_of_day.earliest(), contradiction=contradiction(task, time_of_day.latest()))

    def poll() -> ScanTask:
        task = cloud.poll(first) or as_gone(first)
        starts.append(task.started_at)
        observe(task)
        return task

    observe(first)
    last = _poll_until_final(poll, poller, first, settlement, connection)
    # A server may have stated a later time since the task was selected: by that time it may have been stale then.
    known_now = time_of_day.latest() - timedelta(seconds=clock.elapsed() - elapsed)
    return Followed(
        first=first,
        last=last,
        started_at=None if None in starts else min(filter(None, starts)),
        selected_at=max(selected_at, known_now),
        is_settled=settlement.is_reached,
    )


def _poll_until_final(
    poll: Callable[[], ScanTask], poller: Poller, first: ScanTask, settlement: Settlement, connection: Connection
) -> ScanTask:
    deadline, time_of_day = connection.deadline, connection.time_of_day

    def reason_to_wait(task: ScanTask) -> str | None:
        if not task.is_final:
            return _missing_results(task)
        if sign := contradiction(task, time_of_day.latest()):
            return f"the cloud calls the task complete, but {sign}"
        # More failed images by name than are allowed block at once, so that two long lists are never in memory.
        is_blocked = len(task.failed_images) > connection.settings.policy.max_failed
        is_over = task.state.ended_badly or settlement.is_reached or is_blocked
        return None if is_over else "the task has just ended: polling once more, since its counts may still change"

    # At the deadline, the poll that found the task was the last one.
    if first.results_pending is not None or deadline.is_over():
        return poller.until(reason_to_wait, poll, deadline, seen=first)
    try:
        # A complete task without counts needs no delay before they are requested.
        return poller.until(reason_to_wait, poll, deadline)
    except DeadlineExceeded:
        return first


def _missing_results(task: ScanTask) -> str:
    # While the scan itself goes on, its state says all there is to say.
    return f"waiting for results; images without one: {task.results_pending}" if task.results_pending else ""
