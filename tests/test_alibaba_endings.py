"""Alibaba Cloud end to end: the behaviour of Security Center that no other cloud has, on the command line."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Fault, Forbidden, SimulatedTask, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Ending, Gate

LAST, RESULT = "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"
LEAVES, IMAGES = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"
OURS = SimulatedTask(id="ours", name="ours", started_ago=600)
RUNNING, COMPLETE = Stage(state="running", progress=50, polls=1), Stage(state="complete", progress=100)
# From the documentation of GetLastOnceTaskInfo, without the time and the RequestId.
SAMPLE = {
    "TotalCount": 44,
    "TaskId": 0,
    "FinishCount": 67,
    "TaskInfo": {"Status": "SUCCESS", "Progress": 69, "Result": "SUCCESS"},
}


@pytest.fixture
def gate_with(gate_in: Callable[..., Gate]) -> Callable[..., Gate]:
    """A gate for a simulated Security Center with these tasks."""

    def start(*tasks: SimulatedTask) -> Gate:
        gate = gate_in("empty", "alibaba")
        gate.simulator.tasks += tasks
        return gate

    return start


def first_reason(ending: Ending) -> dict[str, Any]:
    first: dict[str, Any] = ending.report["reasons"][0]
    return first


def result(ending: Ending) -> tuple[int, str]:
    """The exit code, and the code of the first reason."""
    return ending.code, first_reason(ending)["code"]


def test_a_task_that_appears_as_complete_at_the_deadline_is_undecided(gate_with: Callable[..., Gate]) -> None:
    gate = gate_with(replace(OURS, started_ago=-60))

    ending = gate.check("--timeout", "60s", "--appear-timeout", "60s")

    assert result(ending) == (5, "results-pending")
    assert gate.time.elapsed == pytest.approx(60)
    # Only one request is sent at the deadline.
    assert RESULT not in gate.operations


def test_a_task_is_undecided_if_the_deadline_comes_before_its_counts(gate_with: Callable[..., Gate]) -> None:
    gate = gate_with(OURS)

    def slow(operation: str, document: Any) -> Any:
        if operation == RESULT:
            gate.time.sleep(60)
        return document

    gate.simulator.rewrite = slow

    assert result(gate.check("--timeout", "60s")) == (5, "results-pending")
    assert gate.operations == [LAST, RESULT]


@pytest.mark.parametrize("option", ["--task-type", "--task-name"])
def test_different_task_type_and_name_are_judged_as_an_image_scan(option: str, gate_with: Callable[..., Gate]) -> None:
    gate = gate_with(replace(OURS, risky=1))
    task = {"TaskId": "ours", "TotalCount": 3, "FinishCount": 3, "TaskInfo": {"Status": "SUCCESS"}}
    task["CollectTime"] = round((gate.time.true_wall() - 600) * 1000)
    gate.simulator.rewrite = lambda operation, document: task if operation in {LAST, RESULT} else document
    other = "--task-name" if option == "--task-type" else "--task-type"

    assert gate.check(option, "ASSETS_COLLECTION", other, "IMAGE_SCAN").code == 1


def test_the_vendors_sample_passes_for_its_task_type(gate_with: Callable[..., Gate]) -> None:
    gate = gate_with()
    collected = round((gate.time.true_wall() - 60) * 1000)
    gate.simulator.rewrite = lambda _operation, _document: {**SAMPLE, "CollectTime": collected}

    ending = gate.check("--task-type", "ASSETS_COLLECTION")

    assert (ending.code, ending.report["task"]["id"]) == (0, f"collected-at-{collected}")
    assert ending.report["counts"]["failed"] == 0
    # It does not say when it ended, so its counts are polled twice.
    assert gate.operations == [LAST, LAST]


def test_an_image_scan_like_the_vendors_sample_is_no_task(gate_with: Callable[..., Gate]) -> None:
    gate = gate_with()
    gate.simulator.rewrite = lambda _operation, _document: {
        **SAMPLE,
        "CollectTime": round(gate.time.true_wall() * 1000),
    }

    assert result(gate.check()) == (7, "no-task")


def test_a_scan_in_an_unsupported_region_ends_with_the_clouds_reason(gate_with: Callable[..., Gate]) -> None:
    ending = gate_with(replace(OURS, unsupported=True)).check()

    assert result(ending) == (6, "task-failed")
    assert "TASK_NOT_SUPPORT_REGION" in first_reason(ending)["message"]
    assert "in a region where Security Center does not scan" in first_reason(ending)["message"]


@pytest.mark.parametrize(("failed", "arguments", "code"), [(0, (), 0), (1, (), 1), (1, ("--max-failed", "1"), 0)])
def test_a_task_without_images_is_judged_by_its_finish_count(
    gate_with: Callable[..., Gate], failed: int, arguments: tuple[str, ...], code: int
) -> None:
    task = replace(OURS, kind="assets_collection", id_form="zero", failed=failed, stages=(RUNNING, COMPLETE))

    assert gate_with(task).check("--task-type", "ASSETS_COLLECTION", *arguments).code == code


def test_a_task_without_an_id_is_not_replaced_by_a_newer_one(gate_with: Callable[..., Gate]) -> None:
    task = replace(OURS, kind="assets_collection", id_form="zero", stages=(Stage(state="running"),))
    gate = gate_with(task, replace(task, id="theirs", started_ago=-30, stages=(COMPLETE,)))

    assert result(gate.check("--task-type", "ASSETS_COLLECTION", "--timeout", "5m")) == (5, "unknown-state")


@pytest.mark.parametrize("risky", [0, 2])
def test_results_are_awaited_and_then_judged(gate_with: Callable[..., Gate], risky: int) -> None:
    """The results of an earlier scan, which are the opposite, do not count."""
    gate = gate_with(replace(OURS, risky=risky, results_lag=240, stages=(RUNNING, COMPLETE)))

    ending = gate.check()

    assert ending.code == (1 if risky else 0)
    assert 240 <= gate.time.elapsed <= 360
    assert [line.partition(" s  ")[2] for line in ending.err.splitlines()] == [
        "scan task IMAGE_SCAN: running, 50 %",
        "scan task IMAGE_SCAN: complete",
        "waiting for results; images without one: 3",
        "scan task IMAGE_SCAN: complete",
    ]


@pytest.mark.parametrize("total", [3, 100])
@pytest.mark.parametrize("scanned_before", [True, False], ids=["scanned-before", "never-scanned"])
def test_results_that_never_come_are_undecided_at_the_deadline(
    gate_with: Callable[..., Gate], total: int, *, scanned_before: bool
) -> None:
    """Even if there is no time for all requests of the last poll."""
    gate = gate_with(replace(OURS, total=total, results_lag=9999, scanned_before=scanned_before))

    ending = gate.check("--timeout", "5m")

    assert result(ending) == (5, "results-pending")
    assert f"images without a result: {total}" in first_reason(ending)["message"]
    assert gate.time.elapsed == pytest.approx(300)


def test_a_scan_that_ends_at_the_deadline_is_undecided(gate_with: Callable[..., Gate]) -> None:
    """One more request can be sent, but the counts take three."""
    gate = gate_with(replace(OURS, stages=(Stage(state="running", progress=90, seconds=299), COMPLETE)))

    assert result(gate.check("--timeout", "5m")) == (5, "not-final")


def test_leaf_records_that_never_come_are_undecided_at_the_deadline(gate_with: Callable[..., Gate]) -> None:
    gate = gate_with(OURS)
    empty = {"OnceTasks": [], "PageInfo": {"TotalCount": 0, "Count": 0, "CurrentPage": 1}}
    gate.simulator.rewrite = lambda operation, document: empty if operation == LEAVES else document

    ending = gate.check("--timeout", "5m", "--max-failed", "9", "--max-risky", "9")

    assert result(ending) == (5, "results-pending")


@pytest.mark.parametrize("operation", [LEAVES, IMAGES])
def test_a_forbidden_operation_ends_with_the_permission_to_grant(
    gate_with: Callable[..., Gate], operation: str
) -> None:
    gate = gate_with(OURS)
    gate.simulator.faults.append(Fault(operation=operation, response=Forbidden()))

    ending = gate.check()

    assert result(ending) == (3, "not-authorised")
    assert f"Allow yundun-sas:{operation};" in first_reason(ending)["message"]
    assert gate.time.elapsed == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"TotalCount": None}, (7, "counts-missing")),
        ({"TotalCount": "3"}, (7, "counts-missing")),
        ({"TotalCount": 4}, (5, "results-pending")),
        ({"CollectTime": 1}, (7, "stale")),
        ({"CollectTime": None}, (7, "counts-missing")),
        ({"TaskId": "theirs"}, (4, "not-understood")),
        ({"TaskInfo": None}, (5, "unknown-state")),
        ({"TaskInfo": {"Status": ["SUCCESS"]}}, (5, "unknown-state")),
        ({"TaskInfo": {"Status": "SUCCESS", "Result": {}}}, (5, "unknown-state")),
        ({"TaskInfo": []}, (4, "not-understood")),
    ],
    ids=str,
)
def test_a_task_that_contradicts_itself_never_passes(
    gate_with: Callable[..., Gate], changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    gate = gate_with(OURS)
    gate.simulator.rewrite = lambda operation, document: {**document, **changes} if operation == RESULT else document

    assert result(gate.check("--timeout", "5m", "--max-failed", "9", "--max-risky", "9")) == expected


@pytest.mark.parametrize("total", [0, 2])
def test_a_total_below_the_number_of_leaves_is_no_contradiction(gate_with: Callable[..., Gate], total: int) -> None:
    """In the vendor's own sample the counts do not fit each other, so the larger number counts (1.2)."""
    gate = gate_with(OURS)
    gate.simulator.rewrite = lambda operation, document: (
        {**document, "TotalCount": total} if operation == RESULT else document
    )

    ending = gate.check()

    assert (ending.code, ending.report["counts"]["total"]) == (0, 3)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"RiskStatus": None}, (7, "counts-missing")),
        ({"RiskStatus": "no"}, (7, "counts-missing")),
        ({"RiskStatus": []}, (7, "counts-missing")),
        ({"LastScanTime": None}, (5, "results-pending")),
        ({"LastScanTime": 1}, (5, "results-pending")),
        # The last millisecond of the year 9999.
        ({"LastScanTime": 253_402_300_799_999}, (5, "results-pending")),
        ({"LastScanTime": "now"}, (5, "results-pending")),
        ({"Digest": "sha256:other"}, (5, "results-pending")),
        ({"Digest": None}, (5, "results-pending")),
    ],
    ids=str,
)
def test_an_image_without_a_result_of_this_scan_never_passes(
    gate_with: Callable[..., Gate], changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    gate = gate_with(OURS)

    def changed(operation: str, document: Any) -> Any:
        if operation != IMAGES:
            return document
        return {**document, "ImageInstanceList": [{**row, **changes} for row in document["ImageInstanceList"]]}

    gate.simulator.rewrite = changed

    assert result(gate.check("--timeout", "5m", "--max-failed", "9", "--max-risky", "9")) == expected


@pytest.mark.parametrize("status", ["INIT", "START", "FAIL", "TIMEOUT", "success", None, [], {}], ids=repr)
def test_an_unfinished_leaf_record_of_a_complete_task_counts_as_failed(
    gate_with: Callable[..., Gate], status: object
) -> None:
    gate = gate_with(OURS)

    def changed(operation: str, document: Any) -> Any:
        if operation != LEAVES:
            return document
        *rows, last = document["OnceTasks"]
        return {**document, "OnceTasks": [*rows, {**last, "StatusText": status}]}

    gate.simulator.rewrite = changed

    assert result(gate.check()) == (1, "too-many-failed")


@pytest.mark.parametrize(
    ("total", "leaves", "images"),
    # Pages of 50 leaf records, one of which is that of the repository, and requests for 20 images each.
    [(3, 1, 1), (100, 3, 5), (400, 9, 20)],
)
def test_the_number_of_calls_depends_only_on_the_number_of_images(
    gate_with: Callable[..., Gate], total: int, leaves: int, images: int
) -> None:
    gate = gate_with(replace(OURS, total=total))

    assert gate.check().code == 0
    assert Counter(gate.operations) == {LAST: 1, RESULT: 1, LEAVES: leaves, IMAGES: images}


def test_a_complete_task_given_by_its_id_is_requested_once(gate_with: Callable[..., Gate]) -> None:
    gate = gate_with(OURS)

    ending = gate.check("--task-id", "ours")

    assert ending.code == 0
    assert ending.report["counts"] == {"total": 3, "succeeded": 3, "failed": 0, "risky": 0}
    assert gate.operations == [RESULT, LEAVES, IMAGES]


def test_a_task_given_by_its_id_is_requested_again_until_it_has_results(gate_with: Callable[..., Gate]) -> None:
    gate = gate_with(replace(OURS, results_lag=420))

    assert gate.check("--task-id", "ours").code == 0
    polls = "".join({RESULT: "r", LEAVES: "l", IMAGES: "i"}[operation] for operation in gate.operations)
    assert re.fullmatch("rli+(rli+)+", polls)


def test_a_running_task_given_by_its_id_is_requested_again(gate_with: Callable[..., Gate]) -> None:
    gate = gate_with(replace(OURS, stages=(RUNNING, COMPLETE)))

    assert gate.check("--task-id", "ours", "--settle", "0").code == 0
    assert gate.operations == [RESULT, RESULT, LEAVES, IMAGES]


def test_counting_a_hundred_clean_images_takes_at_most_twelve_calls(gate_with: Callable[..., Gate]) -> None:
    gate = gate_with(replace(OURS, total=100, stages=(RUNNING, replace(RUNNING, progress=70), COMPLETE)))

    assert gate.check("--settle", "0").code == 0
    counting_starts = gate.operations.index(LEAVES)
    assert len(gate.operations[counting_starts - 1 :]) <= 12


@pytest.mark.parametrize(
    "state",
    [{"StatusText": "FAIL", "ResultInfo": "TASK_NOT_SUPPORT_REGION"}, {"StatusText": "START", "Finish": 0}],
    ids=str,
)
def test_a_repository_that_failed_or_still_runs_blocks_although_no_image_is_risky(
    state: dict[str, Any], gate_with: Callable[..., Gate]
) -> None:
    gate = gate_with(OURS)

    def changed(operation: str, document: Any) -> Any:
        if operation != LEAVES:
            return document
        rows = [row | (state if row["TargetType"] == "IMAGE_REPO" else {}) for row in document["OnceTasks"]]
        return {**document, "OnceTasks": rows}

    gate.simulator.rewrite = changed
    ending = gate.check()

    assert result(ending) == (1, "too-many-failed")
    assert [failed["name"] for failed in ending.report["failed_images"]] == ["crr-simulated"]


def test_a_task_that_loses_images_never_passes(gate_with: Callable[..., Gate]) -> None:
    """Its total is three when it is found and one when it is polled, and one leaf record is listed."""
    gate = gate_with(OURS)

    def shrunk(operation: str, document: Any) -> Any:
        if operation == RESULT:
            return {**document, "TotalCount": 1}
        return with_one_record(document) if operation == LEAVES else document

    def with_one_record(document: Any) -> Any:
        rows = [row for row in document["OnceTasks"] if row["TargetType"] == "IMAGE"][:1]
        return {**document, "OnceTasks": rows, "PageInfo": {"CurrentPage": 1, "TotalCount": 1, "Count": 1}}

    gate.simulator.rewrite = shrunk

    assert result(gate.check("--timeout", "2m")) == (7, "images-lost")


@pytest.mark.parametrize(("risk", "expected"), [("NO", (7, "images-lost")), ("YES", (1, "too-many-risky"))])
def test_a_task_whose_images_are_replaced_while_results_are_pending_never_passes(
    risk: str, expected: tuple[int, str], gate_with: Callable[..., Gate]
) -> None:
    """At the first count results are missing; at the second, another image has replaced the last one."""
    gate = gate_with(OURS)
    requests = Counter[str]()

    def replaced(operation: str, document: Any) -> Any:
        requests[operation] += 1
        is_first = requests[LEAVES] == 1
        if operation == LEAVES and not is_first:
            *others, last = document["OnceTasks"]
            another = {**last, "Target": "f" * 64, "TaskImageInfo": None}
            return {**document, "OnceTasks": [*others, another]}
        if operation == IMAGES:
            images = document["ImageInstanceList"]
            another = {**images[0], "Uuid": "another", "Digest": "f" * 64, "RiskStatus": risk}
            rows = [] if is_first else [*images, another]
            return {"ImageInstanceList": rows, "PageInfo": {"TotalCount": len(rows)}}
        return document

    gate.simulator.rewrite = replaced

    assert result(gate.check("--timeout", "2m")) == expected
    assert requests[LEAVES] == 2


# Well-formed responses that mean something else than a finished scan of every image.


def ms(gate: Gate, seconds_ago: float) -> int:
    return round((gate.time.true_wall() - seconds_ago) * 1000)


def rewrite_rows(gate: Gate, operation: str, **fields: object) -> None:
    """Changes fields of every image in a list."""
    key = {LEAVES: "OnceTasks", IMAGES: "ImageInstanceList"}[operation]

    def changed(called: str, document: Any) -> Any:
        if called != operation:
            return document
        rows = [row if row.get("TargetType") == "IMAGE_REPO" else {**row, **fields} for row in document[key]]
        return {**document, key: rows}

    gate.simulator.rewrite = changed


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [(600, 18_000, (1, "too-many-failed")), (18_000, 600, (5, "not-plainly-complete"))],
    ids=["moves-back", "moves-forward"],
)
def test_results_before_the_latest_start_that_was_stated_are_not_those_of_this_scan(
    first: float, then: float, expected: tuple[int, str], gate_with: Callable[..., Gate]
) -> None:
    """All of them are three hours old."""
    gate = gate_with(OURS)

    def rewritten(operation: str, document: Any) -> Any:
        if operation in {LAST, RESULT}:
            return {**document, "CollectTime": ms(gate, first if operation == LAST else then)}
        for leaf in document.get("OnceTasks", ()):
            leaf |= {"StartTime": ms(gate, 10_900), "RealRunTime": ms(gate, 10_850), "EndTime": ms(gate, 10_800)}
        for image in document.get("ImageInstanceList", ()):
            image["LastScanTime"] = ms(gate, 10_800)
        return document

    gate.simulator.rewrite = rewritten

    assert result(gate.check("--timeout", "2m")) == expected


