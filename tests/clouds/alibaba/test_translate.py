"""Security Center's answers in our vocabulary: a field may be absent or lie, and a word is documented or unknown."""

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
    LeafRecord,
    counts_as_image,
    is_start_time_id,
    normalise_digest,
    parse_image_result,
    parse_leaf_record,
    parse_task,
    parse_task_id,
    stated_total,
)
from gate.errors import NotUnderstood
from gate.policy import Decision, Policy, judge
from gate.scan import Counts, ImageRef, ScanTask, TaskState

# 2026-01-31 12:00:00.006 UTC, in ms as Security Center writes it.
NOON = 1_769_860_800_006
AT_NOON = datetime(2026, 1, 31, 12, 0, 0, 6000, tzinfo=UTC)
ID = "a410bb3e68c217a3368bc0238c66886d"
HEX = "9b4f8a3e" * 8
COLLECTION = "ASSETS_COLLECTION"
ABSENT = object()
# What stands where something else should: of every type that JSON has.
ODD: list[object] = [True, False, 0, 7, -1, 0.5, 10**40, [], ["SUCCESS"], {}, {"SUCCESS": "SUCCESS"}]
# The same, where a number should.
NO_COUNTS: list[object] = [None, ABSENT, -1, 1.0, 0.5, True, False, "", "0", "3", [], [1], {}, -(10**30)]
VENDORS_SAMPLE = {
    "CollectTime": 1671184531000,
    "RequestId": "BE120DAB-F4E7-4C53-ADC3-A97578AB****",
    "TotalCount": 44,
    "TaskId": 0,
    "FinishCount": 67,
    "TaskInfo": {"Status": "SUCCESS", "Progress": 69, "Result": "SUCCESS"},
}
"""The one answer of GetLastOnceTaskInfo that its documentation shows, word for word."""


def name_of(value: object) -> str:
    return "absent" if value is ABSENT else repr(value)[:30]


def without_absent(fields: dict[str, object]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not ABSENT}


def answer(*, info: object = None, **fields: object) -> dict[str, Any]:
    """An answer about a running task, with these fields instead of its own."""
    usual = {"TaskId": ID, "CollectTime": NOON, "TotalCount": 4, "FinishCount": 3}
    return without_absent({**usual, "TaskInfo": {"Status": "START"} if info is None else info, **fields})


def translated(kind: str = IMAGE_SCAN, /, **fields: object) -> ScanTask:
    found = parse_task(answer(**fields), kind)
    assert found is not None, "there is no task in this answer"
    return found


def in_state(kind: str = IMAGE_SCAN, /, **info: object) -> ScanTask:
    return translated(kind, info=without_absent(info))


def test_an_image_scan_is_translated() -> None:
    """Of its counts only the total is in this answer: it does not say what became of any image."""
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


def test_a_complete_image_scan_waits_for_its_counts() -> None:
    found = in_state(Status="SUCCESS", Progress=100, Result="SUCCESS")

    assert (found.state, found.results_pending, found.is_final) == (TaskState.COMPLETE, None, False)
    assert judge(found, Policy()).decision is Decision.UNDECIDED


# The vendor's sample.


def test_the_vendors_sample_is_complete_and_nothing_failed() -> None:
    """It has finished more than there is, at 69 per cent, and gives no id; its SUCCESS is what is documented."""
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
    assert judge(found, Policy()).decision is Decision.PASSED


def test_of_an_image_scan_the_vendors_sample_names_no_task_to_follow() -> None:
    found = parse_task(VENDORS_SAMPLE, IMAGE_SCAN)

    assert found is not None
    assert (found.id, found.counts, found.is_final) == ("", Counts(total=44), False)


# States.


@pytest.mark.parametrize("kind", TASK_TYPES)
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
@pytest.mark.parametrize("result", [ABSENT, None, "", "SUCCESS"], ids=name_of)
def test_a_documented_word_is_a_state(kind: str, status: str, state: TaskState, result: object) -> None:
    assert in_state(kind, Status=status, Result=result).state is state


