"""Expected exit codes of what HSS and SWR say about images (huawei-images.md 1, 2, 4 and 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gate.simulator import HttpResponse
from gate.simulator.image_scenario import digest
from tests.builders import NOW
from tests.matrix.expected.fields import ABSENT, LARGE, TIMES, UNPRINTABLE, Field
from tests.matrix.fault import response_fault
from tests.matrix.faults.api_errors import error, huawei_error
from tests.matrix.faults.responses import JSON_TYPE
from tests.matrix.images.cell import ImageCell, field_cells
from tests.matrix.images.general import before
from tests.matrix.images.situations import (
    ARTIFACTS,
    CVES,
    CVES_OF_ONE,
    FRESH_IMAGE,
    POINTS,
    REGISTRIES,
    ROWS,
    SCAN,
    STOP,
    SWR_TAG,
    SYNC,
)
from tests.matrix.injection_points import DAY, HUAWEI, TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.fault import Change, FaultContext
    from tests.matrix.images.situations import Point

_NOW_MS = round(NOW.timestamp() * 1000)
_HOUR = 3_600_000
_OTHER_DIGEST = digest("another image")


def point(situation: str, operation: str, call: int = 1) -> Point:
    """The point of Huawei Cloud."""
    wanted = (HUAWEI, situation, operation, call)
    return next(one for one in POINTS if (one.cloud, one.situation, one.operation, one.call) == wanted)


FRESH, STALE, OWN = point("fresh", ROWS), point("stale", ROWS), point("stale", ROWS, 2)
"""Of the row of an image: its result of another scan, which is fresh; before its scan is started; and after that."""

_OBSTACLES: Final = (
    Field("data_list.is_multiple_arch", 7, ABSENT),
    Field("data_list.scannable", 7, ABSENT, true_values=("true",), more_values={"false": False}),
    Field(
        "data_list.shared_status",
        7,
        {**ABSENT, "effective": 0},
        true_values=("missing",),
        more_values={"effective": "effective", "expired": "expired"},
    ),
    Field(
        "data_list.association_images",
        7,
        {**ABSENT, "list": 0},
        true_values=("missing",),
        more_values={"one": [{"id": 1, "scan_status": "success", "vul_num": 0}]},
    ),
)
"""What speaks against a scan of this image, or cannot be read (1.2, 1.3)."""


_RISKS: Final = (
    # A number that is missing or cannot be read is no 0; anything that was found is a risk.
    *(
        Field(f"data_list.{kind}", 7, {"one": 1}, more_values={"one": 1})
        for kind in ("vul_num", "unsafe_setting_num", "malicious_file_num")
    ),
    # The level alone may speak for a risk, and never against one; a word that is not documented is no level.
    Field(
        "data_list.severity_level",
        7,
        {**ABSENT, "Low": 1, "Medium": 1, "High": 1},
        more_values={"Low": "Low", "Medium": "Medium", "High": "High", "Critical": "Critical", "lower": "security"},
    ),
)
_IDENTITY: Final = (
    # The image is found by all of these, and a row that differs in one is that of another image.
    Field(
        "data_list.image_digest",
        7,
        {"bare": 0, "capitals": 0},
        more_values={
            "another": _OTHER_DIGEST,
            "short": FRESH_IMAGE.digest[:-1],
            "sha512": FRESH_IMAGE.digest.replace("sha256", "sha512"),
        },
    ),
    Field("data_list.namespace", 7, more_values={"part": "tea", "capitals": "Team"}),
    Field("data_list.image_name", 7, more_values={"part": "web", "longer": "shop/web-admin"}),
    Field("data_list.registry_type", 7, more_values={"harbor": "Harbor", "enterprise": "SwrEnterprise"}),
)
_STATES: Final = {
    "unscan": "unscan",
    "waiting": "waiting_for_scan",
    "scanning": "scanning",
    "failed": "failed",
    "download-failed": "download_failed",
    "oversized": "image_oversized",
    "capitals": "SUCCESS",
    "finished": "finished",
}
_SAYS_NOTHING: Final = {**ABSENT, "empty": 0, "list": 0, "object": 0}
_FAILED: Final = {"failed": 1, "download-failed": 1, "oversized": 1}
# The state comes before any count.
_STATE = Field("data_list.scan_status", 5, _FAILED, more_values=_STATES)
# A success that states a failure is not plainly one.
_FAILURE_CODE = Field(
    "data_list.scan_failed_code",
    5,
    _SAYS_NOTHING,
    true_values=("missing",),
    more_values={"empty": "", "word": "database_error"},
)
FRESH_FIELDS: Final = (
    *_IDENTITY,
    *_OBSTACLES,
    *_RISKS,
    _STATE,
    # A success without the time of a scan is none; one that is older than --max-age or than the last push of the tag
    # is not that of this image, and one of the future contradicts itself.
    Field(
        "data_list.latest_scan_time",
        5,
        {"two-days-ago": 7, "before-the-push": 7},
        more_values={
            **TIMES,
            "two-days-ago": _NOW_MS - round(2 * DAY * 1000),
            "before-the-push": _NOW_MS - round(6 * DAY * 1000),
            "in-an-hour": _NOW_MS + _HOUR,
        },
    ),
    Field(
        "data_list.latest_update_time",
        7,
        more_values={**TIMES, "after-the-scan": _NOW_MS - 30_000},
    ),
    _FAILURE_CODE,
    Field("data_list.image_version", 0),
)
OWN_FIELDS: Final = (
    # The row whose scan was started is gone.
    Field("data_list.id", 7),
    # Only a later scan than the one before, by the cloud's own clock, and one that is over by now.
    Field(
        "data_list.latest_scan_time",
        5,
        more_values={
            **TIMES,
            "as-before": _NOW_MS - round(3 * DAY * 1000),
            "later-than-before": _NOW_MS - round(2 * DAY * 1000),
            "an-hour-ago": _NOW_MS - _HOUR,
            "in-an-hour": _NOW_MS + _HOUR,
        },
    ),
    # The row had this digest when its scan was started, so that the push of the tag proves nothing more.
    Field("data_list.latest_update_time", 0, more_values={"after-the-scan": _NOW_MS + 30_000}),
)
_PARTS_OF_A_SCAN: Final = tuple(
    Field(f"data_list.{name}", 4) for name in ("id", "image_version", "registry_id", "registry_name")
)
"""What a scan repeats of the row, beside what the image is found by."""
_PAGES: Final = (
    Field("data_list", 4, more_values={"list-of-null": [None], "list-of-lists": [[]]}),
    Field("total_num", 4, ABSENT, more_values={"zero": 0, "two": 2, **LARGE}),
)
_SCOPES: Final = {"zero": 0, "vulnerability": 0x000F0000, "risks": 0x000FFF00}
_TASK: Final = (
    # A scope that is not stated is accepted, and one that cannot be read has nothing in it.
    Field("data_list.scan_scope", 7, {**ABSENT, "risks": 0}, more_values=_SCOPES),
    # When the task ran tells whether it may have been the scan of the image; all of its scopes are there.
    Field("data_list.begin_time", 0, more_values=TIMES),
    Field("data_list.end_time", 0, more_values=TIMES),
)
_TAG: Final = (
    Field("digest", 4, more_values={"short": FRESH_IMAGE.digest[:-1], **UNPRINTABLE}),
    # Anything but the word for one image may be an index.
    Field("tag_type", 7, {**ABSENT}, more_values={"index": 1}),
    Field("tag", 4, {"missing": 0}, more_values={"another": "1.4.3"}),
)
_ARTIFACTS: Final = (
    Field("artifacts", 4, {"list": 7}, more_values={"list-of-null": [None]}),
    Field("artifacts.digest", 4),
    Field("artifacts.tags", 7, more_values={"another": [{"name": "1.4.3"}], "list-of-null": [None]}),
    Field(
        "artifacts.manifest_media_type",
        0,
        {"index": 7},
        more_values={"index": "application/vnd.oci.image.index.v1+json"},
    ),
)
_REGISTRIES: Final = (
    # If no registry of the image can be told, all of them are synchronised; a text is an id, of none that there is.
    Field("data_list.id", 0, {"text": 4}),
    Field("data_list.registry_type", 0, more_values={"harbor": "Harbor"}),
)


_CVES: Final = (
    # Of two CVEs, each has to be there as it is, or none is known.
    Field(
        "data_list.cve_id",
        1,
        more_values={"twice": CVES_OF_ONE[0], "lower": "cve-2025-10003", "advisory": "HCE-SA-2025-1003", "empty": ""},
    ),
    Field("data_list", 1, more_values={"list-of-null": [None], "one-of-two": [{"cve_id": CVES_OF_ONE[0]}]}),
    Field("total_num", 1, more_values={"zero": 0, "one": 1, "three": 3, **LARGE}),
    # Scores and texts decide nothing.
    Field("data_list.cvss_score", 0, more_values={"highest": 10.0}),
)


def _with_page(change: Any) -> Change:
    """Changes the rows of a page, and its total with them."""

    def changed(context: FaultContext, operation: str, true: Any) -> Any:
        rows = change(context, operation, true["data_list"])
        return {**true, "data_list": rows, "total_num": len(rows)}

    return changed


def _endless(context: FaultContext, _operation: str, true: Any) -> Any:
    context.gate.time.elapsed += 5.0
    page = context.memory["page"] = context.memory.get("page", -1) + 1
    # Each page starts with the last row of the one before.
    rows = [{"id": f"endless-{page * 199 + number}"} for number in range(200)]
    return {**true, "data_list": rows, "total_num": 2_000_000}


def _tag_elsewhere(_context: FaultContext, _operation: str, rows: Any) -> Any:
    return [{**row, "image_digest": _OTHER_DIGEST, "id": number} for number, row in enumerate(rows)]


EMPTY: Final = response_fault("empty-list", _with_page(lambda _context, _operation, _rows: []))
ENDLESS: Final = response_fault("endless-pages", _endless)
ONLY_OTHERS: Final = response_fault("only-other-images", _with_page(_tag_elsewhere))
TAG_MOVED: Final = response_fault("tag-moved", lambda _context, _operation, true: {**true, "digest": _OTHER_DIGEST})


def _pages() -> Iterator[ImageCell]:
    for one in (FRESH, STALE, OWN):
        # The first look has no end; a later one ends with the run, and what was seen before it counts.
        yield ImageCell(fault=ENDLESS, point=one, code=5 if one is OWN else 4)
        yield ImageCell(fault=EMPTY, point=one, code=7, reason="image-missing")
        yield ImageCell(fault=ONLY_OTHERS, point=one, code=7, reason="image-missing")
    yield from field_cells(FRESH, _PAGES)
    yield from field_cells(OWN, _PAGES, is_brief=True)
    # What is missing in one look is there in the next one.
    for call in (1, 2, 3):
        yield ImageCell(fault=EMPTY, point=point("release", ROWS, call), code=0, is_once=True)
    yield ImageCell(fault=EMPTY, point=point("stale", TASKS, 2), code=0)
    yield from field_cells(point("stale", TASKS, 1), _PAGES[:1])
    yield from field_cells(point("stale", TASKS, 2), _PAGES[:1])


_DONE: Final = HttpResponse(headers=JSON_TYPE, body=b"{}")


def _requests() -> Iterator[ImageCell]:
    """What is asked for and does not happen, and what the cloud says to it."""
    sync, scan, stop = point("release", SYNC), point("stale", SCAN), point("endless", STOP)
    for one, code, reason in ((sync, 7, "image-missing"), (scan, 5, "not-final"), (stop, 5, "not-final")):
        yield ImageCell(fault=before("accepted", one, _DONE), point=one, code=code, reason=reason)
    for name in ("HSS.0014", "HSS.1002"):
        yield ImageCell(fault=huawei_error(400, name), point=scan, code=4, reason="scan-quota")
    for name in ("HSS.0010", "HSS.0013"):
        yield ImageCell(fault=huawei_error(400, name), point=scan, code=3, reason="not-authorised")
    yield ImageCell(fault=EMPTY, point=point("release", REGISTRIES), code=0)
    yield from field_cells(point("release", REGISTRIES), _REGISTRIES, variants=("missing", "text", "list"))


def _tags() -> Iterator[ImageCell]:
    tag, last_look = point("release", SWR_TAG), point("release", SWR_TAG, 2)
    unknown = error(404, "SVCSTG.SWR.4040010", {"errors": [{"errorCode": "SVCSTG.SWR.4040010", "errorMessage": "no"}]})
    invalid = error(400, "SVCSTG.SWR.4000014", {"errors": [{"errorCode": "SVCSTG.SWR.4000014", "errorMessage": "no"}]})
    yield from field_cells(tag, _TAG)
    yield ImageCell(fault=unknown, point=tag, code=7, reason="tag-unknown")
    yield ImageCell(fault=invalid, point=tag, code=4, reason="refused")
    # The digest that the tag has is the one that is judged, and HSS does not list it.
    yield ImageCell(fault=TAG_MOVED, point=tag, code=7, reason="image-missing")
    for fault in (unknown, invalid, TAG_MOVED):
        yield ImageCell(fault=fault, point=last_look, code=0)
    yield from field_cells(last_look, (Field("digest", 0),), variants=("missing", "text"))
    yield from field_cells(point("instance", ARTIFACTS), _ARTIFACTS)


def _cves() -> Iterator[ImageCell]:
    """The CVEs of a finding that waivers cover if both are known."""
    one = point("waived", CVES)
    yield from field_cells(one, _CVES)
    yield ImageCell(fault=EMPTY, point=one, code=1, reason="too-many-risky")


def _parts() -> Iterator[ImageCell]:
    yield from field_cells(STALE, _PARTS_OF_A_SCAN, variants=("missing", "null", "true"))


HUAWEI_IMAGES: Final = (
    *field_cells(FRESH, FRESH_FIELDS),
    *field_cells(OWN, OWN_FIELDS),
    *field_cells(OWN, (*_IDENTITY, *_OBSTACLES, *_RISKS, _STATE, _FAILURE_CODE), is_brief=True),
    *_parts(),
    *field_cells(point("stale", TASKS, 2), _TASK),
    *_pages(),
    *_requests(),
    *_tags(),
    *_cves(),
)