@pytest.mark.parametrize("stated", [False, 0.0, True, "FAIL", "TASK_STOPPED"], ids=str)
def test_a_result_that_is_no_success_is_remembered_by_polls_that_do_not_state_one(
    stated: object, gate_with: Callable[..., Gate]
) -> None:
    gate = gate_with(OURS)

    def rewritten(operation: str, document: Any) -> Any:
        is_last = operation == LAST
        return {**document, "TaskInfo": {"Status": "SUCCESS", "Result": stated}} if is_last else document

    gate.simulator.rewrite = rewritten
    ending = gate.check("--timeout", "2m")

    assert result(ending) == (5, "unknown-state")
    assert f"SUCCESS, {stated}" in first_reason(ending)["message"]


@pytest.mark.parametrize(
    ("latest", "code"), [({}, 0), ({"TaskId": "theirs"}, 5), ({"TaskInfo": {"Status": "SUCCESS"}}, 5)], ids=str
)
def test_only_a_response_that_states_another_result_of_this_task_takes_one_back(
    latest: dict[str, Any], code: int, gate_with: Callable[..., Gate]
) -> None:
    gate = gate_with(replace(OURS, stages=(RUNNING, COMPLETE)))
    changes = chain([{"TaskInfo": {"Status": "START", "Result": "NEW"}}], repeat(latest))

    def rewritten(operation: str, document: Any) -> Any:
        return {**document, **next(changes)} if operation == LAST else document

    gate.simulator.rewrite = rewritten

    assert gate.check("--timeout", "5m").code == code


