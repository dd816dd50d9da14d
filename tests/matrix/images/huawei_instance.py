"""Expected exit codes of what an instance of SWR Enterprise says of its images (huawei-images.md 5, 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gate.simulator import HttpResponse
from gate.simulator.image_scenario import digest
from tests.builders import NOW
from tests.matrix.expected.fields import ABSENT, LARGE, Field
from tests.matrix.fault import response_fault
from tests.matrix.faults.api_errors import error
from tests.matrix.images.cell import ImageCell, field_cells
from tests.matrix.images.general import before
from tests.matrix.images.huawei import point
from tests.matrix.images.situations import FRESH_IMAGE, LISTED, ROWS, SCAN_BY_INSTANCE, SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.fault import Fault

FRESH, STALE = point("fresh-by-instance", SHOWN), point("stale-by-instance", SHOWN)
OWN, LIST, AGAIN = (
    *(point("stale-by-instance", SHOWN, 2), point("listed-by-instance", LISTED)),
    point("listed-by-instance", SHOWN, 2),
)
"""Of another scan, which is fresh; before the scan is started; after that; and the list, with a look after it."""
_REPORT = "scan_overview.*"
_TIMES: Final = {
    "without-zone": "2026-01-31T11:59:00",
    "with-a-space": "2026-01-31 11:59:00Z",
    "day": "2026-01-31",
    "milliseconds": round(NOW.timestamp() * 1000) - 60_000,
    "no-day": "2026-02-30T11:59:00Z",
}
_STATES: Final = {"pending": "Pending", "running": "Running", "failed": "Error", "lower": "success", "done": "Finished"}
_DIGEST: Final = Field("digest", 4, more_values={"another": digest("another image")})
_FORMS_OF_DIGEST: Final = Field(
    "digest",
    0,
    {"short": 4, "sha512": 4},
    more_values={
        "capitals": FRESH_IMAGE.digest.upper(),
        "bare": FRESH_IMAGE.digest.removeprefix("sha256:"),
        "short": FRESH_IMAGE.digest[:-1],
        "sha512": FRESH_IMAGE.digest.replace("sha256", "sha512"),
    },
)
_IDENTITY: Final = (
    _DIGEST,
    Field(
        "manifest_media_type",
        0,
        {"index": 7, "list-of-manifests": 7},
        more_values={
            "index": "application/vnd.oci.image.index.v1+json",
            "list-of-manifests": "application/vnd.docker.distribution.manifest.list.v2+json",
        },
    ),
    # Without one, an image was never scanned.
    Field("scan_overview", 5),
    Field(_REPORT, 5),
)
_NUMBERS: Final = (
    Field(
        f"{_REPORT}.severity",
        7,
        {"not-rated": 0},
        more_values={"not-rated": "None", "low": "Low", "critical": "Critical", "lower": "security", "safe": "Safe"},
    ),
    Field(f"{_REPORT}.summary", 7),
    # Safe is the word for all beside any other number.
    Field(f"{_REPORT}.summary.total", 7, more_values={"one": 1, "zero-as-text": "0", **LARGE}),
    # Without numbers by severity there are none, which is what the total says too.
    Field(
        f"{_REPORT}.summary.summary",
        7,
        {**ABSENT, "zero": 0},
        more_values={"one": {"Low": 1}, "as-text": {"Low": "0"}, "zero": {"Low": 0}},
        true_values=("object",),
    ),
    Field(f"{_REPORT}.summary.fixable", 0),
    Field(f"{_REPORT}.report_id", 0),
)
FRESH_FIELDS: Final = (
    *_IDENTITY,
    *_NUMBERS,
    Field(f"{_REPORT}.scan_status", 5, {"failed": 1}, more_values=_STATES),
    Field(
        f"{_REPORT}.end_time",
        5,
        {"eastern": 0, "two-days-ago": 5},
        more_values={
            **_TIMES,
            "eastern": "2026-01-31T19:59:00+08:00",
            "before-the-start": "2026-01-31T11:00:00Z",
            "in-an-hour": "2026-01-31T13:00:00Z",
        },
    ),
    Field(
        f"{_REPORT}.start_time",
        5,
        {"long-ago": 0},
        more_values={**_TIMES, "long-ago": "2026-01-01T00:00:00Z", "after-the-end": "2026-01-31T12:00:00Z"},
    ),
    Field(f"{_REPORT}.complete_percent", 5, ABSENT, more_values={"half": 50, "as-text": "100", "as-fraction": 100.0}),
)
OWN_FIELDS: Final = (
    # Only a later end than the one before, by the cloud's own clock, and one that is over by now.
    Field(
        f"{_REPORT}.end_time",
        5,
        more_values={**_TIMES, "an-hour-ago": "2026-01-31T11:00:00Z", "in-an-hour": "2026-01-31T13:00:00Z"},
    ),
    Field(f"{_REPORT}.scan_status", 5, {"failed": 1}, more_values=_STATES),
)
_LIST: Final = (
    Field("*", 7, {"object": 4}),
    Field("*.generated_at", 7, more_values={**_TIMES, "before": "2026-01-01T00:00:00Z"}),
    Field(
        "*.vulnerabilities",
        4,
        {"list": 7, "one": 7},
        more_values={"list-of-null": [None], "one": [{"id": "CVE-2025-1"}]},
    ),
    Field("*.vulnerabilities.id", 7, {"text": 0, "digits": 0}),
    # An unknown severity is the highest, so that more of them are listed than may be, and fewer than are counted.
    Field("*.vulnerabilities.severity", 7, more_values={"lower": "high", "low": "Low"}),
    Field("*.vulnerabilities.fix_version", 0),
    Field("*.vulnerabilities.package", 0),
    Field("*.severity", 0),
)


def _other_type(_context: object, _operation: str, true: Any) -> Any:
    (report,) = true["scan_overview"].values()
    return {**true, "scan_overview": {"application/vnd.security.vulnerability.report; version=1.2": report}}


def _two_reports(_context: object, _operation: str, true: Any) -> Any:
    ((key, report),) = true["scan_overview"].items()
    return {**true, "scan_overview": {key: report, key.replace(" ", ""): report}}


OTHER_TYPE: Final = response_fault("report-of-another-type", _other_type)
TWO_REPORTS: Final = response_fault("two-reports", _two_reports)


def _error(status: int, code: str) -> Fault:
    return error(status, code, {"errors": [{"errorCode": code, "errorMessage": "no"}]})


UNKNOWN: Final = _error(404, "SVCSTG.SWR.4040010")
INVALID: Final = _error(400, "SVCSTG.SWR.4000014")
ACCEPTED: Final = HttpResponse(status=202, body=b"")


def _cells() -> Iterator[ImageCell]:
    start = point("stale-by-instance", SCAN_BY_INSTANCE)
    for one in (FRESH, OWN):
        for fault in (OTHER_TYPE, TWO_REPORTS):
            yield ImageCell(fault=fault, point=one, code=5)
        yield ImageCell(fault=UNKNOWN, point=one, code=7, reason="image-missing")
        yield ImageCell(fault=INVALID, point=one, code=4, reason="refused")
    for fault in (UNKNOWN, INVALID):
        yield ImageCell(fault=fault, point=start, code=4, reason="scan-not-started")
    # It is accepted, and never runs.
    yield ImageCell(fault=before("accepted", start, ACCEPTED), point=start, code=5, reason="not-final")
    yield ImageCell(fault=UNKNOWN, point=LIST, code=7, reason="findings-incomplete")
    yield ImageCell(fault=INVALID, point=LIST, code=4, reason="refused")
    # What is not the same after the list may not be what was listed.
    yield ImageCell(fault=UNKNOWN, point=AGAIN, code=7, reason="findings-incomplete")
    rows = point("fresh-by-instance", ROWS)
    yield from field_cells(rows, (Field("data_list.instance_id", 7),), variants=("missing", "true"))


HUAWEI_INSTANCE: Final = (
    *field_cells(FRESH, FRESH_FIELDS),
    *field_cells(FRESH, (_FORMS_OF_DIGEST,), variants=()),
    *field_cells(OWN, (*OWN_FIELDS, *_IDENTITY, *_NUMBERS), is_brief=True),
    *field_cells(STALE, (_DIGEST,), is_brief=True),
    *field_cells(LIST, _LIST),
    *_cells(),
)
