"""Reads the list of scan tasks of a project, ListImageScanTask (huawei-hss.md 1)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.huawei import translate
from gate.clouds.huawei.lists import read_overlapping
from gate.clouds.pagination import read_consistently
from gate.clouds.values import memory_of, memory_of_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gate.clouds.huawei.hss import Hss
    from gate.clouds.huawei.lists import Page, Row
    from gate.clouds.huawei.selection import Filters, Selection
    from gate.scan import ScanTask

_MAX_TASKS = 20_000
"""Twenty times the documented maximum length of the list (huawei-hss.md 2)."""
_FREE_MEMORY = 15_000_000
"""Bytes that a process has left beside the largest response: so many of an earlier poll cost the next one nothing."""


class TaskList:
    """The tasks of one list type, as far as a request selects them."""

    def __init__(self, hss: Hss, selection: Selection) -> None:
        self._hss = hss
        self._selection = selection
        self._bytes_kept = 0
        """What the run may still hold of the last list: the failed images of one task."""

    def read(self, filters: Filters) -> list[Row]:
        """Reads the whole list, and reads it again if it changed meanwhile: the newest task may have moved."""
        remedy = "narrow the list with --task-name or --task-type"
        return read_consistently(partial(self._read_rows, filters), what="scan tasks", remedy=remedy)

    def fitting(self, rows: Iterable[Row], filters: Filters) -> list[Row]:
        """The tasks that fit these filters by their own fields."""
        return [row for row in rows if self._selection.fits(row, filters)]

    def parse(self, rows: Sequence[Row]) -> list[ScanTask]:
        """Translates these tasks, and counts what the run may hold of them while the next list is read."""
        tasks = [translate.parse_task(row, self._selection.list_type) for row in rows]
        kept = max((memory_of_images(task.failed_images) for task in tasks), default=0)
        self._bytes_kept = max(0, kept - _FREE_MEMORY)
        return tasks

    def _read_rows(self, filters: Filters) -> list[Row] | None:
        bytes_kept = self._bytes_kept

        def fetch(offset: int) -> Page:
            nonlocal bytes_kept
            page = self._fetch_page(offset, filters, bytes_kept)
            bytes_kept += sum(map(memory_of, page.rows))
            return page

        size = self._selection.page_size
        return read_overlapping(fetch, translate.TASKS, page_size=size, max_rows=_MAX_TASKS)

    def _fetch_page(self, offset: int, filters: Filters, bytes_kept: int) -> Page:
        limit = str(self._selection.page_size)
        paging = (("type", self._selection.list_type), ("limit", limit), ("offset", str(offset)))
        query = (*paging, *self._selection.scope, *filters)
        return translate.parse_page(self._hss.call("GET", "tasks", query, bytes_kept=bytes_kept))
