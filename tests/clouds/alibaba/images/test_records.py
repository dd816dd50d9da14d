"""What the leaf records of one scan task say of each image that it was to scan."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.alibaba.images.records import ScanRecord, scan_records
from gate.clouds.alibaba.leaves import ScanWindow
from gate.image import ImageState
from gate.policy import CLOCK_TOLERANCE
from tests.builders import NOW
from tests.clouds.alibaba.images.builders import DIGEST, a_digest, in_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.clouds.alibaba.pages import Row

OTHER = a_digest(2)
MINUTE = timedelta(minutes=1)
SEEN_AT = NOW + 5 * MINUTE
WINDOW = ScanWindow(since=NOW, earliest=NOW - MINUTE, now=SEEN_AT)


def a_leaf(digest: str = DIGEST, status: str = "SUCCESS", **fields: Any) -> Row:
    times = {"StartTime": in_ms(NOW), "EndTime": in_ms(NOW + MINUTE)}
    return {"Target": digest, "TargetType": "IMAGE", "StatusText": status, **times, **fields}


def a_record(state: ImageState, **fields: Any) -> ScanRecord:
    return ScanRecord(state=state, window=WINDOW, **fields)


@pytest.mark.parametrize(
    ("rows", "bad_end", "expected"),
    [
        ([a_leaf()], "", a_record(ImageState.SCANNED)),
        ([a_leaf(StartTime=in_ms(NOW - 2 * MINUTE))], "", a_record(ImageState.SCANNED)),
        ([a_leaf()], "FAIL", a_record(ImageState.FAILED, reason="FAIL")),
        ([], "", a_record(ImageState.MISSING)),
        ([], "TIMEOUT", a_record(ImageState.MISSING, reason="TIMEOUT")),
        ([a_leaf(status="INIT")], "", a_record(ImageState.SCANNING)),
        ([a_leaf(EndTime=in_ms(SEEN_AT + CLOCK_TOLERANCE) + 1)], "", a_record(ImageState.SCANNING)),
        (
            [a_leaf(status="INIT")],
            "TIMEOUT",
            a_record(ImageState.FAILED, reason="INIT", ended_at=NOW + MINUTE),
        ),
        (
            [a_leaf(StartTime=in_ms(NOW - 2 * MINUTE) - 1)],
            "",
            a_record(ImageState.FAILED, reason="it ran before the task started", ended_at=NOW + MINUTE),
        ),
        (
            [a_leaf(status="FAIL", ResultInfo="forbid_create_repeat_task")],
            "",
            a_record(ImageState.MISSING, reason="FAIL, forbid_create_repeat_task", ended_at=NOW + MINUTE),
        ),
    ],
    ids=[
        "success",
        "success-since-the-earliest-start",
        "success-in-a-task-that-failed",
        "none",
        "none-in-a-task-that-timed-out",
        "unfinished",
        "end-in-the-future",
        "unfinished-in-a-task-that-timed-out",
        "of-another-time",
        "scanned-by-another-task",
    ],
)
def test_the_records_of_a_task_say_how_the_scan_of_an_image_went(
    rows: Sequence[Row], bad_end: str, expected: ScanRecord
) -> None:
    assert scan_records(rows, [DIGEST], WINDOW, bad_end=bad_end) == {DIGEST: expected}


def test_one_image_that_failed_explains_the_bad_end_of_its_task() -> None:
    found = scan_records([a_leaf(), a_leaf(OTHER, "FAIL")], [DIGEST, OTHER], WINDOW, bad_end="FAIL")

    assert {digest: record.state for digest, record in found.items()} == {
        DIGEST: ImageState.SCANNED,
        OTHER: ImageState.FAILED,
    }
