"""Huawei Cloud's scan tasks are translated whatever their fields hold: a value of a wrong type counts as absent."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gate.clouds.huawei.selection import IMAGE_SCAN, IMAGE_SYNC
from gate.clouds.huawei.translate import parse_page, parse_task
from gate.errors import NotUnderstood
from gate.image import FailedImage, ImageRef
from gate.policy import failed_images
from gate.scan import Counts, ScanScope, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

# 2026-01-31 12:00:00.006 UTC, in ms since 1970.
NOON = 1_769_860_800_006
ROW: dict[str, Any] = {
    "task_id": "d5ceaaf4-0124-4f15-b039-b8fc4b07e340",
    "policy_id": "policy",
    "task_name": "nightly",
    "begin_time": NOON,
    "end_time": NOON + 60_000,
    "remain_min": 3,
    "task_type": "manual",
    "image_type": "registry",
    "task_status": 60,
    "scan_scope": 2147483647,
    "rate_limit": 0,
    "is_all": True,
    "failed_num": 1,
    "success_num": 2,
    "total_num": 4,
    "risky_num": 1,
    "failed_reason": "",
    "failed_images": [
        {
            "id": 1001,
            "registry_id": "5f0c7a52",
            "registry_name": "swr",
            "image_name": "shop",
            "image_version": "1.0",
            "namespace": "team",
            "registry_type": "SwrPrivate",
            "failed_reason": "download_failed",
        }
    ],
}
ABSENT = object()
MEANS_AND_REMEDY = (
    "The response came from something other than the API, or the API has changed. "
    "Check --endpoint and the proxy; if they are right, report this to the gate's project."
)


def label(value: object) -> str:
    return "absent" if value is ABSENT else repr(value)[:30]


def translated(list_type: str = IMAGE_SCAN, /, **fields: object) -> ScanTask:
    """The task of the full row with these fields replaced."""
    row = {name: value for name, value in {**ROW, **fields}.items() if value is not ABSENT}
    return parse_task(row, list_type)


def test_a_full_row_is_translated() -> None:
    assert translated() == ScanTask(
        id="d5ceaaf4-0124-4f15-b039-b8fc4b07e340",
        name="nightly",
        type="manual",
        scopes=frozenset(ScanScope),
        covers_all_images=True,
        image_type="registry",
        state=TaskState.RUNNING,
        raw_state="60",
        progress=60,
        started_at=datetime(2026, 1, 31, 12, 0, 0, 6000, tzinfo=UTC),
        ended_at=datetime(2026, 1, 31, 12, 1, 0, 6000, tzinfo=UTC),
        remaining=180.0,
        counts=Counts(total=4, succeeded=2, failed=1, risky=1),
        failed_images=(
            FailedImage(
                image=ImageRef(registry="swr", namespace="team", name="shop", tag="1.0"), reason="download_failed"
            ),
        ),
        reason="",
        risk_applies=True,
    )


def test_an_empty_row_is_a_task_in_an_unknown_state() -> None:
    """Every field is documented as optional, so an absent one is neither an error nor a good sign."""
    assert parse_task({}, IMAGE_SCAN) == ScanTask(
        id="", state=TaskState.UNKNOWN, raw_state="none given", has_unknown_type=True
    )


def test_the_vendors_only_sample_is_translated() -> None:
    """The one task that the documentation shows (huawei-hss.md 2), of type image_sync."""
    sample = json.loads(
        '{"data_list":[{"task_id":"d5ceaaf4-0124-4f15-b039-b8fc4b07e340",'
        '"task_name":"AutomaticImageAssetSynchronization_1755536448006","begin_time":1755536448006,'
        '"end_time":1755536451911,"task_type":"autoSync","task_status":100,"failed_num":0,"success_num":3,'
        '"total_num":3,"failed_images":[]}],"total_num":1}'
    )
    (row,) = parse_page(sample).rows
    found = parse_task(row, IMAGE_SYNC)

    assert (parse_page(sample).total, found.state, found.risk_applies) == (1, TaskState.COMPLETE, False)
    assert found.counts == Counts(total=3, succeeded=3, failed=0)
    assert found.started_at == datetime(2025, 8, 18, 17, 0, 48, 6000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state", "progress"),
    [
        (100, TaskState.COMPLETE, 100),
        (99, TaskState.RUNNING, 99),
        (1, TaskState.RUNNING, 1),
        (0, TaskState.RUNNING, 0),
        (-1, TaskState.STOPPED, None),
        (-2, TaskState.TIMED_OUT, None),
        (-3, TaskState.FAILED, None),
        (-4, TaskState.UNKNOWN, None),
        (101, TaskState.UNKNOWN, None),
        (10**40, TaskState.UNKNOWN, None),
        (True, TaskState.UNKNOWN, None),
        (False, TaskState.UNKNOWN, None),
        (100.0, TaskState.UNKNOWN, None),
        (99.9, TaskState.UNKNOWN, None),
        (-1.0, TaskState.UNKNOWN, None),
        ("100", TaskState.UNKNOWN, None),
        ("finished", TaskState.UNKNOWN, None),
        ("", TaskState.UNKNOWN, None),
        ([100], TaskState.UNKNOWN, None),
        ({"value": 100}, TaskState.UNKNOWN, None),
        (None, TaskState.UNKNOWN, None),
        (ABSENT, TaskState.UNKNOWN, None),
    ],
    ids=label,
)
def test_only_a_documented_status_has_a_known_state(status: object, state: TaskState, progress: int | None) -> None:
    found = translated(task_status=status)

    assert (found.state, found.progress) == (state, progress)


@pytest.mark.parametrize(
    ("status", "raw"),
    [(100, "100"), (-3, "-3"), (142, "142"), ("scanning", "scanning"), (100.0, "100.0"), (None, "none given")],
)
def test_the_raw_state_is_kept(status: object, raw: str) -> None:
    assert translated(task_status=status).raw_state == raw


NOT_COUNTS = [None, ABSENT, -1, 1.0, 0.5, True, False, "", "0", "3", [], [1], {}, -(10**30)]


@pytest.mark.parametrize("value", NOT_COUNTS, ids=label)
@pytest.mark.parametrize(
    ("field", "count"),
    [("total_num", "total"), ("success_num", "succeeded"), ("failed_num", "failed"), ("risky_num", "risky")],
)
def test_a_count_that_is_not_a_whole_number_is_none_and_never_zero(field: str, count: str, value: object) -> None:
    assert getattr(translated(**{field: value}).counts, count) is None


@pytest.mark.parametrize("value", [0, 1, 1000, 10**12], ids=repr)
@pytest.mark.parametrize(
    ("field", "count"),
    [("total_num", "total"), ("success_num", "succeeded"), ("failed_num", "failed"), ("risky_num", "risky")],
)
def test_a_count_that_is_a_number_is_kept(field: str, count: str, value: int) -> None:
    assert getattr(translated(**{field: value}).counts, count) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0.0), (1, 60.0), (90, 5400.0), (525_600, 31_536_000.0), *((value, None) for value in NOT_COUNTS)],
    ids=label,
)
def test_the_remaining_time_is_given_in_minutes(value: object, expected: float | None) -> None:
    assert translated(remain_min=value).remaining == expected


def test_the_remaining_time_is_a_year_at_most() -> None:
    assert translated(remain_min=10**400).remaining == 31_536_000.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOON, datetime(2026, 1, 31, 12, 0, 0, 6000, tzinfo=UTC)),
        (1, datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)),
        (NOON // 1000, datetime(1970, 1, 21, 11, 37, 40, 800_000, tzinfo=UTC)),
        (253_402_300_799_000, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (253_402_300_800_000, None),
        (9_406_000_000_000_000, None),
        (10**20, None),
        (10**400, None),
        (0, None),
        (-1, None),
        (-NOON, None),
        (float(NOON), None),
        (str(NOON), None),
        ("2026-01-31T12:00:00Z", None),
        (True, None),
        ([], None),
        ({}, None),
        (None, None),
        (ABSENT, None),
    ],
    ids=label,
)
@pytest.mark.parametrize(("field", "attribute"), [("begin_time", "started_at"), ("end_time", "ended_at")])
def test_a_time_is_a_number_of_milliseconds(
    field: str, attribute: str, value: object, expected: datetime | None
) -> None:
    """Seconds in place of milliseconds give a start time in 1970, which is stale."""
    assert getattr(translated(**{field: value}), attribute) == expected


@pytest.mark.parametrize("value", [None, ABSENT, 7, 1.5, True, [], ["x"], {}, {"x": "y"}], ids=label)
@pytest.mark.parametrize(
    ("field", "attribute"),
    [("task_id", "id"), ("task_name", "name"), ("task_type", "type"), ("failed_reason", "reason")],
)
def test_a_value_that_is_not_a_string_is_an_empty_string(field: str, attribute: str, value: object) -> None:
    assert getattr(translated(**{field: value}), attribute) == ""


@pytest.mark.parametrize("value", ["\ud800", "a\nb", "a\x00", "\u202eb"], ids=ascii)
def test_an_id_with_unprintable_characters_is_not_understood(value: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        translated(task_id=value)

    assert str(caught.value) == (f"The id of a scan task has unprintable characters. {MEANS_AND_REMEDY}")


A_REST, A_FAILURE, AN_END = (
    "it states a remaining time that is not a whole number",
    "it states a failure that is not a text",
    "it states an end that is not a valid time",
)


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"remain_min": 5.5}, f"{A_REST} (5.5)"),
        ({"remain_min": 5.0}, f"{A_REST} (5.0)"),
        ({"remain_min": "5"}, f"{A_REST} ('5')"),
        ({"remain_min": "0"}, f"{A_REST} ('0')"),
        ({"remain_min": True}, f"{A_REST} (True)"),
        ({"remain_min": False}, f"{A_REST} (False)"),
        ({"remain_min": [5]}, f"{A_REST} ([5])"),
        ({"failed_reason": ["disk"]}, f"{A_FAILURE} (['disk'])"),
        ({"failed_reason": {"reason": "disk"}}, f"{A_FAILURE} ({{'reason': 'disk'}})"),
        ({"failed_reason": 5}, f"{A_FAILURE} (5)"),
        ({"failed_reason": -0.5}, f"{A_FAILURE} (-0.5)"),
        ({"failed_reason": True}, f"{A_FAILURE} (True)"),
        ({"failed_reason": False}, f"{A_FAILURE} (False)"),
        ({"end_time": NOON * 1000}, f"{AN_END} ({NOON}000)"),
        ({"end_time": float(NOON)}, f"{AN_END} ({NOON}.0)"),
        ({"end_time": str(NOON)}, f"{AN_END} ('{NOON}')"),
        ({"end_time": 253_402_300_800_000}, f"{AN_END} (253402300800000)"),
        ({"end_time": -1}, f"{AN_END} (-1)"),
        ({"end_time": False}, f"{AN_END} (False)"),
        ({"end_time": {"ms": NOON}}, f"{AN_END} ({{'ms': {NOON}}})"),
    ],
    ids=repr,
)
def test_a_sign_against_complete_that_cannot_be_read_is_one_too(fields: dict[str, object], sign: str) -> None:
    assert translated(**fields).contradiction == sign


@pytest.mark.parametrize("value", [ABSENT, None, "", 0, 0.0, [], {}], ids=label)
@pytest.mark.parametrize("field", ["remain_min", "failed_reason", "end_time"])
def test_an_absent_or_empty_field_is_no_sign(field: str, value: object) -> None:
    assert translated(**{field: value}).contradiction == ""


@pytest.mark.parametrize(
    "fields", [{"remain_min": 7}, {"remain_min": -1}, {"failed_reason": "disk"}, {"end_time": NOON}], ids=repr
)
def test_a_documented_value_is_judged_by_what_it_says(fields: dict[str, object]) -> None:
    """A remaining time below 0 is of the documented type, and says that nothing remains."""
    assert translated(**fields).contradiction == ""


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, 10**4000, ["x" * 1000] * 1000, {"x" * 1000: "y" * 1000}, "a\nb"],
    ids=["text", "number", "list", "object", "two-lines"],
)
def test_a_sign_that_cannot_be_read_is_quoted_in_one_short_line(value: object) -> None:
    sign = translated(end_time=value).contradiction

    assert sign.startswith(AN_END)
    assert len(sign) < 120
    assert "\n" not in sign


@pytest.mark.parametrize("list_type", [IMAGE_SCAN, IMAGE_SYNC])
@pytest.mark.parametrize(
    "trigger", ["cycle", "manual", "autoSync", "manualSync", "Cycle", "", 7, None, ABSENT], ids=label
)
def test_only_the_triggers_of_the_list_are_known(trigger: object, list_type: str) -> None:
    known = {IMAGE_SCAN: ("cycle", "manual"), IMAGE_SYNC: ("autoSync", "manualSync")}[list_type]

    assert translated(list_type, task_type=trigger).has_unknown_type is (trigger not in known)


def test_the_clouds_reason_is_kept() -> None:
    assert translated(failed_reason="agent lost").reason == "agent lost"


UNNAMED = FailedImage(image=ImageRef())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ABSENT, ()),
        (None, ()),
        ([], ()),
        ({}, ()),
        ({"image_name": "shop"}, ()),
        ("shop", ()),
        (3, ()),
        (True, ()),
        ([{"image_name": "shop"}], (FailedImage(image=ImageRef(name="shop")),)),
        ([{"failed_reason": "why"}, {}], (FailedImage(image=ImageRef(), reason="why"), UNNAMED)),
        ([{"image_name": 7, "image_version": None, "namespace": [], "registry_name": {}}], (UNNAMED,)),
        ([None, "shop", 7, [], [[{}]], True], (UNNAMED,) * 6),
    ],
    ids=[
        "absent",
        "null",
        "none",
        "object",
        "one-image",
        "string",
        "number",
        "boolean",
        "only-a-name",
        "only-a-reason-and-an-empty-object",
        "wrong-types",
        "not-objects",
    ],
)
def test_each_entry_of_a_list_stands_for_an_image_that_failed(value: object, expected: tuple[FailedImage, ...]) -> None:
    """Even a malformed one: the number of failed images must not become smaller."""
    assert translated(failed_images=value).failed_images == expected


@pytest.mark.parametrize(
    "value",
    ["shop", 3, 0.5, True, {"image_name": "shop"}],
    ids=["string", "number", "fraction", "boolean", "one-image"],
)
@pytest.mark.parametrize("failed_num", [0, 1, None], ids=repr)
def test_if_failed_images_is_not_a_list_more_may_have_failed_than_the_stated_number(
    value: object, failed_num: int | None
) -> None:
    found = translated(failed_images=value, failed_num=failed_num)

    assert found.counts == Counts(total=4, succeeded=2, failed=failed_num, risky=1)
    assert (found.has_unread_failures, found.failed_images, failed_images(found)) == (True, (), None)


@pytest.mark.parametrize("value", [{}, "", 0, False], ids=label)
def test_if_failed_images_is_empty_but_not_a_list_the_number_is_unknown_too(value: object) -> None:
    assert translated(failed_images=value).has_unread_failures


@pytest.mark.parametrize("value", [ABSENT, None, [], [None], [{}, {}]], ids=label)
def test_if_failed_images_is_a_list_or_absent_the_stated_number_counts(value: object) -> None:
    found = translated(failed_images=value, failed_num=1)

    assert (found.counts.failed, found.has_unread_failures) == (1, False)


def test_a_synchronisation_has_no_risks() -> None:
    found = translated(IMAGE_SYNC, risky_num=5)

    assert (found.risk_applies, found.counts.risky) == (False, None)


@pytest.mark.parametrize(
    ("document", "rows", "total"),
    [
        ({"data_list": [], "total_num": 0}, [], 0),
        ({"total_num": 0}, [], 0),
        ({"data_list": []}, [], None),
        ({"data_list": [{}], "total_num": 7}, [{}], 7),
        ({"data_list": [{"task_id": "a"}], "total_num": 0}, [{"task_id": "a"}], 0),
        ({"data_list": [{}]}, [{}], None),
        ({"data_list": [{}], "total_num": None}, [{}], None),
        ({"data_list": [{}], "total_num": 10**30}, [{}], 10**30),
    ],
    ids=repr,
)
def test_a_page_has_its_rows_and_its_total_if_there_is_one(
    document: dict[str, Any], rows: list[dict[str, Any]], total: int | None
) -> None:
    found = parse_page(document)

    assert (found.rows, found.total) == (rows, total)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"total_num": 3},
        {"total_num": None},
        {"total_num": "0"},
        {"data_list": None, "total_num": 0},
        {"data_list": {}, "total_num": 0},
        {"data_list": "", "total_num": 0},
        {"data_list": [None]},
        {"data_list": [{}, []]},
        {"data_list": ["task"]},
        {"data_list": [[{}]]},
        {"tasks": [{}], "total_num": 1},
    ],
    ids=repr,
)
def test_a_response_without_a_list_of_tasks_does_not_mean_no_tasks(document: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_page(document)

    assert str(caught.value) == (f"The response has no list of scan tasks. {MEANS_AND_REMEDY}")


@pytest.mark.parametrize("total", ["1", "0", "", -1, True, False, 1.0, 0.0, [], [1], {}, -(10**30)], ids=label)
@pytest.mark.parametrize("rows", [[], [{"task_id": "a"}]], ids=["no-rows", "one-row"])
def test_a_total_that_is_not_a_whole_number_is_not_understood(rows: list[dict[str, Any]], total: object) -> None:
    """Without it the end of the list is unknown."""
    with pytest.raises(NotUnderstood) as caught:
        parse_page({"data_list": rows, "total_num": total})

    assert str(caught.value) == (f"The number of scan tasks in the response is not a whole number. {MEANS_AND_REMEDY}")


@pytest.mark.parametrize("total", [False, 0.0], ids=repr)
def test_a_total_that_equals_0_but_is_not_an_integer_does_not_replace_the_list(total: object) -> None:
    with pytest.raises(NotUnderstood):
        parse_page({"total_num": total})


@pytest.mark.parametrize("task_id", ["a", 7, True, ["a", {}], {"id": []}], ids=repr)
def test_a_page_that_lists_one_task_twice_is_not_understood(task_id: object) -> None:
    """Another task is missing then, even if the total fits."""
    rows = [{"task_id": task_id}, {"task_id": "b"}, {"task_id": task_id, "task_name": "another"}]
    with pytest.raises(NotUnderstood) as caught:
        parse_page({"data_list": rows, "total_num": 3})

    assert str(caught.value) == f"The response lists one scan task twice. {MEANS_AND_REMEDY}"


@pytest.mark.parametrize(
    "rows",
    [
        [{}] * 200_001,
        [{"failed_images": [0] * 200_000}],
        [{"task_id": "a", "failed_images": [{}] * 100_000}, {"task_id": "b", "failed_images": [{}] * 99_999}],
    ],
    ids=["tasks", "images-of-one-task", "images-of-two-tasks"],
)
def test_more_entries_than_the_limit_are_not_understood(rows: list[dict[str, Any]]) -> None:
    """An entry takes only a few bytes, so the size limit of a response does not limit the time to parse it."""
    with pytest.raises(NotUnderstood) as caught:
        parse_page({"data_list": rows, "total_num": len(rows)})

    assert str(caught.value) == (
        f"The response lists more than 200000 scan tasks and failed images. {MEANS_AND_REMEDY}"
    )


@pytest.mark.parametrize("rows", [[{}] * 200_000, [{"failed_images": [0] * 199_999}]], ids=["tasks", "images"])
def test_as_many_entries_as_the_limit_are_a_page(rows: list[dict[str, Any]]) -> None:
    assert len(parse_page({"data_list": rows, "total_num": len(rows)}).rows) == len(rows)


@pytest.mark.parametrize("row", [{}, {"task_id": None}, {"task_id": ""}], ids=repr)
def test_rows_without_an_id_are_not_duplicates(row: dict[str, Any]) -> None:
    assert parse_page({"data_list": [row, row], "total_num": 2}).rows == [row, row]


@pytest.mark.parametrize("key", ["error_code", "errorMsg", "ERROR", "errors"])
def test_an_error_in_the_place_of_a_task_is_not_understood(key: str) -> None:
    with pytest.raises(NotUnderstood, match="has an error in the place of a scan task"):
        parse_page({"data_list": [{"task_id": "a"}, {"task_id": "b", key: "HSS.0010"}], "total_num": 2})

    assert parse_page({"data_list": [{"task_id": "a", key: None}], "total_num": 1}).total == 1


# All numbers that Python's JSON parser accepts; it refuses integers of more than 4300 digits.
NUMBERS = st.integers() | st.integers(min_value=-4000, max_value=4000).map(lambda n: 10**n if n >= 0 else -(10**-n))
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ROWS = st.dictionaries(st.sampled_from(sorted(ROW)), JSON)


@given(rows=st.lists(ROWS | JSON, max_size=3) | JSON, total=JSON, list_type=st.sampled_from([IMAGE_SCAN, IMAGE_SYNC]))
@example(rows=[{"remain_min": 10**400}], total=1, list_type=IMAGE_SCAN)
@example(rows=[{"task_type": ["autoSync"]}], total=1, list_type=IMAGE_SCAN)
@example(rows=[{"task_type": {}}], total=1, list_type=IMAGE_SYNC)
@example(rows=[{"begin_time": 10**400}], total=10**400, list_type=IMAGE_SCAN)
def test_any_json_is_a_task_or_not_understood_and_complete_is_only_the_integer_100(
    rows: object, total: object, list_type: str
) -> None:
    parsed: list[tuple[Mapping[str, Any], ScanTask]] = []
    with suppress(NotUnderstood):
        parsed.extend(
            (row, parse_task(row, list_type)) for row in parse_page({"data_list": rows, "total_num": total}).rows
        )

    for row, task in parsed:
        status = row.get("task_status")
        assert (task.state is TaskState.COMPLETE) == (type(status) is int and status == 100)
        assert task.started_at is None or task.started_at.tzinfo is UTC
        assert task.progress is None or 0 <= task.progress <= 100
        assert all(
            count is None or (type(count) is int and count >= 0)
            for count in (task.counts.total, task.counts.succeeded, task.counts.failed, task.counts.risky)
        )


def test_the_list_types_have_the_names_of_the_api() -> None:
    assert (IMAGE_SCAN, IMAGE_SYNC) == ("image_scan", "image_sync")
