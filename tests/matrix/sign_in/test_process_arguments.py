"""Neither a token nor temporary credentials are among the arguments of a process, or in the environment of a child."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.matrix.injection_points import ALIBABA, HUAWEI
from tests.matrix.sign_in.situations import OPTIONS_OF
from tests.matrix.sign_in.test_canaries import SECRET, Canaries
from tests.test_secrets import ROOT, files, traces

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

AGENT = """#!/bin/sh
tr '\\0' ' ' < /proc/$$/cmdline >> arguments-of-agent
env >> environment-of-agent
if [ "$1" = oidc ]; then
    tr '\\0' ' ' < /proc/$PPID/cmdline >> arguments-of-gate
    printf '%s' {token}
else
    cat > /dev/null
fi
"""


@pytest.mark.parametrize(("cloud", "is_of_agent"), [(HUAWEI, True), (ALIBABA, False)], ids=["agent", "variable"])
def test_no_process_is_started_with_a_token_or_temporary_credentials(
    cloud: str, *, is_of_agent: bool, gate_in: Callable[..., Gate], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With two roles, in a job of Buildkite, whose agent is the only program that the gate starts."""
    gate = gate_in("stuck", cloud)
    canaries = Canaries(gate)
    described = gate.simulator.describe_sign_in()[cloud]
    token = gate.simulator.token("buildkite", audience=described["oidc_audience"])
    canaries.found.append(token)
    folder = tmp_path_factory.mktemp("bin")
    (folder / "buildkite-agent").write_text(AGENT.format(token=token if is_of_agent else ""))
    (folder / "buildkite-agent").chmod(0o755)
    options = [
        word
        for name in (*OPTIONS_OF[cloud]["chained"], "sts_endpoint")
        for word in (f"--{name.replace('_', '-')}", described[name])
    ]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SCAN_GATE_")}
    environ |= {"BUILDKITE": "true", "BUILDKITE_JOB_ID": "1", "PATH": f"{folder}:{environ['PATH']}"}
    environ |= {"PYTHONPATH": str(ROOT)} | ({} if is_of_agent else {"SCAN_GATE_OIDC_TOKEN": token})

    with subprocess.Popen(
        [sys.executable, "-m", "gate", "check", *gate.cloud_options(), *options, "--max-age", "none", "-v"],
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr
        log = [*takewhile(lambda line: "60 %" not in line, process.stderr)]
        arguments = Path(f"/proc/{process.pid}/cmdline").read_text()
        process.terminate()
        out, err = process.communicate(timeout=20)

    assert process.returncode == 143, "".join(log)
    assert "assumed with" in "".join(log)
    assert len(canaries.found) == 2 + 2 * 3
    assert "check" in arguments
    started = Path("arguments-of-agent").read_text()
    assert "annotate" in started
    assert ("oidc request-token" in started) is is_of_agent
    everything = "\n".join((arguments, *log, out, err, files()))
    assert traces(everything, canaries.found) == []
    assert SECRET.findall(everything) == []
