"""Security Center's responses are translated whatever their fields hold: undocumented values count as unknown."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gate.clouds.alibaba.options import TASK_TYPES
from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.alibaba.translate import (
    ImageResult,
    is_start_time_id,
    normalise_digest,
    parse_image_result,
    parse_milliseconds,
    parse_task,
    parse_task_id,
    stated_total,
)
from gate.errors import NotUnderstood
from gate.policy import Decision, Policy, judge
from gate.scan import Counts, ScanTask, TaskState

# 2026-01-31 12:00:00.006 UTC, in ms since 1970.
NOON = 1_769_860_800_006
AT_NOON = datetime(2026, 1, 31, 12, 0, 0, 6000, tzinfo=UTC)
ID = "a410bb3e68c217a3368bc0238c66886d"
HEX = "9b4f8a3e" * 8
COLLECTION = "ASSETS_COLLECTION"
ABSENT = object()
# Values of every JSON type, in the place of a string.
OTHER_TYPES: list[object] = [True, False, 0, 7, -1, 0.5, 10**40, [], ["SUCCESS"], {}, {"SUCCESS": "SUCCESS"}]
# The same, in the place of a count.
NOT_COUNTS: list[object] = [None, ABSENT, -1, 1.0, 0.5, True, False, "", "0", "3", [], [1], {}, -(10**30)]
VENDORS_SAMPLE = {
    "CollectTime": 1671184531000,
    "RequestId": "BE120DAB-F4E7-4C53-ADC3-A97578AB****",
    "TotalCount": 44,
    "TaskId": 0,
    "FinishCount": 67,
    "TaskInfo": {"Status": "SUCCESS", "Progress": 69, "Result": "SUCCESS"},
}
"""The only sample response in the documentation of GetLastOnceTaskInfo, unchanged."""


def label(value: object) -> str:
    return "absent" if value is ABSENT else repr(value)[:30]


def without_absent(fields: dict[str, object]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not ABSENT}


def a_response(*, info: object = None, **fields: object) -> dict[str, Any]:
    """A response about a running task, with these fields replaced."""
    usual = {"TaskId": ID, "CollectTime": NOON, "TotalCount": 4, "FinishCount": 3}
    return without_absent({**usual, "TaskInfo": {"Status": "START"} if info is None else info, **fields})


def translated(task_type: str = IMAGE_SCAN, /, **fields: object) -> ScanTask:
    found = parse_task(a_response(**fields), task_type)
    assert found is not None, "there is no task in this response"
    return found


def in_state(task_type: str = IMAGE_SCAN, /, **info: object) -> ScanTask:
    return translated(task_type, info=without_absent(info))


def test_an_image_scan_is_translated() -> None:
    """This response has the total, but no result of any image."""
    assert in_state(Status="START", Progress=40, Result="SUCCESS") == ScanTask(
        id=ID,
        name="IMAGE_SCAN",
        state=TaskState.RUNNING,
        raw_state="START, SUCCESS",
        progress=40,
        started_at=AT_NOON,
        counts=Counts(total=4),
        reason="",
        risk_applies=True,
        results_pending=0,
    )


def test_a_complete_image_scan_is_not_final_without_its_counts() -> None:
    found = in_state(Status="SUCCESS", Progress=100, Result="SUCCESS")

    assert (found.state, found.results_pending, found.is_final) == (TaskState.COMPLETE, None, False)
    assert judge(found, Policy(), now=AT_NOON).decision is Decision.UNDECIDED


def test_the_vendors_sample_is_a_complete_task_without_failures() -> None:
    """Although FinishCount exceeds TotalCount, Progress is 69, and TaskId is 0: SUCCESS is documented as complete."""
    found = parse_task(VENDORS_SAMPLE, COLLECTION)

    assert found == ScanTask(
        id="collected-at-1671184531000",
        name="ASSETS_COLLECTION",
        state=TaskState.COMPLETE,
        raw_state="SUCCESS",
        progress=69,
        started_at=datetime(2022, 12, 16, 9, 55, 31, tzinfo=UTC),
        counts=Counts(total=44, succeeded=44, failed=0),
        risk_applies=False,
        results_pending=0,
    )
    assert judge(found, Policy(), now=AT_NOON).decision is Decision.PASSED


def test_an_image_scan_like_the_vendors_sample_has_no_id() -> None:
    found = parse_task(VENDORS_SAMPLE, IMAGE_SCAN)

    assert found is not None
    assert (found.id, found.counts, found.is_final) == ("", Counts(total=44), False)


@pytest.mark.parametrize("task_type", [IMAGE_SCAN, COLLECTION])
@pytest.mark.parametrize("stated", [ABSENT, 0, 69, "all"], ids=label)
def test_a_pending_task_is_queued_whatever_its_counts(task_type: str, stated: object) -> None:
    """The counts of the vendor's own sample contradict its state."""
    info = without_absent({"Status": "INIT", "Progress": stated})
    found = translated(task_type, info=info, CollectTime=None, TotalCount=44, FinishCount=67)

    assert (found.progress, found.is_queued) == (0, True)


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("INIT", TaskState.RUNNING),
        ("START", TaskState.RUNNING),
        ("SUCCESS", TaskState.COMPLETE),
        ("TIMEOUT", TaskState.TIMED_OUT),
        ("TIMOUT", TaskState.TIMED_OUT),
        ("FAIL", TaskState.FAILED),
    ],
)
@pytest.mark.parametrize("result", [ABSENT, None, "", "SUCCESS"], ids=label)
def test_a_documented_status_is_a_known_state(task_type: str, status: str, state: TaskState, result: object) -> None:
    assert in_state(task_type, Status=status, Result=result).state is state


