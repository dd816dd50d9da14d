"""The calls to Huawei Cloud: list the image-scan tasks of a project, and find the project of a region."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gate.clouds.huawei.tasks import TaskList
from gate.errors import NotUnderstood, Refused, TransientError, UsageError
from gate.scan import NO_LONGER_FITS, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.api_client import ApiClient
    from gate.clouds.huawei.hss import Hss
    from gate.clouds.huawei.images.scans import HuaweiImageScans
    from gate.clouds.huawei.selection import Selection
    from gate.clouds.interface import ImageScans
    from gate.scan import ScanTask


class HuaweiCloud:
    """Host Security Service of one project; `gate.clouds.interface.Cloud` documents its methods."""

    def __init__(
        self,
        hss: Hss,
        selection: Selection,
        place: str,
        images: Callable[[], HuaweiImageScans],
        release: Callable[[], ImageScans],
    ) -> None:
        self.hss = hss
        self._list = TaskList(hss, selection)
        self._place = place
        self._selection = selection
        self._images = images
        self._release = release
        self._unfit = 0

    def matching_tasks(self, judged: ScanTask | None = None) -> list[ScanTask]:
        """See `Cloud.matching_tasks`."""
        filters = self._selection.filters
        rows = self._list.read(filters)
        fitting = self._list.fitting(rows, filters)
        self._unfit = len(rows) - len(fitting)
        ours = [row for row in rows if judged and row.get("task_id") == judged.id]
        unfit = [row for row in ours if not self._selection.fits(row, self._selection.lasting_filters)]
        tasks = self._list.parse([*fitting, *unfit])
        return [*tasks[: len(fitting)], *map(_no_longer_fitting, tasks[len(fitting) :])]

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
        project = (f"project {self.hss.project_id}", *default)
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
        return task if task is None or fits else _no_longer_fitting(task)

    def explain(self, task: ScanTask) -> ScanTask:
        """See `Cloud.explain`: the risky images of registries that were scanned while this task was running."""
        return replace(task, images=self._images().risky_images(task))

    def image_scans(self) -> ImageScans:
        """The images of the same project; sends no request."""
        return self._release()

    def _find(self, task_id: str) -> tuple[ScanTask | None, bool]:
        """The task with this id, and whether it fits the filters that last."""
        rows, filters = self._list.read((("task_id", task_id),)), self._selection.lasting_filters
        tasks = self._list.parse(rows)
        fits = (self._selection.fits(row, filters) for row in rows)
        return next((pair for pair in zip(tasks, fits, strict=True) if pair[0].id == task_id), (None, False))


def _no_longer_fitting(task: ScanTask) -> ScanTask:
    return replace(task, state=TaskState.UNKNOWN, raw_state=NO_LONGER_FITS, progress=None)


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
