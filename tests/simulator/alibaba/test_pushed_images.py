"""Tests what Security Center shows of pushed images (alibaba-images.md 2, and alibaba-security-center.md 2.2)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Platform, Simulator
from gate.simulator.image import PushedImage
from tests.simulator.alibaba.actions import leaves
from tests.simulator.alibaba.pushed import CREATE, HOST, IMAGE, bare, repository_id, row, rows
from tests.simulator.images import RISKY, digest, image, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import CallAction, Clock

RISKS = ("RiskStatus", "VulStatus", "VulCount", "HcStatus", "HcCount", "AlarmStatus", "AlarmCount")
NO_RISK = ("NO", "NO", 0, "NO", 0, "NO", 0)


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator without images and tasks."""
    with Simulator("empty", now=clock) as simulator:
        yield simulator


def risks(shown: dict[str, Any]) -> tuple[object, ...]:
    """What a row says of risks."""
    return tuple(shown.get(name) for name in RISKS)


def scan_of(shown: dict[str, Any]) -> tuple[object, ...]:
    """What a row says of its scan."""
    return tuple(shown.get(name) for name in ("ScaStatus", "ScaProgress", "ScaResult", "LastScanTime"))


def criterion(name: str, value: str) -> str:
    """Criteria with one condition."""
    return json.dumps([{"name": name, "value": value}])


