"""Expected exit codes of the fields of Alibaba Cloud's responses (alibaba-security-center.md 1 and 2)."""

from __future__ import annotations

from typing import Final

from tests.builders import NOW
from tests.matrix.cell import COUNTS, FIRST_REQUEST, LAST_POLL, RISKS
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
from tests.matrix.injection_points import ALIBABA, IMAGES, LAST_TASK, LEAVES, RESULT

_NOW_MS = round(NOW.timestamp() * 1000)
_SCAN_TIMES = {
    **TIMES,
    "before-the-start": _NOW_MS - 60_001,
    "at-the-start": _NOW_MS - 60_000,
    "in-ten-minutes": _NOW_MS + 600_000,
    "in-an-hour": _NOW_MS + 3_600_000,
}
_LEAF_STATUSES = {
    "started": "1",
    "completed-number": 2,
    "failed": "3",
    "timed-out": 4,
    "example": "0",
    "start-word": "START",
}
# Which of both is written first, a task or its leaf, is not known: a minute is tolerated (2.3).
_LEAF_STARTS = {
    **TIMES,
    "just-before-the-start": _NOW_MS - 60_001,
    "before-the-start": _NOW_MS - 120_001,
    "in-an-hour": _NOW_MS + 3_600_000,
}
_LEAF_ENDS = {**TIMES, "before-the-start": _NOW_MS - 60_001, "in-an-hour": _NOW_MS + 3_600_000}
_SUCCESS = {**ABSENT, "empty": 0, "success": 0}
_SCAN_RESULTS = {
    "empty": "",
    "success": "SUCCESS",
    "running": "START_RUN",
    "unsupported-region": "TASK_NOT_SUPPORT_REGION",
}
_FINDINGS = {"no": "NO", "zero": 0, "zero-as-text": "0", "yes": "YES", "seven": 7}
_IMAGE_NAME_FIELDS: Final = ("RegistryType", "RepoNamespace", "RepoName", "Tag")