@pytest.mark.parametrize(
    "status",
    [
        *("success", "SUCCESS ", "Success", "FINISHED", "FAILED", "CANCEL", "DISPATCH", "PRE_ANALYZER", "PROCESSING"),
        *("PRE_ANALYZER_SUCCESS", "MESSAGE_SEND", "HIBERNATED", "2", "", None, ABSENT, *OTHER_TYPES),
    ],
    ids=label,
)
@pytest.mark.parametrize("task_type", [IMAGE_SCAN, COLLECTION])
def test_any_other_status_is_unknown(task_type: str, status: object) -> None:
    found = in_state(task_type, Status=status, Result="SUCCESS")

    assert (found.state, found.is_final) == (TaskState.UNKNOWN, False)


@pytest.mark.parametrize("result", ["FAIL", "success", "forbid_create_repeat_task", " ", *OTHER_TYPES], ids=label)
@pytest.mark.parametrize(
    ("status", "state"),
    [("SUCCESS", TaskState.UNKNOWN), ("START", TaskState.RUNNING), ("TIMEOUT", TaskState.TIMED_OUT)],
)
def test_a_success_with_another_result_is_unknown(result: object, status: str, state: TaskState) -> None:
    assert in_state(COLLECTION, Status=status, Result=result).state is state


@pytest.mark.parametrize("status", ["SUCCESS", "START", "TIMEOUT", "HIBERNATED", None, ABSENT, []], ids=label)
@pytest.mark.parametrize("task_type", [IMAGE_SCAN, COLLECTION])
def test_a_scan_in_an_unsupported_region_has_failed_whatever_its_status(task_type: str, status: object) -> None:
    found = in_state(task_type, Status=status, Result="TASK_NOT_SUPPORT_REGION")

    assert (found.state, found.is_final) == (TaskState.FAILED, True)
    assert found.reason == "TASK_NOT_SUPPORT_REGION, its images are in a region where Security Center does not scan"
    assert judge(found, Policy(), now=AT_NOON).exit_code == 6


def test_any_other_failed_scan_has_no_reason() -> None:
    assert in_state(Status="FAIL", Result="SUCCESS").reason == ""


@pytest.mark.parametrize(
    ("info", "raw"),
    [
        ({"Status": "SUCCESS", "Result": "SUCCESS"}, "SUCCESS"),
        ({"Status": "START", "Result": "SUCCESS"}, "START, SUCCESS"),
        ({"Status": "SUCCESS", "Result": "NEW"}, "SUCCESS, NEW"),
        ({"Status": "SUCCESS", "Result": ""}, "SUCCESS"),
        ({"Status": 7, "Result": ["x"]}, "7, ['x']"),
        ({"Status": {"a": 1}}, "{'a': 1}"),
        ({"Status": False}, "False"),
        ({"Status": None, "Result": None}, "none given"),
        ({}, "none given"),
    ],
    ids=repr,
)
def test_the_raw_state_is_kept(info: dict[str, object], raw: str) -> None:
    assert in_state(**info).raw_state == raw


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"TaskInfo": None},
        {"TaskId": ID, "CollectTime": NOON, "TotalCount": 3, "FinishCount": 3},
        {"TaskId": 0, "TotalCount": 0, "FinishCount": 0},
        {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}},
        a_response(info={"Status": "SUCCESS", "Progress": 100, "Result": "TASK_NOT_EXISTS"}),
    ],
    ids=repr,
)
@pytest.mark.parametrize("task_type", [IMAGE_SCAN, COLLECTION])
def test_a_response_without_a_task_is_none(task_type: str, document: dict[str, Any]) -> None:
    assert parse_task(document, task_type) is None