@pytest.mark.parametrize(
    "status",
    [
        *("success", "SUCCESS ", "Success", "FINISHED", "FAILED", "CANCEL", "DISPATCH", "PRE_ANALYZER", "PROCESSING"),
        *("PRE_ANALYZER_SUCCESS", "MESSAGE_SEND", "HIBERNATED", "2", "", None, ABSENT, *ODD),
    ],
    ids=name_of,
)
@pytest.mark.parametrize("kind", [IMAGE_SCAN, COLLECTION])
def test_any_other_word_is_unknown(kind: str, status: object) -> None:
    found = in_state(kind, Status=status, Result="SUCCESS")

    assert (found.state, found.is_final) == (TaskState.UNKNOWN, False)


@pytest.mark.parametrize("result", ["FAIL", "success", "forbid_create_repeat_task", " ", *ODD], ids=name_of)
@pytest.mark.parametrize(
    ("status", "state"),
    [("SUCCESS", TaskState.UNKNOWN), ("START", TaskState.RUNNING), ("TIMEOUT", TaskState.TIMED_OUT)],
)
def test_a_success_whose_result_is_another_word_is_unknown(result: object, status: str, state: TaskState) -> None:
    assert in_state(COLLECTION, Status=status, Result=result).state is state


@pytest.mark.parametrize("status", ["SUCCESS", "START", "TIMEOUT", "HIBERNATED", None, ABSENT, []], ids=name_of)
@pytest.mark.parametrize("kind", [IMAGE_SCAN, COLLECTION])
def test_images_in_another_region_are_a_scan_that_failed_whatever_its_status(kind: str, status: object) -> None:
    found = in_state(kind, Status=status, Result="TASK_NOT_SUPPORT_REGION")

    assert (found.state, found.is_final) == (TaskState.FAILED, True)
    assert found.reason == "TASK_NOT_SUPPORT_REGION, its images are in a region where Security Center does not scan"
    assert judge(found, Policy()).exit_code == 6


def test_a_scan_that_failed_otherwise_gives_no_reason() -> None:
    assert in_state(Status="FAIL", Result="SUCCESS").reason == ""


@pytest.mark.parametrize(
    ("info", "raw"),
    [
        ({"Status": "SUCCESS", "Result": "SUCCESS"}, "SUCCESS"),
        ({"Status": "START", "Result": "SUCCESS"}, "START, SUCCESS"),
        ({"Status": "SUCCESS", "Result": "ODD"}, "SUCCESS, ODD"),
        ({"Status": "SUCCESS", "Result": ""}, "SUCCESS"),
        ({"Status": 7, "Result": ["x"]}, "7, ['x']"),
        ({"Status": {"a": 1}}, "{'a': 1}"),
        ({"Status": False}, "False"),
        ({"Status": None, "Result": None}, "none given"),
        ({}, "none given"),
    ],
    ids=repr,
)
def test_a_state_is_kept_in_the_clouds_own_words(info: dict[str, object], raw: str) -> None:
    assert in_state(**info).raw_state == raw


# No task.


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"TaskInfo": None},
        {"TaskId": ID, "CollectTime": NOON, "TotalCount": 3, "FinishCount": 3},
        {"TaskId": 0, "TotalCount": 0, "FinishCount": 0},
        {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}},
        answer(info={"Status": "SUCCESS", "Progress": 100, "Result": "TASK_NOT_EXISTS"}),
    ],
    ids=repr,
)
@pytest.mark.parametrize("kind", [IMAGE_SCAN, COLLECTION])
def test_an_answer_without_a_task_is_none(kind: str, document: dict[str, Any]) -> None:
    assert parse_task(document, kind) is None


@pytest.mark.parametrize("info", ["SUCCESS", "", 0, 7, 1.5, True, False, [], [{"Status": "SUCCESS"}]], ids=repr)
def test_something_else_in_the_place_of_the_state_is_not_understood(info: object) -> None:
    with pytest.raises(NotUnderstood, match="TaskInfo in the response is not an object"):
        parse_task(answer(info=info), IMAGE_SCAN)


