"""Expected exit codes of what Security Center and Container Registry say about images (alibaba-images.md 1 to 4, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gate.simulator import HttpResponse
from gate.simulator.image_scenario import digest
from tests.builders import NOW
from tests.matrix.expected.fields import ABSENT, LARGE, TIMES, Field
from tests.matrix.fault import response_fault
from tests.matrix.faults.api_errors import alibaba_error
from tests.matrix.faults.responses import JSON_TYPE
from tests.matrix.images.cell import ImageCell, field_cells
from tests.matrix.images.general import before
from tests.matrix.images.situations import (
    CANCEL,
    FRESH_IMAGE,
    IMAGES,
    INSTANCES,
    LAST_SCAN,
    LEAVES,
    NEWEST,
    NUMBERS,
    POINTS,
    REPOSITORY,
    RESULT,
    SCAN_LISTED,
    SCAN_UNLISTED,
    TAG,
    UNFINISHED,
)
from tests.matrix.injection_points import ALIBABA, DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.fault import Change, FaultContext
    from tests.matrix.images.situations import Point

_NOW_MS = round(NOW.timestamp() * 1000)
_HOUR = 3_600_000
_OTHER_DIGEST = digest("another image").removeprefix("sha256:")


def point(situation: str, operation: str, call: int = 1) -> Point:
    """The point of Alibaba Cloud."""
    wanted = (ALIBABA, situation, operation, call)
    return next(one for one in POINTS if (one.cloud, one.situation, one.operation, one.call) == wanted)


FRESH, STALE, OWN = point("fresh", IMAGES), point("stale", IMAGES), point("stale", IMAGES, 2)
"""Of the row of an image: its result of another scan, which is fresh; before its scan is started; and after that."""

_STATES: Final = {
    "pending": "INIT",
    "started": "START_RUN",
    "failed": "FAIL",
    "timed-out": "TIMEOUT",
    "timed-out-misspelt": "TIMOUT",
    "lower-case": "success",
    "complete": "COMPLETE",
}
_RESULTS: Final = {
    "empty": "",
    "success": "SUCCESS",
    "unsupported-region": "TASK_NOT_SUPPORT_REGION",
    "no-task": "TASK_NOT_EXISTS",
    "repeated": "forbid_create_repeat_task",
}
_SAYS_NOTHING: Final = {**ABSENT, "empty": 0, "success": 0}
_TIMES_OF_SCAN: Final = {
    **TIMES,
    "two-days-ago": _NOW_MS - round(2 * DAY * 1000),
    "before-the-last-scan": _NOW_MS - 8 * 60_000,
    "in-ten-minutes": _NOW_MS + 600_000,
    "in-an-hour": _NOW_MS + _HOUR,
}
_RISKS: Final = (
    Field("ImageInstanceList.RiskStatus", 7, {"risky": 1}, more_values={"risky": "YES", "lower-case": "no"}),
    # Findings beside a RiskStatus of NO contradict it.
    *(
        Field(
            f"ImageInstanceList.{kind}{suffix}",
            7,
            {**ABSENT, "no": 0, "zero": 0, "zero-as-text": 0},
            true_values=(true_value,),
            more_values={"no": "NO", "zero": 0, "zero-as-text": "0", "yes": "YES", "seven": 7},
        )
        for kind in ("Vul", "Hc", "Alarm")
        for suffix, true_value in (("Status", "no"), ("Count", "zero"))
    ),
)
_NOT_DECIDING: Final = tuple(
    Field(f"ImageInstanceList.{name}", 0) for name in ("Uuid", "Tag", "RepoId", "RepoNamespace", "RepoName")
)
FRESH_FIELDS: Final = (
    Field("ImageInstanceList.Digest", 7, more_values={"another": _OTHER_DIGEST, "short": FRESH_IMAGE.digest[7:-1]}),
    Field(
        "ImageInstanceList.ScaStatus",
        5,
        {"failed": 1, "timed-out": 1, "timed-out-misspelt": 1},
        more_values=_STATES,
    ),
    Field(
        "ImageInstanceList.ScaResult",
        5,
        {**_SAYS_NOTHING, "unsupported-region": 7},
        true_values=("missing",),
        more_values=_RESULTS,
    ),
    # A time that is none leaves a success without one; any other time is not that of the last scan of this digest.
    Field(
        "ImageInstanceList.LastScanTime",
        5,
        {name: 7 for name in _TIMES_OF_SCAN if name not in TIMES} | {"the-year-9999": 7},
        more_values=_TIMES_OF_SCAN,
    ),
    # The image came under this tag after the scan; what cannot be read says nothing, and the last scan is the proof.
    Field(
        "ImageInstanceList.ImageUpdate",
        0,
        {"after-the-scan": 7, "after-the-scan-as-text": 7, "the-year-9999": 7},
        true_values=("missing",),
        more_values={**TIMES, "after-the-scan": _NOW_MS - 1, "after-the-scan-as-text": str(_NOW_MS - 1)},
    ),
)
OWN_FIELDS: Final = (
    # The scan has a record of the image, and its result is waited for.
    Field("ImageInstanceList.Digest", 5, more_values={"another": _OTHER_DIGEST, "short": FRESH_IMAGE.digest[7:-1]}),
    Field("ImageInstanceList.ScaStatus", 5, more_values=_STATES),
    Field("ImageInstanceList.ScaResult", 5, _SAYS_NOTHING, true_values=("missing",), more_values=_RESULTS),
    Field(
        "ImageInstanceList.LastScanTime",
        5,
        more_values={**_TIMES_OF_SCAN, "as-before": _NOW_MS - round(3 * DAY * 1000)},
    ),
)
_PAGES: Final = (
    Field("ImageInstanceList", 4, more_values={"list-of-null": [None]}),
    Field("PageInfo", 4, {"missing": 0, "object": 0}),
    Field("PageInfo.CurrentPage", 4, ABSENT),
    Field("PageInfo.Count", 4, ABSENT),
    Field("PageInfo.TotalCount", 4, ABSENT, more_values={"zero": 0, "two": 2, **LARGE}),
)
_PROOF: Final = (
    Field("Task", 4, {"list": 7}, more_values={"list-of-null": [None]}),
    Field("Task.Status", 7, more_values={"failed": "FAIL", "running": "START"}),
    Field("Task.Target", 7, more_values={"another": _OTHER_DIGEST}),
    Field("Task.FinishTime", 7, more_values={**TIMES, "empty": "", "an-hour-ago": _NOW_MS - _HOUR}),
)
_FINDINGS: Final = ("CveNum", "ScaNum", "VulAsapSum", "VulLaterSum", "VulNntfSum")
_NUMBERS: Final = (
    Field("Data", 4, {"object": 0}),
    # An image without numbers has none that explain; any number above 0 is a risk, whatever else is stated.
    Field("Data.*", 0),
    *(
        Field(f"Data.*.{name}", 0, {"seven": 1, **dict.fromkeys(LARGE, 1)}, more_values={"seven": 7, **LARGE})
        for name in _FINDINGS
    ),
)
_CREATED: Final = (
    Field("Data", 4),
    # The response does not say of which scan it is.
    Field("Data.TaskId", 4, {"text": 5, "digits": 5, "negative": 5}, more_values={"zero": 0, "zeros": "000"}),
    Field("Data.Status", 0, {"failed": 4}, more_values={"failed": "FAIL"}),
    Field("Data.Result", 4, {**ABSENT, "empty": 0}, more_values={"empty": "", "no-region": "TASK_NOT_SUPPORT_REGION"}),
    # More images than were asked for; the number is read again from the task.
    Field("Data.TotalCount", 0, {"two": 4, **dict.fromkeys(LARGE, 4)}, more_values={"two": 2, "zero": 0, **LARGE}),
)
_TASK: Final = (
    Field("TaskId", 0, {"text": 4, "digits": 4, "negative": 4}, more_values={"zero": 0}),
    # The first number that is stated counts, since those of the vendor's sample do not fit each other (1.3).
    Field("TotalCount", 0, more_values={"two": 2, "zero": 0}),
    Field("TaskInfo", 4, {"missing": 5, "null": 5, "object": 5}),
    # A bad end contradicts records that all went well.
    Field(
        "TaskInfo.Status",
        5,
        {"failed": 1, "timed-out": 1},
        more_values={"failed": "FAIL", "timed-out": "TIMEOUT", "started": "START", "lower-case": "success"},
    ),
)
_LEAF: Final = (
    Field("OnceTasks", 4, more_values={"list-of-null": [None]}),
    # The image of another record is not that of this one, which is then scanned once more, and has no record again.
    Field("OnceTasks.TaskType", 4, {**ABSENT, "empty": 0}, more_values={"empty": "", "other": "IMAGE_REGISTRY_PULL"}),
    Field(
        "OnceTasks.StatusText",
        1,
        {"running": 5, "pending": 5},
        more_values={"running": "START", "pending": "INIT", "failed": "FAIL"},
    ),
    Field(
        "OnceTasks.ResultInfo",
        1,
        {**ABSENT, "empty": 0},
        more_values={"empty": "", "no-region": "TASK_NOT_SUPPORT_REGION"},
    ),
    Field(
        "OnceTasks.Finish", 1, {**ABSENT, "one-as-text": 0}, true_values=(), more_values={"zero": 0, "one-as-text": "1"}
    ),
    Field("OnceTasks.Status", 1, ABSENT, more_values={"failed": "3", "timed-out": 4}),
    Field("OnceTasks.FinishCount", 1, {**ABSENT, "digits": 0}, more_values={"zero": 0}),
    Field("OnceTasks.StartTime", 1, {**ABSENT, "zero": 0}, more_values={**TIMES, "an-hour-ago": _NOW_MS - _HOUR}),
    # An end in the future is no failure, and no success either.
    Field(
        "OnceTasks.EndTime",
        1,
        {**ABSENT, "zero": 0, "in-an-hour": 5, "the-year-9999": 5},
        more_values={**TIMES, "an-hour-ago": _NOW_MS - _HOUR, "in-an-hour": _NOW_MS + _HOUR},
    ),
)
_TAG: Final = (
    Field(
        "Digest", 4, {"missing": 7, "null": 7, "list": 7, "object": 7}, more_values={"short": FRESH_IMAGE.digest[7:-1]}
    ),
    Field("Status", 7, more_values={"deleting": "DELETING"}),
    Field("Tag", 4, {"missing": 0}, more_values={"another": "1.4.3"}),
    Field("IsSuccess", 4, more_values={"false": False}, true_values=("true",)),
)
_REPOSITORY: Final = (
    Field("RepoId", 4, {"text": 7, "digits": 7}),
    Field("RepoName", 4, {"missing": 0}),
    Field("IsSuccess", 4, more_values={"false": False}, true_values=("true",)),
)
_INSTANCES: Final = (
    Field("Instances", 4, more_values={"list-of-null": [None]}),
    Field("Instances.InstanceName", 4, more_values={"longer": "shop-2"}),
    Field("Instances.InstanceId", 4, {"text": 7, "digits": 7}),
)


def _page(rows_of: Any) -> Change:
    """Changes the rows of a page of images, and its numbers with them."""

    def change(_context: FaultContext, _operation: str, true: Any) -> Any:
        rows = rows_of(true["ImageInstanceList"])
        numbers = {"TotalCount": len(rows), "Count": len(rows)}
        return {**true, "ImageInstanceList": rows, "PageInfo": {**true["PageInfo"], **numbers}}

    return change


def _endless(context: FaultContext, _operation: str, _true: Any) -> Any:
    context.gate.time.elapsed += 5.0
    page = context.memory["page"] = context.memory.get("page", -1) + 1
    return {"ImageInstanceList": [{"Uuid": page, "Digest": f"{page:064x}"}]}


EMPTY: Final = response_fault("empty-list", _page(lambda _rows: []))
ENDLESS: Final = response_fault("endless-pages", _endless)
ONLY_OTHERS: Final = response_fault(
    "only-other-images", _page(lambda rows: [{**row, "Digest": _OTHER_DIGEST} for row in rows])
)
NO_RECORDS: Final = response_fault(
    "no-records", lambda _context, _operation, true: {**true, "OnceTasks": [], "PageInfo": {"TotalCount": 0}}
)
NO_SLOT: Final = response_fault("no-slot", lambda _context, _operation, true: {**true, "Data": {"CanCreate": False}})
TAG_MOVED: Final = response_fault("tag-moved", lambda _context, _operation, true: {**true, "Digest": _OTHER_DIGEST})
_UNKNOWN = response_fault(
    "unknown-in-200",
    lambda _context, _operation, _true: {"Code": "TAG_NOT_EXIST", "IsSuccess": False, "RequestId": "1"},
)


def _lists() -> Iterator[ImageCell]:
    for one in (FRESH, STALE, OWN):
        # The first look has no end; a later one ends with the run, and what was seen before it counts.
        yield ImageCell(fault=ENDLESS, point=one, code=5 if one is OWN else 4)
    yield from field_cells(FRESH, _PAGES, is_brief=True)
    yield from field_cells(OWN, _PAGES, is_brief=True)
    for fault in (EMPTY, ONLY_OTHERS):
        yield ImageCell(fault=fault, point=FRESH, code=7, reason="image-missing")
        # Its record says that it was scanned, and its result is not there.
        yield ImageCell(fault=fault, point=OWN, code=5, reason="not-final")
    # A scan imports what is not listed; and what is missing in one look is there in the next one.
    for call in (1, 2):
        yield ImageCell(fault=EMPTY, point=point("release", IMAGES, call), code=0, is_once=True)


def _task_id(_context: FaultContext, _operation: str, true: Any) -> Any:
    return {**true, "Data": {**true["Data"], "TaskId": "f" * 32}}


_STARTED = HttpResponse(
    headers=JSON_TYPE,
    body=b'{"RequestId": "1", "Data": {"TaskId": "ffffffffffffffff", "TotalCount": 1, "CanCreate": true}}',
)


def _scans() -> Iterator[ImageCell]:
    start, unlisted = point("stale", SCAN_LISTED), point("release", SCAN_UNLISTED)
    for one in (start, unlisted):
        yield ImageCell(fault=alibaba_error(400, "BeyondQuata"), point=one, code=4, reason="scan-quota")
        yield ImageCell(fault=NO_SLOT, point=one, code=4, reason="throttled")
        yield ImageCell(fault=before("accepted", one, _STARTED), point=one, code=5, reason="not-final")
    yield ImageCell(fault=response_fault("another-task", _task_id), point=start, code=5, reason="not-final")
    yield from field_cells(start, _CREATED)
    yield from field_cells(point("stale", RESULT), _TASK, is_brief=True)
    yield from field_cells(point("stale", LEAVES), _LEAF, is_brief=True)
    # It is scanned once more, at most, for which the time of the run is too short.
    yield ImageCell(fault=NO_RECORDS, point=point("stale", LEAVES), code=5, reason="not-final")
    accepted = HttpResponse(headers=JSON_TYPE, body=b'{"RequestId": "1"}')
    cancel = point("endless", CANCEL)
    yield ImageCell(fault=before("accepted", cancel, accepted), point=cancel, code=5, reason="not-final")
    # The scan is started once more if none is listed, and never followed by an id that is not there.
    yield from field_cells(
        point("lost", UNFINISHED), (Field("OnceTasks", 4),), variants=("missing", "null", "text", "object")
    )
    yield from field_cells(
        point("lost", NEWEST),
        (Field("TaskId", 4), Field("CollectTime", 4), Field("TotalCount", 4)),
        variants=("missing", "null", "list"),
    )


def _registry() -> Iterator[ImageCell]:
    tag, repository, last_look = point("release", TAG), point("release", REPOSITORY), point("release", TAG, 3)
    for code in ("INSTANCE_NOT_EXIST", "NAMESPACE_NOT_EXIST", "REPO_NOT_EXIST"):
        yield ImageCell(fault=alibaba_error(404, code), point=repository, code=7, reason="tag-unknown")
    for one in (repository, tag):
        yield ImageCell(fault=_UNKNOWN, point=one, code=7, reason="tag-unknown")
        yield ImageCell(fault=alibaba_error(403, "NoPrivilege"), point=one, code=3, reason="not-authorised")
        yield ImageCell(fault=alibaba_error(500, "SystemError"), point=one, code=4, reason="unreachable")
    yield from field_cells(tag, _TAG)
    yield from field_cells(repository, _REPOSITORY)
    yield from field_cells(point("instance", INSTANCES), _INSTANCES)
    # The digest that the tag has is the one that is judged, and a scan cannot import it.
    yield ImageCell(fault=TAG_MOVED, point=tag, code=7, reason="image-missing")
    imports = point("release", TAG, 2)
    for fault in (TAG_MOVED, _UNKNOWN):
        yield ImageCell(fault=fault, point=imports, code=7, reason="image-missing")
        yield ImageCell(fault=fault, point=last_look, code=0)
    yield from field_cells(last_look, (Field("Digest", 0),), variants=("missing", "text"))


ALIBABA_IMAGES: Final = (
    *field_cells(FRESH, FRESH_FIELDS),
    *field_cells(FRESH, _RISKS, is_brief=True),
    *field_cells(FRESH, _NOT_DECIDING, variants=("missing", "list"), is_brief=True),
    *field_cells(OWN, OWN_FIELDS),
    *field_cells(OWN, _RISKS, is_brief=True),
    *field_cells(point("fresh", LAST_SCAN), _PROOF),
    *field_cells(point("fresh", NUMBERS), _NUMBERS, is_brief=True),
    *_lists(),
    *_scans(),
    *_registry(),
)