def test_an_image_has_every_documented_field_in_its_documented_type(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """Its risks are about vulnerabilities, baseline and malicious files, and not about sensitive files."""
    findings = Findings(
        vulnerabilities=BySeverity(high=2),
        libraries=BySeverity(low=1),
        baseline=BySeverity(medium=4),
        malicious_files=BySeverity(critical=5),
        sensitive_files=BySeverity(high=6),
    )
    simulator.push(listed(registry=HOST, findings=findings))
    call(simulator, CREATE)
    clock.now += 3

    shown = row(call, simulator)
    assert shown == {
        "Uuid": shown["Uuid"],
        "Digest": shown["Digest"],
        "Tag": "1.4.2",
        "ImageId": shown["ImageId"],
        "RepoName": "shop/web",
        "RepoNamespace": "team",
        "RepoId": shown["RepoId"],
        "RepoType": "private",
        "InstanceId": shown["InstanceId"],
        "RegionId": "cn-beijing",
        "RegistryType": "acr",
        "ImageSize": "186.4",
        "Status": "NORMAL",
        "Deployed": 0,
        "RiskStatus": "YES",
        "VulStatus": "YES",
        "VulCount": 3,
        "HcStatus": "YES",
        "HcCount": 4,
        "AlarmStatus": "YES",
        "AlarmCount": 5,
        "ScaStatus": "SUCCESS",
        "ScaProgress": 100,
        "LastScanTime": 1_790_000_003_000,
    }
    assert [len(shown[name]) for name in ("Uuid", "ImageId", "RepoId")] == [32, 64, 32]


def test_an_image_that_was_never_scanned_looks_like_a_clean_one(call: CallAction, simulator: Simulator) -> None:
    """Only its scan says otherwise; whether it says NO for its risk is not verified."""
    simulator.push(listed(findings=RISKY))
    unscanned = row(call, simulator)
    simulator.account.unverified = replace(simulator.account.unverified, unscanned_images_have_no_risk=False)

    assert risks(unscanned) == NO_RISK
    assert scan_of(unscanned) == ("INIT", 0, None, None)
    assert risks(row(call, simulator)) == (None, *NO_RISK[1:])


def test_a_running_scan_is_shown_beside_the_results_of_the_last_one(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    simulator.push(listed(scan_seconds=60, earlier=EarlierScan(ago=900, findings=RISKY)))
    seen = [row(call, simulator)]
    call(simulator, CREATE)
    for step in (0, 2, 60):
        clock.now += step
        seen.append(row(call, simulator))

    assert [one["RiskStatus"] for one in seen] == ["YES", "YES", "YES", "NO"]
    assert [one["LastScanTime"] for one in seen] == [1_789_999_100_000] * 3 + [1_790_000_061_000]
    assert [one["ScaProgress"] for one in seen] == [100, 0, 50, 100]
    assert [one["ScaStatus"] for one in (seen[0], seen[1], seen[3])] == ["SUCCESS", "INIT", "SUCCESS"]
    assert seen[2]["ScaStatus"] not in {"INIT", "SUCCESS", "FAIL", "TIMEOUT"}


@pytest.mark.parametrize("time_first", [True, False])
def test_findings_can_come_minutes_after_the_scan(
    *, time_first: bool, call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """Those of an earlier scan, or none, are shown until then; whether its time is shown at once is not verified."""
    simulator.account.unverified = replace(simulator.account.unverified, scan_time_before_findings=time_first)
    simulator.push(listed("new", tag="1", findings=RISKY, results_lag=120))
    simulator.push(listed("old", tag="2", results_lag=120, earlier=EarlierScan(ago=900, findings=RISKY)))
    call(simulator, CREATE)
    seen = []
    for step in (5, 120):
        clock.now += step
        seen.append([(one["RiskStatus"], one.get("LastScanTime")) for one in rows(call, simulator)])

    at, before = 1_790_000_003_000, 1_789_999_100_000
    assert seen == [
        [("NO", at), ("YES", at)] if time_first else [("NO", None), ("YES", before)],
        [("YES", at), ("NO", at)],
    ]


def test_what_is_on_a_whitelist_makes_no_risk(call: CallAction, simulator: Simulator) -> None:
    """Whether it does is not verified."""
    simulator.push(
        listed(earlier=EarlierScan(ago=900, findings=Findings(handled=BySeverity(high=2), libraries=BySeverity())))
    )
    left_out = row(call, simulator)
    simulator.account.unverified = replace(simulator.account.unverified, handled_findings_count=True)

    assert risks(left_out) == NO_RISK
    assert risks(row(call, simulator)) == ("YES", "YES", 2, "NO", 0, "NO", 0)


def test_the_same_digest_under_two_tags_is_two_rows(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """Each with its own scans: the scan of one is none of the other."""
    for tag in ("1", "2"):
        simulator.push(listed(tag=tag, earlier=EarlierScan(ago=900, findings=RISKY)))
    call(simulator, CREATE, Tags="1")
    clock.now += 3
    shown = rows(call, simulator, Criteria=criterion("digest", bare(listed())))

    assert [(one["Tag"], one["RiskStatus"]) for one in shown] == [("1", "NO"), ("2", "YES")]
    assert len({one["Uuid"] for one in shown}) == 2


@pytest.mark.parametrize("keeps", [True, False])
def test_a_moved_tag_is_the_same_row_with_another_digest(
    *, keeps: bool, call: CallAction, simulator: Simulator
) -> None:
    """Whether the row keeps the results of the digest before is not verified."""
    simulator.account.unverified = replace(simulator.account.unverified, moved_tag_keeps_results=keeps)
    simulator.push(listed("first", earlier=EarlierScan(ago=900)))
    before = row(call, simulator)
    simulator.push(listed("second", pushed_ago=0.0))
    after = row(call, simulator)

    assert [one["Digest"].removeprefix("sha256:") for one in (before, after)] == [
        bare(image("first")),
        bare(image("second")),
    ]
    assert before["Uuid"] == after["Uuid"]
    assert after.get("LastScanTime") == (before["LastScanTime"] if keeps else None)


def test_rows_and_leaves_show_a_digest_in_opposite_forms(call: CallAction, simulator: Simulator) -> None:
    """Some rows have it with its algorithm, and some without."""
    for number in range(20):
        simulator.push(listed(str(number), tag=str(number)))
    task_id = call(simulator, CREATE).document["Data"]["TaskId"]
    of_rows = {one["Digest"] for one in rows(call, simulator)}
    of_leaves = {leaf["Target"] for leaf in leaves(call, simulator, TaskId=task_id)}

    assert len(of_rows) == 20
    assert {len(one) for one in of_rows} == {64, 71}
    assert not of_rows & of_leaves
    assert {one.removeprefix("sha256:") for one in of_rows} < {one.removeprefix("sha256:") for one in of_leaves}


def test_a_digest_also_finds_similar_ones(call: CallAction, simulator: Simulator) -> None:
    """Only the first twelve digits count; whether it is so is not verified."""
    similar = f"{digest()[:19]}{digest('other')[19:]}"
    simulator.push(listed(tag="1"))
    simulator.push(replace(listed(tag="2"), digest=similar))
    found = [rows(call, simulator, Criteria=criterion("digest", one)) for one in (similar, digest(), similar[:30])]
    simulator.account.unverified = replace(simulator.account.unverified, fuzzy_filters=False)
    exactly = rows(call, simulator, Criteria=criterion("digest", similar))

    assert [[one["Tag"] for one in shown] for shown in found] == [["1", "2"]] * 3
    assert [one["Tag"] for one in exactly] == ["2"]


def test_the_scan_time_can_be_spelt_with_a_small_letter(call: CallAction, simulator: Simulator) -> None:
    """In all rows, also in those of tasks; scanned rows are still those with a scan time."""
    simulator.push(listed("scanned", tag="1", earlier=EarlierScan(ago=900)))
    simulator.push(listed("unscanned", tag="2"))
    simulator.account.unverified = replace(simulator.account.unverified, scan_time_field="lastScanTime")
    scanned, unscanned = rows(call, simulator)
    others = rows(call, simulator, Criteria=criterion("repoNamespace", "archive"))
    filtered = [[one["Tag"] for one in rows(call, simulator, Scanned=value)] for value in (True, False)]

    assert scanned["lastScanTime"] == 1_789_999_100_000
    assert {"LastScanTime", "lastScanTime"}.isdisjoint(unscanned)
    assert any("lastScanTime" in one for one in others)
    assert not any("LastScanTime" in one for one in (scanned, *others))
    assert filtered == [["1"], ["2"]]


@pytest.mark.parametrize("has_registry_ids", [True, False])
def test_rows_have_ids_of_their_own_for_repository_and_instance(
    *, has_registry_ids: bool, call: CallAction, simulator: Simulator
) -> None:
    """Whether they are those of Container Registry is not verified."""
    simulator.account.unverified = replace(simulator.account.unverified, rows_have_registry_ids=has_registry_ids)
    simulator.push(listed())
    shown = row(call, simulator)
    ids = (shown["RepoId"], shown["InstanceId"])

    assert (ids == (repository_id(call, simulator, listed()), "cri-simulated")) == has_registry_ids
    assert ids[1].isdecimal() != has_registry_ids


def test_the_digest_of_a_tag_is_found_by_either_ids(call: CallAction, simulator: Simulator) -> None:
    """It is the digest that Security Center knows; for another tag the response is empty."""
    simulator.push(listed("first"))
    simulator.push(image("second"))
    shown = row(call, simulator)
    by_row = {"ImageInstanceId": shown["InstanceId"], "ImageRepoId": shown["RepoId"]}
    by_registry = {"ImageInstanceId": "cri-simulated", "ImageRepoId": repository_id(call, simulator, listed())}
    found = {"ImageRegionId": "cn-hangzhou", "ImageTag": "1.4.2"}
    mixed = {**by_row, "ImageRepoId": by_registry["ImageRepoId"]}
    documents = [
        call(simulator, IMAGE, **{**found, **query}).document
        for query in (
            *(by_row, by_registry),
            *(mixed, {**by_row, "ImageTag": "2"}, {**by_row, "ImageRegionId": "cn-beijing"}),
        )
    ]

    assert [one.get("Data") for one in documents] == [{"Digest": bare(image("first"))}] * 2 + [None] * 3


@pytest.mark.parametrize("missing", ["ImageRegionId", "ImageInstanceId", "ImageRepoId", "ImageTag"])
def test_the_digest_of_a_tag_needs_all_parameters(missing: str, call: CallAction, simulator: Simulator) -> None:
    names = ("ImageRegionId", "ImageInstanceId", "ImageRepoId", "ImageTag")
    response = call(simulator, IMAGE, **{name: "x" for name in names if name != missing})

    assert response.document["Code"] == f"Missing{missing}"


@pytest.mark.parametrize(
    ("index", "platforms", "expected"),
    [
        (True, False, ["index"]),
        (True, True, ["amd64", "arm64", "index"]),
        (False, True, ["amd64", "arm64"]),
        (False, False, []),
    ],
)
def test_what_is_listed_of_an_index_is_not_verified(
    *, index: bool, platforms: bool, expected: list[str], call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """Each row has results of its own, and all have the same tag."""
    children = (
        Platform(digest=digest("amd64"), findings=RISKY),
        Platform(digest=digest("arm64"), platform="linux/arm64"),
    )
    simulator.account.unverified = replace(
        simulator.account.unverified, lists_index=index, lists_platform_images=platforms, scans_index=True
    )
    simulator.push(listed("index", children=children))
    names = {bare(image(name)): name for name in ("index", "amd64", "arm64")}
    call(simulator, CREATE)
    clock.now += 9
    shown = rows(call, simulator)
    risks = {names[one["Digest"].removeprefix("sha256:")]: one["RiskStatus"] for one in shown}

    assert sorted(risks) == expected
    assert [name for name in expected if risks[name] == "YES"] == [name for name in expected if name == "amd64"]
    assert len({one["Uuid"] for one in shown}) == len(expected)


def test_images_of_tasks_and_pushed_images_are_in_one_list(call: CallAction, clock: Clock) -> None:
    with Simulator("clean", now=clock) as simulator:
        simulator.push(PushedImage.parse(f"shop/api:1@{digest()}", listed_after=0.0))
        shown = rows(call, simulator, Criteria=criterion("repoNamespace", "shop"))

    assert [one["RepoName"] for one in shown].count("api") == 1
    assert len(shown) > 10
