"""Tests the criteria that filter the images of the account (alibaba-security-center.md 2.2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gate.simulator import SimulatedTask, Simulator
from tests.simulator.alibaba.actions import INSTANCES, image_rows, simulator_with

if TYPE_CHECKING:
    from tests.simulator.conftest import CallAction, Clock

TASK = SimulatedTask(id="scanned", name="scan", started_ago=600, risky=1)


def criteria(*conditions: tuple[str, str], join: str | None = None) -> str:
    """Criteria in the form of the parameter."""
    more = {} if join is None else {"logicalExp": join}
    return json.dumps([{"name": name, "value": value, **more} for name, value in conditions])


@pytest.mark.parametrize(
    ("parameter", "join", "expected"),
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
def test_criteria_keep_the_matching_images(
    parameter: str, join: str | None, expected: list[str], call: CallAction, clock: Clock
) -> None:
    """Several values of one name are joined by their logicalExp, and the names by LogicalExp."""
    with simulator_with(TASK, clock=clock) as simulator:
        rows = image_rows(call, simulator, Criteria=parameter, LogicalExp=join)

    assert sorted({row["RepoName"].partition("-")[0].replace("app", row["RepoName"]) for row in rows}) == expected


def test_an_image_is_found_by_its_digest_in_either_form(call: CallAction, clock: Clock) -> None:
    """It is found under all of its tags."""
    with simulator_with(TASK, clock=clock) as simulator:
        digest = image_rows(call, simulator, Criteria=criteria(("repoName", "app-1")))[0]["Digest"].removeprefix(
            "sha256:"
        )
        found = [
            image_rows(call, simulator, Criteria=criteria(("digest", f"{form}{digest}"))) for form in ("", "sha256:")
        ]

    assert [row["RepoName"] for row in found[0]] == ["app-1", "app-1"]
    assert found[0] == found[1]


def test_every_criterion_name_is_a_field_of_the_image(call: CallAction, clock: Clock) -> None:
    """Criteria with the values of an image find that image."""
    names = (
        *("instanceId", "repoName", "repoId", "repoNamespace", "regionId", "registryType", "imageId", "tag", "digest"),
        *("vulStatus", "alarmStatus", "hcStatus", "riskStatus"),
    )
    with simulator_with(TASK, clock=clock) as simulator:
        row = image_rows(call, simulator)[0]
        all_fields = criteria(*((name, row[name[0].upper() + name[1:]]) for name in names))

        assert image_rows(call, simulator, Criteria=all_fields) == [row]


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
def test_an_invalid_parameter_is_rejected(query: dict[str, object], code: str, call: CallAction, clock: Clock) -> None:
    """The error code contains the name of the parameter."""
    with Simulator(now=clock) as simulator:
        response = call(simulator, INSTANCES, **query)

    assert (response.status, response.document["Code"]) == (400, code)
