"""Tests the status of a task: GetLastOnceTaskInfo and GetOnceTaskResultInfo (alibaba-security-center.md 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import SimulatedTask, Simulator, Stage
from tests.simulator.alibaba.actions import INSTANCES, LAST, LEAVES, RESULT, SCAN, SIMULATOR_STARTED, simulator_with
from tests.simulator.alibaba.signing import Signing

if TYPE_CHECKING:
    from gate.simulator.cloud import NoTask
    from gate.simulator.task import Kind, State
    from tests.simulator.conftest import CallAction, Clock, SendRequest


def without_request_id(document: dict[str, Any]) -> dict[str, Any]:
    """A document without its request id."""
    return {name: value for name, value in document.items() if name != "RequestId"}


def test_a_scan_has_every_documented_field_in_its_documented_type(call: CallAction, clock: Clock) -> None:
    """Times are milliseconds, and the request id has the form of the sample's."""
    scan = SimulatedTask(id="3f65e1f1bb13118891a889d569a3ffff", name="scan", started_ago=600, total=5, failed=1)
    with simulator_with(scan, clock=clock) as simulator:
        document = call(simulator, LAST, **SCAN).document

    assert document == {
        "CollectTime": SIMULATOR_STARTED - 600_000,
        "RequestId": "00000000-0000-0000-0000-000000000001",
        "TotalCount": 5,
        "TaskId": "3f65e1f1bb13118891a889d569a3ffff",
        "FinishCount": 5,
        "TaskInfo": {"Status": "SUCCESS", "Progress": 100, "Result": "SUCCESS"},
    }


def test_the_vendors_sample_can_be_reproduced(call: CallAction, clock: Clock) -> None:
    """Its counts contradict each other (alibaba-security-center.md 1.2)."""
    sample = SimulatedTask(
        id="sample",
        name="sample",
        kind="assets_collection",
        started_ago=clock.now - 1_671_184_531,
        stages=(Stage(state="complete", progress=69),),
        total=44,
        finished=67,
        id_form="zero",
    )
    with simulator_with(sample, clock=clock) as simulator:
        document = call(simulator, LAST, TaskType="ASSETS_COLLECTION", TaskName="ASSETS_COLLECTION").document

    assert without_request_id(document) == {
        "CollectTime": 1671184531000,
        "TotalCount": 44,
        "TaskId": 0,
        "FinishCount": 67,
        "TaskInfo": {"Status": "SUCCESS", "Progress": 69, "Result": "SUCCESS"},
    }


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("queued", "INIT"),
        ("running", "START"),
        ("complete", "SUCCESS"),
        ("timed-out", "TIMEOUT"),
        ("stopped", "FAIL"),
        ("failed", "FAIL"),
        ("unknown", "HIBERNATED"),
    ],
)
def test_every_state_has_a_status(state: State, status: str, call: CallAction, clock: Clock) -> None:
    """It is the same in both actions; the second has neither progress nor result."""
    scan = SimulatedTask(id="t", name="t", stages=(Stage(state=state, progress=40),), total=10)
    with simulator_with(scan, clock=clock) as simulator:
        last = call(simulator, LAST, **SCAN).document
        result = call(simulator, RESULT, TaskId="t", **SCAN).document

    assert last["TaskInfo"] == {"Status": status, "Progress": 40, "Result": "SUCCESS"}
    assert result["TaskInfo"] == {"Status": status}
    assert {**without_request_id(last), "TaskInfo": None} == {**without_request_id(result), "TaskInfo": None}
    assert last["FinishCount"] == (10 if state == "complete" else 4)


def test_a_region_can_be_unsupported(call: CallAction, clock: Clock) -> None:
    """This is the result of the task, not its status: the task is complete."""
    with simulator_with(SimulatedTask(id="t", name="t", unsupported=True), clock=clock) as simulator:
        info = call(simulator, LAST, **SCAN).document["TaskInfo"]

    assert (info["Status"], info["Result"]) == ("SUCCESS", "TASK_NOT_SUPPORT_REGION")


