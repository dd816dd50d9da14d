"""Expected exit codes of the fields of Huawei Cloud's responses (huawei-hss.md 2 and 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.matrix.cell import COUNTS, FIRST_REQUEST, LAST_POLL, row
from tests.matrix.expected.fields import (
    ABSENT,
    LARGE,
    NUMBERS,
    TIMES,
    UNPRINTABLE,
    Field,
    all_variants,
    field_cells,
)
from tests.matrix.field_faults import MISSING, VARIANTS, field_fault
from tests.matrix.injection_points import HUAWEI, TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.cell import Cell

_SCOPES = {
    "zero": 0,
    "compliance": 0x0000000F,
    "sensitive-information": 0x000000F0,
    "vulnerability": 0x000F0000,
    "half-of-vulnerability": 0x0007FF00,
    "risks": 0x000FFF00,
    "all-of-policies": 0x000FFFFF,
}
_REMAINING = {**NUMBERS, "one": 1}
_EMPTY = {"missing": 0, "null": 0, "list": 0, "object": 0}
"""The exit codes of a field that says something only if it is not empty."""

IDENTITY_AND_STATE: Final = (
    Field("data_list", 4, at_last_poll={"list": 5}, more_values={"list-of-null": [None], "list-of-lists": [[]]}),
    # Without a total, the gate requests pages until one is empty, for which there is no time at the deadline.
    Field(
        "total_num",
        4,
        ABSENT,
        at_last_poll={"missing": 5, "null": 5, "ten-to-the-400": 5},
        more_values=LARGE,
    ),
    Field("error_code", 4, {**_EMPTY, "zero": 0}, true_values=("missing",), more_values={"zero": "0"}),
    Field("data_list.error_code", 4, _EMPTY, true_values=("missing",)),
    # A text is an id, but the task is not found by it; a value that is not an id cannot be polled.
    Field(
        "data_list.task_id",
        5,
        {"unprintable": 4},
        all_variants(except_for=("text", "digits"), code=7),
        more_values=UNPRINTABLE,
    ),
    # A task whose trigger is not documented is not passed over, and not judged; one of the other list is none that was
    # asked for, and is waited for if it was before.
    Field(
        "data_list.task_type",
        7,
        at_last_poll={"other-type": 5},
        more_values={"other-type": "autoSync", "unknown": "cicd"},
    ),
    Field("data_list.task_status", 5, {"negative": 6}, more_values={"digits-100": "100", "fraction-100": 100.0}),
    Field("data_list.begin_time", 7, at_last_poll={"the-year-9999": 5}, more_values=TIMES),
    # An end in the future contradicts a complete task, and so does one that says something and is no time.
    Field("data_list.end_time", 5, {**_EMPTY, "zero": 0}, more_values=TIMES),
    # A scope that is not stated is accepted, and one that cannot be read has nothing in it.
    Field("data_list.scan_scope", 7, {**ABSENT, "risks": 0, "all-of-policies": 0}, more_values=_SCOPES),
)
COUNT_FIELDS: Final = (
    Field("data_list.total_num", 7, {"ten-to-the-400": 1}, more_values=NUMBERS),
    Field("data_list.success_num", 7, {"zero": 1}, more_values=NUMBERS),
    Field("data_list.failed_num", 7, {"ten-to-the-400": 1}, more_values=LARGE),
    Field("data_list.risky_num", 7, {"ten-to-the-400": 1}, more_values=LARGE),
    # Every entry of the list counts as a failed image, whatever it holds.
    Field(
        "data_list.failed_images",
        7,
        {**ABSENT, "list-of-null": 1, "list-of-an-object": 1},
        true_values=("list",),
        more_values={"list-of-null": [None], "list-of-an-object": [{}]},
    ),
)
# Fields that are only displayed, that shorten a pause, or that contradict a complete task.
HARMLESS: Final = (
    Field("data_list.task_name", 0, more_values={"lone-surrogate": "\ud800", "workflow-command": "\n::error::x"}),
    # Nothing remains if the number is not above 0.
    Field(
        "data_list.remain_min",
        5,
        {**_EMPTY, "zero": 0, "negative": 0},
        true_values=("missing",),
        more_values=_REMAINING,
    ),
    Field("data_list.failed_reason", 5, _EMPTY),
    Field("data_list.is_all", 0, more_values={"false": False}, true_values=("true",)),
    Field("data_list.image_type", 0),
)
IAM: Final = (
    # Unless IAM returns exactly one project with an id, the user has to name the project.
    Field("projects", 4, {"list": 2}, more_values={"list-of-null": [None]}),
    Field("projects.name", 2),
    # A text is an id, but of a project that the user may not access.
    Field("projects.id", 2, {"text": 3, "digits": 3}),
)
COUNT_FIELDS_OF_IMAGE_SYNC: Final = (
    Field("data_list.total_num", 7, {"ten-to-the-400": 1}, more_values=NUMBERS),
    Field("data_list.success_num", 7, {"zero": 1}, more_values=NUMBERS),
    Field("data_list.failed_num", 7, {"ten-to-the-400": 1}, more_values=LARGE),
    Field(
        "data_list.task_type",
        7,
        at_last_poll={"scan": 5},
        more_values={"scan": "manual"},
    ),
)
_FAILED_IMAGE: Final = {
    "registry_name": "SWR",
    "namespace": "shop",
    "image_name": "cart",
    "image_version": "1.0",
    "failed_reason": "download_failed",
}


def _failed_images() -> Iterator[Cell]:
    for field in _FAILED_IMAGE:
        for name, value in {**VARIANTS, **UNPRINTABLE}.items():
            image = {key: old for key, old in {**_FAILED_IMAGE, field: value}.items() if old is not MISSING}
            fault = field_fault("data_list.failed_images", f"one-with-{field}-{name}", [image], (TASKS,))
            yield from row(fault, 1, cloud=HUAWEI, at=(COUNTS,))


HUAWEI_FIELDS: Final = (
    *field_cells(HUAWEI, (TASKS,), IDENTITY_AND_STATE, (FIRST_REQUEST, LAST_POLL)),
    *field_cells(HUAWEI, (TASKS,), COUNT_FIELDS, (LAST_POLL, COUNTS)),
    *field_cells(HUAWEI, (TASKS,), HARMLESS, (FIRST_REQUEST,)),
    *field_cells(HUAWEI, ("projects",), IAM, (FIRST_REQUEST,), omitted_settings=("project_id",)),
    *_failed_images(),
    *field_cells(HUAWEI, (TASKS,), COUNT_FIELDS_OF_IMAGE_SYNC, (FIRST_REQUEST, LAST_POLL), is_other_type=True),
)
