"""The calls to Huawei Cloud: list the image-scan tasks of a project, and find the project of a region."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gate.clouds.huawei import translate
from gate.clouds.huawei.lists import read_overlapping
from gate.clouds.pagination import read_consistently
from gate.clouds.values import memory_of, memory_of_images
from gate.errors import NotUnderstood, Refused, TransientError, UsageError
from gate.scan import NO_LONGER_FITS, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.clouds.api_client import ApiClient
    from gate.clouds.huawei.lists import Page, Row
    from gate.clouds.huawei.selection import Selection
    from gate.scan import ScanTask

_MAX_TASKS = 20_000
"""Twenty times the documented maximum length of the list (huawei-hss.md 2)."""
_FREE_MEMORY = 15_000_000
"""Bytes that a process has left beside the largest response: so many of an earlier poll cost the next one nothing."""


class HuaweiCloud:
    """Host Security Service of one project; `gate.clouds.interface.Cloud` documents its methods."""

    def __init__(self, hss: ApiClient, find_project: Callable[[], str], selection: Selection, place: str) -> None:
        self._hss = hss
        self._place = place
        self._find_project = find_project
        self._selection = selection
        self._unfit = 0
        self._bytes_kept = 0
        """What the run may still hold of the last list: the failed images of one task."""

    def matching_tasks(self) -> list[ScanTask]:
        """See `Cloud.matching_tasks`."""
        filters = self._selection.filters
        rows = self._read_list(filters)
        fitting = [row for row in rows if self._selection.fits(row, filters)]
        self._unfit = len(rows) - len(fitting)
        return self._counted([self._parse(row) for row in fitting])

    def task_by_id(self, task_id: str) -> ScanTask | None:
        """See `Cloud.task_by_id`."""
        task, fits = self._find(task_id)
        self._unfit = int(task is not None and not fits)
        return task if fits else None

    def search_description(self, task_id: str | None) -> str:
        """See `Cloud.search_description`."""
        filters = self._selection.lasting_filters if task_id else self._selection.filters
        options = (*self._selection.scope, *filters)
        named = (f"--{name.replace('_', '-')} {value}" for name, value in options)
        # Not by its option: a user who does not know of enterprise projects looks for the task in the wrong place.
        default = () if self._selection.scope else ("the default enterprise project",)
        project = (f"project {self._find_project()}", *default)
        parts = (self._place, *project, f"--type {self._selection.list_type}", *named)
        listed = (
            "1 listed task does not fit by its"
            if self._unfit == 1
            else f"{self._unfit} listed tasks do not fit by their"
        )
        unfit = f"; {listed} own fields" if self._unfit else ""
        return f"Huawei Cloud ({', '.join(parts)}{unfit})"

    def poll(self, pinned: ScanTask) -> ScanTask | None:
        """See `Cloud.poll`."""
        task, fits = self._find(pinned.id)
        if task is None or fits:
            return task
        return replace(task, state=TaskState.UNKNOWN, raw_state=NO_LONGER_FITS, progress=None)

    @cached_property
    def _path(self) -> str:
        return f"/v5/{quote(self._find_project(), safe='')}/image/tasks"

    def _find(self, task_id: str) -> tuple[ScanTask | None, bool]:
        """The task with this id, and whether it fits the filters that last."""
        rows, filters = self._read_list((("task_id", task_id),)), self._selection.lasting_filters
        tasks = self._counted([self._parse(row) for row in rows])
        fits = (self._selection.fits(row, filters) for row in rows)
        return next((pair for pair in zip(tasks, fits, strict=True) if pair[0].id == task_id), (None, False))

    def _counted(self, tasks: list[ScanTask]) -> list[ScanTask]:
        """Returns these tasks, and counts what the run may hold of them while the next list is read."""
        kept = max((memory_of_images(task.failed_images) for task in tasks), default=0)
        self._bytes_kept = max(0, kept - _FREE_MEMORY)
        return tasks

    def _parse(self, row: Mapping[str, Any]) -> ScanTask:
        return translate.parse_task(row, self._selection.list_type)

    def _read_list(self, filters: tuple[tuple[str, str], ...]) -> list[Mapping[str, Any]]:
        """Reads the whole list, and reads it again if it changed meanwhile: the newest task may have moved."""
        remedy = "narrow the list with --task-name or --task-type"
        return read_consistently(partial(self._read_rows, filters), what="scan tasks", remedy=remedy)

    def _read_rows(self, filters: tuple[tuple[str, str], ...]) -> list[Row] | None:
        bytes_kept = self._bytes_kept

        def fetch(offset: int) -> Page:
            nonlocal bytes_kept
            page = self._fetch_page(offset, filters, bytes_kept)
            bytes_kept += sum(map(memory_of, page.rows))
            return page

        size = self._selection.page_size
        return read_overlapping(fetch, translate.TASKS, page_size=size, max_rows=_MAX_TASKS)

    def _fetch_page(self, offset: int, filters: tuple[tuple[str, str], ...], bytes_kept: int) -> Page:
        limit = str(self._selection.page_size)
        paging = (("type", self._selection.list_type), ("limit", limit), ("offset", str(offset)))
        query = (*paging, *self._selection.scope, *filters)
        return translate.parse_page(self._hss.call("GET", self._path, query, self._headers, bytes_kept=bytes_kept))

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "X-Project-Id": self._find_project()}


def find_project(iam: ApiClient, region: str) -> str:
    """Asks IAM for the id of the region's project, which has the same name as the region (huawei-hss.md 6).

    Raises:
        UsageError: There is no such project, or more than one.
        NotUnderstood: The response has no list of projects.
        GateError: What the call raises, with the options that are about IAM.
    """
    try:
        projects = iam.call("GET", "/v3/projects", (("name", region),)).get("projects")
    except (TransientError, NotUnderstood, Refused) as error:
        # The API client knows one API only, whose address is that of --endpoint.
        about_iam = error.remedy.replace("--endpoint", "--iam-endpoint")
        error.remedy = f"{about_iam} With --project-id, the gate does not call IAM."
        raise
    if not isinstance(projects, list) or not all(isinstance(project, dict) for project in projects):
        raise NotUnderstood(
            "IAM's response has no list of projects.",
            means="The response came from something other than the API.",
            remedy="Check --iam-endpoint, or give --project-id so that the gate does not call IAM.",
        )
    ids = [project.get("id") for project in projects if project.get("name") == region]
    if len(ids) != 1 or not isinstance(ids[0], str) or not ids[0]:
        raise UsageError(
            f"IAM has {len(ids)} projects named {region!r}; the gate needs exactly one.",
            means="The region was never used by this account, or these credentials may not see its project.",
            remedy="Give --project-id; the console shows it under My Credentials.",
        )
    return checked_project_id(ids[0])


def checked_project_id(text: str, source: str = "from IAM") -> str:
    """Returns the id of a project unchanged if it can be sent in a path and in a header.

    Raises:
        UsageError: It has spaces, line breaks or non-ASCII letters.
    """
    if not re.fullmatch(r"[!-~]*", text):
        raise UsageError(
            f"{text!r} ({source}) is not a valid project id.",
            means="It may be the project's name, or was pasted with a line break.",
            remedy="Give --project-id as the console shows it under My Credentials.",
        )
    return text
