"""Runs the gate as its users do, in this process: the real command line, a simulated cloud, and a fake clock."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate import cli, clouds
from gate.options import OPTIONS
from gate.simulator import Simulator
from tests.builders import FakeTime

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pytest

    from gate.simulator import Scenario

CLOUDS = tuple(clouds.CLOUDS)
"""The names of all clouds, for parametrised tests."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The result of one command."""

    code: int
    out: str
    err: str
    report: dict[str, Any] = field(default_factory=dict)
    """The json report; empty if none was written."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A gate with the credentials of one simulated cloud in its environment."""

    cloud: str
    simulator: Simulator
    time: FakeTime
    capsys: pytest.CaptureFixture[str]
    omitted: tuple[str, ...] = ()
    """Settings of the simulator that are not passed on the command line, such as `project_id`."""

    def run(self, *arguments: str) -> Ending:
        """Runs one command against the simulator."""
        command, *rest = arguments
        code = cli.main([command, *self.cloud_options(), *rest], self.time.clock())
        printed = self.capsys.readouterr()
        return Ending(code=code, out=printed.out, err=printed.err)

    def check(self, *arguments: str) -> Ending:
        """Runs the check, with a json report."""
        path = Path("report.json")
        path.unlink(missing_ok=True)
        ending = self.run("check", "--report", f"json={path}", *arguments)
        report = json.loads(path.read_text()) if path.exists() else {}
        return Ending(code=ending.code, out=ending.out, err=ending.err, report=report)

    def cloud_options(self) -> list[str]:
        """The options for the simulator; its credentials are in the environment."""
        return cloud_options(self.cloud, self.simulator.describe()[self.cloud], self.omitted)

    @property
    def operations(self) -> list[str]:
        """The operations that the cloud was asked for, in order."""
        return [request.operation for request in self.simulator.requests]


def cloud_options(cloud: str, settings: Mapping[str, str], omitted: Collection[str] = ()) -> list[str]:
    """The options for a simulated cloud, as words of a command line."""
    return [word for name, value in option_values(cloud, settings, omitted).items() for word in (f"--{name}", value)]


def option_values(cloud: str, settings: Mapping[str, str], omitted: Collection[str] = ()) -> dict[str, str]:
    """Those settings of a simulated cloud that are options, by option; credentials are not."""
    names = {option.name for option in OPTIONS}
    values = {name.replace("_", "-"): value for name, value in settings.items() if name not in omitted}
    return {"cloud": cloud, **{name: value for name, value in values.items() if name in names}}


@contextmanager
def start_gate(
    cloud: str, scenario: str | Scenario, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Gate]:
    """Starts the simulator with this scenario, and sets the variables with the credentials of this cloud."""
    time = FakeTime()
    with Simulator(scenario, now=time.true_wall) as simulator:
        for name in ("access_key_id", "access_key_secret"):
            monkeypatch.setitem(os.environ, f"SCAN_GATE_{name.upper()}", simulator.describe()[cloud][name])
        yield Gate(cloud=cloud, simulator=simulator, time=time, capsys=capsys)
