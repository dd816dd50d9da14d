"""The container, built by a real Docker Engine and run as users run it, against the simulator.

Without an engine these tests are skipped, unless NEEDS_CONTAINER is set, as in the project's own check.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from tests.github_runner import parse_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
UNPRIVILEGED = ("--user", "65534:65534", "--read-only")
HARDENED = (*UNPRIVILEGED, "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


def docker(*arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Runs the Docker client, whatever its exit code."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=timeout)


def _skip_reason() -> str:
    if os.environ.get("NEEDS_CONTAINER"):
        return ""
    if not shutil.which("docker"):
        return "there is no Docker client"
    if docker("info").returncode:
        return "no Docker Engine is running"
    if docker("image", "inspect", "python:3.13-slim").returncode:
        return "there is no base image python:3.13-slim"
    return ""


pytestmark = [
    pytest.mark.container,
    pytest.mark.xdist_group("container"),
    pytest.mark.skipif(bool(reason := _skip_reason()), reason=reason or "an engine is running"),
]


@pytest.fixture(scope="session")
def image() -> str:
    """The image that the Dockerfile builds."""
    built = docker("build", "--quiet", "--tag", "scan-gate:under-test", str(ROOT), timeout=900)
    assert built.returncode == 0, built.stderr
    return "scan-gate:under-test"


def test_the_packages_can_come_from_another_index() -> None:
    """As from a mirror behind a firewall; this one has no package."""
    asked: list[str] = []

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_arguments: object) -> None:
            """Logs nothing."""

    with HTTPServer(("127.0.0.1", 0), Index) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        index = f"PIP_INDEX_URL=http://127.0.0.1:{server.server_port}/mirror"
        built = docker("build", "--network", "host", "--build-arg", index, str(ROOT), timeout=900)
        server.shutdown()
        thread.join()

    assert built.returncode != 0
    assert asked
    assert all(path.startswith("/mirror/") for path in asked)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulated cloud with two risky images."""
    with Simulator("risky") as running:
        yield running


def variables(simulator: Simulator) -> list[str]:
    """The options of `docker run` for a gate that uses the simulator."""
    described = simulator.describe()["huawei"]
    names = ("endpoint", "iam_endpoint", "access_key_id", "access_key_secret", "region")
    values = {"CLOUD": "huawei", "POLL_INTERVAL": "0.1"} | {name.upper(): described[name] for name in names}
    return [part for name, value in values.items() for part in ("--env", f"SCAN_GATE_{name}={value}")]


def test_it_runs_as_any_user_with_a_read_only_file_system(image: str, simulator: Simulator) -> None:
    ending = docker("run", "--rm", "--network", "host", *HARDENED, *variables(simulator), image, "check")

    assert ending.returncode == 1, ending.stdout + ending.stderr
    assert "2 of 3 images are risky; --max-risky allows 0." in ending.stdout


def test_it_runs_as_a_github_action(image: str, simulator: Simulator, tmp_path: Path) -> None:
    """With hyphens in the inputs' variables, a workspace, the runner's files, and no shell (ci-hosts.md 4.1)."""
    described = simulator.describe()["huawei"]
    inputs = {
        "cloud": "huawei",
        "endpoint": described["endpoint"],
        "project-id": described["project_id"],
        "access-key-id": described["access_key_id"],
        "access-key-secret": described["access_key_secret"],
        "poll-interval": "0.1",
        "max-risky": "2",
        "report": "json=out/report.json",
        "region": "none",
        "warn-only": "",
    }
    for name in ("output", "summary"):
        (tmp_path / name).touch()
    github = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "/files/output", "GITHUB_STEP_SUMMARY": "/files/summary"}
    environ = {f"INPUT_{name.upper()}": value for name, value in inputs.items()} | github | {"HOME": "/github/home"}
    options = [part for name, value in environ.items() for part in ("--env", f"{name}={value}")]

    mounts = ("--volume", f"{tmp_path}:/files", "--volume", f"{tmp_path}:/github/workspace")
    ending = docker(
        "run", "--rm", "--network", "host", "--workdir", "/github/workspace", *mounts, *options, image, "check"
    )

    assert ending.returncode == 0, ending.stdout + ending.stderr
    assert parse_outputs((tmp_path / "output").read_text())["risky-num"] == "2"
    assert (tmp_path / "summary").read_text().startswith("## ✅")
    assert json.loads((tmp_path / "out" / "report.json").read_text())["verdict"] == "passed"


