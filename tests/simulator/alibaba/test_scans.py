"""Tests how scans of exactly some images are started and cancelled, and what they cost (alibaba-images.md 1)."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import EarlierScan, Platform, SimulatedTask, Simulator, Stage
from tests.simulator.alibaba.actions import LAST, RESULT, leaves
from tests.simulator.alibaba.actions import SCAN as SCAN_TASK
from tests.simulator.alibaba.pushed import (
    CANCEL,
    CREATE,
    PRE_CHECK,
    QUOTA,
    SYNC,
    bare,
    member,
    row,
    rows,
    sync,
)
from tests.simulator.images import RISKY, digest, image, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import CallAction, Clock

RUNNING = SimulatedTask(id="running", name="t", stages=(Stage(state="running"),))


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator without images and tasks."""
    with Simulator("empty", now=clock) as simulator:
        yield simulator


def data(call: CallAction, simulator: Simulator, action: str = CREATE, **query: object) -> dict[str, Any]:
    """The data of a response."""
    document: dict[str, Any] = call(simulator, action, **query).document["Data"]
    return document


def status(call: CallAction, simulator: Simulator, task_id: str) -> tuple[str, int, int]:
    """Status, total and finished number of a task."""
    document = call(simulator, RESULT, TaskId=task_id, **SCAN_TASK).document
    return document["TaskInfo"]["Status"], document["TotalCount"], document["FinishCount"]


def targets(call: CallAction, simulator: Simulator, task_id: str) -> list[tuple[str, str, str | None]]:
    """Digest, status and result of each image of a task."""
    return [
        (leaf["Target"].removeprefix("sha256:"), leaf["StatusText"], leaf.get("ResultInfo"))
        for leaf in leaves(call, simulator, TaskId=task_id)
        if leaf["TargetType"] == "IMAGE"
    ]


