"""What is found where: the gateway's paths and IAM's look-up of a project (huawei-hss.md 5 and 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator

if TYPE_CHECKING:
    from tests.simulator.conftest import Ask


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
def test_what_the_gateway_does_not_know_is_not_found(method: str, target: str, ask: Ask) -> None:
    """Also for a stranger, since the gateway looks for the API before it looks at the caller."""
    with Simulator() as simulator:
        seen = ask(simulator, target, method=method, headers={})
        operations = [request.operation for request in simulator.requests]

    assert (seen.status, seen.document["error_code"]) == (404, "APIGW.0101")
    assert operations == ["unknown"]


def test_a_project_is_found_by_the_name_of_its_region(ask: Ask) -> None:
    """IAM gives the one project of exactly that name, and the id of its own trace."""
    with Simulator() as simulator:
        seen = ask(simulator, "/v3/projects?name=cn-north-4")
        known = simulator.describe()["huawei"]

    (project,) = seen.document["projects"]
    assert (project["name"], project["id"]) == (known["region"], known["project_id"])
    assert seen.headers["X-IAM-Trace-Id"]


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("/v3/projects", ["cn-north-4", "cn-north-4_team"]),
        ("/v3/projects?name=cn-north-4_team", ["cn-north-4_team"]),
        ("/v3/projects?name=cn-north", []),
    ],
)
def test_projects_are_listed_by_their_whole_name(target: str, names: list[str], ask: Ask) -> None:
    """Without a name all of them are, sub-projects too."""
    with Simulator() as simulator:
        seen = ask(simulator, target)

    assert [project["name"] for project in seen.document["projects"]] == names
