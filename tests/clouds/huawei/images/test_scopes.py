"""What the last scan of an image looked for, by the scan tasks of its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gate.clouds.huawei.images.scopes import with_scopes
from gate.image import ImageState, ScannedImage
from gate.scan import RISK_SCOPES, ScanScope, TaskState
from tests.builders import NOW, a_task
from tests.clouds.huawei.images.builders import SCANNED_AT, a_ref

if TYPE_CHECKING:
    from gate.scan import ScanTask

IMAGE = ScannedImage(image=a_ref(), state=ImageState.SCANNED, scanned_at=SCANNED_AT)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
VULNERABILITIES = frozenset({ScanScope.VULNERABILITY})
TASK = a_task(started_at=SCANNED_AT - MINUTE, ended_at=SCANNED_AT + MINUTE)
NARROW = replace(TASK, scopes=VULNERABILITIES)


def scopes(*tasks: ScanTask, image: ScannedImage = IMAGE) -> frozenset[ScanScope] | None:
    """What the scan of the image looked for, by these tasks."""
    return with_scopes(image, tasks, NOW).scopes


def test_a_task_of_the_time_of_the_scan_states_what_it_looked_for() -> None:
    assert with_scopes(IMAGE, [TASK], NOW) == replace(IMAGE, scopes=RISK_SCOPES)


def test_without_such_a_task_it_is_not_stated() -> None:
    assert with_scopes(IMAGE, [], NOW) == IMAGE
    assert scopes(replace(TASK, scopes=None)) is None


@pytest.mark.parametrize("tasks", [(TASK, NARROW), (NARROW, TASK)])
def test_of_several_tasks_only_what_all_of_them_looked_for_is_certain(tasks: tuple[ScanTask, ...]) -> None:
    assert scopes(*tasks) == VULNERABILITIES


def test_tasks_that_have_no_scope_in_common_leave_none() -> None:
    assert scopes(NARROW, replace(TASK, scopes=frozenset({ScanScope.BASELINE}))) == frozenset()


def test_a_task_that_states_nothing_does_not_hide_one_that_does() -> None:
    assert scopes(replace(TASK, scopes=None), NARROW) == VULNERABILITIES


@pytest.mark.parametrize(
    ("task", "is_candidate"),
    [
        (replace(TASK, started_at=SCANNED_AT + MINUTE), True),
        (replace(TASK, started_at=SCANNED_AT + MINUTE + SECOND), False),
        (replace(TASK, ended_at=SCANNED_AT - MINUTE), True),
        (replace(TASK, ended_at=SCANNED_AT - MINUTE - SECOND), False),
        (replace(TASK, ended_at=datetime.max.replace(tzinfo=UTC)), True),
        (replace(TASK, ended_at=None), True),
        (replace(TASK, ended_at=None, state=TaskState.RUNNING), True),
        (replace(TASK, started_at=None), True),
        (replace(TASK, started_at=None, ended_at=None, state=TaskState.RUNNING, progress=0), False),
        (replace(TASK, image_type="local"), False),
        (replace(TASK, image_type=""), True),
        (replace(TASK, state=TaskState.FAILED), True),
    ],
)
def test_only_a_task_that_may_have_scanned_the_image_counts(task: ScanTask, *, is_candidate: bool) -> None:
    """Times may be written a minute apart."""
    assert (scopes(task) is not None) is is_candidate


@pytest.mark.parametrize(("later", "is_candidate"), [(MINUTE, True), (MINUTE + SECOND, False)])
def test_a_task_without_an_end_goes_on_until_now(later: timedelta, *, is_candidate: bool) -> None:
    image = replace(IMAGE, scanned_at=NOW + later)

    assert (scopes(replace(TASK, ended_at=None), image=image) is not None) is is_candidate


def test_an_image_without_a_scan_time_is_of_no_task() -> None:
    assert scopes(TASK, image=replace(IMAGE, scanned_at=None)) is None