@pytest.mark.parametrize("info", ["SUCCESS", "", 0, 7, 1.5, True, False, [], [{"Status": "SUCCESS"}]], ids=repr)
def test_task_info_that_is_not_an_object_is_not_understood(info: object) -> None:
    with pytest.raises(NotUnderstood, match="TaskInfo in the response is not an object"):
        parse_task(a_response(info=info), IMAGE_SCAN)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ID, ID),
        (f"  {ID} ", ID),
        ("42", "42"),
        (42, "42"),
        (10**30, str(10**30)),
        (-42, "-42"),
        ("00a0", "00a0"),
        *(
            (value, "")
            for value in (0, "", "0", "000", "  ", " 0 ", None, True, False, 0.0, 42.0, [], [42], {}, {"a": 1})
        ),
    ],
    ids=repr,
)
def test_an_id_is_a_number_or_a_string_and_zero_stands_for_none(value: object, expected: str) -> None:
    assert parse_task_id(value) == expected
    assert translated(TaskId=value).id == expected


@pytest.mark.parametrize("value", ["\ud800", "a\nb", "a\x00", "\u202eb", "\n0"], ids=ascii)
def test_an_id_with_unprintable_characters_is_not_understood(value: str) -> None:
    with pytest.raises(NotUnderstood, match="has unprintable characters"):
        translated(TaskId=value)


@pytest.mark.parametrize("task_id", [ID, f" {ID}", 0, "", "0", None, ABSENT, True, []], ids=label)
def test_a_requested_task_keeps_its_id_if_the_response_has_none(task_id: object) -> None:
    found = parse_task(a_response(TaskId=task_id), IMAGE_SCAN, requested_id=ID)

    assert found is not None
    assert found.id == ID


@pytest.mark.parametrize("task_id", ["b", ID.upper(), 42, -1, "0x0"], ids=repr)
def test_a_response_about_another_task_is_not_understood(task_id: object) -> None:
    with pytest.raises(NotUnderstood, match="about another scan task than the requested one"):
        parse_task(a_response(TaskId=task_id), IMAGE_SCAN, requested_id=ID)


def test_an_id_sent_as_a_number_equals_the_requested_string() -> None:
    found = parse_task(a_response(TaskId=42), IMAGE_SCAN, requested_id="42")

    assert found is not None
    assert found.id == "42"


@pytest.mark.parametrize("task_type", [task_type for task_type in TASK_TYPES if task_type != IMAGE_SCAN])
@pytest.mark.parametrize("task_id", [0, "", ABSENT], ids=label)
def test_another_type_of_task_without_an_id_gets_one_from_its_start_time(task_type: str, task_id: object) -> None:
    found = translated(task_type, TaskId=task_id)

    assert found.id == f"collected-at-{NOON}"
    assert is_start_time_id(found.id)


def test_another_type_of_task_with_an_id_keeps_it() -> None:
    assert not is_start_time_id(translated(COLLECTION).id)


@pytest.mark.parametrize("collected", [0, -1, None, ABSENT, "soon", str(NOON), float(NOON), True, []], ids=label)
def test_another_type_of_task_with_neither_id_nor_start_time_has_no_id(collected: object) -> None:
    assert translated(COLLECTION, TaskId=0, CollectTime=collected).id == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOON, AT_NOON),
        (NOON // 1000, datetime(1970, 1, 21, 11, 37, 40, 800_000, tzinfo=UTC)),
        (253_402_300_799_000, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        *(
            (value, None)
            for value in (0, -1, 253_402_300_800_000, 10**400, float(NOON), str(NOON), True, [], {}, None, ABSENT)
        ),
    ],
    ids=label,
)
def test_a_time_is_a_number_of_milliseconds(value: object, expected: datetime | None) -> None:
    """Seconds in place of milliseconds give a time in 1970."""
    assert translated(CollectTime=value).started_at == expected
    assert parse_image_result(without_absent({"LastScanTime": value})).scanned_at == expected


@pytest.mark.parametrize("value", NOT_COUNTS, ids=label)
def test_a_total_that_is_not_a_whole_number_is_none_and_never_zero(value: object) -> None:
    assert stated_total(a_response(TotalCount=value)) is None
    assert translated(COLLECTION, TotalCount=value).counts == Counts()