# Ids.


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
def test_an_id_is_a_number_or_a_text_and_zero_is_none(value: object, expected: str) -> None:
    assert parse_task_id(value) == expected
    assert translated(TaskId=value).id == expected


@pytest.mark.parametrize("value", ["\ud800", "a\nb", "a\x00", "\u202eb", "\n0"], ids=ascii)
def test_an_id_that_cannot_be_sent_back_is_not_understood(value: str) -> None:
    with pytest.raises(NotUnderstood, match="has unprintable characters"):
        translated(TaskId=value)


@pytest.mark.parametrize("said", [ID, f" {ID}", 0, "", "0", None, ABSENT, True, []], ids=name_of)
def test_a_task_that_was_asked_for_by_its_id_keeps_it_where_the_answer_gives_none(said: object) -> None:
    found = parse_task(answer(TaskId=said), IMAGE_SCAN, requested_id=ID)

    assert found is not None
    assert found.id == ID


@pytest.mark.parametrize("said", ["b", ID.upper(), 42, -1, "0x0"], ids=repr)
def test_an_answer_about_another_task_is_not_understood(said: object) -> None:
    with pytest.raises(NotUnderstood, match="about another scan task than the requested one"):
        parse_task(answer(TaskId=said), IMAGE_SCAN, requested_id=ID)


def test_a_number_that_was_asked_for_is_the_same_id_in_digits() -> None:
    found = parse_task(answer(TaskId=42), IMAGE_SCAN, requested_id="42")

    assert found is not None
    assert found.id == "42"


@pytest.mark.parametrize("kind", [kind for kind in TASK_TYPES if kind != IMAGE_SCAN])
@pytest.mark.parametrize("said", [0, "", ABSENT], ids=name_of)
def test_another_kind_of_task_without_an_id_is_known_by_its_begin(kind: str, said: object) -> None:
    found = translated(kind, TaskId=said)

    assert found.id == f"collected-at-{NOON}"
    assert is_start_time_id(found.id)


def test_another_kind_of_task_with_an_id_is_known_by_that() -> None:
    assert not is_start_time_id(translated(COLLECTION).id)


@pytest.mark.parametrize("collected", [0, -1, None, ABSENT, "soon", str(NOON), float(NOON), True, []], ids=name_of)
def test_another_kind_of_task_with_neither_id_nor_begin_cannot_be_followed(collected: object) -> None:
    assert translated(COLLECTION, TaskId=0, CollectTime=collected).id == ""


# Times.


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
    ids=name_of,
)
def test_a_time_is_milliseconds_or_none(value: object, expected: datetime | None) -> None:
    """Seconds in place of milliseconds make a task of 1970, and an image that was last scanned then."""
    assert translated(CollectTime=value).started_at == expected
    assert parse_image_result(without_absent({"LastScanTime": value})).scanned_at == expected


# Numbers.


@pytest.mark.parametrize("value", NO_COUNTS, ids=name_of)
def test_a_total_that_is_no_number_is_none_and_never_zero(value: object) -> None:
    assert stated_total(answer(TotalCount=value)) is None
    assert translated(COLLECTION, TotalCount=value).counts == Counts()


@pytest.mark.parametrize("value", [0, 1, 10**12], ids=repr)
def test_a_total_that_is_a_number_is_kept(value: int) -> None:
    assert stated_total(answer(TotalCount=value)) == value


@pytest.mark.parametrize("value", NO_COUNTS, ids=name_of)
def test_without_the_number_of_those_that_finished_nobody_knows_what_failed(value: object) -> None:
    found = translated(COLLECTION, info={"Status": "SUCCESS"}, FinishCount=value)

    assert found.counts == Counts(total=4)
    assert judge(found, Policy(max_failed=99)).exit_code == 7


