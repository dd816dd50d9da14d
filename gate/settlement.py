"""Whether the counts of a complete task are settled: those of one that has just ended may still change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.policy import contradiction
from gate.scan import TaskState

if TYPE_CHECKING:
    from datetime import datetime

    from gate.clock import Clock
    from gate.scan import ScanTask


class Settlement:
    """Compares the polls of one task: counts are settled if two polls agree on them, or if it ended long ago.

    Counts that did change are settled by polls alone, however long ago the task ended.

    Args:
        settle: How many s after the end of a task its counts may still change; 0 believes them at first sight.
        min_interval: How many s two polls that agree must be apart.
        clock: The clock of the run.
    """

    def __init__(self, *, settle: float, min_interval: float, clock: Clock) -> None:
        self._settle = settle
        self._min_interval = min_interval
        self._clock = clock
        self._counts: object = None
        self._counts_since = 0.0
        self._have_changed = False
        self.is_reached = False
        """Whether the counts of the last poll are settled."""

    def observe(self, task: ScanTask, now: datetime, *, contradiction: str = "") -> None:
        """Notes what a poll has just returned.

        Args:
            task: What it returned.
            now: The earliest time that it can be, by all that is known.
            contradiction: What it states against its being complete; its counts confirm nothing then, nor does the age
                of its end.
        """
        counts, at = None if contradiction else _counts(task), self._clock.elapsed()
        if counts is None or counts != self._counts:
            self._have_changed = self._have_changed or self._counts is not None or contradiction != ""
            self._counts, self._counts_since = counts, at
        is_confirmed = counts is not None and at - self._counts_since >= self._min_interval
        self.is_reached = (
            is_confirmed or self._settle == 0 or (self._ended_long_ago(task, now) and not self._have_changed)
        )

    def _ended_long_ago(self, task: ScanTask, now: datetime) -> bool:
        return task.ended_at is not None and (now - task.ended_at).total_seconds() >= self._settle


def has_changed(listed: ScanTask, judged: ScanTask, now: datetime) -> bool:
    """Whether a list that was read after the last poll shows the task as not plainly complete, or with other counts.

    A list that states no counts says nothing of them.
    """
    if listed.state is not TaskState.COMPLETE or contradiction(listed, now):
        return True
    counts = _counts(listed)
    return counts is not None and counts != _counts(judged)


def _counts(task: ScanTask) -> object:
    """What may still change of a complete task; None of any other."""
    if task.state is not TaskState.COMPLETE or task.results_pending != 0:
        return None
    return task.counts, task.failed_images, task.has_unread_failures, task.images
