"""How a task stands: GetLastOnceTaskInfo and GetOnceTaskResultInfo (alibaba-security-center.md 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import SimulatedTask, Simulator, Stage
from tests.simulator.alibaba.asking import INSTANCES, LAST, LEAVES, RESULT, SCAN, START, holding
from tests.simulator.alibaba.signing import Signing

if TYPE_CHECKING:
    from gate.simulator.cloud import NoTask
    from gate.simulator.task import Kind, State
    from tests.simulator.conftest import Act, Ask, Clock


def told(document: dict[str, Any]) -> dict[str, Any]:
    """A document without its request id."""
    return {name: value for name, value in document.items() if name != "RequestId"}


def test_a_scan_has_every_documented_field_in_its_documented_type(act: Act, clock: Clock) -> None:
    """Times are milliseconds, and the request has an id like the sample's."""
    scan = SimulatedTask(id="3f65e1f1bb13118891a889d569a3ffff", name="scan", started_ago=600, total=5, failed=1)
    with holding(scan, clock=clock) as simulator:
        document = act(simulator, LAST, **SCAN).document

    assert document == {
        "CollectTime": START - 600_000,
        "RequestId": "00000000-0000-0000-0000-000000000001",
        "TotalCount": 5,
        "TaskId": "3f65e1f1bb13118891a889d569a3ffff",
        "FinishCount": 5,
        "TaskInfo": {"Status": "SUCCESS", "Progress": 100, "Result": "SUCCESS"},
    }


def test_the_sample_of_the_vendor_can_be_told(act: Act, clock: Clock) -> None:
    """Although it contradicts itself (004_7add858c63636ab6.txt)."""
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
    with holding(sample, clock=clock) as simulator:
        document = act(simulator, LAST, TaskType="ASSETS_COLLECTION", TaskName="ASSETS_COLLECTION").document

    assert told(document) == {
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
def test_every_state_has_a_word(state: State, status: str, act: Act, clock: Clock) -> None:
    """The same in both actions, of which the second has neither progress nor result."""
    scan = SimulatedTask(id="t", name="t", stages=(Stage(state=state, progress=40),), total=10)
    with holding(scan, clock=clock) as simulator:
        last = act(simulator, LAST, **SCAN).document
        result = act(simulator, RESULT, TaskId="t", **SCAN).document

    assert last["TaskInfo"] == {"Status": status, "Progress": 40, "Result": "SUCCESS"}
    assert result["TaskInfo"] == {"Status": status}
    assert {**told(last), "TaskInfo": None} == {**told(result), "TaskInfo": None}
    assert last["FinishCount"] == (10 if state == "complete" else 4)


def test_a_region_can_be_unsupported(act: Act, clock: Clock) -> None:
    """Which is a result, not a status: the task is complete all the same."""
    with holding(SimulatedTask(id="t", name="t", unsupported=True), clock=clock) as simulator:
        info = act(simulator, LAST, **SCAN).document["TaskInfo"]

    assert (info["Status"], info["Result"]) == ("SUCCESS", "TASK_NOT_SUPPORT_REGION")


def test_the_latest_is_the_one_that_began_last(act: Act, clock: Clock) -> None:
    """Of its type, wherever it is among the others, and from the moment it begins."""
    several = [SimulatedTask(id=f"{age}", name="t", started_ago=age) for age in (300, 100, -60, 200)]
    other = SimulatedTask(id="other", name="t", kind="vul_check_task", started_ago=50)
    with holding(*several, other, clock=clock) as simulator:
        before = act(simulator, LAST, **SCAN).document["TaskId"]
        clock.now += 60
        after = act(simulator, LAST, **SCAN).document["TaskId"]
        first = act(simulator, RESULT, TaskId="300", **SCAN).document

    assert (before, after) == ("100", "-60")
    assert (first["TaskId"], first["CollectTime"]) == ("300", START - 300_000)


@pytest.mark.parametrize(
    ("source", "found"),
    [(None, "d"), ("console_batch", "c"), ("schedule", "b"), ("openapi", "d"), ("nobody", 0)],
)
def test_a_source_keeps_the_tasks_it_started(source: str | None, found: object, act: Act, clock: Clock) -> None:
    """Who started a task in Huawei's words is translated; other words stand for themselves."""
    sources = {"a": "autoSync", "b": "cycle", "c": "manual", "d": "openapi"}
    several = [
        SimulatedTask(id=name, name="t", task_type=task_type, started_ago=1000 - 100 * age)
        for age, (name, task_type) in enumerate(sources.items())
    ]
    with holding(*several, clock=clock) as simulator:
        assert act(simulator, LAST, Source=source, **SCAN).document["TaskId"] == found


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
def test_other_tasks_are_found_by_their_types(kind: Kind, act: Act, clock: Clock) -> None:
    """What they could not do is in the total and not among the finished; they have no leaves and no images."""
    other = SimulatedTask(id="t", name="t", kind=kind, total=44, failed=2)
    asked = {"TaskType": kind.upper(), "TaskName": kind.upper()}
    with holding(other, clock=clock) as simulator:
        document = act(simulator, LAST, **asked).document
        scan = act(simulator, LAST, **SCAN).document
        images = act(simulator, INSTANCES).document

    assert (document["TotalCount"], document["FinishCount"]) == (44, 42)
    assert scan["TaskInfo"]["Result"] == "TASK_NOT_EXISTS"
    assert images["PageInfo"]["TotalCount"] == 120


@pytest.mark.parametrize(
    ("no_task", "info"),
    [("told", {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}}), ("bare", {})],
)
def test_there_are_two_ways_to_say_that_there_is_no_task(
    no_task: NoTask, info: dict[str, Any], act: Act, clock: Clock
) -> None:
    """Nobody has published which one it is; an id that nobody has is answered in the second way only."""
    with Simulator("empty", now=clock) as simulator:
        simulator.no_task = no_task
        last = act(simulator, LAST, **SCAN).document
        result = act(simulator, RESULT, TaskId="nobody's", **SCAN).document

    assert told(last) == {"TaskId": 0, "TotalCount": 0, "FinishCount": 0, **info}
    assert told(result) == {"TaskId": 0, "TotalCount": 0, "FinishCount": 0}


