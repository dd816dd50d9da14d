"""Starts scans of exactly these images, each request once: a scan that is started twice may cost money twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.images.registry import as_sync_row
from gate.clouds.alibaba.security_center import batches
from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.alibaba.translate import SUCCESS_VALUES, parse_task, parse_task_id, stated_total
from gate.clouds.values import as_text, is_one_of, malformed
from gate.errors import DeadlineExceeded, NotAuthorised, ScanNotStarted, Throttled, TransientError
from gate.policy import END_TOLERANCE
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from gate.clock import RunDeadline
    from gate.clouds.alibaba.images.registry import RegisteredTag
    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.event_log import EventLog
    from gate.time_of_day import TimeOfDay

TASK_NAMES = {"TaskType": IMAGE_SCAN, "TaskName": IMAGE_SCAN}
_IMAGES_PER_SYNC, _DIGESTS_PER_SCAN = 10, 100
"""Images per request, so that its URL stays far below 8 KiB (alibaba-images.md 1.1, 1.2)."""
_TIME_TO_APPEAR = 5.0
"""Seconds in which a scan whose response was lost should be listed."""
_MOST_LOOKS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedTask:
    """A scan task that this run has started."""

    id: str
    digests: tuple[str, ...]
    """Those that it is to scan, without their prefixes."""
    max_images: int
    """How many images it may have: an image is counted once for each of its tags, for all that is known."""
    total: int
    """How many images it states; 0 if it does not state it yet."""
    asked_at: datetime
    """When it was asked for, by the clock that is furthest behind."""
    is_certain: bool = True
    """Whether it is this run's own; False if it was found after the response was lost, and may be another one."""


class ScanStarter:
    """Creates scan tasks."""

    def __init__(
        self, sas: SecurityCenter, *, time_of_day: TimeOfDay, deadline: RunDeadline, event_log: EventLog
    ) -> None:
        self._sas = sas
        self._time_of_day = time_of_day
        self._deadline = deadline
        self._event_log = event_log

    def scan_unlisted(self, images: Sequence[RegisteredTag]) -> Iterator[CreatedTask]:
        """Has Security Center import these images, and scan them; yields each task once it is started.

        Raises:
            Refused: It does not start it, such as for lack of quota.
        """
        by_digest = {image.digest: image for image in images}
        for chunk in batches([*by_digest], _IMAGES_PER_SYNC):
            rows = json.dumps([as_sync_row(by_digest[digest]) for digest in chunk], separators=(",", ":"))
            yield self._create("PublicSyncAndCreateImageScanTask", {"Images": rows}, chunk, len(chunk))

    def scan_listed(self, digests: Mapping[str, int]) -> Iterator[CreatedTask]:
        """Scans these images, given with the number of their rows; yields each task once it is started.

        Raises:
            Refused: Security Center does not start it, such as for lack of quota.
        """
        for chunk in batches([*digests], _DIGESTS_PER_SCAN):
            most = sum(max(1, digests[digest]) for digest in chunk)
            yield self._create("PublicCreateImageScanTask", {"Digests": ",".join(chunk)}, chunk, most)

    def _create(self, action: str, query: Mapping[str, str], digests: Sequence[str], most: int) -> CreatedTask:
        asked_at = self._time_of_day.earliest()
        try:
            document = self._sas.call(action, query, is_repeatable=False)
        except (Throttled, DeadlineExceeded):
            raise
        except TransientError as error:
            # A pause would let one more request be sent after the end of the run.
            if self._deadline.is_over():
                raise
            found = self._find_lost(error, digests, most, asked_at)
            if found:
                return found
            document = self._sas.call(action, query, is_repeatable=False)
        id_, total = _parse_created(document)
        return CreatedTask(id=id_, digests=tuple(digests), max_images=most, total=total, asked_at=asked_at)

    def _find_lost(
        self, error: TransientError, digests: Sequence[str], most: int, asked_at: datetime
    ) -> CreatedTask | None:
        """The task that was started although the response was lost; None if no scan of these images is running.

        The operation that lists unfinished scans shows the ids of their parts (1.4), so the whole task can only be the
        newest one. If that is of another pipeline, its records lack these images, which are then scanned once more.

        Raises:
            TransientError: The images are being scanned, and by which task cannot be found out.
        """
        self._event_log.note(f"whether the scan was started is not known: {error.happened} Looking whether it runs")
        self._deadline.pause(min(_TIME_TO_APPEAR, self._deadline.left()))
        try:
            if not any(map(self._is_being_scanned, digests[:_MOST_LOOKS])):
                return None
            document = self._sas.call("GetLastOnceTaskInfo", TASK_NAMES)
        except NotAuthorised as refusal:
            self._event_log.note(f"that cannot be found out: {refusal.happened}")
            raise error from None
        task = parse_task(document, IMAGE_SCAN)
        total = stated_total(document) or 0
        is_new = task and task.started_at and task.started_at >= asked_at - END_TOLERANCE
        if not task or not task.id or not is_new or not len(digests) <= total <= most:
            raise error
        self._event_log.note(f"scan task {task.id} was started at that time, with as many images; following it")
        return CreatedTask(
            id=task.id, digests=tuple(digests), max_images=most, total=total, asked_at=asked_at, is_certain=False
        )

    def _is_being_scanned(self, digest: str) -> bool:
        tasks = self._sas.call("ListUnfinishedOnceTask", {"TaskType": IMAGE_SCAN, "Target": digest}).get("OnceTasks")
        if not isinstance(tasks, list):
            raise malformed("The response has no list of OnceTasks.")
        return bool(tasks)


def _parse_created(document: Mapping[str, Any]) -> tuple[str, int]:
    """The id of a created task, and how many images it states (alibaba-images.md 1.3).

    Raises:
        ScanNotStarted: It says that it does not scan, or has no id.
        NotUnderstood: The response has no task.
    """
    data = document.get("Data")
    if not isinstance(data, dict):
        raise malformed("The response has no Data of a scan task.")
    id_, status, result = parse_task_id(data.get("TaskId")), data.get("Status"), data.get("Result")
    is_refused = status == "FAIL" or not is_one_of(result, SUCCESS_VALUES)
    if is_refused or not id_:
        stated = ", ".join(one_line(as_text(value), 80) for value in (status, result) if value) or "no id of a task"
        raise ScanNotStarted(
            f"Security Center did not start the scan ({stated}).",
            means="The images are in a region in which it does not scan, or cannot be scanned at the moment.",
            remedy="Check whether Security Center scans images of this region, and try it in its console.",
        )
    return id_, stated_total(data) or 0
