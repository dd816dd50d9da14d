"""What the cloud has stated about each task in this run: a later response may leave it out, or contradict it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.leaves import ScanWindow
from gate.clouds.alibaba.translate import NOT_STATED, SUCCESS_VALUES, parse_task
from gate.clouds.values import as_text, is_one_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gate.scan import ScanTask

_LONGEST_RESULT = 200
"""Characters of a Result that is kept, which may be anything."""


class Statements:
    """The last Result of each task, all that is known of its start, and its images; by the id of the task."""

    def __init__(self) -> None:
        self._results: dict[str, str] = {}
        self._starts: dict[str, tuple[datetime, datetime]] = {}
        # The names that all polls have seen, and not one set per poll: a long wait has hundreds of polls, and a task
        # may have very many images.
        self._targets: dict[str, set[str]] = {}

    def parse_task(self, document: Mapping[str, Any], task_type: str, *, requested_id: str = "") -> ScanTask | None:
        """See `gate.clouds.alibaba.translate.parse_task`; a Result that the response leaves out is the one before.

        GetOnceTaskResultInfo, by which a task is followed, has no Result (alibaba-security-center.md 1.2). So what
        GetLastOnceTaskInfo has stated counts until another response states something else.
        """
        task = parse_task(document, task_type, requested_id=requested_id)
        if task is None:
            return None
        if task.started_at:
            starts = (task.started_at, *self._starts.get(task.id, ()))
            self._starts[task.id] = min(starts), max(starts)
        result = document["TaskInfo"].get("Result")
        if not is_one_of(result, NOT_STATED):
            self._results[task.id] = as_text(result)[:_LONGEST_RESULT]
        elif task.id in self._results:
            info = {**document["TaskInfo"], "Result": self._results[task.id]}
            return parse_task({**document, "TaskInfo": info}, task_type, requested_id=requested_id)
        return task

    def has_another_result(self, task_id: str) -> bool:
        """Whether the last Result of this task is not a success."""
        return not is_one_of(self._results.get(task_id), SUCCESS_VALUES)

    def window(self, task: ScanTask, now: datetime) -> ScanWindow:
        """From the start of this task, by all that was stated; without a start if its last response states none."""
        earliest, latest = self._starts[task.id] if task.started_at else (None, None)
        return ScanWindow(since=latest, earliest=earliest, now=now)

    def count_lost_images(self, task_id: str, *, listed: set[str], counted: set[str]) -> int:
        """How many images of earlier polls are no longer listed; images that are new do not make up for them.

        Args:
            task_id: The id of the task.
            listed: All that the task lists now.
            counted: Those that count as images, which later polls have to list too.
        """
        seen = self._targets.setdefault(task_id, set())
        lost_images = len(seen - listed)
        seen |= counted
        return lost_images
