"""The commands that need no cloud: `simulate` serves simulated clouds, and `demo` runs a check against one."""

from __future__ import annotations

import json
import re
import shlex
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gate.clock import Clock
from gate.clouds import CLOUDS
from gate.commands import check_and_publish
from gate.errors import ExitCode, Interrupted, UsageError
from gate.fixture_option import FixtureFile, cloud_of, is_given, play
from gate.images.reference import image_reference
from gate.log import Log
from gate.options import OPTIONS
from gate.ownership import is_root
from gate.run_settings import settings_from
from gate.simulator import IMAGE_SCENARIOS, SCENARIOS, SIGN_IN_SCENARIOS, PushedImage, Simulator
from gate.simulator.fixture import Playback
from gate.writing import print_stdout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.settings import Settings
    from gate.simulator import Scenario
    from gate.simulator.fixture import Fixture

Command = TypeVar("Command", bound="Callable[..., Any]")
_LAST_PORT = 65535
_FAST = {"poll-interval": 0.5, "appear-timeout": 3.0}
_SCENARIOS = {**SCENARIOS, **IMAGE_SCENARIOS}
_CREDENTIALS = frozenset({"access_key_id", "access_key_secret", "security_token", "auth_token"})
_OTHER_WAYS = ("assume_", "identity_", "metadata_")
"""How the names begin of what a check needs that signs in otherwise than with a token of its job alone."""


class PlainOption(click.Option):
    """An option that errors name as the options of `check` are named there: without quotes."""

    def get_error_hint(self, ctx: click.Context | None) -> str:  # noqa: ARG002 - it is the same in every context
        """Names the option."""
        return self.opts[0]


def _cloud(help_text: str) -> Callable[[Command], Command]:
    return click.option(
        "--cloud",
        cls=PlainOption,
        type=click.Choice([*CLOUDS]),
        default=next(iter(CLOUDS)),
        show_default=True,
        help=help_text,
    )


def _scenario(scenarios: Mapping[str, Scenario]) -> Callable[[Command], Command]:
    return click.option(
        "--scenario",
        cls=PlainOption,
        type=click.Choice([*scenarios]),
        default="clean",
        metavar="SCENARIO",
        show_default=True,
        help="what happens in the simulated cloud; see below",
    )


class Port(click.ParamType[int]):
    """Parses the number of a port."""

    name = "PORT"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parses a value of the command line, or the default."""
        if not re.fullmatch(r"[0-9]{1,5}", str(value)) or int(str(value)) > _LAST_PORT:
            self.fail(f"{value!r} is no port, such as 8080.", param, ctx)
        return int(str(value))


class PushedImageReference(click.ParamType[PushedImage]):
    """Parses the reference of an image that is pushed."""

    name = "REFERENCE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> PushedImage:
        """Parses a value of the command line."""
        try:
            return PushedImage.parse(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class ScenarioCommand(click.Command):
    """A command whose help lists the scenarios."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes each scenario with what happens in it, and the exit code of a check."""
        super().format_epilog(ctx, formatter)
        _write_scenarios(formatter, "a check", _SCENARIOS)


class SimulateCommand(ScenarioCommand):
    """The command whose help also lists the scenarios of signing in."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the same, and the scenarios that only a check with `--oidc` notices."""
        super().format_epilog(ctx, formatter)
        _write_scenarios(formatter, "a check that signs in with a token", SIGN_IN_SCENARIOS)


def _write_scenarios(formatter: click.HelpFormatter, who: str, scenarios: Mapping[str, Scenario]) -> None:
    for code in sorted({known.expected_exit for known in scenarios.values()}):
        rows = [(name, known.summary) for name, known in scenarios.items() if known.expected_exit == code]
        with formatter.section(f"Scenarios in which {who} exits with {code}"):
            formatter.write_dl(rows)


@click.command(cls=SimulateCommand)
@click.option("--port", cls=PlainOption, type=Port(), default=0, help="listen on this port [default: any free one]")
@click.option(
    "--json", "as_json", is_flag=True, help="print the address and the keys of every cloud, as one line of JSON"
)
@click.option(
    "--push",
    "images",
    cls=PlainOption,
    type=PushedImageReference(),
    multiple=True,
    help="push this image at the start, as [REGISTRY/]NAMESPACE/NAME:TAG@sha256:DIGEST; repeatable",
)
@click.option(
    "--oidc",
    is_flag=True,
    help="print the variables of a job that signs in with an OIDC token of GitHub, in place of keys",
)
@click.option(
    "--fixture",
    cls=PlainOption,
    type=FixtureFile(),
    help="respond as the cloud did of which `doctor --fixture` wrote this file, with its account unless --scenario is "
    "given too",
)
@_cloud("print the variables for this cloud")
@_scenario({**_SCENARIOS, **SIGN_IN_SCENARIOS})
@click.pass_context
def simulate(
    context: click.Context,
    /,
    *,
    port: int,
    images: tuple[PushedImage, ...],
    as_json: bool,
    oidc: bool,
    cloud: str,
    scenario: str,
    fixture: Fixture | None,
) -> int:
    """Serve all simulated clouds on one loopback port until stopped, and print the variables for a check of one."""
    cloud = cloud_of(context, fixture) if fixture else cloud
    simulator = _simulator(context, scenario, fixture, port)
    for image in images:
        simulator.push(image)
    try:
        with suppress(Interrupted), simulator:
            is_keyless = oidc or scenario in SIGN_IN_SCENARIOS
            print_stdout((_json if as_json else _shell_commands)(simulator, cloud, is_keyless=is_keyless))
            while True:
                time.sleep(1)
    except OSError as error:
        raise UsageError(
            f"The simulator cannot listen on port {port} ({error.strerror}).",
            means=_cause(error),
            remedy="Give another --port, or leave it out for any free one.",
        ) from None
    return ExitCode.PASSED


