"""The gate in separate processes: signals, closed streams, and errors before it is imported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.github_runner import parse_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator

GATE = [sys.executable, "-m", "gate"]
ROOT = Path(__file__).parent.parent


@contextmanager
def started(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A gate in a separate process, which is terminated when the block ends."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    # A signal can interrupt the coverage measurement while it holds its lock, and cause a deadlock.
    environ.pop("COVERAGE_PROCESS_CONFIG", None)
    with subprocess.Popen(
        [*GATE, *arguments], env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def simulated(scenario: str) -> Iterator[dict[str, str]]:
    """The variables for a gate that uses `scan-gate simulate`, which runs in a separate process."""
    with started("simulate", "--json", "--scenario", scenario) as simulator:
        assert simulator.stdout
        huawei = json.loads(simulator.stdout.readline())["huawei"]
        names = ("endpoint", "iam_endpoint", "access_key_id", "access_key_secret", "region")
        yield {"SCAN_GATE_CLOUD": "huawei"} | {f"SCAN_GATE_{name.upper()}": huawei[name] for name in names}


def test_simulate_prints_one_line_of_json_and_serves_until_stopped() -> None:
    with started("simulate", "--json") as simulator:
        assert simulator.stdout
        line = simulator.stdout.readline()
        simulator.terminate()
        code = simulator.wait(30)

    names = {"endpoint", "access_key_id", "access_key_secret", "region", "iam_endpoint", "project_id"}
    assert names <= json.loads(line)["huawei"].keys()
    assert code == 0


def test_the_output_of_simulate_configures_a_gate_in_a_shell() -> None:
    """The lines can be pasted into a shell, and the gate finds the project id through IAM."""
    with started("simulate", "--scenario", "risky") as simulator:
        assert simulator.stdout
        lines = []
        while not (line := simulator.stdout.readline()).startswith("# Paste"):
            lines.append(line)
        script = "".join(lines) + f"{sys.executable} -m gate check --poll-interval 0.1\n"
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        ending = subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, check=False)

    assert ending.returncode == 1, ending.stderr
    assert "2 of 3 images are risky; --max-risky allows 0." in ending.stdout


def test_a_port_in_use_is_a_usage_error() -> None:
    with started("simulate", "--json") as simulator:
        assert simulator.stdout
        port = json.loads(simulator.stdout.readline())["huawei"]["endpoint"].rpartition(":")[2]
        command = [*GATE, "simulate", "--port", port]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        second = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)

    assert second.returncode == 2
    assert f"The simulator cannot listen on port {port}" in second.stderr


@pytest.mark.usefixtures("hangup_is_not_ignored")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interrupted_gate_still_writes_every_report(number: signal.Signals, code: int) -> None:
    Path("output").touch()
    github = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "output", "SCAN_GATE_REPORT": "json=report.json"}
    with simulated("stuck") as variables, started("check", **variables, **github) as gate:
        assert gate.stderr
        assert any("running, 60 %" in line for line in gate.stderr)
        gate.send_signal(number)
        gate.send_signal(number)
        code_of_gate = gate.wait(30)

    report = json.loads(Path("report.json").read_text())
    assert (code_of_gate, report["exit_code"], report["verdict"]) == (code, code, "undecided")
    assert report["task"]["progress"] == 60
    assert parse_outputs(Path("output").read_text())["exit-code"] == str(code)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_the_reports_leaves_the_exit_code_that_they_name(number: signal.Signals) -> None:
    script = f"from gate.cli import main; code = main(); os.kill(os.getpid(), {int(number)}); sys.exit(code)"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ending = subprocess.run(
        [sys.executable, "-c", f"import os, sys; {script}", "check"], env=environ, check=False, timeout=60
    )

    assert ending.returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_verdict_is_published_interrupts_nothing(number: signal.Signals, tmp_path: Path) -> None:
    """The Buildkite agent, which is run to publish, sends the signal and then reads its input."""
    agent = tmp_path / "buildkite-agent"
    agent.write_text(f"#!/bin/sh\nkill -{int(number)} $PPID\ncat > input\n")
    agent.chmod(0o755)
    buildkite = {
        "BUILDKITE": "true",
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SCAN_GATE_REPORT": "json=report.json",
    }
    with simulated("risky") as variables, started("check", "--poll-interval", "0.1", **variables, **buildkite) as gate:
        out, err = gate.communicate(timeout=30)

    assert (gate.returncode, json.loads(Path("report.json").read_text())["exit_code"]) == (1, 1), err
    assert "2 of 3 images are risky; --max-risky allows 0." in out
    assert "2 of 3 images are risky; --max-risky allows 0" in Path("input").read_text()


@pytest.mark.parametrize("target", ["out.txt", "| cat > out.txt"])
def test_a_report_to_standard_output_is_written_before_the_verdict(target: str) -> None:
    with simulated("risky") as variables:
        environ = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
        redirection = target if target.startswith("|") else f">> {target}"
        script = f"{sys.executable} -m gate check --poll-interval 0.1 --report json=/dev/stdout {redirection}"
        subprocess.run(["sh", "-c", script], env=environ, check=False)

    report, verdict, _ = Path("out.txt").read_text().partition("scan-gate: BLOCKED")
    assert json.loads(report)["verdict"] == "blocked"
    assert verdict


def test_with_closed_streams_the_exit_code_is_still_the_verdict() -> None:
    with simulated("risky") as variables:
        environ = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
        script = f"{sys.executable} -m gate check --poll-interval 0.1 >&- 2>&-"
        ending = subprocess.run(["sh", "-c", script], env=environ, check=False)

    assert ending.returncode == 1


def test_with_closed_pipes_the_exit_code_is_still_the_verdict() -> None:
    with simulated("risky") as variables, started("check", "--poll-interval", "0.1", **variables) as gate:
        assert gate.stdout
        assert gate.stderr
        gate.stdout.close()
        gate.stderr.close()

        assert gate.wait(30) == 1


@pytest.mark.parametrize(
    ("error", "code", "message"), [("ImportError('broken')", 70, "broken"), ("KeyboardInterrupt", 130, "")]
)
def test_an_error_while_the_gate_is_imported_is_not_a_verdict(
    error: str, code: int, message: str, tmp_path: Path
) -> None:
    (tmp_path / "click.py").write_text(f"raise {error}")

    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    ending = subprocess.run([*GATE, "check"], env=environ, capture_output=True, text=True, check=False)

    assert ending.returncode == code
    assert message in ending.stderr


def test_a_name_that_the_terminal_cannot_encode_is_not_an_error() -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "SCAN_GATE_TASK_NAME": "\u955c\u50cf"}
    with (
        simulated("clean") as variables,
        started("check", "--task-id", "\u955c\u50cf", "--appear-timeout", "0", "-v", **variables, **ascii_only) as gate,
    ):
        out, err = gate.communicate(timeout=30)

    assert gate.returncode == 7, out + err


VENDORS_SAMPLE = """
import os, sys
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.region.region import Region as Address
from huaweicloudsdkhss.v5 import HssClient, ListImageScanTaskRequest

