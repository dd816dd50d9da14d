"""The questions that the gate asks Huawei Cloud: the list of image-scan tasks, and the id of the region's project."""

from __future__ import annotations

import math
import re
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gate.clouds.huawei import translate
from gate.clouds.pagination import read_consistently
from gate.errors import NotUnderstood, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.clouds.api_client import ApiClient
    from gate.clouds.huawei.selection import Selection
    from gate.scan import ScanTask

_MOST_TASKS = 20_000
"""Twenty times what the list is documented to have at most (huawei-hss.md 2)."""


class HuaweiCloud:
    """Host Security Service of one project; see `gate.clouds.interface.Cloud` for what its methods promise."""

    def __init__(self, hss: ApiClient, find_project: Callable[[], str], selection: Selection, place: str) -> None:
        self._hss = hss
        self._place = place
        self._find_project = find_project
        self._selection = selection

    def newest_task(self) -> ScanTask | None:
        """See `Cloud.newest_task`.

        A task that does not say when it began may be the newest one, unless it ended before another one began: then
        it is returned, and nobody can say that it is fresh.
        """
        # The id breaks ties, so that the answer never hangs on the order of the list.
        return max(self._tasks(self._selection.filters), key=lambda task: (_latest_start(task), task.id), default=None)

    def task_by_id(self, task_id: str) -> ScanTask | None:
        """See `Cloud.task_by_id`."""
        return next((task for task in self._tasks((("task_id", task_id),)) if task.id == task_id), None)

    def search_description(self, task_id: str | None) -> str:
        """See `Cloud.search_description`."""
        options = (*self._selection.scope, *(() if task_id else self._selection.filters))
        named = (f"--{name.replace('_', '-')} {value}" for name, value in options)
        parts = (self._place, f"project {self._find_project()}", f"--type {self._selection.kind}", *named)
        return f"Huawei Cloud ({', '.join(parts)})"

    def poll(self, pinned: ScanTask) -> ScanTask | None:
        """See `Cloud.look`."""
        return self.task_by_id(pinned.id)

    @cached_property
    def _path(self) -> str:
        return f"/v5/{quote(self._find_project(), safe='')}/image/tasks"

    def _tasks(self, wanted: tuple[tuple[str, str], ...]) -> list[ScanTask]:
        """Reads the whole list, again if it changed while it was read: the newest task may be what moved."""
        remedy = "narrow the list with --task-name or --task-type"
        rows = read_consistently(partial(self._rows, wanted), what="scan tasks", remedy=remedy)
        kind = self._selection.kind
        return [translate.task(row, kind) for row in rows if translate.is_kind(row, kind)]

    def _rows(self, wanted: tuple[tuple[str, str], ...]) -> list[Mapping[str, Any]] | None:
        """Reads page after page, each of which begins with the last row of the one before; None if they do not fit."""
        rows: list[Mapping[str, Any]] = []
        while len(rows) <= _MOST_TASKS:
            page = self._page(max(0, len(rows) - 1), wanted)
            if rows and page.ids[:1] != [rows[-1].get("task_id")]:
                return None
            new = page.rows[1:] if rows else page.rows
            # The row that both pages hold is believed as it was told last: the task may have changed in between.
            rows[-1:] = page.rows
            if translate.has_duplicate_ids(rows):
                return None
            is_last = not new or (len(page.rows) < self._selection.page_size and len(rows) == page.total)
            if is_last:
                return rows if page.total in {None, len(rows)} else None
        return None

    def _page(self, offset: int, wanted: tuple[tuple[str, str], ...]) -> translate.Page:
        place = (("type", self._selection.kind), ("limit", str(self._selection.page_size)), ("offset", str(offset)))
        query = (*place, *self._selection.scope, *wanted)
        return translate.page(self._hss.call("GET", self._path, query, self._headers))

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "X-Project-Id": self._find_project()}


def find_project(iam: ApiClient, region: str) -> str:
    """Asks IAM for the id of the project that a region has under the same name (huawei-hss.md 6).

    Raises:
        UsageError: There is no such project, or more than one.
        NotUnderstood: The answer has no list of projects.
    """
    projects = iam.call("GET", "/v3/projects", (("name", region),)).get("projects")
    if not isinstance(projects, list) or not all(isinstance(project, dict) for project in projects):
        raise NotUnderstood(
            "IAM's answer has no list of projects.",
            means="Something else answered in the API's place.",
            remedy="Check --iam-endpoint, or give --project-id so that IAM need not be asked.",
        )
    ids = [project.get("id") for project in projects if project.get("name") == region]
    if len(ids) != 1 or not isinstance(ids[0], str) or not ids[0]:
        raise UsageError(
            f"IAM knows {len(ids)} projects of the name {region!r}, and the gate needs exactly one.",
            means="The region was never used by this account, or these credentials may not see its project.",
            remedy="Give --project-id; the console shows it under My Credentials.",
        )
    return project(ids[0])


def project(text: str) -> str:
    """The id of a project, if it can be one: it travels in the path and in a header.

    Raises:
        UsageError: It has spaces, line breaks or letters beyond ASCII.
    """
    if not re.fullmatch(r"[!-~]*", text):
        raise UsageError(
            f"{text!r} cannot be the id of a project.",
            means="It is perhaps the name of one, or was pasted with a line break.",
            remedy="Give --project-id as the console shows it under My Credentials.",
        )
    return text


def _latest_start(task: ScanTask) -> float:
    moment = task.started_at or task.ended_at
    return moment.timestamp() if moment else math.inf