@pytest.mark.parametrize(
    ("total", "finished", "succeeded", "failed"),
    [(4, 4, 4, 0), (4, 3, 3, 1), (4, 0, 0, 4), (44, 67, 44, 0), (0, 0, 0, 0), (0, 5, 0, 0), (10**20, 1, 1, 10**20 - 1)],
)
def test_what_is_not_finished_of_another_kind_of_task_has_failed(
    total: int, finished: int, succeeded: int, failed: int
) -> None:
    found = translated(COLLECTION, info={"Status": "SUCCESS"}, TotalCount=total, FinishCount=finished)

    assert found.counts == Counts(total=total, succeeded=succeeded, failed=failed, risky=None)
    assert judge(found, Policy()).exit_code == (7 if total == 0 else 1 if failed else 0)


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
    ids=name_of,
)
def test_progress_is_what_is_stated_or_else_the_share_that_is_finished(
    stated: object, total: object, finished: object, expected: int | None
) -> None:
    found = translated(info=without_absent({"Progress": stated}), TotalCount=total, FinishCount=finished)

    assert found.progress == expected


# Leaves.


def a_leaf_row(**fields: object) -> dict[str, Any]:
    usual = {"TargetType": "IMAGE", "Target": HEX, "StatusText": "SUCCESS", "ResultInfo": "SUCCESS"}
    return without_absent({**usual, **fields})


@pytest.mark.parametrize("result", ["SUCCESS", "", None, ABSENT], ids=name_of)
def test_a_leaf_with_success_and_no_other_result_succeeded(result: object) -> None:
    found = parse_leaf_record(a_leaf_row(ResultInfo=result))

    assert (found.succeeded, found.reason) == (True, "")


@pytest.mark.parametrize(
    ("status", "result", "reason"),
    [
        ("FAIL", None, "FAIL"),
        ("TIMEOUT", "SUCCESS", "TIMEOUT"),
        ("TIMOUT", "", "TIMOUT"),
        ("INIT", None, "INIT"),
        ("START", "SUCCESS", "START"),
        ("SUCCESS", "TASK_NOT_SUPPORT_REGION", "TASK_NOT_SUPPORT_REGION"),
        ("SUCCESS", "success", "success"),
        ("FAIL", "TASK_NOT_SUPPORT_REGION", "FAIL, TASK_NOT_SUPPORT_REGION"),
        ("success", None, "success"),
        ("SUCCESS ", None, "SUCCESS "),
        ("", None, "no state given"),
        (None, "SUCCESS", "no state given"),
        (ABSENT, ABSENT, "no state given"),
        (["SUCCESS"], None, "['SUCCESS']"),
        ({}, None, "{}"),
        (True, None, "True"),
        (2, None, "2"),
        ("SUCCESS", 0, "0"),
        ("SUCCESS", False, "False"),
        ("SUCCESS", [], "[]"),
        ("SUCCESS", {"SUCCESS": 1}, "{'SUCCESS': 1}"),
    ],
    ids=name_of,
)
def test_any_other_leaf_failed_and_says_why_in_the_clouds_words(status: object, result: object, reason: str) -> None:
    found = parse_leaf_record(a_leaf_row(StatusText=status, ResultInfo=result))

    assert (found.succeeded, found.reason) == (False, reason)


@pytest.mark.parametrize(
    ("target_type", "expected"),
    [("IMAGE_REPO", True), *((value, False) for value in ("IMAGE", "image_repo", "OTHER", "", None, ABSENT, *ODD))],
    ids=name_of,
)
def test_only_a_leaf_that_says_so_is_that_of_a_repository_and_tells_of_no_image(
    target_type: object, *, expected: bool
) -> None:
    assert counts_as_image(a_leaf_row(TargetType=target_type)) is not expected


@pytest.mark.parametrize("fields", [{"StatusText": "FAIL"}, {"ResultInfo": "bad"}, {"Finish": 0}], ids=name_of)
def test_a_repository_that_did_not_succeed_may_stand_for_images(fields: dict[str, object]) -> None:
    assert counts_as_image(a_leaf_row(TargetType="IMAGE_REPO", **fields))


