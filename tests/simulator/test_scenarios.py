"""Tests every scenario in every cloud: the responses show what its summary says."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import SCENARIOS, Simulator
from tests.simulator.clients import Findings

if TYPE_CHECKING:
    from tests.simulator.clients import CloudClient, TaskStatus
    from tests.simulator.conftest import Clock, ListTasks

EXPECTED = {
    "clean": 0,
    "risky": 1,
    "failed": 1,
    "partial": 1,
    "lagging": 0,
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
CLEAN = Findings(total=3, succeeded=3, risky=0)


def newest(cloud_client: CloudClient, simulator: Simulator) -> TaskStatus:
    """The status of the newest scan."""
    status = cloud_client.newest(cloud_client.poll(simulator))
    assert status is not None
    return status


def status_after_30_polls(name: str, cloud_client: CloudClient, clock: Clock) -> tuple[TaskStatus, Findings]:
    """The newest scan of a scenario after half an hour of one poll a minute."""
    with Simulator(name, now=clock) as simulator:
        for _ in range(30):
            newest(cloud_client, simulator)
            clock.now += 60
        simulator.quota = None
        status = newest(cloud_client, simulator)
        return status, cloud_client.findings(simulator, status)


def test_every_scenario_has_a_name_a_one_line_summary_and_its_exit_code() -> None:
    assert {name: scenario.expected_exit for name, scenario in SCENARIOS.items()} == EXPECTED
    assert all(name == scenario.name for name, scenario in SCENARIOS.items())
    assert all("\n" not in scenario.summary and scenario.summary.endswith(".") for scenario in SCENARIOS.values())


@pytest.mark.parametrize("name", ORDINARY)
def test_the_newest_scan_is_not_the_first_task_and_not_the_newest_of_all_types(
    name: str, list_tasks: ListTasks, clock: Clock
) -> None:
    """There are older scans, and the task that started last is not a scan."""
    with Simulator(name, now=clock) as simulator:
        scans = list_tasks(simulator).document["data_list"]
        (sync,) = list_tasks(simulator, type="image_sync").document["data_list"]
    last: dict[str, Any] = max(scans, key=lambda task: int(task["begin_time"]))

    assert len(scans) > 5
    assert last["task_name"] == "manual-image-scan"
    assert scans[0]["task_name"] != "manual-image-scan"
    assert sync["begin_time"] > last["begin_time"]


@pytest.mark.parametrize("name", ORDINARY)
def test_the_older_scans_have_the_opposite_result(name: str, cloud_client: CloudClient, clock: Clock) -> None:
    """A gate that picks the wrong one gets the wrong exit code."""
    with Simulator(name, now=clock) as simulator:
        simulator.quota = None
        older = cloud_client.older_findings(simulator)

    assert len(older) == 5
    assert {findings.risky == 0 for findings in older} == {EXPECTED[name] != 0}


@pytest.mark.parametrize(
    ("name", "state", "expected"),
    [
        ("clean", "complete", CLEAN),
        ("risky", "complete", Findings(total=3, succeeded=3, risky=2)),
        ("failed", "complete", Findings(total=3, succeeded=2, risky=0)),
        ("partial", "complete", Findings(total=5, succeeded=3, risky=0)),
        ("lagging", "complete", CLEAN),
        ("slow", "complete", CLEAN),
        ("no-images", "complete", Findings(total=0, succeeded=0, risky=0)),
        ("uncounted", "complete", Findings(total=3, succeeded=3, risky=None)),
        ("throttled", "complete", CLEAN),
    ],
)
def test_a_complete_scan_has_the_findings_of_its_summary(
    name: str, state: str, expected: Findings, cloud_client: CloudClient, clock: Clock
) -> None:
    """Both clouds show the same findings."""
    status, findings = status_after_30_polls(name, cloud_client, clock)

    assert (status.state, status.progress, status.total) == (state, 100, expected.total)
    assert findings == expected


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("stopped", "ended badly"),
        ("timed-out", "ended badly"),
        ("broken", "ended badly"),
        ("unknown", "unknown"),
        ("stuck", "running"),
    ],
)
def test_an_incomplete_scan_stays_in_the_state_of_its_summary(
    name: str, state: str, cloud_client: CloudClient, clock: Clock
) -> None:
    status, _ = status_after_30_polls(name, cloud_client, clock)

    assert status.state == state


def test_progress_of_the_default_scan_advances_with_each_poll(cloud_client: CloudClient, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        progress = [newest(cloud_client, simulator).progress for _ in range(4)]

    assert progress == [20, 70, 100, 100]


def test_progress_of_the_slow_scan_advances_with_time(cloud_client: CloudClient, clock: Clock) -> None:
    """It takes six seconds."""
    progress = []
    with Simulator("slow", now=clock) as simulator:
        for _ in range(7):
            progress.append(newest(cloud_client, simulator).progress)
            clock.now += 1

    assert progress == [0, 10, 30, 50, 70, 90, 100]


def test_the_slow_scan_has_no_remaining_time(list_tasks: ListTasks) -> None:
    with Simulator("slow") as simulator:
        assert all("remain_min" not in task for task in list_tasks(simulator).document["data_list"])


def test_results_of_the_lagging_scan_appear_four_seconds_after_its_end(cloud_client: CloudClient, clock: Clock) -> None:
    """The results of images lag only in a cloud that lists images separately from the task."""
    risky = []
    with Simulator("lagging", now=clock) as simulator:
        polls = [newest(cloud_client, simulator) for _ in range(3)]
        for step in (0, 3.9, 0.1):
            clock.now += step
            risky.append(cloud_client.findings(simulator, polls[-1]).risky)

    assert polls[-1].state == "complete"
    assert risky == [cloud_client.risky_before_results, cloud_client.risky_before_results, 0]


def test_the_stale_scan_started_three_days_ago(cloud_client: CloudClient, clock: Clock) -> None:
    """No newer task has its type."""
    with Simulator("stale", now=clock) as simulator:
        status = newest(cloud_client, simulator)

    assert (status.state, status.started) == ("complete", (clock.now - 3 * 86400) * 1000)


def test_the_empty_cloud_has_no_task(cloud_client: CloudClient, clock: Clock) -> None:
    """The response is a success."""
    with Simulator("empty", now=clock) as simulator:
        response = cloud_client.poll(simulator)

    assert (response.status, cloud_client.newest(response)) == (200, None)


def test_the_throttled_scenario_rejects_the_third_poll_until_three_seconds_later(
    cloud_client: CloudClient, clock: Clock
) -> None:
    """The limit of two calls is lower than the number of polls that the scan takes."""
    with Simulator("throttled", now=clock) as simulator:
        first, second, third = (cloud_client.poll(simulator) for _ in range(3))
        clock.now += 3
        later = cloud_client.poll(simulator)

    assert [first.status, second.status, later.status] == [200, 200, 200]
    assert (third.status, cloud_client.error_code(third)) == cloud_client.throttled


def test_the_flaky_cloud_fails_four_times_in_four_different_ways(cloud_client: CloudClient, clock: Clock) -> None:
    """After that, polls succeed."""
    with Simulator("flaky", now=clock) as simulator:
        with pytest.raises(ConnectionResetError):
            cloud_client.poll(simulator)
        bad_gateway = cloud_client.poll(simulator)
        with pytest.raises(http.client.IncompleteRead):
            cloud_client.poll(simulator)
        unavailable = cloud_client.poll(simulator)

        assert (bad_gateway.status, unavailable.status) == (502, 503)
        assert bad_gateway.body.startswith(b"<html>")
        assert cloud_client.poll(simulator).status == 200


def test_the_forbidden_user_gets_the_permission_error_of_the_cloud(cloud_client: CloudClient, clock: Clock) -> None:
    with Simulator("forbidden", now=clock) as simulator:
        response = cloud_client.poll(simulator)

    assert (response.status, cloud_client.error_code(response)) == cloud_client.forbidden


def test_the_login_page_has_status_200_and_is_html(cloud_client: CloudClient, clock: Clock) -> None:
    with Simulator("login-page", now=clock) as simulator:
        response = cloud_client.poll(simulator)

    assert response.status == 200
    assert response.body.startswith(b"<!DOCTYPE html>")
