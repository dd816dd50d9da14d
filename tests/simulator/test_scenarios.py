"""Every scenario: that it renders, and that it holds what its summary says."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import SCENARIOS, Simulator

if TYPE_CHECKING:
    from tests.simulator.conftest import AskTasks, Clock

EXPECTED = {
    "clean": 0,
    "risky": 1,
    "failed": 1,
    "partial": 1,
    "slow": 0,
    "stopped": 6,
    "timed-out": 6,
    "broken": 6,
    "stale": 7,
    "empty": 7,
    "no-images": 7,
    "uncounted": 7,
    "unknown": 5,
    "stuck": 5,
    "throttled": 0,
    "flaky": 0,
    "forbidden": 3,
    "login-page": 4,
}
ORDINARY = sorted(EXPECTED.keys() - {"empty", "flaky", "forbidden", "login-page"})


def newest(document: Any) -> dict[str, Any]:
    """The task that began last, wherever it is in the list."""
    found: dict[str, Any] = max(document["data_list"], key=lambda task: task["begin_time"])
    return found


def ending(name: str, ask_tasks: AskTasks, clock: Clock) -> dict[str, Any]:
    """The newest scan of a scenario after half an hour of looking once a minute."""
    looks = []
    with Simulator(name, now=clock) as simulator:
        for _ in range(30):
            looks.append(newest(ask_tasks(simulator, limit=200).document))
            clock.now += 60
    return looks[-1]


def test_there_is_a_scenario_for_every_way_to_end() -> None:
    """Each has a name, a line that says what happens, and the exit code it must end with."""
    assert {name: scenario.expected_exit for name, scenario in SCENARIOS.items()} == EXPECTED
    assert all(name == scenario.name for name, scenario in SCENARIOS.items())
    assert all("\n" not in scenario.summary and scenario.summary.endswith(".") for scenario in SCENARIOS.values())


@pytest.mark.parametrize("name", ORDINARY)
def test_the_newest_scan_has_to_be_found(name: str, ask_tasks: AskTasks, clock: Clock) -> None:
    """It is not the first of its list, older scans are there, and the youngest task of all is no scan."""
    with Simulator(name, now=clock) as simulator:
        scans = ask_tasks(simulator).document["data_list"]
        (sync,) = ask_tasks(simulator, type="image_sync").document["data_list"]

    assert len(scans) > 5
    assert newest({"data_list": scans})["task_name"] == "manual-image-scan"
    assert scans[0]["task_name"] != "manual-image-scan"
    assert sync["begin_time"] > newest({"data_list": scans})["begin_time"]


@pytest.mark.parametrize("name", ORDINARY)
def test_the_older_scans_would_be_judged_the_other_way_round(name: str, ask_tasks: AskTasks) -> None:
    """So a gate that picks the wrong one does not get away with it."""
    with Simulator(name) as simulator:
        older = ask_tasks(simulator, task_name="scheduled").document["data_list"]

    assert {task["risky_num"] == 0 for task in older} == {EXPECTED[name] != 0}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("clean", {"task_status": 100, "total_num": 3, "success_num": 3, "failed_num": 0, "risky_num": 0}),
        ("risky", {"task_status": 100, "risky_num": 2}),
        ("failed", {"task_status": 100, "failed_num": 1, "success_num": 2, "risky_num": 0}),
        ("partial", {"task_status": 100, "total_num": 5, "success_num": 3, "failed_num": 0, "risky_num": 0}),
        ("slow", {"task_status": 100, "risky_num": 0}),
        ("stopped", {"task_status": -1}),
        ("timed-out", {"task_status": -2}),
        ("broken", {"task_status": -3}),
        ("no-images", {"task_status": 100, "total_num": 0}),
        ("uncounted", {"task_status": 100, "total_num": 3}),
        ("unknown", {"task_status": 142}),
        ("stuck", {"task_status": 60}),
        ("throttled", {"task_status": 100, "risky_num": 0}),
    ],
)
def test_a_scenario_ends_as_its_summary_says(
    name: str, expected: dict[str, int], ask_tasks: AskTasks, clock: Clock
) -> None:
    """However long one looks."""
    seen = ending(name, ask_tasks, clock)

    assert {field: seen[field] for field in expected} == expected
    assert ("risky_num" in seen) == (name != "uncounted")


def test_an_ordinary_scan_is_seen_to_move(ask_tasks: AskTasks) -> None:
    """A viewer sees it at work before it is complete."""
    with Simulator() as simulator:
        seen = [newest(ask_tasks(simulator).document)["task_status"] for _ in range(4)]

    assert seen == [20, 70, 100, 100]


def test_a_slow_scan_goes_by_the_clock(ask_tasks: AskTasks, clock: Clock) -> None:
    """It takes six seconds and says nothing of the time that remains."""
    seen = []
    with Simulator("slow", now=clock) as simulator:
        for _ in range(7):
            task = newest(ask_tasks(simulator).document)
            seen.append(task["task_status"])
            clock.now += 1

            assert "remain_min" not in task

    assert seen == [0, 10, 30, 50, 70, 90, 100]


def test_the_stale_scan_began_three_days_ago(ask_tasks: AskTasks, clock: Clock) -> None:
    """Nothing younger is of its kind."""
    with Simulator("stale", now=clock) as simulator:
        seen = newest(ask_tasks(simulator).document)

    assert seen["begin_time"] == (clock.now - 3 * 86400) * 1000
    assert seen["task_status"] == 100


def test_the_empty_cloud_has_no_task_of_any_kind(ask_tasks: AskTasks) -> None:
    """And says so in a good answer."""
    with Simulator("empty") as simulator:
        for kind in ("image_scan", "image_sync"):
            assert ask_tasks(simulator, type=kind).document == {"data_list": [], "total_num": 0}


def test_the_throttled_scan_cannot_be_had_without_waiting(ask_tasks: AskTasks, clock: Clock) -> None:
    """Two calls in three seconds are fewer than it takes."""
    with Simulator("throttled", now=clock) as simulator:
        seen = [ask_tasks(simulator) for _ in range(3)]

    assert [answer.status for answer in seen] == [200, 200, 429]
    assert "limit:2,time:3 second" in seen[2].document["error_msg"]


def test_the_flaky_cloud_fails_four_times_and_each_time_in_another_way(ask_tasks: AskTasks) -> None:
    """Then it is as good as any."""
    with Simulator("flaky") as simulator:
        with pytest.raises(ConnectionResetError):
            ask_tasks(simulator)
        bad_gateway = ask_tasks(simulator)
        with pytest.raises(http.client.IncompleteRead):
            ask_tasks(simulator)
        unavailable = ask_tasks(simulator)

        assert (bad_gateway.status, unavailable.status) == (502, 503)
        assert bad_gateway.body.startswith(b"<html>")
        assert ask_tasks(simulator).status == 200


def test_the_forbidden_user_is_told_so_by_hss(ask_tasks: AskTasks) -> None:
    """With the status 400 that all of its errors have."""
    with Simulator("forbidden") as simulator:
        seen = ask_tasks(simulator)

    assert (seen.status, seen.document["error_code"]) == (400, "HSS.0013")


def test_the_login_page_looks_like_a_success(ask_tasks: AskTasks) -> None:
    """But is no JSON."""
    with Simulator("login-page") as simulator:
        seen = ask_tasks(simulator)

    assert seen.status == 200
    assert seen.body.startswith(b"<!DOCTYPE html>")
