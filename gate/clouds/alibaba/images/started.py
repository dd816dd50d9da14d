"""The scans that this run has started: follows their tasks, and keeps what they say of each image."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gate.clouds.alibaba.images.creation import TASK_NAMES
from gate.clouds.alibaba.images.records import scan_records
from gate.clouds.alibaba.leaves import ScanWindow, record_target
from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.alibaba.statements import Statements
from gate.errors import GateError, ScanTooLarge
from gate.image import ImageState
from gate.scan import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gate.clouds.alibaba.images.creation import CreatedTask
    from gate.clouds.alibaba.images.records import ScanRecord
    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.event_log import EventLog
    from gate.time_of_day import TimeOfDay

_READS = 2
"""How often a record is looked for in a task that is over: no document says that all are there by then."""


@dataclass(kw_only=True, slots=True)
class _FollowedTask:
    """A task that this run has started, as it was last seen."""

    created: CreatedTask
    has_stated_total: bool = False
    is_over: bool = False
    bad_end: str = ""
    raw_state: str = ""
    window: ScanWindow = field(default_factory=ScanWindow)
    records: Mapping[str, ScanRecord] = field(default_factory=dict)

    reads: int = 0
    """How often its records were read since it is over."""

    @property
    def is_settled(self) -> bool:
        """Whether its records say all that they will ever say; one that is missing was looked for twice."""
        states = {record.state for record in self.records.values()}
        return self.reads >= (_READS if ImageState.MISSING in states else 1) and ImageState.SCANNING not in states


class StartedScans:
    """The scan tasks of one run."""

    def __init__(self, sas: SecurityCenter, *, time_of_day: TimeOfDay, event_log: EventLog) -> None:
        self._sas = sas
        self._time_of_day = time_of_day
        self._event_log = event_log
        self._statements = Statements()
        self._tasks: list[_FollowedTask] = []

    def add(self, created: Iterable[CreatedTask]) -> None:
        """Follows these tasks too.

        Raises:
            ScanTooLarge: One has more images than were asked for; it is cancelled.
        """
        for one in created:
            task = _FollowedTask(created=one)
            self._tasks.append(task)
            self._event_log.started_tasks.append(one.id)
            self._check_size(task, one.total)

    @property
    def digests(self) -> frozenset[str]:
        """The images of all these scans."""
        return frozenset(digest for task in self._tasks for digest in task.created.digests)

    @property
    def is_running(self) -> bool:
        """Whether a task is not over yet."""
        return any(not task.is_over for task in self._tasks)

    @property
    def without_record(self) -> frozenset[str]:
        """The images of which no task has a record, although all that were to scan them are over."""
        return frozenset(
            digest
            for digest in self.digests
            if all(task.is_settled for task in self._tasks if digest in task.created.digests)
            and (record := self.record_of(digest))
            and record.state is ImageState.MISSING
        )

    @property
    def raw_state(self) -> str:
        """The states of the tasks that are not over, in the cloud's own words."""
        return ", ".join(dict.fromkeys(task.raw_state for task in self._tasks if task.raw_state and not task.is_over))

    def poll(self) -> None:
        """Polls the tasks that are not over; reads the records of all of them once none is running.

        Raises:
            ScanTooLarge: A task has more images than were asked for; it is cancelled.
        """
        for task in self._tasks:
            if not task.is_over:
                self._poll(task)
        if not self.is_running:
            for task in self._tasks:
                if not task.is_settled:
                    self._read_records(task)

    def record_of(self, digest: str) -> ScanRecord | None:
        """What the last task that says anything of this image says of it; None if none was to scan it."""
        records = [record for task in reversed(self._tasks) if (record := task.records.get(digest))]
        telling = (record for record in records if record.state is not ImageState.MISSING)
        return next(telling, records[0] if records else None)

    def count_attempts(self, digest: str) -> int:
        """How many tasks were to scan this image."""
        return sum(digest in task.created.digests for task in self._tasks)

    def cancel(self) -> None:
        """Cancels the tasks that are not over and certainly of this run, as far as the cloud lets it."""
        for task in self._tasks:
            if task.created.is_certain and not task.is_over:
                self._cancel(task)

    def _poll(self, task: _FollowedTask) -> None:
        id_ = task.created.id
        document = self._sas.call("GetOnceTaskResultInfo", {"TaskId": id_, **TASK_NAMES})
        seen = self._statements.parse_task(document, IMAGE_SCAN, requested_id=id_)
        # One that is not there yet was created a moment ago.
        if seen is None:
            return
        self._check_size(task, seen.counts.total or 0)
        now = self._time_of_day.latest()
        window = self._statements.window(seen, now)
        task.window = window if window.since else ScanWindow(earliest=task.created.asked_at, now=now)
        task.raw_state, task.bad_end = seen.raw_state, seen.raw_state if seen.state.ended_badly else ""
        task.is_over = seen.state.ended_badly or seen.state is TaskState.COMPLETE

    def _check_size(self, task: _FollowedTask, total: int) -> None:
        """Checks how many images a task states, once: as soon as it states any."""
        if task.has_stated_total or not total:
            return
        task.has_stated_total = True
        most, asked = task.created.max_images, len(task.created.digests)
        if total > most:
            is_cancelled = self._cancel(task)
            raise ScanTooLarge(
                f"Security Center started a scan of {total} images where {asked} were asked for.",
                means="It did not take the list of digests as the only choice of what to scan.",
                remedy=("The scan was cancelled" if is_cancelled else "Cancel the scan in the console")
                + "; report this to the gate's project.",
            )
        if total < asked:
            self._event_log.note(f"scan task {task.created.id} has {total} images where {asked} were asked for")

    def _cancel(self, task: _FollowedTask) -> bool:
        try:
            self._sas.call("CancelOnceTask", {"TaskId": task.created.id})
        except GateError as error:
            self._event_log.acted(f"scan task {task.created.id} could not be cancelled: {error.happened}")
            return False
        self._event_log.acted(f"cancelled scan task {task.created.id}")
        return True

    def _read_records(self, task: _FollowedTask) -> None:
        rows = self._sas.leaf_rows(task.created.id)
        digests = task.created.digests
        task.records = scan_records(rows, digests, task.window, bad_end=task.bad_end)
        task.reads += 1
        if others := {record_target(row) for row in rows} - {*digests, ""}:
            self._event_log.note(f"scan task {task.created.id} has records of {len(others)} other images too")