credentials = BasicCredentials(os.environ["CLOUD_SDK_AK"], os.environ["CLOUD_SDK_SK"], os.environ["PROJECT"])
client = HssClient.new_builder().with_credentials(credentials).with_region(Address("x", os.environ["ENDPOINT"])).build()
request = ListImageScanTaskRequest()
request.type = "image_scan"  # missing in the vendor's sample, although it is mandatory
response = client.list_image_scan_task(request)
print(response.total_num, [task.task_name for task in response.data_list])
"""


def test_the_vendors_sample_code_reads_the_tasks_of_simulate(tmp_path: Path) -> None:
    with started("simulate", "--json") as simulator:
        assert simulator.stdout
        known = json.loads(simulator.stdout.readline())["huawei"]
        environ = {
            **os.environ,
            "HOME": str(tmp_path),
            "CLOUD_SDK_AK": known["access_key_id"],
            "CLOUD_SDK_SK": known["access_key_secret"],
            "PROJECT": known["project_id"],
            "ENDPOINT": known["endpoint"],
        }
        program = [sys.executable, "-W", "ignore", "-c", VENDORS_SAMPLE]
        ending = subprocess.run(program, env=environ, capture_output=True, text=True, check=False)

    assert ending.stdout.startswith("6 ["), ending.stderr
    assert "manual-image-scan" in ending.stdout
