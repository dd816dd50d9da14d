"""The images of the account and what is known of them: DescribeImageInstances (alibaba-security-center.md 2.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import SimulatedTask, Stage
from tests.simulator.alibaba.asking import INSTANCES, LAST, SCAN, START, holding, leaves, rows

if TYPE_CHECKING:
    from gate.simulator import Simulator
    from tests.simulator.conftest import Act, Clock

TASK = SimulatedTask(id="ours", name="scan", started_ago=600, risky=1)
BEGAN = START - 600_000
ENDED = BEGAN + 240_000
EARLIER = BEGAN - 30 * 86_400_000


def known(act: Act, simulator: Simulator) -> dict[str, tuple[str | None, int | None]]:
    """What is known of each image, whatever its tags: whether it is at risk, and since when."""
    return {
        row["RepoName"]: (row.get("RiskStatus"), row.get("LastScanTime"))
        for row in sorted(rows(act, simulator), key=lambda row: str(row["RepoName"]))
    }


def test_an_image_has_every_documented_field_in_its_documented_type(act: Act, clock: Clock) -> None:
    """Counts and times are numbers, a size is a text."""
    with holding(TASK, clock=clock) as simulator:
        (row, _) = rows(act, simulator, Criteria='[{"name":"repoName","value":"app-1"}]')

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


def test_an_image_is_listed_under_each_of_its_tags(act: Act, clock: Clock) -> None:
    """Its digest is written with and without the name of its algorithm, and its leaf writes it either way too."""
    with holding(TASK, clock=clock) as simulator:
        listed = rows(act, simulator)
        targets = {leaf["Target"] for leaf in leaves(act, simulator) if leaf["TargetType"] == "IMAGE"}
    written = {row["Digest"] for row in listed}

    assert sorted(row["Tag"] for row in listed) == ["2.1.0", "2.2.0", "2.3.0", "latest", "latest"]
    assert len(written) == 5
    assert {digest.removeprefix("sha256:") for digest in written} == {
        target.removeprefix("sha256:") for target in targets
    }
    assert targets - written


def test_the_whole_account_is_listed(act: Act, clock: Clock) -> None:
    """Most of it has nothing to do with any task: risky images that were scanned long ago, or never."""
    with holding(TASK, clock=clock) as simulator:
        everything = rows(act, simulator, Criteria=None)
    others = [row for row in everything if row["RepoNamespace"] != "shop"]

    assert (len(everything), len(others)) == (125, 120)
    assert {row.get("RiskStatus") for row in others} == {"YES", None}
    assert {"LastScanTime" in row for row in others if "RiskStatus" in row} == {True}
    assert max(row.get("LastScanTime", 0) for row in others) < EARLIER
    assert everything[:5] != [row for row in everything if row["RepoNamespace"] == "shop"]


@pytest.mark.parametrize(("scanned", "length"), [(None, 125), ("true", 113), (True, 113), ("false", 12), (False, 12)])
def test_scanned_images_can_be_told_apart(scanned: object, length: int, act: Act, clock: Clock) -> None:
    """They are those that have a time of their last scan."""
    with holding(TASK, clock=clock) as simulator:
        listed = rows(act, simulator, Criteria=None, Scanned=scanned)

    assert len(listed) == length
    assert scanned is None or {"LastScanTime" in row for row in listed} == {str(scanned).lower() == "true"}


def test_results_come_with_the_end_of_the_task(act: Act, clock: Clock) -> None:
    """Until then an image shows what an earlier scan found, which was the contrary."""
    task = replace(TASK, stages=(Stage(state="running", progress=99, seconds=60), Stage(state="complete")))
    with holding(task, clock=clock) as simulator:
        before = known(act, simulator)
        clock.now += 60
        after = known(act, simulator)

    assert before == {"app-1": ("NO", EARLIER), "app-2": ("YES", EARLIER), "app-3": ("YES", EARLIER)}
    assert after == {
        "app-1": ("YES", BEGAN + 660_000),
        "app-2": ("NO", BEGAN + 660_000),
        "app-3": ("NO", BEGAN + 660_000),
    }


def test_results_can_lag_behind_the_task(act: Act, clock: Clock) -> None:
    """By the clock, and to the second; then they bear the time at which the task ended."""
    task = replace(TASK, results_lag=90, stages=(Stage(state="running", seconds=60), Stage(state="complete")))
    seen = []
    with holding(task, clock=clock) as simulator:
        for step in (0, 60, 89.9, 0.1):
            clock.now += step
            status = act(simulator, LAST, **SCAN).document
            seen.append((status["TaskInfo"]["Status"], known(act, simulator)["app-1"]))

    assert seen == [
        ("START", ("NO", EARLIER)),
        ("SUCCESS", ("NO", EARLIER)),
        ("SUCCESS", ("NO", EARLIER)),
        ("SUCCESS", ("YES", BEGAN + 660_000)),
    ]


def test_images_may_never_have_been_scanned_before(act: Act, clock: Clock) -> None:
    """Then nothing is known of them until the results come."""
    task = replace(TASK, results_lag=400, scanned_before=False)
    with holding(task, clock=clock) as simulator:
        before = known(act, simulator)
        clock.now += 100
        after = known(act, simulator)

    assert set(before.values()) == {(None, None)}
    assert after["app-1"] == ("YES", ENDED)


def test_who_failed_or_never_finished_keeps_what_was_known(act: Act, clock: Clock) -> None:
    """There is nothing newer."""
    with holding(replace(TASK, failed=1, without_result=1), clock=clock) as simulator:
        seen = known(act, simulator)

    assert seen == {"app-1": ("YES", ENDED), "app-2": ("YES", EARLIER), "service-1": ("YES", EARLIER)}


@pytest.mark.parametrize("state", ["stopped", "timed-out", "failed", "unknown"])
def test_a_task_that_did_not_complete_has_no_results(state: Any, act: Act, clock: Clock) -> None:
    """However far it came."""
    with holding(replace(TASK, stages=(Stage(state=state, progress=90),)), clock=clock) as simulator:
        assert {at for _, at in known(act, simulator).values()} == {EARLIER}


def test_a_task_can_be_silent_about_risk(act: Act, clock: Clock) -> None:
    """Not "no", not null: absent, before and after."""
    task = replace(TASK, risky=None, results_lag=400)
    with holding(task, clock=clock) as simulator:
        before = known(act, simulator)
        clock.now += 100
        after = known(act, simulator)

    assert set(before.values()) == {(None, EARLIER)}
    assert set(after.values()) == {(None, ENDED)}


def test_pages_together_hold_every_row_once(act: Act, clock: Clock) -> None:
    """A page has twenty rows unless told otherwise, and never more than the cap."""
    with holding(TASK, clock=clock) as simulator:
        simulator.page_cap = 50
        usual = act(simulator, INSTANCES).document["PageInfo"]
        pages = [act(simulator, INSTANCES, PageSize=100, CurrentPage=number).document for number in (1, 2, 3, 4)]

    assert usual == {"CurrentPage": 1, "PageSize": 20, "TotalCount": 125, "Count": 20}
    assert [page["PageInfo"]["Count"] for page in pages] == [50, 50, 25, 0]
    assert len({row["Uuid"] for page in pages for row in page["ImageInstanceList"]}) == 125
