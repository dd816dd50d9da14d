"""Tests the images of the account and their results: DescribeImageInstances (alibaba-security-center.md 2.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import SimulatedTask, Stage
from tests.simulator.alibaba.actions import INSTANCES, LAST, SCAN, SIMULATOR_STARTED, image_rows, leaves, simulator_with

if TYPE_CHECKING:
    from gate.simulator import Simulator
    from tests.simulator.conftest import CallAction, Clock

TASK = SimulatedTask(id="scanned", name="scan", started_ago=600, risky=1)
STARTED = SIMULATOR_STARTED - 600_000
ENDED = STARTED + 240_000
EARLIER_SCAN = STARTED - 30 * 86_400_000


def results(call: CallAction, simulator: Simulator) -> dict[str, tuple[str | None, int | None]]:
    """RiskStatus and LastScanTime of each repository."""
    return {
        row["RepoName"]: (row.get("RiskStatus"), row.get("LastScanTime"))
        for row in sorted(image_rows(call, simulator), key=lambda row: str(row["RepoName"]))
    }


def test_an_image_has_every_documented_field_in_its_documented_type(call: CallAction, clock: Clock) -> None:
    """Counts and times are numbers, the size is a string."""
    with simulator_with(TASK, clock=clock) as simulator:
        (row, _) = image_rows(call, simulator, Criteria='[{"name":"repoName","value":"app-1"}]')

    assert row == {
        "Uuid": row["Uuid"],
        "Digest": row["Digest"],
        "Tag": row["Tag"],
        "ImageId": row["ImageId"],
        "RepoName": "app-1",
        "RepoNamespace": "shop",
        "RepoId": "crr-shop-app-1",
        "RepoType": "private",
        "InstanceId": "cri-simulated",
        "RegionId": "cn-hangzhou",
        "RegistryType": "acr",
        "ImageSize": "186.4",
        "Status": "NORMAL",
        "Deployed": 0,
        "RiskStatus": "YES",
        "VulStatus": "YES",
        "VulCount": 3,
        "HcStatus": "NO",
        "HcCount": 0,
        "AlarmStatus": "NO",
        "AlarmCount": 0,
        "ScaStatus": "SUCCESS",
        "ScaProgress": 100,
        "LastScanTime": ENDED,
    }


def test_an_image_is_listed_under_each_of_its_tags(call: CallAction, clock: Clock) -> None:
    """Rows and leaves show its digest with and without the name of the algorithm."""
    with simulator_with(TASK, clock=clock) as simulator:
        rows = image_rows(call, simulator)
        targets = {leaf["Target"] for leaf in leaves(call, simulator) if leaf["TargetType"] == "IMAGE"}
    digests = {row["Digest"] for row in rows}

    assert sorted(row["Tag"] for row in rows) == ["2.1.0", "2.2.0", "2.3.0", "latest", "latest"]
    assert len(digests) == 5
    assert {digest.removeprefix("sha256:") for digest in digests} == {
        target.removeprefix("sha256:") for target in targets
    }
    assert targets - digests


def test_the_whole_account_is_listed(call: CallAction, clock: Clock) -> None:
    """Most images belong to no task: they are risky and were scanned long ago, or never."""
    with simulator_with(TASK, clock=clock) as simulator:
        rows = image_rows(call, simulator, Criteria=None)
    others = [row for row in rows if row["RepoNamespace"] != "shop"]

    assert (len(rows), len(others)) == (125, 120)
    assert {row.get("RiskStatus") for row in others} == {"YES", None}
    assert {"LastScanTime" in row for row in others if "RiskStatus" in row} == {True}
    assert max(row.get("LastScanTime", 0) for row in others) < EARLIER_SCAN
    assert rows[:5] != [row for row in rows if row["RepoNamespace"] == "shop"]


@pytest.mark.parametrize(("scanned", "length"), [(None, 125), ("true", 113), (True, 113), ("false", 12), (False, 12)])
def test_images_can_be_filtered_by_whether_they_were_scanned(
    scanned: object, length: int, call: CallAction, clock: Clock
) -> None:
    """Scanned images are those with a LastScanTime."""
    with simulator_with(TASK, clock=clock) as simulator:
        rows = image_rows(call, simulator, Criteria=None, Scanned=scanned)

    assert len(rows) == length
    assert scanned is None or {"LastScanTime" in row for row in rows} == {str(scanned).lower() == "true"}


def test_results_appear_when_the_task_ends(call: CallAction, clock: Clock) -> None:
    """Until then an image shows the result of an earlier scan, which is the opposite."""
    task = replace(TASK, stages=(Stage(state="running", progress=99, seconds=60), Stage(state="complete")))
    with simulator_with(task, clock=clock) as simulator:
        before = results(call, simulator)
        clock.now += 60
        after = results(call, simulator)

    assert before == {"app-1": ("NO", EARLIER_SCAN), "app-2": ("YES", EARLIER_SCAN), "app-3": ("YES", EARLIER_SCAN)}
    assert after == {
        "app-1": ("YES", STARTED + 660_000),
        "app-2": ("NO", STARTED + 660_000),
        "app-3": ("NO", STARTED + 660_000),
    }


def test_results_can_lag_behind_the_task(call: CallAction, clock: Clock) -> None:
    """They appear a number of seconds after its end, with the end of the task as their scan time."""
    task = replace(TASK, results_lag=90, stages=(Stage(state="running", seconds=60), Stage(state="complete")))
    polls = []
    with simulator_with(task, clock=clock) as simulator:
        for step in (0, 60, 89.9, 0.1):
            clock.now += step
            task_info = call(simulator, LAST, **SCAN).document["TaskInfo"]
            polls.append((task_info["Status"], results(call, simulator)["app-1"]))

    assert polls == [
        ("START", ("NO", EARLIER_SCAN)),
        ("SUCCESS", ("NO", EARLIER_SCAN)),
        ("SUCCESS", ("NO", EARLIER_SCAN)),
        ("SUCCESS", ("YES", STARTED + 660_000)),
    ]


def test_images_that_were_never_scanned_before_have_no_results_until_then(call: CallAction, clock: Clock) -> None:
    task = replace(TASK, results_lag=400, scanned_before=False)
    with simulator_with(task, clock=clock) as simulator:
        before = results(call, simulator)
        clock.now += 100
        after = results(call, simulator)

    assert set(before.values()) == {(None, None)}
    assert after["app-1"] == ("YES", ENDED)


def test_failed_and_unfinished_images_keep_the_results_of_the_earlier_scan(call: CallAction, clock: Clock) -> None:
    with simulator_with(replace(TASK, failed=1, without_result=1), clock=clock) as simulator:
        by_repository = results(call, simulator)

    assert by_repository == {
        "app-1": ("YES", ENDED),
        "app-2": ("YES", EARLIER_SCAN),
        "service-1": ("YES", EARLIER_SCAN),
    }


@pytest.mark.parametrize("state", ["stopped", "timed-out", "failed", "unknown"])
def test_a_task_that_did_not_complete_has_no_results(state: Any, call: CallAction, clock: Clock) -> None:
    """Its progress does not matter."""
    with simulator_with(replace(TASK, stages=(Stage(state=state, progress=90),)), clock=clock) as simulator:
        assert {at for _, at in results(call, simulator).values()} == {EARLIER_SCAN}


def test_the_risk_of_images_can_be_absent(call: CallAction, clock: Clock) -> None:
    """It is neither "NO" nor null, before and after the results appear."""
    task = replace(TASK, risky=None, results_lag=400)
    with simulator_with(task, clock=clock) as simulator:
        before = results(call, simulator)
        clock.now += 100
        after = results(call, simulator)

    assert set(before.values()) == {(None, EARLIER_SCAN)}
    assert set(after.values()) == {(None, ENDED)}


def test_all_pages_together_hold_every_row_once(call: CallAction, clock: Clock) -> None:
    """The default is twenty rows per page, and a page is never longer than the cap."""
    with simulator_with(TASK, clock=clock) as simulator:
        simulator.page_cap = 50
        default = call(simulator, INSTANCES).document["PageInfo"]
        pages = [call(simulator, INSTANCES, PageSize=100, CurrentPage=number).document for number in (1, 2, 3, 4)]

    assert default == {"CurrentPage": 1, "PageSize": 20, "TotalCount": 125, "Count": 20}
    assert [page["PageInfo"]["Count"] for page in pages] == [50, 50, 25, 0]
    assert len({row["Uuid"] for page in pages for row in page["ImageInstanceList"]}) == 125