IDENTITY_AND_STATE: Final = (
    # The task was requested by its id: a response without an id is accepted, one with another id is not.
    Field(
        "TaskId",
        0,
        {"text": 4, "digits": 4, "negative": 4, "unprintable": 4},
        {
            **all_variants(except_for=("text", "digits", "negative"), code=7),
            "text": 5,
            "digits": 5,
            "negative": 5,
            "zero": 7,
            "zeros": 7,
        },
        more_values={"zero": 0, "zeros": "000", **UNPRINTABLE},
    ),
    Field("CollectTime", 7, at_last_poll={"the-year-9999": 5}, more_values=TIMES),
    # A total below the number of leaves is not a contradiction; the larger number counts.
    Field("TotalCount", 7, {"ten-to-the-400": 5, "zero": 0}, more_values=NUMBERS),
    # Without TaskInfo there is no task; with an empty one, the state of the task is unknown.
    Field("TaskInfo", 4, {"missing": 5, "null": 5, "object": 5}, {"missing": 7, "null": 7}),
    Field("TaskInfo.Status", 5),
    Field(
        "TaskInfo.Result",
        5,
        {**ABSENT, "empty": 0, "unsupported-region": 6},
        {"no-task": 7},
        true_values=("missing",),
        more_values={
            "empty": "",
            "unsupported-region": "TASK_NOT_SUPPORT_REGION",
            "no-task": "TASK_NOT_EXISTS",
        },
    ),
    Field(
        "Code",
        4,
        {**ABSENT, "success": 0, "empty": 0},
        true_values=("missing",),
        more_values={"success": 200, "empty": ""},
    ),
    Field("Success", 0, {"false": 4}, true_values=("missing",), more_values={"false": False}),
)
HARMLESS: Final = (
    Field("FinishCount", 0, more_values=NUMBERS),
    Field("TaskInfo.Progress", 0, more_values=NUMBERS),
)
PAGE_INFO: Final = (
    Field("PageInfo", 4, {"missing": 0, "object": 0}),
    Field("PageInfo.CurrentPage", 4, ABSENT),
    Field("PageInfo.Count", 4, ABSENT),
    Field("PageInfo.TotalCount", 4, ABSENT, more_values=LARGE),
)
LEAF_FIELDS: Final = (
    Field("OnceTasks", 4, more_values={"list-of-null": [None]}),
    Field("OnceTasks.TaskId", 0),
    # With fewer leaves than images, the gate waits for another leaf.
    Field("OnceTasks.TargetType", 0, {"repository": 5}, more_values={"repository": "IMAGE_REPO"}),
    # A leaf has the digest twice: two that differ are two images (2.1). A target that is no digest cannot be compared.
    Field("OnceTasks.Target", 0, {"another-image": 1}, more_values={"another-image": "f" * 64}),
    Field("OnceTasks.TaskImageInfo", 0),
    Field("OnceTasks.TaskImageInfo.Digest", 0, {"text": 1, "digits": 1}),
    *(
        Field(f"OnceTasks.TaskImageInfo.{name}", 0)
        for name in (*_IMAGE_NAME_FIELDS, "RepoId", "RegionId", "RepoRegionId")
    ),
    Field("OnceTasks.StatusText", 1, more_values={"running": "START", "failed": "FAIL", "lower-case": "success"}),
    Field(
        "OnceTasks.ResultInfo",
        1,
        {**ABSENT, "empty": 0},
        true_values=("missing",),
        more_values={"empty": "", "unsupported-region": "TASK_NOT_SUPPORT_REGION"},
    ),
    Field(
        "OnceTasks.TaskType",
        4,
        {**ABSENT, "empty": 0},
        more_values={"empty": "", "other-type": "IMAGE_REGISTRY_PULL"},
    ),
    Field(
        "OnceTasks.Finish",
        1,
        {**ABSENT, "one-as-text": 0},
        more_values={"one-as-text": "1", "zero": 0},
    ),
    # Its number, counts and times may contradict that it succeeded, by their type too: the documents have numbers or
    # texts for counts, and numbers for times (2.1). An end in the future is one of the task, which is polled on.
    Field("OnceTasks.Status", 1, {**ABSENT, "completed-number": 0, "example": 0}, more_values=_LEAF_STATUSES),
    Field(
        "OnceTasks.FinishCount",
        1,
        {**ABSENT, "digits": 0, "seven": 0},
        more_values={"zero-as-text": "0", "zero": 0, "seven": 7},
    ),
    Field("OnceTasks.TotalCount", 1, {**ABSENT, "one": 0}, more_values={"two": 2, "one": 1}),
    Field("OnceTasks.StartTime", 1, {**ABSENT, "zero": 0, "just-before-the-start": 0}, more_values=_LEAF_STARTS),
    Field(
        "OnceTasks.EndTime",
        1,
        {**ABSENT, "zero": 0, "in-an-hour": 5, "the-year-9999": 5},
        more_values=_LEAF_ENDS,
    ),
    Field("OnceTasks.RealRunTime", 1, {**ABSENT, "zero": 0, "just-before-the-start": 0}, more_values=_LEAF_STARTS),
)
IMAGE_FIELDS: Final = (
    Field("ImageInstanceList", 4, more_values={"list-of-null": [None]}),
    Field("ImageInstanceList.Digest", 5),
    Field("ImageInstanceList.RiskStatus", 7, {"risky": 1}, more_values={"risky": "YES", "lower-case": "no"}),
    # A scan time before the start of this scan is that of another scan; a future one is accepted within the clock skew.
    Field("ImageInstanceList.LastScanTime", 5, {"at-the-start": 0}, more_values=_SCAN_TIMES),
    # The other spelling (2.2): where it is there, it has to be the time of this scan as well.
    Field(
        "ImageInstanceList.lastScanTime",
        5,
        {**ABSENT, "at-the-start": 0},
        true_values=("missing",),
        more_values=_SCAN_TIMES,
    ),
    Field("ImageInstanceList.ScaStatus", 5, _SUCCESS, true_values=("success",), more_values=_SCAN_RESULTS),
    Field("ImageInstanceList.ScaResult", 5, _SUCCESS, true_values=("missing",), more_values=_SCAN_RESULTS),
    *(
        Field(
            f"ImageInstanceList.{kind}{suffix}",
            7,
            {**ABSENT, "no": 0, "zero": 0, "zero-as-text": 0},
            true_values=(true_value,),
            more_values=_FINDINGS,
        )
        for kind in ("Vul", "Hc", "Alarm")
        for suffix, true_value in (("Status", "no"), ("Count", "zero"))
    ),
    *(Field(f"ImageInstanceList.{name}", 0) for name in ("Uuid", "Tag", "InstanceId", "RegionId")),
    *(Field(f"ImageInstanceList.{name}", 0) for name in ("RepoId", "RepoNamespace", "RepoName")),
)
# The image has failed, and the gate reports it by these fields.
FIELDS_OF_A_FAILED_LEAF: Final = (
    *(Field(f"OnceTasks.TaskImageInfo.{name}", 1, more_values=UNPRINTABLE) for name in (*_IMAGE_NAME_FIELDS, "Digest")),
    Field("OnceTasks.TaskImageInfo", 1),
    Field("OnceTasks.Target", 1, more_values=UNPRINTABLE),
    Field("OnceTasks.ResultInfo", 1, more_values=UNPRINTABLE),
)
COUNT_FIELDS_OF_ASSETS_COLLECTION: Final = (
    Field("TotalCount", 7, {"ten-to-the-400": 1}, more_values=NUMBERS),
    Field("FinishCount", 7, {"zero": 1, "ten-to-the-400": 0}, more_values=NUMBERS),
    Field("TaskInfo.Status", 5),
)
_TASK = (LAST_TASK, RESULT)
_IN_LEAVES, _IN_IMAGES = (LEAVES,), (IMAGES,)
_FAILED = {"OnceTasks.StatusText": "FAIL"}
ALIBABA_FIELDS: Final = (
    *field_cells(ALIBABA, _TASK, IDENTITY_AND_STATE, (FIRST_REQUEST, LAST_POLL)),
    *field_cells(ALIBABA, _TASK, HARMLESS, (FIRST_REQUEST,)),
    *field_cells(ALIBABA, _IN_LEAVES, PAGE_INFO + LEAF_FIELDS, (COUNTS,)),
    *field_cells(ALIBABA, _IN_LEAVES, FIELDS_OF_A_FAILED_LEAF, (COUNTS,), other_values=_FAILED),
    *field_cells(ALIBABA, _IN_IMAGES, PAGE_INFO + IMAGE_FIELDS, (RISKS,)),
    *field_cells(ALIBABA, _TASK, COUNT_FIELDS_OF_ASSETS_COLLECTION, (FIRST_REQUEST, LAST_POLL), is_other_type=True),
)