def test_a_pushed_image_is_imported_and_scanned(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """It is listed because of the scan, and nothing else is."""
    pushed = image(findings=RISKY)
    simulator.push(pushed)
    simulator.push(image("another", tag="2"))
    before = rows(call, simulator)
    started = sync(call, simulator, pushed)
    progress = [status(call, simulator, started["TaskId"])]
    for step in (1, 2):
        clock.now += step
        progress.append(status(call, simulator, started["TaskId"]))

    assert before == []
    assert started == {
        "TaskId": started["TaskId"],
        "TotalCount": 1,
        "FinishCount": 0,
        "CollectTime": 1_790_000_000_000,
        "ExecTime": 1_790_000_000_000,
        "Status": "INIT",
        "Result": "SUCCESS",
        "Progress": 0,
        "CanCreate": True,
    }
    assert len(started["TaskId"]) == 32
    assert progress == [("INIT", 1, 0), ("START", 1, 0), ("SUCCESS", 1, 1)]
    assert targets(call, simulator, started["TaskId"]) == [(bare(pushed), "SUCCESS", "SUCCESS")]
    assert (row(call, simulator)["RiskStatus"], row(call, simulator)["LastScanTime"]) == ("YES", 1_790_000_003_000)


def test_a_scan_that_was_started_is_the_latest_task(call: CallAction, simulator: Simulator) -> None:
    """Its source says that it was created by the API, and its leaf has an id of its own."""
    simulator.push(image())
    started = sync(call, simulator, image())
    by_source = [call(simulator, LAST, Source=source, **SCAN_TASK).document["TaskId"] for source in ("openapi", "x")]
    _, leaf = leaves(call, simulator, TaskId=started["TaskId"])

    assert by_source == [started["TaskId"], 0]
    assert leaf["TaskId"] != started["TaskId"]
    assert leaf["TaskImageInfo"]["RepoName"] == "shop/web"
    assert (leaf["TaskImageInfo"]["Tag"], leaf["TaskImageInfo"]["RegionId"]) == ("1.4.2", "cn-hangzhou")


def test_an_import_can_take_long(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """The scan waits for it."""
    simulator.push(image(sync_lag=60))
    started = sync(call, simulator, image())
    seen = []
    for step in (59, 1, 1, 2):
        clock.now += step
        seen.append((len(rows(call, simulator)), status(call, simulator, started["TaskId"])[0]))

    assert seen == [(0, "INIT"), (1, "INIT"), (1, "START"), (1, "SUCCESS")]


def test_a_digest_that_its_tag_has_no_longer_is_not_imported(call: CallAction, simulator: Simulator) -> None:
    """Whether it is not is not verified; if it is, the row of the tag shows it, since nothing newer is known."""
    simulator.push(image("first"))
    simulator.push(image("second"))
    members = json.dumps([member(call, simulator, image("second"), digest=bare(image("first")))])
    found = []
    for imports in (False, True):
        simulator.account.unverified = replace(simulator.account.unverified, imports_old_digests=imports)
        started = data(call, simulator, SYNC, Images=members)
        found.append(targets(call, simulator, started["TaskId"]))

    assert found == [[], [(bare(image("first")), "INIT", None)]]
    assert row(call, simulator)["Digest"].removeprefix("sha256:") == bare(image("first"))


def test_an_image_that_its_registry_does_not_have_is_counted_and_has_no_leaf(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """Whether it is counted is not verified."""
    simulator.push(image())
    members = [member(call, simulator, image(), digest=digest("other").removeprefix("sha256:"))]
    counted = data(call, simulator, SYNC, Images=json.dumps(members))
    simulator.account.unverified = replace(simulator.account.unverified, counts_unknown_images=False)
    not_counted = data(call, simulator, SYNC, Images=json.dumps(members))
    clock.now += 2

    assert (counted["TotalCount"], not_counted["TotalCount"]) == (1, 0)
    assert targets(call, simulator, counted["TaskId"]) == []
    assert status(call, simulator, counted["TaskId"]) == ("SUCCESS", 0, 0)
    assert rows(call, simulator) == []


def test_an_image_on_the_other_plane_is_not_found(call: CallAction, simulator: Simulator) -> None:
    """Its registry knows it all the same."""
    simulator.push(image(on_other_plane=True))
    started = sync(call, simulator, image())

    assert targets(call, simulator, started["TaskId"]) == []
    assert rows(call, simulator) == []


def test_twice_the_same_image_is_scanned_once(call: CallAction, simulator: Simulator) -> None:
    simulator.push(image())
    started = sync(call, simulator, image(), image())

    assert len(targets(call, simulator, started["TaskId"])) == 1


@pytest.mark.parametrize("scans", [True, False])
def test_whether_an_index_is_scanned_is_not_verified(*, scans: bool, call: CallAction, simulator: Simulator) -> None:
    """If not, it is counted, and has no leaf."""
    simulator.account.unverified = replace(simulator.account.unverified, scans_index=scans)
    index = listed("index", children=(Platform(digest=digest("amd64")),))
    simulator.push(index)
    started = [sync(call, simulator, index), data(call, simulator, Digests=bare(index))]
    leaves_of_both = [len(targets(call, simulator, one["TaskId"])) for one in started]

    assert [one["TotalCount"] for one in started] == [1, 1]
    assert leaves_of_both == [int(scans)] * 2


def test_listed_images_are_scanned_by_digest(call: CallAction, simulator: Simulator) -> None:
    """Each row with the digest is an image of the task, and others are not."""
    for tag in ("1", "2"):
        simulator.push(listed("one", tag=tag))
    simulator.push(listed("two", tag="3"))
    simulator.push(image("unlisted", tag="4"))
    wanted = f"{bare(listed('one'))},{bare(image('unlisted'))}"
    started = data(call, simulator, Digests=wanted)

    assert started["TotalCount"] == 2
    assert [target for target, *_ in targets(call, simulator, started["TaskId"])] == [bare(listed("one"))] * 2


@pytest.mark.parametrize(
    ("name", "field", "other"),
    [
        ("RegistryTypes", "RegistryType", "quay"),
        ("RegionIds", "RegionId", "cn-beijing"),
        ("InstanceIds", "InstanceId", "cri-simulated"),
        ("RepoNamespaces", "RepoNamespace", "shop"),
        ("RepoIds", "RepoId", "crr-other"),
        ("RepoNames", "RepoName", "web"),
        ("Tags", "Tag", "1.4"),
    ],
)
def test_every_filter_selects_rows_by_its_field(
    name: str, field: str, other: str, call: CallAction, simulator: Simulator
) -> None:
    """All filters have to match, each with one of its values."""
    simulator.push(listed())
    value = row(call, simulator)[field]
    totals = [
        data(call, simulator, PRE_CHECK, **{name: wanted}, Digests=bare(listed()))["NeedAuthCount"]
        for wanted in (value, f"{other},{value}", other)
    ]

    assert totals == [1, 1, 0]


@pytest.mark.parametrize("query", [{}, {"Digests": ""}, {"SourceIp": "192.0.2.1"}])
def test_without_a_filter_everything_is_scanned(query: dict[str, str], call: CallAction, simulator: Simulator) -> None:
    """An empty filter is none."""
    for number in range(3):
        simulator.push(listed(str(number), tag=str(number)))

    assert data(call, simulator, **query)["TotalCount"] == 3


@pytest.mark.parametrize(
    ("outcome", "unknown", "in_part"), [("everything", 3, 1), ("nothing", 0, 1), ("error", None, None)]
)
def test_what_is_scanned_for_an_unknown_digest_is_not_verified(
    outcome: Any, unknown: int | None, in_part: int | None, call: CallAction, simulator: Simulator
) -> None:
    """A digest with its algorithm is unknown; where one digest is known, the others do not matter."""
    for number in range(3):
        simulator.push(listed(str(number), tag=str(number)))
    simulator.account.unverified = replace(simulator.account.unverified, unknown_digests_scan=outcome)
    queries = (digest("0"), f"{digest('1')},{bare(listed('0'))}")
    for action in (CREATE, PRE_CHECK):
        responses = [call(simulator, action, Digests=query) for query in queries]
        totals = [response.document.get("Data", {}) for response in responses]

        assert [total.get("TotalCount", total.get("NeedAuthCount")) for total in totals] == [unknown, in_part]
        assert {response.document.get("Code") for response in responses} == {
            "InvalidDigests" if outcome == "error" else None
        }


def test_no_more_than_ten_tasks_can_exist(call: CallAction, simulator: Simulator) -> None:
    """The tenth says so too, which is not verified; one more has no task id."""
    simulator.push(listed())
    simulator.tasks.extend(replace(RUNNING, id=str(number)) for number in range(8))
    simulator.tasks.append(replace(RUNNING, id="sync", kind="image_sync"))
    created = [data(call, simulator, Digests=bare(listed())) for _ in range(3)]
    simulator.tasks.pop()
    simulator.account.unverified = replace(simulator.account.unverified, tenth_task_says_no=False)
    tenth = data(call, simulator, Digests=bare(listed()))

    assert [one["CanCreate"] for one in created] == [True, False, False]
    assert ["TaskId" in one for one in created] == [True, True, False]
    assert created[2] == {"CanCreate": False}
    assert tenth["CanCreate"]


def test_an_image_that_is_being_scanned_is_refused(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """It is in the new task, and fails at once; the other scan goes on and gives it its result."""
    simulator.push(listed("slow", scan_seconds=60, findings=RISKY))
    first = data(call, simulator, Digests=bare(listed("slow")))
    clock.now += 10
    second = data(call, simulator, Digests=bare(listed("slow")))
    clock.now += 2
    states = [row(call, simulator)["ScaStatus"]]
    refused = targets(call, simulator, second["TaskId"])
    clock.now += 60

    assert refused == [(bare(listed("slow")), "FAIL", "forbid_create_repeat_task")]
    assert [status(call, simulator, one["TaskId"])[0] for one in (first, second)] == ["SUCCESS", "SUCCESS"]
    assert "ANALYZER" in states[0] or states[0] in {"START", "MESSAGE_SEND", "START_RUN", "DOWNLOAD"}
    assert (row(call, simulator)["ScaStatus"], row(call, simulator)["RiskStatus"]) == ("SUCCESS", "YES")


def test_a_refused_image_says_so_in_its_row_if_the_other_scan_leaves_no_result(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    simulator.push(listed(scan_seconds=60))
    first = data(call, simulator, Digests=bare(listed()))
    clock.now += 10
    data(call, simulator, Digests=bare(listed()))
    clock.now += 2
    call(simulator, CANCEL, TaskId=first["TaskId"])

    assert (row(call, simulator)["ScaStatus"], row(call, simulator)["ScaResult"]) == (
        "FAIL",
        "forbid_create_repeat_task",
    )


def test_an_image_can_be_scanned_twice_at_once_if_that_is_not_refused(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    simulator.push(listed(scan_seconds=5))
    simulator.account.unverified = replace(simulator.account.unverified, refuses_repeated_scans=False)
    tasks = [data(call, simulator, Digests=bare(listed()))["TaskId"] for _ in range(2)]
    clock.now += 6

    assert [targets(call, simulator, task)[0][1] for task in tasks] == ["SUCCESS", "SUCCESS"]


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        ("broken", ("FAIL", None)),
        ("timed-out", ("TIMEOUT", None)),
        ("unsupported", ("SUCCESS", "TASK_NOT_SUPPORT_REGION")),
        ("download-failed", ("FAIL", "")),
        ("oversized", ("FAIL", None)),
    ],
)
def test_every_failure_is_in_leaf_and_row(
    failure: Any, outcome: tuple[str, str | None], call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """The row keeps the time and the findings of an earlier scan."""
    simulator.push(listed(failure=failure, earlier=EarlierScan(ago=900)))
    task_id = data(call, simulator, Digests=bare(listed()))["TaskId"]
    clock.now += 3
    shown = row(call, simulator)

    assert targets(call, simulator, task_id) == [(bare(listed()), *outcome)]
    assert (shown["ScaStatus"], shown.get("ScaResult")) == outcome
    assert (shown["RiskStatus"], shown["LastScanTime"]) == ("NO", 1_789_999_100_000)


def test_an_image_that_cannot_be_scanned_ends_without_a_result(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    simulator.push(listed(scannable=False))
    task_id = data(call, simulator, Digests=bare(listed()))["TaskId"]
    clock.now += 3

    assert targets(call, simulator, task_id) == [(bare(listed()), "SUCCESS", "TASK_NOT_SUPPORT_REGION")]


def test_a_scan_without_quota_is_refused(call: CallAction, simulator: Simulator) -> None:
    """The code is spelt so; nothing is started."""
    simulator.push(listed("one", tag="1"))
    simulator.push(listed("two", tag="2"))
    simulator.account.scans_left = 1
    both = ",".join(bare(listed(one)) for one in ("one", "two"))
    responses = [call(simulator, CREATE, Digests=both), call(simulator, CREATE, Digests=bare(listed("one")))]
    members = json.dumps([member(call, simulator, listed("two", tag="2"))])
    responses.append(call(simulator, SYNC, Images=members))

    assert [response.status for response in responses] == [400, 200, 400]
    assert responses[0].document["Code"] == responses[2].document["Code"] == "BeyondQuata"
    assert responses[0].document["Message"] == "Please check the scan quota"
    assert len(simulator.tasks) == 1


def test_a_digest_costs_once_in_a_cycle(call: CallAction, simulator: Simulator) -> None:
    """Under whatever tag, and however often; one that was scanned lately costs nothing."""
    simulator.account.scans_left = 100
    for tag in ("1", "2"):
        simulator.push(listed("one", tag=tag))
    simulator.push(listed("lately", tag="3", earlier=EarlierScan(ago=86_400)))
    simulator.push(listed("long ago", tag="4", earlier=EarlierScan(ago=40 * 86_400)))
    before = call(simulator, QUOTA).document["ImageScan"]
    costs = data(call, simulator, PRE_CHECK)
    data(call, simulator)
    after = call(simulator, QUOTA).document["ImageScan"]

    assert before == {"ImageScanCapacity": 1000, "ScanCount": 900, "InstanceId": "sas-simulated"}
    assert costs == {"ScanImageCount": 2, "NeedAuthCount": 4}
    assert after["ScanCount"] == 902
    assert data(call, simulator, PRE_CHECK)["ScanImageCount"] == 0


def test_an_image_that_is_refused_costs_nothing(call: CallAction, simulator: Simulator) -> None:
    simulator.push(listed(scan_seconds=math.inf))
    simulator.account.start_scan([listed()], 1_790_000_000, kind="image_scan")
    simulator.account.scans_left = 0

    assert data(call, simulator, Digests=bare(listed()))["TotalCount"] == 1


def test_the_quota_has_no_limit_unless_a_test_sets_one(call: CallAction, simulator: Simulator) -> None:
    simulator.push(listed())
    data(call, simulator)

    assert call(simulator, QUOTA).document["ImageScan"]["ScanCount"] == 0


def test_a_scan_can_be_cancelled_by_the_id_of_the_task_only(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """Images whose scans have not ended have no result, and the others keep theirs."""
    simulator.push(listed("quick", tag="1", scan_seconds=2))
    simulator.push(listed("slow", tag="2", scan_seconds=60))
    task_id = data(call, simulator)["TaskId"]
    clock.now += 10
    leaf_ids = [leaf["TaskId"] for leaf in leaves(call, simulator, TaskId=task_id)]
    states = []
    for one in (*leaf_ids, "unknown", task_id):
        assert call(simulator, CANCEL, TaskId=one).document.keys() == {"RequestId"}
        states.append(status(call, simulator, task_id)[0])
    clock.now += 100

    assert states == ["START"] * 4 + ["FAIL"]
    assert [one["ScaStatus"] for one in rows(call, simulator)] == ["SUCCESS", "INIT"]
    assert call(simulator, CANCEL).document["Code"] == "MissingTaskId"


def test_a_scan_covers_exactly_the_registries_of_this_cloud(call: CallAction, simulator: Simulator) -> None:
    """Those of the personal edition and of another cloud are not listed."""
    hosts = (
        *("demo-registry.cn-beijing.cr.aliyuncs.com", "demo-registry-vpc.cn-beijing.cr.aliyuncs.com", ""),
        *("registry.cn-hangzhou.aliyuncs.com", "registry-vpc.cn-hangzhou.aliyuncs.com"),
        *("swr.cn-north-4.myhuaweicloud.com", "127.0.0.1:8080"),
    )
    for number, host in enumerate(hosts):
        simulator.push(listed(str(number), tag=str(number), registry=host))
    simulator.push(listed("harbor", tag="9", registry="harbor.example.com", kind="harbor"))
    shown = [(one["Tag"], one["RegistryType"], one["RegionId"]) for one in rows(call, simulator)]

    assert shown == [
        ("0", "acr", "cn-beijing"),
        ("1", "acr", "cn-beijing"),
        ("2", "acr", "cn-hangzhou"),
        ("6", "acr", "cn-hangzhou"),
        ("9", "harbor", "cn-hangzhou"),
    ]
    assert data(call, simulator)["TotalCount"] == 5
