"""A check says in its json report where it asked the cloud, what it started, in which job, and who set its policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.clouds import CLOUDS
from gate.simulator import IMAGE_SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Gate

IN_GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "team/shop",
    "GITHUB_SHA": "4" * 40,
    "GITHUB_RUN_ID": "9001",
    "GITHUB_RUN_ATTEMPT": "1",
}
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)


@every_cloud
def test_a_check_says_where_it_asked_and_in_which_job(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    for name, value in IN_GITHUB.items():
        monkeypatch.setenv(name, value)

    context = gate.check().report["context"]

    known = gate.simulator.describe()[cloud]
    assert (context["region"], context["endpoint"]) == (known["region"], known["endpoint"])
    assert (context["ci"], context["repository"], context["commit"]) == ("github", "team/shop", "4" * 40)
    assert context["pipeline_url"] == "https://github.example/team/shop/actions/runs/9001/attempts/1"
    assert context["started_tasks"] == []


def test_the_project_of_huawei_cloud_is_stated_where_iam_had_to_be_asked_for_it(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", "huawei")
    known = gate.simulator.describe()["huawei"]
    asking = type(gate)(
        cloud=gate.cloud, simulator=gate.simulator, time=gate.time, capsys=gate.capsys, omitted=("project_id",)
    )

    for one in (gate, asking):
        assert one.check().report["context"]["account"] == known["project_id"]
    assert asking.check("--quiet").report["verdict"] == "passed"


def test_the_account_of_alibaba_cloud_is_not_known_with_stored_keys(gate_in: Callable[..., Gate]) -> None:
    assert gate_in("clean", "alibaba").check().report["context"]["account"] is None


def test_a_check_that_starts_a_scan_names_its_task(gate_in: Callable[..., Gate]) -> None:
    """Huawei Cloud returns no id of it, so that only a look at the list while it is running can tell it."""
    gate = gate_in("images-clean", "alibaba")
    images = [word for image in IMAGE_SCENARIOS["images-clean"].images for word in ("--image", image)]

    ending = gate.check(*images)

    assert ending.report["verdict"] == "passed"
    assert len(ending.report["context"]["started_tasks"]) == 1


@every_cloud
def test_each_option_of_the_policy_says_where_its_value_comes_from(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate = gate_in("clean", cloud)
    monkeypatch.setenv("SCAN_GATE_MAX_FAILED", "2")
    config = tmp_path / "gate.toml"
    config.write_text('max-age = "48h"\n')

    sources = gate.check("--max-risky", "3", "--config", str(config)).report["policy"]["sources"]

    given = {name: source for name, source in sources.items() if source != "default"}
    assert given == {
        "max-failed": "the variable SCAN_GATE_MAX_FAILED",
        "max-risky": "--max-risky",
        "max-age": f"the key 'max-age' of {config}",
    }
    assert {"severity-cutoff", "waivers", "settle"} <= sources.keys()