def _simulator(context: click.Context, scenario: str, fixture: Fixture | None, port: int) -> Simulator:
    """A simulator with the account of a fixture, unless a scenario is given too, or without one with a scenario."""
    chosen = {**_SCENARIOS, **SIGN_IN_SCENARIOS}[scenario]
    if fixture is None:
        return Simulator(chosen, port)
    playback = Playback(fixture)
    simulator = Simulator(chosen if is_given(context, "scenario") else playback.scenario, port)
    play(playback, simulator, Log(sys.stderr))
    return simulator


def _cause(error: OSError) -> str:
    if isinstance(error, PermissionError) and is_root():
        return "This root may not listen there: a container can lack the capability NET_BIND_SERVICE."
    if isinstance(error, PermissionError):
        return "This user may not listen there; ports below 1024 are reserved for the administrator."
    return "Another program listens there."


@click.command(cls=ScenarioCommand)
@_cloud("simulate this cloud")
@_scenario(_SCENARIOS)
@click.pass_obj
def demo(clock: Clock | None, cloud: str, scenario: str) -> int:
    """Run check against a simulated cloud: what it prints and how it exits, without an account."""
    chosen = _SCENARIOS[scenario]
    if chosen.only_cloud not in {"", cloud}:
        raise UsageError(
            f"The scenario {scenario} is one of {CLOUDS[chosen.only_cloud].vendor} only.",
            remedy=f"Give --cloud {chosen.only_cloud}, or another scenario.",
        )
    print_stdout(f"Scenario {scenario}: {chosen.summary} The gate should exit with {chosen.expected_exit}.\n")
    log = Log(sys.stderr)
    clock = clock or Clock(sleep=log.sleep)
    with Simulator(scenario, now=lambda: clock.now().timestamp()) as simulator:
        settings, keys = _demo_settings(cloud, simulator.describe()[cloud], chosen)
        # No other variable: a demo uses no real key, and no CI system may take its outcome for that of a check.
        return check_and_publish(settings, keys, log, clock)


def _demo_settings(cloud: str, described: Mapping[str, str], chosen: Scenario) -> tuple[Settings, dict[str, str]]:
    """The settings for a simulated cloud, with fast polling, and the variables with its keys."""
    known = {option.name for option in OPTIONS}
    values: dict[str, Any] = {name.replace("_", "-"): value for name, value in described.items()}
    values = {name: value for name, value in values.items() if name in known}
    # Where results come late, two looks have to be further apart than they are late.
    schedule = {"poll-interval": 5.0, "appear-timeout": 20.0} if chosen.images else _FAST
    if chosen.expected_exit == ExitCode.NOT_FINAL:
        schedule = {**schedule, "timeout": 6.0}
    keys = {f"SCAN_GATE_{name.upper()}": described[name] for name in ("access_key_id", "access_key_secret")}
    images = [image_reference(image) for image in chosen.images]
    return settings_from({"cloud": cloud, **values, **schedule, "image": images}), keys


def _json(simulator: Simulator, _cloud: str, *, is_keyless: bool) -> str:
    sign_in = {"sign_in": simulator.describe_sign_in()} if is_keyless else {}
    return f"{json.dumps({**simulator.describe(), **sign_in})}\n"


def _shell_commands(simulator: Simulator, cloud: str, *, is_keyless: bool) -> str:
    variables = _keyless(simulator, cloud) if is_keyless else _named(simulator.describe()[cloud])
    if images := simulator.scenario.images:
        variables["SCAN_GATE_IMAGE"] = "\n".join(images)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    # Where it was installed into a virtual environment, it is not on the PATH.
    hint = (
        "# Paste these lines into a second shell, and run the check there by the path of this scan-gate, such as "
        "`.venv/bin/scan-gate check`; Ctrl-C stops the simulator."
    )
    return "\n".join((f"export SCAN_GATE_CLOUD={cloud}", *lines, hint, ""))


def _named(described: Mapping[str, str]) -> dict[str, str]:
    return {f"SCAN_GATE_{name.upper()}": value for name, value in described.items()}


def _keyless(simulator: Simulator, cloud: str) -> dict[str, str]:
    """The variables of a job of GitHub that signs in with its own token."""
    described, sign_in = simulator.describe()[cloud], simulator.describe_sign_in()
    places = {name: value for name, value in described.items() if name not in _CREDENTIALS}
    roles = {name: value for name, value in sign_in[cloud].items() if not name.startswith(_OTHER_WAYS)}
    job = {name: value for name, value in sign_in["ci"].items() if name.startswith("ACTIONS_")}
    return {**_named({**places, **roles}), **job}