def test_a_task_goes_by_one_type_only(act: Act, clock: Clock) -> None:
    """Under two different ones there is none, and neither is there one with the id of a task of another type."""
    with holding(SimulatedTask(id="t", name="t"), clock=clock) as simulator:
        torn = act(simulator, LAST, TaskType="IMAGE_SCAN", TaskName="VUL_CHECK_TASK").document
        other = act(simulator, RESULT, TaskId="t", TaskType="VUL_CHECK_TASK", TaskName="VUL_CHECK_TASK").document

    assert (torn["TaskId"], other["TaskId"]) == (0, 0)


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
def test_a_parameter_that_is_missing_or_wrong_is_refused(
    action: str, query: dict[str, object], code: str, act: Act, clock: Clock
) -> None:
    """The error is named after it; an empty one is none."""
    with Simulator(now=clock) as simulator:
        seen = act(simulator, action, **query)

    assert (seen.status, seen.document["Code"]) == (400, code)


def test_a_parameter_given_twice_is_refused(ask: Ask, clock: Clock) -> None:
    """Nothing says which of the two would count."""
    signing = Signing(target="/?TaskType=IMAGE_SCAN&TaskType=VUL_CHECK_TASK&TaskName=IMAGE_SCAN")
    with Simulator(now=clock) as simulator:
        seen = ask(simulator, signing.target, method="POST", headers=signing.headers(simulator, clock.now))

    assert seen.document["Code"] == "InvalidTaskType"


def test_only_the_answer_that_shows_how_a_task_stands_is_a_look(act: Act, clock: Clock) -> None:
    """The latest one, or the one asked for; its leaves and images do not move its story."""
    stages = (Stage(state="running", progress=10, polls=2), Stage(state="complete", progress=100))
    with holding(SimulatedTask(id="t", name="t", stages=stages), clock=clock) as simulator:
        act(simulator, LEAVES, TaskType="IMAGE_SCAN", CurrentPage=1, RelateInfo=True)
        act(simulator, INSTANCES)
        act(simulator, RESULT, TaskId="another", **SCAN)
        seen = [
            act(simulator, LAST, **SCAN).document["TaskInfo"]["Status"],
            act(simulator, RESULT, TaskId="t", **SCAN).document["TaskInfo"]["Status"],
            act(simulator, LAST, **SCAN).document["TaskInfo"]["Status"],
        ]

    assert seen == ["START", "START", "SUCCESS"]


def test_a_test_has_the_last_word(act: Act, clock: Clock) -> None:
    """It is given the action; whatever it makes of the document, the request keeps its id where it can."""
    with Simulator(now=clock) as simulator:
        simulator.rewrite = lambda operation, document: {operation: sorted(document)}
        named = act(simulator, LAST, **SCAN).document
        simulator.rewrite = lambda _operation, _document: []
        bare = act(simulator, LAST, **SCAN).document

    assert told(named) == {LAST: ["CollectTime", "FinishCount", "TaskId", "TaskInfo", "TotalCount"]}
    assert "RequestId" in named
    assert bare == []