def test_a_repository_is_named_as_such_and_never_taken_for_an_image() -> None:
    about = {"RegistryType": "acr", "RepoNamespace": "shop", "RepoName": "app"}
    row = a_leaf_row(TargetType="IMAGE_REPO", Target="crr-1", StatusText="FAIL")

    assert parse_leaf_record(row).image == ImageRef(name="crr-1")
    assert parse_leaf_record({**row, "TaskImageInfo": about}).image == ImageRef(
        registry="acr", namespace="shop", name="app"
    )
    assert parse_leaf_record(row).reason == "FAIL, a whole repository"


def test_a_leaf_names_its_image() -> None:
    about = {
        "RegistryType": "acr",
        "RepoNamespace": "shop",
        "RepoName": "app",
        "Tag": "1.0",
        "Digest": f"sha256:{HEX}",
    }

    assert parse_leaf_record(a_leaf_row(Target="", TaskImageInfo=about)).image == ImageRef(
        registry="acr", namespace="shop", name="app", tag="1.0", digest=HEX
    )


@pytest.mark.parametrize("about", [ABSENT, None, "", "shop", 7, True, [], [{"Digest": "other"}], {}], ids=name_of)
def test_a_leaf_that_tells_nothing_of_its_image_has_the_digest_of_its_target(about: object) -> None:
    assert parse_leaf_record(a_leaf_row(TaskImageInfo=about)).image == ImageRef(digest=HEX)


@pytest.mark.parametrize("value", [None, *ODD], ids=name_of)
def test_what_is_no_text_names_no_image(value: object) -> None:
    about = dict.fromkeys(("RegistryType", "RepoNamespace", "RepoName", "Tag", "Digest"), value)

    assert parse_leaf_record(a_leaf_row(Target=value, TaskImageInfo=about)).image == ImageRef()


def test_a_row_of_which_nothing_is_known_is_an_image_that_failed() -> None:
    assert counts_as_image({})
    assert not parse_leaf_record({}).succeeded


# Findings.


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        ("YES", True),
        ("NO", False),
        *((value, None) for value in ("yes", "no", "NO ", "UNKNOWN", "", "0", None, ABSENT, *ODD)),
    ],
    ids=name_of,
)
def test_an_image_is_risky_or_not_only_where_the_cloud_says_so(risk: object, *, expected: bool | None) -> None:
    assert parse_image_result(without_absent({"Digest": HEX, "LastScanTime": NOON, "RiskStatus": risk})) == ImageResult(
        digest=HEX, scanned_at=AT_NOON, is_risky=expected
    )


def test_a_row_of_which_nothing_is_known_finds_nothing() -> None:
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
        *((value, "") for value in ("", "  ", None, *ODD)),
    ],
    ids=name_of,
)
def test_a_digest_is_the_same_with_and_without_the_name_of_its_algorithm(value: object, expected: str) -> None:
    assert normalise_digest(value) == expected


# Everything else that JSON can hold.

# Few letters: all of Unicode takes seconds to prepare, and no letter means anything beyond whether it can be read.
TEXTS = st.text("aS0: \n\ud800é", max_size=6)
WORDS = st.sampled_from(["INIT", "START", "SUCCESS", "TIMEOUT", "FAIL", "TASK_NOT_SUPPORT_REGION", "YES", "NO", HEX])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | WORDS, inner, max_size=4),
    max_leaves=8,
)
INFOS = st.dictionaries(st.sampled_from(["Status", "Progress", "Result"]), JSON)
ANSWERS = st.dictionaries(st.sampled_from(["TaskId", "CollectTime", "TotalCount", "FinishCount"]), JSON)