@pytest.mark.parametrize("value", [0, 1, 10**12], ids=repr)
def test_a_total_that_is_a_number_is_kept(value: int) -> None:
    assert stated_total(a_response(TotalCount=value)) == value


@pytest.mark.parametrize("value", NOT_COUNTS, ids=label)
def test_without_a_finish_count_the_number_of_failures_is_unknown(value: object) -> None:
    found = translated(COLLECTION, info={"Status": "SUCCESS"}, FinishCount=value)

    assert found.counts == Counts(total=4)
    assert judge(found, Policy(max_failed=99), now=AT_NOON).exit_code == 7


@pytest.mark.parametrize(
    ("total", "finished", "succeeded", "failed"),
    [(4, 4, 4, 0), (4, 3, 3, 1), (4, 0, 0, 4), (44, 67, 44, 0), (0, 0, 0, 0), (0, 5, 0, 0), (10**20, 1, 1, 10**20 - 1)],
)
def test_unfinished_parts_of_another_type_of_task_have_failed(
    total: int, finished: int, succeeded: int, failed: int
) -> None:
    found = translated(COLLECTION, info={"Status": "SUCCESS"}, TotalCount=total, FinishCount=finished)

    assert found.counts == Counts(total=total, succeeded=succeeded, failed=failed, risky=None)
    assert judge(found, Policy(), now=AT_NOON).exit_code == (7 if total == 0 else 1 if failed else 0)


@pytest.mark.parametrize(
    ("stated", "total", "finished", "expected"),
    [
        (0, 4, 3, 0),
        (69, 44, 67, 69),
        (100, 4, 4, 100),
        (250, 4, 4, 100),
        (10**40, 4, 4, 100),
        *((value, 4, 3, 75) for value in (None, ABSENT, -1, 0.5, "50", True, [], {})),
        (None, 4, 9, 100),
        (None, 3, 1, 33),
        (None, 0, 0, None),
        (None, None, 3, None),
        (None, "4", 3, None),
        (None, 4, None, None),
    ],
    ids=label,
)
def test_progress_is_the_stated_one_or_the_finished_share(
    stated: object, total: object, finished: object, expected: int | None
) -> None:
    found = translated(info=without_absent({"Progress": stated}), TotalCount=total, FinishCount=finished)

    assert found.progress == expected


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        ("YES", True),
        ("NO", False),
        *((value, None) for value in ("yes", "no", "NO ", "UNKNOWN", "", "0", None, ABSENT, *OTHER_TYPES)),
    ],
    ids=label,
)
def test_an_image_is_risky_or_not_only_if_the_cloud_says_so(risk: object, *, expected: bool | None) -> None:
    assert parse_image_result(without_absent({"Digest": HEX, "LastScanTime": NOON, "RiskStatus": risk})) == ImageResult(
        digest=HEX, scanned_at=AT_NOON, latest_at=AT_NOON, is_risky=expected
    )


def test_an_empty_image_row_has_no_result() -> None:
    assert parse_image_result({}) == ImageResult(digest="", scanned_at=None, is_risky=None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (HEX, HEX),
        (f"sha256:{HEX}", HEX),
        (f"SHA256:{HEX.upper()}", HEX),
        (f" sha256:{HEX} ", HEX),
        (f"sha512:{HEX}", f"sha512:{HEX}"),
        ("sha256:", ""),
        *((value, "") for value in ("", "  ", None, *OTHER_TYPES)),
    ],
    ids=label,
)
def test_a_digest_is_normalised(value: object, expected: str) -> None:
    assert normalise_digest(value) == expected


# Few characters: all of Unicode takes seconds to prepare, and only whether a character is printable matters.
TEXTS = st.text("aS0: \n\ud800é", max_size=6)
WORDS = st.sampled_from(["INIT", "START", "SUCCESS", "TIMEOUT", "FAIL", "TASK_NOT_SUPPORT_REGION", "YES", "NO", HEX])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | WORDS, inner, max_size=4),
    max_leaves=8,
)
INFOS = st.dictionaries(st.sampled_from(["Status", "Progress", "Result"]), JSON)
DOCUMENTS = st.dictionaries(st.sampled_from(["TaskId", "CollectTime", "TotalCount", "FinishCount"]), JSON)