def test_no_variable_of_python_and_no_file_of_the_job_changes_what_it_runs(
    image: str, simulator: Simulator, tmp_path: Path
) -> None:
    """An earlier job may have set the variables, and left the files."""
    home = tmp_path / ".local" / "lib" / "python3.13" / "site-packages"
    for folder in (tmp_path, tmp_path / "gate", home):
        folder.mkdir(parents=True, exist_ok=True)
        for module in ("__init__", "__main__", "sitecustomize", "usercustomize", "click", "json", "requests"):
            (folder / f"{module}.py").write_text("import os\nprint('taken over')\nos._exit(0)\n")
    evil = {
        "PYTHONPATH": "/evil",
        "PYTHONHOME": "/evil",
        "PYTHONSTARTUP": "/evil/json.py",
        "PYTHONUSERBASE": "/evil/.local",
        "PYTHONSAFEPATH": "",
        "PYTHONINSPECT": "1",
        "PYTHONOPTIMIZE": "2",
        "HOME": "/evil",
    }
    options = [part for name, value in evil.items() for part in ("--env", f"{name}={value}")]
    mounts = ("--volume", f"{tmp_path}:/evil", "--workdir", "/evil")

    for entry in ((), ("--entrypoint", "scan-gate")):
        ending = docker(
            "run", "--rm", "--network", "host", *mounts, *options, *entry, *variables(simulator), image, "check"
        )

        assert ending.returncode == 1, ending.stdout + ending.stderr
        assert "2 of 3 images are risky; --max-risky allows 0." in ending.stdout
        assert "taken over" not in ending.stdout + ending.stderr


def test_it_has_a_shell_for_gitlab(image: str) -> None:
    ending = docker("run", "--rm", "--entrypoint", "", image, "sh", "-c", "scan-gate --version")

    assert (ending.returncode, ending.stdout[:10]) == (0, "scan-gate,")


def test_a_stopped_container_exits_as_interrupted_and_is_not_killed(image: str) -> None:
    """The gate is process 1 of the container, which receives only signals that it handles."""
    with Simulator("stuck") as simulator:
        started = docker("run", "--detach", "--network", "host", *UNPRIVILEGED, *variables(simulator), image, "check")
        container = started.stdout.strip()
        try:
            with subprocess.Popen(["docker", "logs", "--follow", container], stderr=subprocess.PIPE, text=True) as logs:
                assert logs.stderr
                assert "running, 60 %" in logs.stderr.readline()
                docker("stop", "--time", "10", container)
            code = docker("inspect", "--format", "{{.State.ExitCode}}", container).stdout.strip()
        finally:
            docker("rm", "--force", container)

    assert code == "143"


def test_it_has_labels_and_an_entry_point(image: str) -> None:
    inspected = json.loads(docker("image", "inspect", image).stdout)[0]["Config"]

    assert inspected["Labels"]["org.opencontainers.image.title"] == "scan-gate"
    assert inspected["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert inspected["Labels"]["org.opencontainers.image.base.name"] == "python:3.13-slim"
    assert inspected["Entrypoint"] == ["/opt/scan-gate/bin/scan-gate"]
    assert not inspected.get("User")


def test_it_contains_the_gate_and_no_installer(image: str) -> None:
    script = "import importlib.util as u; print([bool(u.find_spec(n)) for n in ('gate', 'pip', 'huaweicloudsdkcore')])"

    ending = docker("run", "--rm", "--entrypoint", "/opt/scan-gate/bin/python3", image, "-c", script)

    assert ending.stdout.strip() == "[True, False, False]", ending.stderr
