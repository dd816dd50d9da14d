"""Whether the counts of a task may be believed: those of one that has just ended may still change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.policy import is_settled
from gate.scan import TaskState

if TYPE_CHECKING:
    from datetime import datetime

    from gate.clock import Clock
    from gate.policy import Policy
    from gate.scan import ScanTask


class Settlement:
    """Watches the polls of one task: its counts are settled if it ended long ago, or if two polls agree on them."""

    def __init__(self, *, policy: Policy, clock: Clock, min_interval: float) -> None:
        self._policy = policy
        self._clock = clock
        self._min_interval = min_interval
        self._seen: object = None
        self._seen_at = 0.0
        self._is_confirmed = False

    def observe(self, task: ScanTask) -> None:
        """Notes what a poll has just returned."""
        seen, at = _results_of(task), self._clock.elapsed()
        if seen is None or seen != self._seen:
            self._seen, self._seen_at, self._is_confirmed = seen, at, False
        elif at - self._seen_at >= self._min_interval:
            self._is_confirmed = True

    def covers(self, task: ScanTask, now: datetime) -> bool:
        """Whether the counts of this task, which was observed last, may be believed; `now` is the latest known time."""
        return task.state.ended_badly or self._is_confirmed or is_settled(task, self._policy, now)


def _results_of(task: ScanTask) -> object:
    """What may still change of a complete task; None of any other."""
    if task.state is not TaskState.COMPLETE or task.results_pending != 0:
        return None
    return task.counts, task.failed_images