@given(document=ANSWERS, info=INFOS | JSON, kind=st.sampled_from([IMAGE_SCAN, COLLECTION]))
@example(document={}, info={"Status": [], "Result": {}}, kind=IMAGE_SCAN)
@example(document={"CollectTime": 10**400, "TotalCount": 10**400}, info={"Status": "SUCCESS"}, kind=COLLECTION)
def test_any_json_is_a_task_or_not_understood_and_complete_is_only_the_word_for_it(
    document: dict[str, Any], info: Any, kind: str
) -> None:
    found = None
    with suppress(NotUnderstood):
        found = parse_task({**document, "TaskInfo": info}, kind)

    if found is not None:
        is_success = info.get("Status") == "SUCCESS" and info.get("Result") in (None, "", "SUCCESS")
        assert (found.state is TaskState.COMPLETE) == is_success
        assert (found.results_pending is None) == (is_success and kind == IMAGE_SCAN)
        assert found.progress is None or 0 <= found.progress <= 100


@given(row=st.dictionaries(st.sampled_from([*a_leaf_row(), "TaskImageInfo"]), JSON))
@example(row={"StatusText": [], "ResultInfo": {}})
def test_any_json_is_a_leaf_and_succeeded_only_by_the_word_for_it(row: dict[str, Any]) -> None:
    assert parse_leaf_record(row).succeeded == (
        row.get("StatusText") == "SUCCESS" and row.get("ResultInfo") in (None, "", "SUCCESS")
    )


# What contradicts itself.


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
def test_an_image_without_risk_in_which_something_was_found_contradicts_itself(
    fields: dict[str, object], *, expected: bool | None
) -> None:
    assert parse_image_result({"RiskStatus": "NO", **fields}).is_risky is expected
    assert parse_image_result({"RiskStatus": "YES", **fields}).is_risky is True


@pytest.mark.parametrize(("status", "is_there"), [("SUCCESS", True), (None, True), ("START", False), ("FAIL", False)])
def test_an_image_that_is_being_scanned_again_has_no_result_yet(status: object, *, is_there: bool) -> None:
    assert (parse_image_result({"LastScanTime": NOON, "ScaStatus": status}).scanned_at is not None) is is_there


@pytest.mark.parametrize("finish", [0, "0"], ids=repr)
def test_a_success_that_is_not_finished_is_none(finish: object) -> None:
    found = parse_leaf_record({"StatusText": "SUCCESS", "Finish": finish})

    assert (found.succeeded, found.reason) == (False, "not finished")


def test_a_leaf_of_another_kind_of_task_is_not_understood() -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_leaf_record({"StatusText": "SUCCESS", "TaskType": "IMAGE_REGISTRY_PULL"})

    assert caught.value.happened == "The list of the scan task's images has a record of another type of task."


@pytest.mark.parametrize("kind", ["IMAGE_SCAN", "", None])
def test_a_leaf_need_not_say_what_kind_of_task_it_belongs_to(kind: str | None) -> None:
    assert parse_leaf_record({"StatusText": "SUCCESS", "TaskType": kind}).succeeded


def test_an_image_lies_in_the_region_and_the_repository_that_the_leaf_names() -> None:
    about = {"RepoRegionId": "eu-central-1", "RegionId": "cn-hangzhou", "RepoId": "crr-1"}

    assert parse_leaf_record(a_leaf_row(TaskImageInfo=about)).location == ("eu-central-1", "cn-hangzhou", "crr-1")
    assert parse_leaf_record(a_leaf_row(TaskImageInfo={})).location == ("", "", "")


def test_a_leaf_of_which_nothing_more_is_said_has_no_reason_and_no_place() -> None:
    bare = LeafRecord(image=ImageRef(), succeeded=True)

    assert (bare.reason, bare.location) == ("", ())


@pytest.mark.parametrize("finish", [None, "", 1, "1"], ids=repr)
def test_a_leaf_that_does_not_say_that_it_goes_on_is_finished(finish: object) -> None:
    assert parse_leaf_record({"StatusText": "SUCCESS", "Finish": finish}).succeeded
