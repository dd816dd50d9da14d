"""The calls to Security Center: the newest task, one task, its leaf records, and the results of its images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba import translate
from gate.clouds.alibaba.pages import memory_of_rows
from gate.clouds.alibaba.results import count_results, leaf_records, record_targets, scanned_digests
from gate.clouds.alibaba.security_center import batches, digest_criteria, digest_of
from gate.clouds.alibaba.statements import Statements
from gate.scan import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from gate.clouds.alibaba.leaves import LeafRecord
    from gate.clouds.alibaba.pages import Row
    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.clouds.alibaba.selection import Selection
    from gate.clouds.interface import ImageScans
    from gate.scan import ScanTask

_MEMORY_PER_RESULT = 300
"""Bytes."""


class AlibabaCloud:
    """Security Center of one account; `gate.clouds.interface.Cloud` documents its methods."""

    def __init__(
        self,
        sas: SecurityCenter,
        selection: Selection,
        now: Callable[[], datetime],
        place: str,
        images: Callable[[], ImageScans],
    ) -> None:
        self.sas = sas
        self._images = images
        self._place = place
        self._now = now
        self._selection = selection
        self._names = {"TaskType": selection.task_type, "TaskName": selection.task_name}
        self._just_fetched: ScanTask | None = None
        self._statements = Statements()

    def matching_tasks(self, judged: ScanTask | None = None) -> list[ScanTask]:  # noqa: ARG002 - always listed here
        """See `Cloud.matching_tasks`; the cloud shows the latest task of the account only.

        Its answer states neither the type nor the source of the task, so these filters cannot be checked against it.
        """
        latest = self._latest_task()
        return [latest] if latest else []

    def task_by_id(self, task_id: str) -> ScanTask | None:
        """See `Cloud.task_by_id`."""
        if translate.is_start_time_id(task_id):
            latest = self._latest_task()
            return latest if latest and latest.id == task_id else None
        if not translate.parse_task_id(task_id):
            return None
        self._just_fetched = self._parsed(self._fetch_task(task_id), requested_id=task_id)
        return self._just_fetched

    def explain(self, task: ScanTask) -> ScanTask:
        """See `Cloud.explain`; the images were read to count them."""
        return task

    def image_scans(self) -> ImageScans:
        """The scans of exactly the images that were asked for; sends no request."""
        return self._images()

    def search_description(self, task_id: str | None) -> str:
        """See `Cloud.search_description`."""
        chosen = self._selection
        named = [f"--task-type {chosen.task_type}"]
        named += [f"--task-name {chosen.task_name}"] if chosen.task_name != chosen.task_type else []
        has_source = chosen.source and (not task_id or translate.is_start_time_id(task_id))
        named += [f"--source {chosen.source}"] if has_source else []
        return f"Alibaba Cloud ({', '.join((self._place, *named))})"

    def poll(self, pinned: ScanTask) -> ScanTask | None:
        """See `Cloud.poll`; GetLastOnceTaskInfo could return another task by now."""
        if translate.is_start_time_id(pinned.id):
            return self.task_by_id(pinned.id)
        if self._statements.has_another_result(pinned.id):
            # Only GetLastOnceTaskInfo states a Result, so only it can take back the one that is known.
            self._latest_task()
        # A complete task that `task_by_id` has just fetched is not fetched again, but only to read its counts at once.
        is_known = pinned is self._just_fetched and pinned.results_pending is None
        task = pinned if is_known else self._parsed(self._fetch_task(pinned.id), requested_id=pinned.id)
        self._just_fetched = None
        needs_counts = task and task.state is TaskState.COMPLETE and task.results_pending is None
        return self._with_counts(task) if task and needs_counts else task

    def _latest_task(self) -> ScanTask | None:
        source = {"Source": self._selection.source} if self._selection.source else {}
        return self._parsed(self.sas.call("GetLastOnceTaskInfo", {**self._names, **source}))

    def _fetch_task(self, task_id: str) -> dict[str, Any]:
        return self.sas.call("GetOnceTaskResultInfo", {"TaskId": task_id, **self._names})

    def _parsed(self, document: Mapping[str, Any], *, requested_id: str = "") -> ScanTask | None:
        return self._statements.parse_task(document, self._selection.judged_type, requested_id=requested_id)

    def _with_counts(self, task: ScanTask) -> ScanTask:
        rows = self.sas.leaf_rows(task.id)
        window = self._statements.window(task, self._now())
        leaves = leaf_records(rows, window)
        images = self._image_rows(scanned_digests(leaves) - {""}, memory_of_rows(rows))
        results = [translate.parse_image_result(row) for row in images]
        lost_images = self._lost_images(task, rows, leaves)
        return count_results(replace(task, lost_images=lost_images), leaves, results, window)

    def _lost_images(self, task: ScanTask, rows: list[Row], leaves: Iterable[LeafRecord]) -> int:
        counted = [row for row, leaf in zip(rows, leaves, strict=True) if leaf.counts_as_image]
        return self._statements.count_lost_images(task.id, listed=record_targets(rows), counted=record_targets(counted))

    def _image_rows(self, digests: Iterable[str], bytes_kept: int) -> Iterator[Row]:
        """The rows of these images.

        How the API joins several criteria is documented, but was not verified against the API. If an image is missing
        from the responses, the unfiltered list decides.
        """
        wanted = set(digests)

        def is_wanted(row: Row) -> bool:
            return digest_of(row) in wanted

        missing = set(digests)
        for batch in batches(sorted(missing)):
            rows = self.sas.image_rows(digest_criteria(batch), is_wanted, bytes_kept)
            bytes_kept += len(rows) * _MEMORY_PER_RESULT
            missing -= set(map(digest_of, rows))
            yield from rows
        if missing:
            yield from self.sas.image_rows({}, is_wanted, bytes_kept)
