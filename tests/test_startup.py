"""Start-up: a command loads the modules that it needs, and no others."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.ci import CI_SYSTEMS
from gate.reports import REPORTS
from gate.simulator import Scenario, SimulatedTask, Simulator, Stage
from tests.harness import CLOUDS
from tests.verify.statements import IMAGE, a_statement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

ROOT = Path(__file__).parent.parent
RUN = """
import sys
from pathlib import Path
from gate.__main__ import main

code = main()
Path("modules").write_text(" ".join(sys.modules))
sys.exit(code)
"""
FINISHED = Scenario(
    name="finished",
    summary="The newest scan task is complete at the first poll.",
    expected_exit=0,
    tasks=(
        SimulatedTask(id="newest", name="nightly", started_ago=3600, stages=(Stage(state="complete", progress=100),)),
    ),
)
HTTP = ("requests", "urllib3", "gate.clouds.transport")
ONLY_OF_A_DEMO = ("gate.simulator", "gate.demo")


def loaded_by(*arguments: str, variables: Mapping[str, str] | None = None, code: int = 0) -> set[str]:
    """The modules in a process of its own after this command, which must exit with this code."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SCAN_GATE_")}
    # Measuring the coverage would load modules of its own.
    environ.pop("COVERAGE_PROCESS_CONFIG", None)
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**environ, "PYTHONPATH": str(ROOT), **(variables or {})},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == code, ended.stderr
    return set(Path("modules").read_text().split())


def within(modules: Iterable[str], packages: Collection[str]) -> list[str]:
    """Those of the modules that are these packages, or in them."""
    return sorted(name for name in modules if any(f"{name}.".startswith(f"{package}.") for package in packages))


def loaded_by_poll(command: str, cloud: str, *arguments: str, scenario: str | Scenario = "clean") -> set[str]:
    """The modules that a command has loaded after it has polled a simulated cloud."""
    with Simulator(scenario) as simulator:
        described = {"cloud": cloud, **simulator.describe()[cloud]}
        variables = {f"SCAN_GATE_{name.upper()}": value for name, value in described.items()}
        return loaded_by(command, *arguments, variables=variables)


@pytest.mark.parametrize("command", ["check", "status", "doctor"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_command_that_polls_a_cloud_loads_no_other_cloud_and_no_simulator(cloud: str, command: str) -> None:
    quickly = {"check": ("--settle", "0", "--poll-interval", "0.1"), "status": (), "doctor": ()}

    modules = loaded_by_poll(command, cloud, *quickly[command])

    others = [f"gate.clouds.{other}" for other in CLOUDS if other != cloud]
    # The command line knows the options and severities of all clouds, and names the one of a region or a registry.
    names = (
        *("options", "regions", "selection", "severity_words", "images", "images.registry_host", "images.editions"),
        *("instance", "instance.choice"),
    )
    options = [f"{other}.{module}" for other in others for module in names]
    assert within(modules, [f"gate.clouds.{cloud}.api", "requests"])
    assert within(modules, ["gate.help"]) == []
    of_doctor = ["gate.doctor", "gate.clouds.reach", f"gate.clouds.{cloud}.diagnosis"]
    assert bool(within(modules, [*of_doctor, f"gate.clouds.{cloud}.images.connect"])) is (command == "doctor")
    assert set(within(modules, others)) <= {*others, *options}
    assert within(modules, ONLY_OF_A_DEMO) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_check_that_repeats_nothing_loads_no_backoff(cloud: str) -> None:
    modules = loaded_by_poll("check", cloud, scenario=FINISHED)

    assert within(modules, ["gate.repeat"])
    assert within(modules, ["backoff", "asyncio"]) == []


@pytest.mark.parametrize("formats", [[], ["json"], ["junit", "html"]], ids=" ".join)
def test_a_check_loads_no_report_that_it_does_not_write(formats: list[str]) -> None:
    reports = [word for name in formats for word in ("--report", f"{name}={name}")]

    modules = loaded_by_poll("check", "huawei", *reports, scenario=FINISHED)

    every_report = {f"gate.reports.{report.module}": name for name, report in REPORTS.items()}
    assert {every_report[module] for module in modules & every_report.keys()} == set(formats)


@pytest.mark.parametrize("name", CI_SYSTEMS)
def test_a_check_loads_no_ci_system_that_it_does_not_publish_to(name: str) -> None:
    modules = loaded_by_poll("check", "huawei", "--ci", name, scenario=FINISHED)

    assert [one for one in CI_SYSTEMS if f"gate.ci.{one}" in modules] == [one for one in (name,) if one != "none"]


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["check", "--help"], ["status", "--help"]],
    ids=" ".join,
)
def test_help_and_version_load_no_cloud_and_no_simulator(arguments: list[str]) -> None:
    modules = loaded_by(*arguments)

    clouds = [f"gate.clouds.{cloud}.{module}" for cloud in CLOUDS for module in ("api", "connect", "translate")]
    assert within(modules, ["gate.cli"])
    assert within(modules, [*HTTP, *clouds, *ONLY_OF_A_DEMO]) == []


def test_the_policy_in_force_is_printed_without_http() -> None:
    modules = loaded_by("policy", "--cloud", "huawei")

    assert within(modules, [*HTTP, "gate.run", "gate.reports.json_report", *ONLY_OF_A_DEMO]) == []


def test_statements_are_verified_without_http_and_without_a_cloud(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(a_statement()))

    modules = loaded_by("verify", str(path), "--image", IMAGE, "--any-policy", "--max-age", "3650d")

    clouds = [f"gate.clouds.{cloud}.{module}" for cloud in CLOUDS for module in ("api", "connect", "images.connect")]
    assert within(modules, [*HTTP, *clouds, "gate.run", "gate.reports.attestation", *ONLY_OF_A_DEMO]) == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=" ".join)
def test_help_and_version_of_the_program_load_no_command(arguments: list[str]) -> None:
    assert within(loaded_by(*arguments), ["gate.commands", "gate.run", "backoff"]) == []


def test_a_usage_error_loads_no_http(tmp_path: Path) -> None:
    modules = loaded_by("check", "--cloud", "none-of-them", "--report", f"json={tmp_path}/report.json", code=2)

    assert within(modules, [*HTTP, *ONLY_OF_A_DEMO]) == []


@pytest.mark.parametrize("is_isolated", [True, False])
def test_the_interpreter_of_the_image_runs_nothing_of_the_variables_and_the_files_of_a_job(
    tmp_path: Path, *, is_isolated: bool
) -> None:
    """With its options, here by `-m`; without them, such a job runs what it likes in the place of the gate."""
    found = re.search(r"\|#!/opt/scan-gate/bin/python3 (-\w+)\|", (ROOT / "Dockerfile").read_text())
    assert found
    (tmp_path / "gate").mkdir()
    for name in ("sitecustomize", "usercustomize", "click", "gate/__init__", "gate/__main__"):
        (tmp_path / f"{name}.py").write_text("import os\nprint('taken over', flush=True)\nos._exit(0)\n")

    ended = subprocess.run(
        [sys.executable, *([found[1]] if is_isolated else []), "-m", "gate", "check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONINSPECT": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout) == ((2, "") if is_isolated else (0, "taken over\n"))