def test_the_last_task_is_the_one_that_started_last(call: CallAction, clock: Clock) -> None:
    """Tasks of other types, and tasks that have not started, do not count."""
    tasks = [SimulatedTask(id=f"{age}", name="t", started_ago=age) for age in (300, 100, -60, 200)]
    other = SimulatedTask(id="other", name="t", kind="vul_check_task", started_ago=50)
    with simulator_with(*tasks, other, clock=clock) as simulator:
        before = call(simulator, LAST, **SCAN).document["TaskId"]
        clock.now += 60
        after = call(simulator, LAST, **SCAN).document["TaskId"]
        first = call(simulator, RESULT, TaskId="300", **SCAN).document

    assert (before, after) == ("100", "-60")
    assert (first["TaskId"], first["CollectTime"]) == ("300", SIMULATOR_STARTED - 300_000)


@pytest.mark.parametrize(
    ("source", "task_id"),
    [(None, "d"), ("console_batch", "c"), ("schedule", "b"), ("openapi", "d"), ("unknown", 0)],
)
def test_tasks_are_filtered_by_source(source: str | None, task_id: object, call: CallAction, clock: Clock) -> None:
    """Triggers with Huawei's names are translated; others are used as they are."""
    sources = {"a": "autoSync", "b": "cycle", "c": "manual", "d": "openapi"}
    tasks = [
        SimulatedTask(id=name, name="t", task_type=task_type, started_ago=1000 - 100 * age)
        for age, (name, task_type) in enumerate(sources.items())
    ]
    with simulator_with(*tasks, clock=clock) as simulator:
        assert call(simulator, LAST, Source=source, **SCAN).document["TaskId"] == task_id


@pytest.mark.parametrize(
    "kind",
    [
        "client_problem_check",
        "client_dev_ops",
        "asset_security_check",
        "assets_collection",
        "ai_security_check",
        "idc_probe_scan",
        "attack_surface_scan",
        "asset_exposure_scan",
        "vul_check_task",
    ],
)
def test_other_tasks_are_found_by_their_types(kind: Kind, call: CallAction, clock: Clock) -> None:
    """Failed items count in the total and not as finished; these tasks have no images."""
    other = SimulatedTask(id="t", name="t", kind=kind, total=44, failed=2)
    parameters = {"TaskType": kind.upper(), "TaskName": kind.upper()}
    with simulator_with(other, clock=clock) as simulator:
        document = call(simulator, LAST, **parameters).document
        scan = call(simulator, LAST, **SCAN).document
        images = call(simulator, INSTANCES).document

    assert (document["TotalCount"], document["FinishCount"]) == (44, 42)
    assert scan["TaskInfo"]["Result"] == "TASK_NOT_EXISTS"
    assert images["PageInfo"]["TotalCount"] == 120


@pytest.mark.parametrize(
    ("no_task", "info"),
    [("result-code", {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}}), ("empty", {})],
)
def test_a_missing_task_has_two_possible_responses(
    no_task: NoTask, info: dict[str, Any], call: CallAction, clock: Clock
) -> None:
    """Which one the cloud sends is not documented; a request for an unknown id always gets the second one."""
    with Simulator("empty", now=clock) as simulator:
        simulator.no_task = no_task
        last = call(simulator, LAST, **SCAN).document
        result = call(simulator, RESULT, TaskId="unknown", **SCAN).document

    assert without_request_id(last) == {"TaskId": 0, "TotalCount": 0, "FinishCount": 0, **info}
    assert without_request_id(result) == {"TaskId": 0, "TotalCount": 0, "FinishCount": 0}


