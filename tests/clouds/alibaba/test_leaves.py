"""The leaf records of a scan task: one succeeded only if it says so, and nothing that it states contradicts that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gate.clouds.alibaba.leaves import LeafRecord, ScanWindow, parse_leaf_record
from gate.errors import NotUnderstood
from gate.image import ImageRef
from gate.policy import CLOCK_TOLERANCE
from tests.builders import NOW

if TYPE_CHECKING:
    from datetime import datetime

STARTED = NOW - timedelta(minutes=10)
WINDOW = ScanWindow(since=STARTED, now=NOW)

HEX, OTHER_HEX = "9b4f8a3e" * 8, "0c5d1b2f" * 8
ABSENT = object()
# Values of every JSON type, in the place of a string.
OTHER_TYPES: list[object] = [True, False, 0, 7, -1, 0.5, 10**40, [], ["SUCCESS"], {}, {"SUCCESS": "SUCCESS"}]


def ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def label(value: object) -> str:
    return "absent" if value is ABSENT else repr(value)[:30]


def without_absent(fields: dict[str, object]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not ABSENT}


# Few characters: all of Unicode takes seconds to prepare.
TEXTS = st.text("aS0: \n\ud800é", max_size=6) | st.sampled_from(["START", "SUCCESS", "FAIL", HEX])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


def parsed(row: dict[str, Any], window: ScanWindow | None = None) -> LeafRecord:
    return parse_leaf_record(row, window or ScanWindow())


def a_leaf_row(**fields: object) -> dict[str, Any]:
    usual = {"TargetType": "IMAGE", "Target": HEX, "StatusText": "SUCCESS", "ResultInfo": "SUCCESS"}
    return without_absent({**usual, **fields})


@pytest.mark.parametrize("result", ["SUCCESS", "", None, ABSENT], ids=label)
def test_a_leaf_record_with_success_and_no_other_result_succeeded(result: object) -> None:
    found = parsed(a_leaf_row(ResultInfo=result))

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
    ids=label,
)
def test_any_other_leaf_record_failed_with_the_clouds_reason(status: object, result: object, reason: str) -> None:
    found = parsed(a_leaf_row(StatusText=status, ResultInfo=result))

    assert (found.succeeded, found.reason) == (False, reason)


@pytest.mark.parametrize(
    ("target_type", "expected"),
    [
        ("IMAGE_REPO", True),
        *((value, False) for value in ("IMAGE", "image_repo", "OTHER", "", None, ABSENT, *OTHER_TYPES)),
    ],
    ids=label,
)
def test_only_a_leaf_record_of_type_image_repo_does_not_count_as_an_image(
    target_type: object, *, expected: bool
) -> None:
    assert parsed(a_leaf_row(TargetType=target_type)).counts_as_image is not expected


@pytest.mark.parametrize("fields", [{"StatusText": "FAIL"}, {"ResultInfo": "bad"}, {"Finish": 0}], ids=label)
def test_a_repository_that_did_not_succeed_counts_as_an_image(fields: dict[str, object]) -> None:
    assert parsed(a_leaf_row(TargetType="IMAGE_REPO", **fields)).counts_as_image


def test_a_failed_repository_is_named_as_a_repository() -> None:
    info = {"RegistryType": "acr", "RepoNamespace": "shop", "RepoName": "app"}
    row = a_leaf_row(TargetType="IMAGE_REPO", Target="crr-1", StatusText="FAIL")

    assert parsed(row).image == ImageRef(name="crr-1")
    assert parsed({**row, "TaskImageInfo": info}).image == ImageRef(registry="acr", namespace="shop", name="app")
    assert parsed(row).reason == "FAIL, a whole repository"


def test_a_leaf_record_names_its_image() -> None:
    info = {
        "RegistryType": "acr",
        "RepoNamespace": "shop",
        "RepoName": "app",
        "Tag": "1.0",
        "Digest": f"sha256:{HEX}",
    }

    assert parsed(a_leaf_row(Target="", TaskImageInfo=info)).image == ImageRef(
        registry="acr", namespace="shop", name="app", tag="1.0", digest=HEX
    )


@pytest.mark.parametrize("info", [ABSENT, None, "", "shop", 7, True, [], [{"Digest": "other"}], {}], ids=label)
def test_without_image_info_the_digest_is_that_of_the_target(info: object) -> None:
    assert parsed(a_leaf_row(TaskImageInfo=info)).image == ImageRef(digest=HEX)


@pytest.mark.parametrize("value", [None, *OTHER_TYPES], ids=label)
def test_values_that_are_not_strings_name_no_image(value: object) -> None:
    info = dict.fromkeys(("RegistryType", "RepoNamespace", "RepoName", "Tag", "Digest"), value)

    assert parsed(a_leaf_row(Target=value, TaskImageInfo=info)).image == ImageRef()


def test_an_empty_leaf_record_is_a_failed_image() -> None:
    assert parsed({}).counts_as_image
    assert not parsed({}).succeeded


@given(row=st.dictionaries(st.sampled_from([*a_leaf_row(), "TaskImageInfo"]), JSON))
@example(row={"StatusText": [], "ResultInfo": {}})
def test_any_json_is_a_leaf_record_and_succeeded_only_with_success(row: dict[str, Any]) -> None:
    assert parsed(row).succeeded == (
        row.get("StatusText") == "SUCCESS" and row.get("ResultInfo") in (None, "", "SUCCESS")
    )


@pytest.mark.parametrize("finish", [0, "0"], ids=repr)
def test_a_success_that_is_not_finished_is_a_failure(finish: object) -> None:
    found = parsed({"StatusText": "SUCCESS", "Finish": finish})

    assert (found.succeeded, found.reason) == (False, "not finished")


def test_a_leaf_record_of_another_type_of_task_is_not_understood() -> None:
    with pytest.raises(NotUnderstood) as caught:
        parsed({"StatusText": "SUCCESS", "TaskType": "IMAGE_REGISTRY_PULL"})

    assert caught.value.happened == "The list of the scan task's images has a record of another type of task."


@pytest.mark.parametrize("task_type", ["IMAGE_SCAN", "", None])
def test_a_leaf_record_may_lack_its_task_type(task_type: str | None) -> None:
    assert parsed({"StatusText": "SUCCESS", "TaskType": task_type}).succeeded


def test_the_location_of_an_image_is_its_regions_and_repository() -> None:
    info = {"RepoRegionId": "eu-central-1", "RegionId": "cn-hangzhou", "RepoId": "crr-1"}

    assert parsed(a_leaf_row(TaskImageInfo=info)).location == ("eu-central-1", "cn-hangzhou", "crr-1")
    assert parsed(a_leaf_row(TaskImageInfo={})).location == ("", "", "")


def test_a_leaf_record_has_by_default_no_reason_and_no_location() -> None:
    bare = LeafRecord(image=ImageRef(), succeeded=True)

    assert (bare.reason, bare.location) == ("", ())


@pytest.mark.parametrize("finish", [None, "", 1, "1"], ids=repr)
def test_a_leaf_record_without_finish_counts_as_finished(finish: object) -> None:
    assert parsed({"StatusText": "SUCCESS", "Finish": finish}).succeeded


@pytest.mark.parametrize("value", [True, 1.0, False], ids=repr)
def test_a_leaf_record_is_finished_only_in_the_words_of_the_documents(value: object) -> None:
    record = parsed({"StatusText": "SUCCESS", "Finish": value})

    assert (record.succeeded, record.reason) == (False, "not finished")


# What a leaf record states against its own word.


DOCUMENTED: list[dict[str, object]] = [
    {},
    {"Status": "0", "Finish": 1, "FinishCount": "67", "TotalCount": "44", "Progress": 75},
    {"Status": "2", "Finish": "1", "FinishCount": "1", "TotalCount": "1"},
    {"Status": 2, "FinishCount": 1, "TotalCount": 1},
    {"Status": "", "FinishCount": "", "TotalCount": "", "StartTime": 0, "RealRunTime": None, "EndTime": ""},
    {"Status": "SUCCESS", "FinishCount": "0", "TotalCount": "0"},
    {"FinishCount": 10**30, "TotalCount": str(10**30)},
    {"StartTime": ms(STARTED), "RealRunTime": ms(STARTED), "EndTime": ms(STARTED)},
    {"StartTime": ms(NOW), "RealRunTime": ms(NOW + CLOCK_TOLERANCE), "EndTime": ms(NOW + CLOCK_TOLERANCE)},
    {"StartTime": ms(NOW), "RealRunTime": ms(STARTED), "EndTime": ms(NOW + timedelta(hours=1))},
    {"TaskImageInfo": {"Digest": f"sha256:{HEX.upper()}"}},
    {"Target": "crr-1", "TaskImageInfo": {"Digest": HEX}},
    {"Target": OTHER_HEX[:32], "TaskImageInfo": {"Digest": HEX}},
    {"Target": OTHER_HEX[:63], "TaskImageInfo": {"Digest": HEX}},
    {"Target": OTHER_HEX, "TaskImageInfo": {"Digest": ""}},
    {"Target": OTHER_HEX, "TargetType": "IMAGE_REPO", "TaskImageInfo": {"Digest": HEX}},
]


@pytest.mark.parametrize("fields", DOCUMENTED, ids=str)
def test_a_leaf_record_in_a_documented_form_contradicts_nothing(fields: dict[str, object]) -> None:
    """The examples of the documents have more finished parts than there are, and a progress of 75 beside SUCCESS."""
    found = parsed(a_leaf_row(**fields), WINDOW)

    assert (found.succeeded, found.reason) == (True, "")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Status": "FAIL"}, "its Status is FAIL"),
        ({"Status": "START"}, "its Status is START"),
        ({"Status": "1"}, "its Status is 1"),
        ({"Status": 3}, "its Status is 3"),
        ({"Status": 2.0}, "its Status is 2.0"),
        ({"Status": "02"}, "its Status is 02"),
        ({"Status": False}, "its Status is False"),
        ({"Status": ["2"]}, "its Status is ['2']"),
        ({"FinishCount": "0", "TotalCount": "1"}, "0 of 1 finished"),
        ({"FinishCount": 1, "TotalCount": 2}, "1 of 2 finished"),
        ({"FinishCount": "1", "TotalCount": "9999999999"}, "1 of 9999999999 finished"),
        ({"FinishCount": "0"}, "0 finished"),
        ({"FinishCount": 0.0, "TotalCount": 1.0}, "its FinishCount is 0.0, its TotalCount is 1.0"),
        ({"FinishCount": False, "TotalCount": True}, "its FinishCount is False, its TotalCount is True"),
        ({"FinishCount": -1, "TotalCount": 1}, "its FinishCount is -1"),
        ({"FinishCount": "0", "TotalCount": "one"}, "its TotalCount is one"),
        ({"FinishCount": "\u0661"}, "its FinishCount is \u0661"),
        ({"FinishCount": "1" * 41}, f"its FinishCount is {'1' * 41}"),
        ({"TotalCount": []}, "its TotalCount is []"),
        ({"StartTime": str(ms(NOW))}, f"its StartTime is {ms(NOW)}"),
        ({"RealRunTime": float(ms(NOW))}, f"its RealRunTime is {ms(NOW)}.0"),
        ({"EndTime": ms(NOW) * 1000}, f"its EndTime is {ms(NOW)}000"),
        ({"EndTime": "0"}, "its EndTime is 0"),
        ({"EndTime": 0.0}, "its EndTime is 0.0"),
        ({"EndTime": False}, "its EndTime is False"),
        ({"EndTime": -1}, "its EndTime is -1"),
        ({"StartTime": ms(STARTED) - 60_001, "EndTime": ms(NOW)}, "it ran before the task started"),
        ({"RealRunTime": ms(STARTED) - 60_001, "EndTime": ms(NOW)}, "it ran before the task started"),
        ({"EndTime": ms(STARTED) - 1}, "it ran before the task started"),
        ({"EndTime": ms(NOW) // 1000}, "it ran before the task started"),
        ({"StartTime": ms(NOW), "EndTime": ms(NOW) - 1}, "it ended before it started"),
        ({"RealRunTime": ms(NOW), "EndTime": ms(NOW) - 1}, "it ended before it started"),
        ({"TaskImageInfo": {"Digest": OTHER_HEX}}, "its Target is another image than its Digest"),
        ({"Target": f"SHA256:{HEX}", "TaskImageInfo": {"Digest": "1"}}, "its Target is another image than its Digest"),
        ({"Target": HEX * 2, "TaskImageInfo": {"Digest": HEX}}, "its Target is another image than its Digest"),
        ({"Target": f"x{HEX[1:]}", "TaskImageInfo": {"Digest": HEX}}, "its Target is another image than its Digest"),
        ({"ResultInfo": "bad", "Finish": 0, "Status": "3"}, "bad, not finished, its Status is 3"),
    ],
    ids=label,
)
def test_a_leaf_record_that_contradicts_its_own_success_failed(fields: dict[str, object], reason: str) -> None:
    found = parsed(a_leaf_row(**fields), WINDOW)

    assert (found.succeeded, found.reason) == (False, reason)


@pytest.mark.parametrize("time", [1, ms(STARTED) - 1, 253_402_300_799_000], ids=repr)
def test_without_a_window_any_valid_time_is_accepted(time: int) -> None:
    assert parsed(a_leaf_row(StartTime=time, RealRunTime=time, EndTime=time)).succeeded


@pytest.mark.parametrize("name", ["StartTime", "RealRunTime"])
def test_a_leaf_record_that_starts_in_the_future_has_not_failed_and_cannot_have_ended_before_that(name: str) -> None:
    """The clock of this machine may be wrong until a server states the time."""
    start = NOW + CLOCK_TOLERANCE + timedelta(milliseconds=1)
    found = parsed(a_leaf_row(EndTime=None, **{name: ms(start)}), WINDOW)

    assert (found.succeeded, found.ended_at) == (True, start)


def test_a_start_within_the_tolerance_of_the_clock_says_nothing_of_the_end_of_a_leaf_record() -> None:
    assert parsed(a_leaf_row(EndTime=None, StartTime=ms(NOW + CLOCK_TOLERANCE)), WINDOW).ended_at is None


@pytest.mark.parametrize("fields", [{"Status": "3"}, {"EndTime": ms(STARTED) - 1}], ids=str)
def test_a_repository_that_contradicts_its_own_success_counts_as_an_image(fields: dict[str, object]) -> None:
    assert parsed(a_leaf_row(TargetType="IMAGE_REPO", **fields), WINDOW).counts_as_image


@pytest.mark.parametrize(
    ("started", "ended", "succeeded"),
    [
        (-60, 0, True),
        (-60, None, False),
        (-60, -1, False),
        (-120, 0, True),
        (-121, 0, False),
        (0, 1, True),
        (None, 0, True),
        (None, -1, False),
    ],
)
def test_a_scan_that_goes_on_while_the_start_of_its_task_moves_is_of_this_scan_if_it_ends_after_it(
    started: int | None, ended: int | None, *, succeeded: bool
) -> None:
    """In seconds from the latest start that was stated; the earliest was a minute before, and a minute is tolerated."""
    window = ScanWindow(since=STARTED, earliest=STARTED - timedelta(minutes=1), now=NOW)
    times = {"StartTime": started, "EndTime": ended}
    fields = {name: ms(STARTED + timedelta(seconds=at)) for name, at in times.items() if at is not None}

    assert parsed(a_leaf_row(**fields), window).succeeded is succeeded
