"""The gate as its users run it, in this process: the real command line against a simulated cloud, on a fake clock."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate import cli, clouds
from gate.simulator import Simulator
from tests.builders import FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from gate.simulator import Scenario

CLOUDS = tuple(clouds.CLOUDS)
"""The names of all clouds, for parametrised tests."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How one run of the command ended."""

    code: int
    out: str
    err: str
    report: dict[str, Any] = field(default_factory=dict)
    """The json report; empty where none was written."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A gate with the credentials of one simulated cloud in its environment."""

    cloud: str
    simulator: Simulator
    time: FakeTime
    capsys: pytest.CaptureFixture[str]
    left_out: tuple[str, ...] = ()
    """What the command line does not say, though the simulator describes it."""

    def run(self, *arguments: str) -> Ending:
        """Runs one command, with the options that lead it to the simulator."""
        command, *rest = arguments
        code = cli.main([command, *self.where(), *rest], self.time.clock())
        said = self.capsys.readouterr()
        return Ending(code=code, out=said.out, err=said.err)

    def check(self, *arguments: str) -> Ending:
        """Runs the check, with a json report."""
        path = Path("report.json")
        path.unlink(missing_ok=True)
        ending = self.run("check", "--report", f"json={path}", *arguments)
        report = json.loads(path.read_text()) if path.exists() else {}
        return Ending(code=ending.code, out=ending.out, err=ending.err, report=report)

    def where(self) -> list[str]:
        """The options of the command line that lead to the simulator; its keys are in the environment."""
        described = self.simulator.describe()[self.cloud]
        options = ["--cloud", self.cloud]
        for name in ("endpoint", "region", "iam_endpoint", "project_id"):
            if name in described and name not in self.left_out:
                options += [f"--{name.replace('_', '-')}", described[name]]
        return options

    @property
    def operations(self) -> list[str]:
        """What the cloud was asked, in order."""
        return [request.operation for request in self.simulator.requests]


@contextmanager
def gate_before(
    cloud: str, scenario: str | Scenario, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Gate]:
    """Starts a simulated cloud in this scenario, and sets the variables that its keys travel by."""
    time = FakeTime()
    with Simulator(scenario, now=time.true_wall) as simulator:
        for name in ("access_key_id", "access_key_secret"):
            monkeypatch.setitem(os.environ, f"SCAN_GATE_{name.upper()}", simulator.describe()[cloud][name])
        yield Gate(cloud=cloud, simulator=simulator, time=time, capsys=capsys)