def test_a_task_is_not_found_by_contradictory_or_other_types(call: CallAction, clock: Clock) -> None:
    with simulator_with(SimulatedTask(id="t", name="t"), clock=clock) as simulator:
        contradictory = call(simulator, LAST, TaskType="IMAGE_SCAN", TaskName="VUL_CHECK_TASK").document
        other = call(simulator, RESULT, TaskId="t", TaskType="VUL_CHECK_TASK", TaskName="VUL_CHECK_TASK").document

    assert (contradictory["TaskId"], other["TaskId"]) == (0, 0)


@pytest.mark.parametrize(
    ("action", "query", "code"),
    [
        (LAST, {**SCAN, "TaskType": None}, "MissingTaskType"),
        (LAST, {**SCAN, "TaskName": None}, "MissingTaskName"),
        (LAST, {**SCAN, "TaskName": ""}, "MissingTaskName"),
        (LAST, {**SCAN, "TaskType": "IMAGE_REGISTRY_PULL"}, "InvalidTaskType"),
        (LAST, {**SCAN, "TaskName": "image_scan"}, "InvalidTaskName"),
        (LAST, {"TaskType.1": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}, "MissingTaskType"),
        (RESULT, SCAN, "MissingTaskId"),
        (RESULT, {**SCAN, "TaskId": ""}, "MissingTaskId"),
        (RESULT, {"TaskId": "t"}, "MissingTaskType"),
        (RESULT, {"TaskId": "t", "TaskType": "IMAGE_SCAN"}, "MissingTaskName"),
    ],
)
def test_a_missing_or_invalid_parameter_is_rejected(
    action: str, query: dict[str, object], code: str, call: CallAction, clock: Clock
) -> None:
    """The error code contains the name of the parameter; an empty parameter is missing."""
    with Simulator(now=clock) as simulator:
        response = call(simulator, action, **query)

    assert (response.status, response.document["Code"]) == (400, code)


def test_a_parameter_given_twice_is_rejected(send: SendRequest, clock: Clock) -> None:
    """The documents do not say which of the two would count."""
    signing = Signing(target="/?TaskType=IMAGE_SCAN&TaskType=VUL_CHECK_TASK&TaskName=IMAGE_SCAN")
    with Simulator(now=clock) as simulator:
        response = send(simulator, signing.target, method="POST", headers=signing.headers(simulator, clock.now))

    assert response.document["Code"] == "InvalidTaskType"


def test_only_a_response_with_the_status_of_the_task_counts_as_a_poll(call: CallAction, clock: Clock) -> None:
    """Requests for its leaves or images do not count."""
    stages = (Stage(state="running", progress=10, polls=2), Stage(state="complete", progress=100))
    with simulator_with(SimulatedTask(id="t", name="t", stages=stages), clock=clock) as simulator:
        call(simulator, LEAVES, TaskType="IMAGE_SCAN", CurrentPage=1, RelateInfo=True)
        call(simulator, INSTANCES)
        call(simulator, RESULT, TaskId="another", **SCAN)
        statuses = [
            call(simulator, LAST, **SCAN).document["TaskInfo"]["Status"],
            call(simulator, RESULT, TaskId="t", **SCAN).document["TaskInfo"]["Status"],
            call(simulator, LAST, **SCAN).document["TaskInfo"]["Status"],
        ]

    assert statuses == ["START", "START", "SUCCESS"]


def test_rewrite_can_change_the_document(call: CallAction, clock: Clock) -> None:
    """It gets the action; the request id is added to the new document if that is an object."""
    with Simulator(now=clock) as simulator:
        simulator.rewrite = lambda operation, document: {operation: sorted(document)}
        named = call(simulator, LAST, **SCAN).document
        simulator.rewrite = lambda _operation, _document: []
        bare = call(simulator, LAST, **SCAN).document

    assert without_request_id(named) == {LAST: ["CollectTime", "FinishCount", "TaskId", "TaskInfo", "TotalCount"]}
    assert "RequestId" in named
    assert bare == []