@pytest.mark.parametrize(
    "fields",
    [
        {"Status": "FAIL"},
        {"FinishCount": False, "TotalCount": True},
        {"StartTime": "1769856800000", "RealRunTime": None, "EndTime": "1769857000000"},
        {"Target": "f" * 64},
    ],
    ids=str,
)
def test_an_image_whose_leaf_record_contradicts_its_own_success_failed(
    fields: dict[str, object], gate_with: Callable[..., Gate]
) -> None:
    gate = gate_with(OURS)
    rewrite_rows(gate, LEAVES, **fields)

    assert result(gate.check()) == (1, "too-many-failed")


def test_an_image_is_not_judged_in_the_place_of_the_one_that_its_leaf_record_targets(
    gate_with: Callable[..., Gate],
) -> None:
    """One record targets a risky image, and has the digest of another one, which is clean."""
    gate = gate_with(OURS)
    risky: list[str] = []

    def rewritten(operation: str, document: Any) -> Any:
        if operation == LEAVES:
            first, second = document["OnceTasks"][-2:]
            risky.append(first["Target"].removeprefix("sha256:"))
            first["TaskImageInfo"]["Digest"] = second["TaskImageInfo"]["Digest"]
        for image in document.get("ImageInstanceList", ()):
            image["RiskStatus"] = "YES" if image["Digest"].removeprefix("sha256:") in risky else "NO"
        return document

    gate.simulator.rewrite = rewritten

    assert result(gate.check()) == (1, "too-many-failed")


