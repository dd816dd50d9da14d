"""Searching among the images of the account (alibaba-security-center.md 2.2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gate.simulator import SimulatedTask, Simulator
from tests.simulator.alibaba.asking import INSTANCES, holding, rows

if TYPE_CHECKING:
    from tests.simulator.conftest import Act, Clock

TASK = SimulatedTask(id="ours", name="scan", started_ago=600, risky=1)


def criteria(*asked: tuple[str, str], join: str | None = None) -> str:
    """Criteria as they go over the wire."""
    more = {} if join is None else {"logicalExp": join}
    return json.dumps([{"name": name, "value": value, **more} for name, value in asked])


@pytest.mark.parametrize(
    ("asked", "join", "expected"),
    [
        ("[]", None, ["app-1", "app-2", "app-3", "legacy"]),
        ("[]", "OR", ["app-1", "app-2", "app-3", "legacy"]),
        (criteria(("repoName", "app-2")), None, ["app-2"]),
        (criteria(("tag", "latest")), None, ["app-1", "app-3"]),
        (criteria(("repoName", "app-2"), ("tag", "latest")), None, []),
        (criteria(("repoName", "app-2"), ("tag", "latest")), "AND", []),
        (criteria(("repoName", "app-2"), ("tag", "latest")), "OR", ["app-1", "app-2", "app-3"]),
        (criteria(("repoName", "app-1"), ("repoName", "app-2"), join="OR"), "AND", ["app-1", "app-2"]),
        (criteria(("repoName", "app-1"), ("repoName", "app-2"), join="AND"), "OR", []),
        (criteria(("repoName", "app-1"), ("repoName", "app-2"), ("tag", "latest"), join="OR"), "AND", ["app-1"]),
        (criteria(("riskStatus", "YES"), ("repoNamespace", "shop")), None, ["app-1"]),
        (criteria(("riskStatus", "NO")), None, ["app-2", "app-3"]),
        (criteria(("repoNamespace", "archive")), None, ["legacy"]),
        (criteria(("digest", "0000")), None, []),
        (criteria(("instanceId", "cri-simulated"), ("regionId", "cn-beijing")), None, []),
    ],
)
def test_criteria_keep_what_they_name(
    asked: str, join: str | None, expected: list[str], act: Act, clock: Clock
) -> None:
    """The values of one name are joined by their logicalExp, and the names by LogicalExp."""
    with holding(TASK, clock=clock) as simulator:
        listed = rows(act, simulator, Criteria=asked, LogicalExp=join)

    assert sorted({row["RepoName"].partition("-")[0].replace("app", row["RepoName"]) for row in listed}) == expected


def test_an_image_is_found_by_its_digest_in_either_form(act: Act, clock: Clock) -> None:
    """With all of its tags."""
    with holding(TASK, clock=clock) as simulator:
        digest = rows(act, simulator, Criteria=criteria(("repoName", "app-1")))[0]["Digest"].removeprefix("sha256:")
        found = [rows(act, simulator, Criteria=criteria(("digest", f"{form}{digest}"))) for form in ("", "sha256:")]

    assert [row["RepoName"] for row in found[0]] == ["app-1", "app-1"]
    assert found[0] == found[1]


def test_every_name_of_a_criterion_is_a_field(act: Act, clock: Clock) -> None:
    """Asking for what an image shows finds the image."""
    names = (
        *("instanceId", "repoName", "repoId", "repoNamespace", "regionId", "registryType", "imageId", "tag", "digest"),
        *("vulStatus", "alarmStatus", "hcStatus", "riskStatus"),
    )
    with holding(TASK, clock=clock) as simulator:
        row = rows(act, simulator)[0]
        everything = criteria(*((name, row[name[0].upper() + name[1:]]) for name in names))

        assert rows(act, simulator, Criteria=everything) == [row]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"Criteria": "digest"}, "InvalidCriteria"),
        ({"Criteria": "{}"}, "InvalidCriteria"),
        ({"Criteria": '["digest"]'}, "InvalidCriteria"),
        ({"Criteria": '[{"name": "digest"}]'}, "InvalidCriteria"),
        ({"Criteria": '[{"name": "digest", "value": 7}]'}, "InvalidCriteria"),
        ({"Criteria": '[{"name": "colour", "value": "red"}]'}, "InvalidCriteria"),
        ({"Criteria": '[{"name": "tag", "value": "1", "logicalExp": "NOT"}]'}, "InvalidCriteria"),
        ({"LogicalExp": "XOR"}, "InvalidLogicalExp"),
        ({"CurrentPage": "first"}, "InvalidCurrentPage"),
        ({"PageSize": 0}, "InvalidPageSize"),
        ({"Scanned": 1}, "InvalidScanned"),
    ],
)
def test_a_wrong_parameter_is_refused(query: dict[str, object], code: str, act: Act, clock: Clock) -> None:
    """With an error that is named after it."""
    with Simulator(now=clock) as simulator:
        seen = act(simulator, INSTANCES, **query)

    assert (seen.status, seen.document["Code"]) == (400, code)
