"""Tests the list of scan tasks: order, pages, filters, and validation of parameters (huawei-hss.md 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import SimulatedTask, Simulator, Stage

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, ListTasks, SendRequest

RUNNING = (Stage(state="running", progress=50),)
STOPPED = (Stage(state="stopped", progress=50),)


def tasks(*tasks: SimulatedTask, clock: Clock) -> Simulator:
    """A simulator with exactly these tasks."""
    simulator = Simulator("empty", now=clock)
    simulator.tasks.extend(tasks)
    return simulator


def names(document: object) -> list[str]:
    """The names of the listed tasks, in their order."""
    assert isinstance(document, dict)
    return [task["task_name"] for task in document["data_list"]]


def test_the_newest_of_several_tasks_is_never_first(list_tasks: ListTasks, clock: Clock) -> None:
    """The order is stable, but it is not by time."""
    several = [SimulatedTask(id=f"t-{age}", name=f"{age}", started_ago=age) for age in (300, 100, 400, 200, 500)]
    with tasks(*several, clock=clock) as simulator:
        first, second = names(list_tasks(simulator).document), names(list_tasks(simulator).document)

    assert first == second == ["200", "400", "100", "300", "500"]


def test_all_pages_together_hold_every_task_once(list_tasks: ListTasks, clock: Clock) -> None:
    """A page is as long as its limit, the last one is shorter, and pages after it are empty."""
    many = [SimulatedTask(id=f"t-{age:02}", name=f"{age:02}", started_ago=age) for age in range(25)]
    with tasks(*many, clock=clock) as simulator:
        pages = [list_tasks(simulator, limit=10, offset=offset).document for offset in (0, 10, 20, 30)]

    assert [len(page["data_list"]) for page in pages] == [10, 10, 5, 0]
    assert {page["total_num"] for page in pages} == {25}
    assert sorted(name for page in pages for name in names(page)) == [f"{age:02}" for age in range(25)]
    assert "00" not in names(pages[0])


def test_the_default_limit_is_ten(list_tasks: ListTasks, clock: Clock) -> None:
    """This is the documented default."""
    many = [SimulatedTask(id=f"t-{age}", name=f"{age}", started_ago=age) for age in range(11)]
    with tasks(*many, clock=clock) as simulator:
        assert len(list_tasks(simulator).document["data_list"]) == 10
        assert len(list_tasks(simulator, limit=200).document["data_list"]) == 11


SAMPLE = (
    SimulatedTask(id="a", name="nightly shop", task_type="cycle", started_ago=500),
    SimulatedTask(id="b", name="shop 1.2", started_ago=400, image_type="local", scopes=frozenset({"baseline"})),
    SimulatedTask(
        id="c", name="cart", started_ago=300, stages=RUNNING, scopes=frozenset({"baseline", "vulnerability"})
    ),
    SimulatedTask(id="d", name="till", started_ago=200, stages=STOPPED, scopes=frozenset()),
    SimulatedTask(id="e", name="other team", started_ago=100, enterprise_project_id="e-1"),
    SimulatedTask(id="f", name="sync", kind="image_sync", task_type="manualSync", started_ago=50),
)
SIMULATOR_STARTED = 1_790_000_000_000
"""In milliseconds since the epoch."""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "abcd"),
        ({"type": "image_sync"}, "f"),
        ({"enterprise_project_id": "all_granted_eps"}, "abcde"),
        ({"enterprise_project_id": "e-1"}, "e"),
        ({"enterprise_project_id": "e-2"}, ""),
        ({"global_image_type": "local"}, "b"),
        ({"task_type": "cycle"}, "a"),
        ({"type": "image_sync", "task_type": "manualSync"}, "f"),
        ({"task_type": "manualSync"}, ""),
        ({"task_name": "shop"}, "ab"),
        ({"task_name": "shop 1"}, "b"),
        ({"task_id": "c"}, "c"),
        ({"task_id": "unknown"}, ""),
        ({"task_status": "scanning"}, "c"),
        ({"task_status": "finished"}, "abd"),
        ({"create_time": SIMULATOR_STARTED - 300_000}, "cd"),
        ({"create_time": SIMULATOR_STARTED - 299_999}, "d"),
        ({"end_time": SIMULATOR_STARTED - 260_000}, "a"),
        ({"end_time": SIMULATOR_STARTED - 160_000}, "ab"),
        ({"end_time": SIMULATOR_STARTED - 160_001}, "a"),
        ({"create_time": SIMULATOR_STARTED - 400_000, "end_time": SIMULATOR_STARTED - 160_000}, "b"),
        ({"scan_scope": 0xF000}, "abc"),
        ({"scan_scope": 0xF0000}, "ac"),
        ({"scan_scope": 0xF0}, "a"),
        ({"scan_scope": 0x7FFFFFFF}, "abc"),
        ({"scan_scope": 0xFFFFF}, "abc"),
        ({"scan_scope": 0}, "d"),
        ({"undocumented": "x"}, "abcd"),
    ],
)
def test_every_filter_keeps_the_matching_tasks(
    query: dict[str, object], expected: str, list_tasks: ListTasks, clock: Clock
) -> None:
    """Undocumented parameters are ignored."""
    with tasks(*SAMPLE, clock=clock) as simulator:
        document = list_tasks(simulator, **query).document

    assert "".join(sorted(task["task_id"] for task in document["data_list"])) == expected
    assert document["total_num"] == len(expected)


@pytest.mark.parametrize(
    "query",
    [
        {"type": None},
        {"type": ""},
        {"type": "image"},
        {"limit": 9},
        {"limit": 201},
        {"limit": "ten"},
        {"limit": ""},
        {"limit": "-10"},
        {"limit": "\u0661\u0660"},
        {"offset": -1},
        {"offset": 2_000_001},
        {"global_image_type": "private_image"},
        {"task_type": "cicd"},
        {"task_name": ""},
        {"task_name": "n" * 257},
        {"task_id": ""},
        {"task_id": "i" * 257},
        {"enterprise_project_id": ""},
        {"task_status": "100"},
        {"create_time": -1},
        {"create_time": 4_070_880_000_001},
        {"end_time": "now"},
        {"scan_scope": "0x7fffffff"},
        {"scan_scope": 0x80000000},
    ],
)
def test_a_parameter_out_of_its_range_is_rejected(query: dict[str, object], list_tasks: ListTasks) -> None:
    """The error is HTTP 400 with the error body of HSS."""
    with Simulator() as simulator:
        response = list_tasks(simulator, **query)

    assert response.status == 400
    assert response.document["error_code"] == "HSS.0001"
    assert response.document.keys() == {"error_code", "error_description", "error_msg"}
    assert response.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 10},
        {"limit": 200},
        {"offset": 2_000_000},
        {"task_name": "n" * 256},
        {"task_id": "i"},
        {"create_time": 0, "end_time": 4_070_880_000_000},
    ],
)
def test_the_bounds_of_every_range_are_accepted(query: dict[str, object], list_tasks: ListTasks) -> None:
    with Simulator() as simulator:
        assert list_tasks(simulator, **query).status == 200


def test_a_parameter_given_twice_is_rejected(send: SendRequest) -> None:
    """The documents do not say which of the two would count."""
    with Simulator() as simulator:
        project = simulator.describe()["huawei"]["project_id"]
        response = send(simulator, f"/v5/{project}/image/tasks?type=image_scan&type=image_sync")

    assert response.document["error_msg"] == "Invalid parameter: type=image_scan,image_sync"


def test_another_project_is_forbidden(send: SendRequest) -> None:
    """The user has no permissions in it, whether it exists or not."""
    with Simulator() as simulator:
        response = send(simulator, "/v5/ffffffffffffffffffffffffffffffff/image/tasks?type=image_scan")

    assert (response.status, response.document["error_code"]) == (403, "APIGW.0302")
