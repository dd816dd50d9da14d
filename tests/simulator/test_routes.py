"""Tests the routes: the gateway's paths and the project lookup of IAM (huawei-hss.md 5 and 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator

if TYPE_CHECKING:
    from tests.simulator.conftest import SendRequest


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("GET", "/v5/0123456789abcdef0123456789abcdef/image/task"),
        ("GET", "/v5/0123456789abcdef0123456789abcdef/image/tasks/"),
        ("POST", "/v5/0123456789abcdef0123456789abcdef/image/tasks"),
        ("POST", "/v3/projects"),
    ],
)
def test_an_unknown_route_is_not_found(method: str, target: str, send: SendRequest) -> None:
    """It is so without credentials too, since the gateway routes a request before it authenticates it."""
    with Simulator() as simulator:
        response = send(simulator, target, method=method, headers={})
        operations = [request.operation for request in simulator.requests]

    assert (response.status, response.document["error_code"]) == (404, "APIGW.0101")
    assert operations == ["unknown"]


def test_a_project_is_found_by_the_name_of_its_region(send: SendRequest) -> None:
    """IAM returns the one project with exactly that name, and its trace id."""
    with Simulator() as simulator:
        response = send(simulator, "/v3/projects?name=cn-north-4")
        settings = simulator.describe()["huawei"]

    (project,) = response.document["projects"]
    assert (project["name"], project["id"]) == (settings["region"], settings["project_id"])
    assert response.headers["X-IAM-Trace-Id"]


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("/v3/projects", ["cn-north-4", "cn-north-4_team"]),
        ("/v3/projects?name=cn-north-4_team", ["cn-north-4_team"]),
        ("/v3/projects?name=cn-north", []),
    ],
)
def test_projects_are_filtered_by_their_whole_name(target: str, names: list[str], send: SendRequest) -> None:
    """Without a name, all projects are listed, including sub-projects."""
    with Simulator() as simulator:
        response = send(simulator, target)

    assert [project["name"] for project in response.document["projects"]] == names
