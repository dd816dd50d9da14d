"""Every scenario, in every cloud: that it renders, and that it holds what its summary says."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import SCENARIOS, Simulator
from tests.simulator.readers import Findings

if TYPE_CHECKING:
    from tests.simulator.conftest import AskTasks, Clock
    from tests.simulator.readers import Reader, Standing

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


def newest(reader: Reader, simulator: Simulator) -> Standing:
    """How the newest scan stands."""
    standing = reader.newest(reader.poll(simulator))
    assert standing is not None
    return standing


def ending(name: str, reader: Reader, clock: Clock) -> tuple[Standing, Findings]:
    """The newest scan of a scenario after half an hour of looking once a minute."""
    with Simulator(name, now=clock) as simulator:
        for _ in range(30):
            newest(reader, simulator)
            clock.now += 60
        simulator.quota = None
        standing = newest(reader, simulator)
        return standing, reader.findings(simulator, standing)


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
    last: dict[str, Any] = max(scans, key=lambda task: int(task["begin_time"]))

    assert len(scans) > 5
    assert last["task_name"] == "manual-image-scan"
    assert scans[0]["task_name"] != "manual-image-scan"
    assert sync["begin_time"] > last["begin_time"]


@pytest.mark.parametrize("name", ORDINARY)
def test_the_older_scans_would_be_judged_the_other_way_round(name: str, reader: Reader, clock: Clock) -> None:
    """So a gate that picks the wrong one does not get away with it."""
    with Simulator(name, now=clock) as simulator:
        simulator.quota = None
        older = reader.older(simulator)

    assert len(older) == 5
    assert {found.risky == 0 for found in older} == {EXPECTED[name] != 0}


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
def test_a_scan_that_completes_finds_what_its_summary_says(
    name: str, state: str, expected: Findings, reader: Reader, clock: Clock
) -> None:
    """However long one looks; both clouds tell the same."""
    standing, found = ending(name, reader, clock)

    assert (standing.state, standing.progress, standing.total) == (state, 100, expected.total)
    assert found == expected


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
def test_a_scan_that_does_not_complete_ends_as_its_summary_says(
    name: str, state: str, reader: Reader, clock: Clock
) -> None:
    """Or does not end."""
    standing, _ = ending(name, reader, clock)

    assert standing.state == state


def test_an_ordinary_scan_is_seen_to_move(reader: Reader, clock: Clock) -> None:
    """A viewer sees it at work before it is complete."""
    with Simulator(now=clock) as simulator:
        seen = [newest(reader, simulator).progress for _ in range(4)]

    assert seen == [20, 70, 100, 100]


def test_a_slow_scan_goes_by_the_clock(reader: Reader, clock: Clock) -> None:
    """It takes six seconds."""
    seen = []
    with Simulator("slow", now=clock) as simulator:
        for _ in range(7):
            seen.append(newest(reader, simulator).progress)
            clock.now += 1

    assert seen == [0, 10, 30, 50, 70, 90, 100]


def test_a_slow_scan_says_nothing_of_the_time_that_remains(ask_tasks: AskTasks) -> None:
    """Not even where there is a field for it."""
    with Simulator("slow") as simulator:
        assert all("remain_min" not in task for task in ask_tasks(simulator).document["data_list"])


def test_what_a_lagging_scan_found_comes_four_seconds_after_its_end(reader: Reader, clock: Clock) -> None:
    """Where the two are told apart; until then its images are not judged."""
    risky = []
    with Simulator("lagging", now=clock) as simulator:
        polls = [newest(reader, simulator) for _ in range(3)]
        for step in (0, 3.9, 0.1):
            clock.now += step
            risky.append(reader.findings(simulator, polls[-1]).risky)

    assert polls[-1].state == "complete"
    assert risky == [reader.lagging, reader.lagging, 0]


def test_the_stale_scan_began_three_days_ago(reader: Reader, clock: Clock) -> None:
    """Nothing younger is of its kind."""
    with Simulator("stale", now=clock) as simulator:
        seen = newest(reader, simulator)

    assert (seen.state, seen.began) == ("complete", (clock.now - 3 * 86400) * 1000)


def test_the_empty_cloud_has_no_task(reader: Reader, clock: Clock) -> None:
    """And says so in a good answer."""
    with Simulator("empty", now=clock) as simulator:
        seen = reader.poll(simulator)

    assert (seen.status, reader.newest(seen)) == (200, None)


def test_the_throttled_scan_cannot_be_had_without_waiting(reader: Reader, clock: Clock) -> None:
    """Two calls in three seconds are fewer than it takes."""
    with Simulator("throttled", now=clock) as simulator:
        first, second, third = (reader.poll(simulator) for _ in range(3))
        clock.now += 3
        later = reader.poll(simulator)

    assert [first.status, second.status, later.status] == [200, 200, 200]
    assert (third.status, reader.code(third)) == reader.throttled


def test_the_flaky_cloud_fails_four_times_and_each_time_in_another_way(reader: Reader, clock: Clock) -> None:
    """Then it is as good as any."""
    with Simulator("flaky", now=clock) as simulator:
        with pytest.raises(ConnectionResetError):
            reader.poll(simulator)
        bad_gateway = reader.poll(simulator)
        with pytest.raises(http.client.IncompleteRead):
            reader.poll(simulator)
        unavailable = reader.poll(simulator)

        assert (bad_gateway.status, unavailable.status) == (502, 503)
        assert bad_gateway.body.startswith(b"<html>")
        assert reader.poll(simulator).status == 200


def test_the_forbidden_user_is_told_so(reader: Reader, clock: Clock) -> None:
    """In the words of the cloud."""
    with Simulator("forbidden", now=clock) as simulator:
        seen = reader.poll(simulator)

    assert (seen.status, reader.code(seen)) == reader.forbidden


def test_the_login_page_looks_like_a_success(reader: Reader, clock: Clock) -> None:
    """But is no JSON."""
    with Simulator("login-page", now=clock) as simulator:
        seen = reader.poll(simulator)

    assert seen.status == 200
    assert seen.body.startswith(b"<!DOCTYPE html>")
