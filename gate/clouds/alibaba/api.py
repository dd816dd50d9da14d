"""The questions that the gate asks Security Center: the latest task, one task, its leaves, and their images."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba import translate
from gate.clouds.alibaba.pages import every_row
from gate.clouds.alibaba.results import counted, leaves, scanned, targets
from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.policy import CLOCK_TOLERANCE
from gate.scan import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from gate.clouds.alibaba.pages import Row
    from gate.clouds.alibaba.selection import Selection
    from gate.clouds.api_client import ApiClient
    from gate.scan import ScanTask

VERSION = "2018-12-03"
PAGE_SIZE = 100
"""Rows that are asked for; no document says how many a page may have, and a shorter one is taken as it comes."""
BATCH = 20
"""Images in one question: each stands there in two spellings of 160 bytes, and gateways take URLs of 8 KiB."""

# No document says whether the tags of an image share its Uuid; what a scan finds may change while the list is read.
_IMAGE_NAMES = ("Uuid", "Digest", "Tag", "InstanceId", "RegionId", "RepoId", "RepoNamespace", "RepoName")


class AlibabaCloud:
    """Security Center of one account; see `gate.clouds.interface.Cloud` for what its methods promise."""

    def __init__(self, sas: ApiClient, selection: Selection, now: Callable[[], datetime], place: str) -> None:
        self._sas = sas
        self._place = place
        self._now = now
        self._selection = selection
        self._names = {"TaskType": selection.task_type, "TaskName": selection.task_name}
        self._just_fetched: ScanTask | None = None
        # Of all looks together: a long wait has hundreds of them, and a task may have very many images.
        self._listed: dict[str, set[str]] = {}

    def newest_task(self) -> ScanTask | None:
        """See `Cloud.newest_task`; the cloud itself picks it, among all tasks of the account."""
        source = {"Source": self._selection.source} if self._selection.source else {}
        return self._translated(self._ask("GetLastOnceTaskInfo", {**self._names, **source}))

    def task_by_id(self, task_id: str) -> ScanTask | None:
        """See `Cloud.task_by_id`."""
        if translate.is_start_time_id(task_id):
            newest = self.newest_task()
            return newest if newest and newest.id == task_id else None
        if not translate.task_id(task_id):
            return None
        self._just_fetched = self._translated(self._outcome(task_id), called=task_id)
        return self._just_fetched

    def search_description(self, task_id: str | None) -> str:
        """See `Cloud.search_description`."""
        chosen = self._selection
        named = [f"--task-type {chosen.task_type}"]
        named += [f"--task-name {chosen.task_name}"] if chosen.task_name != chosen.task_type else []
        has_source = chosen.source and (not task_id or translate.is_start_time_id(task_id))
        named += [f"--source {chosen.source}"] if has_source else []
        return f"Alibaba Cloud ({', '.join((self._place, *named))})"

    def poll(self, pinned: ScanTask) -> ScanTask | None:
        """See `Cloud.look`; GetLastOnceTaskInfo could by now be about another task."""
        if translate.is_start_time_id(pinned.id):
            return self.task_by_id(pinned.id)
        # One that was complete a moment ago, when this very question was asked, is counted at once: but only once.
        is_known = pinned is self._just_fetched and pinned.state is TaskState.COMPLETE
        task = pinned if is_known else self._translated(self._outcome(pinned.id), called=pinned.id)
        self._just_fetched = None
        is_to_be_counted = task and task.state is TaskState.COMPLETE and task.results_pending is None
        return self._counted(task) if task and is_to_be_counted else task

    def _outcome(self, task_id: str) -> dict[str, Any]:
        return self._ask("GetOnceTaskResultInfo", {"TaskId": task_id, **self._names})

    def _translated(self, document: Mapping[str, Any], *, called: str = "") -> ScanTask | None:
        return translate.task(document, self._selection.kind, called=called)

    def _counted(self, task: ScanTask) -> ScanTask:
        rows = self._leaves(task)
        found, lost_images = leaves(rows), self._lost_images(task, rows)
        findings = [translate.finding(row) for row in self._images(scanned(found) - {""})]
        return counted(replace(task, lost_images=lost_images), found, findings, until=self._now() + CLOCK_TOLERANCE)

    def _lost_images(self, task: ScanTask, rows: list[Row]) -> int:
        """How many are gone of those that an earlier look showed; that images came in their place changes nothing."""
        listed = self._listed.setdefault(task.id, set())
        lost_images = len(listed - targets(rows))
        listed |= targets(filter(translate.tells_of_images, rows))
        return lost_images

    def _leaves(self, task: ScanTask) -> list[Row]:
        def ask(number: int) -> dict[str, Any]:
            place = {"CurrentPage": str(number), "PageSize": str(PAGE_SIZE), "RelateInfo": "true"}
            query = {"TaskType": IMAGE_SCAN, "TaskId": task.id, **place}
            return self._ask("DescribeOnceTaskLeafRecordPage", query)

        return every_row(ask, "OnceTasks", what="the scan task's images", identity=_leaf_identity)

    def _images(self, digests: Iterable[str]) -> Iterator[Row]:
        """What is known of these images, and perhaps of others.

        How several criteria are joined is documented and was never tried; where the answer lacks an image, the list of
        all images has the last word.
        """
        missing = set(digests)
        for batch in _batches(sorted(missing)):
            rows = self._image_rows(_criteria(batch))
            missing -= {translate.digest(row.get("Digest")) for row in rows}
            yield from rows
        if missing:
            yield from self._image_rows({})

    def _image_rows(self, which: Mapping[str, str]) -> list[Row]:
        def ask(number: int) -> dict[str, Any]:
            place = {"CurrentPage": str(number), "PageSize": str(PAGE_SIZE)}
            return self._ask("DescribeImageInstances", {**which, **place})

        return every_row(ask, "ImageInstanceList", what="images", identity=_image_identity)

    def _ask(self, action: str, query: Mapping[str, str]) -> dict[str, Any]:
        # Older gateways of the vendor answer in XML where nobody says otherwise.
        headers = {"Accept": "application/json", "x-acs-action": action, "x-acs-version": VERSION}
        return self._sas.call("POST", "/", query.items(), headers, operation=action)


def _leaf_identity(row: Row) -> object:
    about = row.get("TaskImageInfo")
    # The times in it may change while the list is read, and the leaf is the same.
    named = {**about, "CostTimeInfo": None} if isinstance(about, dict) else about
    return repr([*(row.get(name) for name in ("TaskId", "TargetType", "Target")), named])


def _image_identity(row: Row) -> object:
    return repr([row.get(name) for name in _IMAGE_NAMES])


def _batches(digests: list[str]) -> Iterator[list[str]]:
    return (digests[at : at + BATCH] for at in range(0, len(digests), BATCH))


def _criteria(digests: Iterable[str]) -> dict[str, str]:
    spellings = [spelling for digest in digests for spelling in (digest, f"sha256:{digest}")]
    criteria = [{"name": "digest", "value": spelling, "logicalExp": "OR"} for spelling in spellings]
    return {"Criteria": json.dumps(criteria, separators=(",", ":")), "LogicalExp": "OR"}