def test_an_end_in_the_future_is_seen_although_another_image_does_not_state_its_end(
    gate_with: Callable[..., Gate],
) -> None:
    gate = gate_with(OURS)

    def rewritten(operation: str, document: Any) -> Any:
        if operation == LEAVES:
            document["OnceTasks"][-1]["EndTime"] = ms(gate, -3600)
            del document["OnceTasks"][-2]["EndTime"]
        return document

    gate.simulator.rewrite = rewritten

    assert result(gate.check("--timeout", "2m")) == (5, "not-plainly-complete")


@pytest.mark.parametrize("form", [str, float], ids=["string", "fraction"])
@pytest.mark.parametrize(("invalid", "valid"), [("LastScanTime", "lastScanTime"), ("lastScanTime", "LastScanTime")])
def test_a_scan_time_that_is_none_is_not_replaced_by_that_in_the_other_spelling(
    invalid: str, valid: str, form: Callable[[int], object], gate_with: Callable[..., Gate]
) -> None:
    gate = gate_with(OURS)
    rewrite_rows(gate, IMAGES, **{invalid: form(ms(gate, 5000)), valid: ms(gate, 400)})

    assert result(gate.check("--timeout", "2m")) == (5, "results-pending")


def test_a_pending_task_is_named_as_queued_whatever_its_counts(gate_with: Callable[..., Gate]) -> None:
    """The vendor's own sample has counts that contradict its state."""
    gate = gate_with(OURS)

    def rewritten(_operation: str, document: Any) -> Any:
        info = {**document["TaskInfo"], "Status": "INIT", "Result": ""}
        return {**document, "CollectTime": None, "TotalCount": 44, "FinishCount": 67, "TaskInfo": info}

    gate.simulator.rewrite = rewritten
    ending = gate.check("--timeout", "3m", "--appear-timeout", "1m")

    assert result(ending) == (7, "no-begin")
    assert "The scan task is queued" in first_reason(ending)["message"]
    assert "--max-age" not in first_reason(ending)["message"]
