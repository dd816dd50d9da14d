"""The scan task that this run has started, as far as it can be told from others: HSS returns no id of it.

It is a hint alone, about when the rows of the images are worth a look (huawei-images.md 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.errors import NotUnderstood, Refused
from gate.scan import TaskState

if TYPE_CHECKING:
    from gate.clouds.huawei.selection import Filters
    from gate.clouds.huawei.tasks import TaskList
    from gate.event_log import EventLog
    from gate.scan import ScanTask

_RUNNING: Filters = (("task_type", "manual"), ("global_image_type", "registry"), ("task_status", "scanning"))


class OwnScan:
    """The task of one scan."""

    def __init__(self, tasks: TaskList, event_log: EventLog) -> None:
        self._tasks = tasks
        self._event_log = event_log
        self._others: set[str] = set()
        """The tasks that were running before."""
        self._total = 0
        self._id = ""
        self._is_over = False

    def prepare(self, total: int) -> None:
        """Notes which tasks are running before a scan of so many images is started."""
        self._others = {task.id for task in self._running()}
        self._total = total

    def find(self) -> ScanTask | None:
        """The task if it is running; None if there is none, or if it cannot be told from others."""
        # One that does not state something may be the own one too, so that another one would be taken for it.
        possible = [task for task in self._running() if self._may_be_own(task)]
        if len(possible) != 1 or not self._is_own(possible[0]):
            return None
        self._id = possible[0].id
        self._event_log.started_tasks.append(self._id)
        self._event_log.note(f"the scan that was started is task {self._id}, by all that the list shows")
        return possible[0]

    def poll(self) -> ScanTask | None:
        """The same; not looked for again once it is over."""
        if self._is_over:
            return None
        try:
            task = self._by_id() if self._id else self.find()
        except (NotUnderstood, Refused) as error:
            self._event_log.note(f"the task of the scan is not followed any more: {error.happened}")
            self._is_over = True
            return None
        self._is_over = bool(self._id) and task is None
        return task

    def may_be_running(self) -> bool:
        """Whether a new task may be the one, also if it cannot be told from others, or states no number of images."""
        return any(map(self._may_be_own, self._running()))

    def _may_be_own(self, task: ScanTask) -> bool:
        is_new = not task.id or task.id not in self._others
        return is_new and task.covers_all_images is not True and task.counts.total in {None, 0, self._total}

    def _is_own(self, task: ScanTask) -> bool:
        return bool(task.id) and task.covers_all_images is False and task.counts.total == self._total

    def _by_id(self) -> ScanTask | None:
        tasks = self._tasks.parse(self._tasks.read((("task_id", self._id),)))
        return next((task for task in tasks if task.id == self._id and task.state is TaskState.RUNNING), None)

    def _running(self) -> list[ScanTask]:
        return self._tasks.parse(self._tasks.fitting(self._tasks.read(_RUNNING), _RUNNING))