@given(document=DOCUMENTS, info=INFOS | JSON, task_type=st.sampled_from([IMAGE_SCAN, COLLECTION]))
@example(document={}, info={"Status": [], "Result": {}}, task_type=IMAGE_SCAN)
@example(document={"CollectTime": 10**400, "TotalCount": 10**400}, info={"Status": "SUCCESS"}, task_type=COLLECTION)
def test_any_json_is_a_task_or_not_understood_and_complete_only_with_success(
    document: dict[str, Any], info: Any, task_type: str
) -> None:
    found = None
    with suppress(NotUnderstood):
        found = parse_task({**document, "TaskInfo": info}, task_type)

    if found is not None:
        is_success = info.get("Status") == "SUCCESS" and info.get("Result") in (None, "", "SUCCESS")
        assert (found.state is TaskState.COMPLETE) == is_success
        assert (found.results_pending is None) == (is_success and task_type == IMAGE_SCAN)
        assert found.progress is None or 0 <= found.progress <= 100


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"VulStatus": "NO", "VulCount": 0, "HcCount": 0}, False),
        ({"VulStatus": "YES"}, None),
        ({"HcStatus": "YES"}, None),
        ({"AlarmStatus": "YES"}, None),
        ({"VulStatus": "NO", "VulCount": 7}, None),
        ({"AlarmCount": "many"}, None),
        ({"AlarmCount": "7"}, None),
        ({"AlarmCount": -1}, None),
        ({"AlarmCount": "0", "HcStatus": "", "VulCount": None}, False),
        ({"HcStatus": "UNHANDLED"}, None),
        ({"HcStatus": ["YES"]}, None),
    ],
    ids=str,
)
def test_a_no_beside_findings_is_an_unknown_risk(fields: dict[str, object], *, expected: bool | None) -> None:
    assert parse_image_result({"RiskStatus": "NO", **fields}).is_risky is expected
    assert parse_image_result({"RiskStatus": "YES", **fields}).is_risky is True


@pytest.mark.parametrize(("status", "has_result"), [("SUCCESS", True), (None, True), ("START", False), ("FAIL", False)])
def test_an_image_whose_scan_is_running_or_failed_has_no_result(status: object, *, has_result: bool) -> None:
    assert (parse_image_result({"LastScanTime": NOON, "ScaStatus": status}).scanned_at is not None) is has_result


@pytest.mark.parametrize("value", [False, 0.0, True, 1.0], ids=repr)
@pytest.mark.parametrize("field", ["VulStatus", "VulCount", "HcStatus", "HcCount", "AlarmStatus", "AlarmCount"])
def test_a_finding_field_of_another_type_does_not_say_that_nothing_was_found(field: str, value: object) -> None:
    assert parse_image_result({"RiskStatus": "NO", field: value}).is_risky is None


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"LastScanTime": 2000}, (2, 2)),
        ({"lastScanTime": 3000}, (3, 3)),
        ({"LastScanTime": 2000, "lastScanTime": 3000}, (2, 3)),
        ({"LastScanTime": 4000, "lastScanTime": 3000}, (3, 4)),
        ({"LastScanTime": None, "lastScanTime": 3000}, (3, 3)),
        ({"LASTSCANTIME": 3000}, (None, None)),
        ({}, (None, None)),
    ],
    ids=str,
)
def test_the_scan_time_is_read_in_both_spellings(
    times: dict[str, object], expected: tuple[int | None, int | None]
) -> None:
    found = parse_image_result({"RiskStatus": "NO", **times})

    assert tuple(time.timestamp() if time else None for time in (found.scanned_at, found.latest_at)) == expected


@pytest.mark.parametrize("value", ["2000", 2000.0, 0, -1, "", False, True, [], {}, 10**30], ids=label)
@pytest.mark.parametrize(("invalid", "valid"), [("LastScanTime", "lastScanTime"), ("lastScanTime", "LastScanTime")])
def test_a_scan_time_that_is_there_and_no_time_is_not_replaced_by_the_other(
    invalid: str, valid: str, value: object
) -> None:
    found = parse_image_result({"RiskStatus": "NO", invalid: value, valid: 3000})

    assert (found.scanned_at, found.latest_at) == (None, None)


@pytest.mark.parametrize("value", [NOON, str(NOON)], ids=repr)
def test_a_time_of_an_image_may_be_a_number_or_a_text(value: object) -> None:
    assert parse_milliseconds(value) == NOON


@pytest.mark.parametrize(
    "value", [None, True, -1, 0.5, "", "-1", "1.0", "\u0661", f"{NOON}\n", "1" * 16, [], {}], ids=repr
)
def test_nothing_else_is_a_time_of_an_image(value: object) -> None:
    assert parse_milliseconds(value) is None
