"""Alibaba Cloud end to end: the command line against a simulated Security Center, where no other cloud is like it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Fault, Forbidden, SimulatedTask, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Ending, Gate

LAST, RESULT = "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"
LEAVES, IMAGES = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"
OURS = SimulatedTask(id="ours", name="ours", started_ago=60)
RUNNING, COMPLETE = Stage(state="running", progress=50, polls=1), Stage(state="complete", progress=100)
# Word for word from the documentation of GetLastOnceTaskInfo, but for the time and the RequestId.
SAMPLE = {
    "TotalCount": 44,
    "TaskId": 0,
    "FinishCount": 67,
    "TaskInfo": {"Status": "SUCCESS", "Progress": 69, "Result": "SUCCESS"},
}


@pytest.fixture
def holding(gate_in: Callable[..., Gate]) -> Callable[..., Gate]:
    """A gate before a Security Center with these tasks."""

    def hold(*tasks: SimulatedTask) -> Gate:
        gate = gate_in("empty", "alibaba")
        gate.simulator.tasks += tasks
        return gate

    return hold


def reason(ending: Ending) -> dict[str, Any]:
    first: dict[str, Any] = ending.report["reasons"][0]
    return first


def ended(ending: Ending) -> tuple[int, str]:
    return ending.code, reason(ending)["code"]


def test_a_task_that_appears_complete_at_the_deadline_has_not_been_counted(holding: Callable[..., Gate]) -> None:
    gate = holding(replace(OURS, started_ago=-60))

    ending = gate.check("--timeout", "60s", "--appear-timeout", "60s")

    assert ended(ending) == (5, "results-pending")
    assert gate.time.elapsed == pytest.approx(60)
    # Its answer could come a whole request after that of the last look.
    assert RESULT not in gate.operations


def test_a_task_whose_first_count_the_deadline_cuts_off_has_not_been_counted(holding: Callable[..., Gate]) -> None:
    gate = holding(OURS)

    def slow(operation: str, document: Any) -> Any:
        if operation == RESULT:
            gate.time.sleep(60)
        return document

    gate.simulator.rewrite = slow

    assert ended(gate.check("--timeout", "60s")) == (5, "results-pending")
    assert gate.operations == [LAST, RESULT]


@pytest.mark.parametrize("wish", ["--task-type", "--task-name"])
def test_a_mixture_of_task_types_is_never_judged_without_its_images(wish: str, holding: Callable[..., Gate]) -> None:
    gate = holding(replace(OURS, risky=1))
    shown = {"TaskId": "ours", "TotalCount": 3, "FinishCount": 3, "TaskInfo": {"Status": "SUCCESS"}}
    shown["CollectTime"] = round((gate.time.true_wall() - 60) * 1000)
    gate.simulator.rewrite = lambda operation, true: shown if operation in {LAST, RESULT} else true
    other = "--task-name" if wish == "--task-type" else "--task-type"

    assert gate.check(wish, "ASSETS_COLLECTION", other, "IMAGE_SCAN").code == 1


# What the documents show.


def test_the_vendors_sample_passes_as_the_task_that_it_is_about(holding: Callable[..., Gate]) -> None:
    gate = holding()
    collected = round((gate.time.true_wall() - 60) * 1000)
    gate.simulator.rewrite = lambda _operation, _true: {**SAMPLE, "CollectTime": collected}

    ending = gate.check("--task-type", "ASSETS_COLLECTION")

    assert (ending.code, ending.report["task"]["id"]) == (0, f"collected-at-{collected}")
    assert ending.report["counts"]["failed"] == 0
    assert gate.operations == [LAST]


def test_the_vendors_sample_of_an_image_scan_is_no_task(holding: Callable[..., Gate]) -> None:
    gate = holding()
    gate.simulator.rewrite = lambda _operation, _true: {**SAMPLE, "CollectTime": round(gate.time.true_wall() * 1000)}

    assert ended(gate.check()) == (7, "no-task")


def test_images_in_another_region_end_as_the_cloud_says(holding: Callable[..., Gate]) -> None:
    ending = holding(replace(OURS, unsupported=True)).check()

    assert ended(ending) == (6, "task-failed")
    assert "TASK_NOT_SUPPORT_REGION" in reason(ending)["message"]
    assert "in a region where Security Center does not scan" in reason(ending)["message"]


# Other types of tasks.


@pytest.mark.parametrize(("failed", "arguments", "code"), [(0, (), 0), (1, (), 1), (1, ("--max-failed", "1"), 0)])
def test_a_task_without_images_is_judged_by_what_did_not_finish(
    holding: Callable[..., Gate], failed: int, arguments: tuple[str, ...], code: int
) -> None:
    task = replace(OURS, kind="assets_collection", id_form="zero", failed=failed, stages=(RUNNING, COMPLETE))

    assert holding(task).check("--task-type", "ASSETS_COLLECTION", *arguments).code == code


def test_a_task_without_an_id_whose_place_another_takes_is_never_taken_for_done(holding: Callable[..., Gate]) -> None:
    task = replace(OURS, kind="assets_collection", id_form="zero", stages=(Stage(state="running"),))
    gate = holding(task, replace(task, id="theirs", started_ago=-30, stages=(COMPLETE,)))

    assert ended(gate.check("--task-type", "ASSETS_COLLECTION", "--timeout", "5m")) == (5, "unknown-state")


# Results that come later than the end of the task.


@pytest.mark.parametrize("risky", [0, 2])
def test_results_are_waited_for_and_then_judged(holding: Callable[..., Gate], risky: int) -> None:
    """Until then an earlier scan says the opposite."""
    gate = holding(replace(OURS, risky=risky, results_lag=240, stages=(RUNNING, COMPLETE)))

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
def test_results_that_never_come_end_at_the_deadline(
    holding: Callable[..., Gate], total: int, *, scanned_before: bool
) -> None:
    """Also where the last look takes more questions than there is time for."""
    gate = holding(replace(OURS, total=total, results_lag=9999, scanned_before=scanned_before))

    ending = gate.check("--timeout", "5m")

    assert ended(ending) == (5, "results-pending")
    assert f"images without a result: {total}" in reason(ending)["message"]
    assert gate.time.elapsed == pytest.approx(300)


def test_a_scan_that_ends_at_the_deadline_has_not_been_counted(holding: Callable[..., Gate]) -> None:
    """There is time for one more question, and it takes three."""
    gate = holding(replace(OURS, stages=(Stage(state="running", progress=90, seconds=299), COMPLETE)))

    assert ended(gate.check("--timeout", "5m")) == (5, "not-final")


def test_leaves_that_never_come_end_at_the_deadline(holding: Callable[..., Gate]) -> None:
    gate = holding(OURS)
    nothing = {"OnceTasks": [], "PageInfo": {"TotalCount": 0, "Count": 0, "CurrentPage": 1}}
    gate.simulator.rewrite = lambda operation, true: nothing if operation == LEAVES else true

    ending = gate.check("--timeout", "5m", "--max-failed", "9", "--max-risky", "9")

    assert ended(ending) == (5, "results-pending")


# What the user may not ask, and what contradicts itself.


@pytest.mark.parametrize("operation", [LEAVES, IMAGES])
def test_images_that_may_not_be_asked_for_end_with_the_action_to_allow(
    holding: Callable[..., Gate], operation: str
) -> None:
    gate = holding(OURS)
    gate.simulator.faults.append(Fault(operation=operation, response=Forbidden()))

    ending = gate.check()

    assert ended(ending) == (3, "not-authorised")
    assert f"Allow yundun-sas:{operation};" in reason(ending)["message"]
    assert gate.time.elapsed == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"TotalCount": 2}, (7, "counts-contradict")),
        ({"TotalCount": 0}, (7, "no-images")),
        ({"TotalCount": None}, (7, "counts-missing")),
        ({"TotalCount": "3"}, (7, "counts-missing")),
        ({"TotalCount": 4}, (5, "results-pending")),
        ({"CollectTime": 1}, (7, "task-changed")),
        ({"CollectTime": None}, (7, "task-changed")),
        ({"TaskId": "theirs"}, (4, "not-understood")),
        ({"TaskInfo": None}, (5, "unknown-state")),
        ({"TaskInfo": {"Status": ["SUCCESS"]}}, (5, "unknown-state")),
        ({"TaskInfo": {"Status": "SUCCESS", "Result": {}}}, (5, "unknown-state")),
        ({"TaskInfo": []}, (4, "not-understood")),
    ],
    ids=str,
)
def test_a_task_that_contradicts_itself_never_passes(
    holding: Callable[..., Gate], changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    gate = holding(OURS)
    gate.simulator.rewrite = lambda operation, true: {**true, **changes} if operation == RESULT else true

    assert ended(gate.check("--timeout", "5m", "--max-failed", "9", "--max-risky", "9")) == expected


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
def test_an_image_of_which_this_scan_says_nothing_never_passes(
    holding: Callable[..., Gate], changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    gate = holding(OURS)

    def changed(operation: str, true: Any) -> Any:
        if operation != IMAGES:
            return true
        return {**true, "ImageInstanceList": [{**row, **changes} for row in true["ImageInstanceList"]]}

    gate.simulator.rewrite = changed

    assert ended(gate.check("--timeout", "5m", "--max-failed", "9", "--max-risky", "9")) == expected


@pytest.mark.parametrize("word", ["INIT", "START", "FAIL", "TIMEOUT", "success", None, [], {}], ids=repr)
def test_a_leaf_that_is_not_done_when_the_task_is_counts_as_failed(holding: Callable[..., Gate], word: object) -> None:
    gate = holding(OURS)

    def changed(operation: str, true: Any) -> Any:
        if operation != LEAVES:
            return true
        *rows, last = true["OnceTasks"]
        return {**true, "OnceTasks": [*rows, {**last, "StatusText": word}]}

    gate.simulator.rewrite = changed

    assert ended(gate.check()) == (1, "too-many-failed")


# What it costs.


@pytest.mark.parametrize(
    ("total", "leaves", "images"),
    # In pages of 50: the leaves, one of which is that of the repository, and the images, 20 in one question.
    [(3, 1, 1), (100, 3, 5), (2000, 41, 100)],
)
def test_the_number_of_calls_grows_with_the_images_and_with_nothing_else(
    holding: Callable[..., Gate], total: int, leaves: int, images: int
) -> None:
    gate = holding(replace(OURS, total=total))

    assert gate.check().code == 0
    assert Counter(gate.operations) == {LAST: 1, RESULT: 1, LEAVES: leaves, IMAGES: images}


def test_a_task_that_is_named_and_complete_is_asked_for_once(holding: Callable[..., Gate]) -> None:
    gate = holding(OURS)

    ending = gate.check("--task-id", "ours")

    assert ending.code == 0
    assert ending.report["counts"] == {"total": 3, "succeeded": 3, "failed": 0, "risky": 0}
    assert gate.operations == [RESULT, LEAVES, IMAGES]


def test_a_task_that_is_named_is_asked_for_again_as_long_as_it_lacks_results(holding: Callable[..., Gate]) -> None:
    gate = holding(replace(OURS, results_lag=60))

    assert gate.check("--task-id", "ours").code == 0
    polls = "".join({RESULT: "r", LEAVES: "l", IMAGES: "i"}[operation] for operation in gate.operations)
    assert re.fullmatch("rli+(rli+)+", polls)


def test_a_task_that_is_named_and_running_is_asked_for_again(holding: Callable[..., Gate]) -> None:
    gate = holding(replace(OURS, stages=(RUNNING, COMPLETE)))

    assert gate.check("--task-id", "ours").code == 0
    assert gate.operations == [RESULT, RESULT, LEAVES, IMAGES]


def test_a_hundred_clean_images_take_at_most_twelve_calls_once_the_scan_is_over(holding: Callable[..., Gate]) -> None:
    gate = holding(replace(OURS, total=100, stages=(RUNNING, replace(RUNNING, progress=70), COMPLETE)))

    assert gate.check().code == 0
    first_counted = gate.operations.index(LEAVES)
    assert len(gate.operations[first_counted - 1 :]) <= 12


@pytest.mark.parametrize(
    "end",
    [{"StatusText": "FAIL", "ResultInfo": "TASK_NOT_SUPPORT_REGION"}, {"StatusText": "START", "Finish": 0}],
    ids=str,
)
def test_a_repository_that_failed_or_still_runs_blocks_though_all_images_are_fine(
    end: dict[str, Any], holding: Callable[..., Gate]
) -> None:
    gate = holding(OURS)

    def unwell(operation: str, document: Any) -> Any:
        if operation != LEAVES:
            return document
        rows = [row | (end if row["TargetType"] == "IMAGE_REPO" else {}) for row in document["OnceTasks"]]
        return {**document, "OnceTasks": rows}

    gate.simulator.rewrite = unwell
    ending = gate.check()

    assert ended(ending) == (1, "too-many-failed")
    assert [failed["name"] for failed in ending.report["failed_images"]] == ["crr-simulated"]


def test_a_task_that_loses_images_never_passes(holding: Callable[..., Gate]) -> None:
    """It says three when it is found, and one when it is followed; one leaf is listed."""
    gate = holding(OURS)

    def shrunk(operation: str, document: Any) -> Any:
        if operation == RESULT:
            return {**document, "TotalCount": 1}
        return one_leaf(document) if operation == LEAVES else document

    def one_leaf(document: Any) -> Any:
        rows = [row for row in document["OnceTasks"] if row["TargetType"] == "IMAGE"][:1]
        return {**document, "OnceTasks": rows, "PageInfo": {"CurrentPage": 1, "TotalCount": 1, "Count": 1}}

    gate.simulator.rewrite = shrunk

    assert ended(gate.check("--timeout", "2m")) == (7, "images-lost")


@pytest.mark.parametrize(("risk", "expected"), [("NO", (7, "images-lost")), ("YES", (1, "too-many-risky"))])
def test_a_task_whose_images_are_exchanged_while_results_are_awaited_never_passes(
    risk: str, expected: tuple[int, str], holding: Callable[..., Gate]
) -> None:
    """The first count lacks results; in the second, another image stands in the place of the last one."""
    gate = holding(OURS)
    asked = Counter[str]()

    def exchanged(operation: str, document: Any) -> Any:
        asked[operation] += 1
        is_first = asked[LEAVES] == 1
        if operation == LEAVES and not is_first:
            *others, last = document["OnceTasks"]
            another = {**last, "Target": "f" * 64, "TaskImageInfo": None}
            return {**document, "OnceTasks": [*others, another]}
        if operation == IMAGES:
            true = document["ImageInstanceList"]
            another = {**true[0], "Uuid": "another", "Digest": "f" * 64, "RiskStatus": risk}
            rows = [] if is_first else [*true, another]
            return {"ImageInstanceList": rows, "PageInfo": {"TotalCount": len(rows)}}
        return document

    gate.simulator.rewrite = exchanged

    assert ended(gate.check("--timeout", "2m")) == expected
    assert asked[LEAVES] == 2
