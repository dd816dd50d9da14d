"""The command line: its commands, and the one boundary that turns whatever happens into an exit code."""

from __future__ import annotations

import io
import json
import os
import sys
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from gate import __version__, ci, run
from gate.clock import Clock, Deadline
from gate.clouds import CLOUDS, Connection
from gate.command_line import Sectioned, option_values
from gate.errors import Bug, ExitCode, GateError, Interrupted, UsageError
from gate.event_log import EventLog
from gate.interrupt import ignore_signals, interruptible
from gate.log import Log, describe
from gate.no_verdict import exit_without_verdict
from gate.options import OPTIONS, SECTIONS, STATUS_SECTIONS, settings_from, unknown_variables
from gate.policy import undecided
from gate.publish import publish, remove_stale_reports
from gate.simulator import SCENARIOS, Simulator
from gate.text import for_log
from gate.writing import print_mask_command, print_stdout, write_stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gate.scan import ScanTask
    from gate.settings import Settings


def main(arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Runs one command and returns the exit code; raises nothing.

    Args:
        arguments: Without the program's name; by default those of the process.
        clock: Time for this run; by default the machine's.
    """
    _open_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    with interruptible():
        try:
            return _answered(arguments, clock)
        except Interrupted as cause:
            # Also while another cause was being said, which may take as long as its reader likes.
            Log(sys.stderr).print_warning(str(cause))
            return exit_without_verdict(cause, arguments)


def _answered(arguments: Sequence[str], clock: Clock | None) -> int:
    """Runs one command, and says why where it cannot be carried out."""
    try:
        return _run(arguments, clock)
    except click.exceptions.NoArgsIsHelpError as error:
        # Help, and nothing of anybody else's in it.
        print_stdout(f"{error.format_message()}\n")
        return ExitCode.USAGE
    except click.ClickException as error:
        # click would show it as it came, and with it what a value holds.
        Log(sys.stderr).print_warning(f"{error.format_message()} See --help.")
        return exit_without_verdict(UsageError(error.format_message()), arguments)
    except GateError as cause:
        Log(sys.stderr).print_warning(str(cause))
        return exit_without_verdict(cause, arguments)


def _run(arguments: Sequence[str], clock: Clock | None) -> int:
    try:
        # Completion of the shell would exit with 0, and so would a gate that finds its variable set.
        code: int = program.main(arguments, "scan-gate", complete_var="", standalone_mode=False, obj=clock)
    except (click.ClickException, GateError):
        raise
    except SystemExit:
        # So click ends where a pipe is closed, with 1, and 1 means "blocked".
        raise UsageError("What was asked for cannot be printed: whoever was to read it has gone.") from None
    except OSError as error:
        # Help and version are printed by click, which fails as it comes; a full disk takes no end of line either.
        if write_stream(sys.stdout, "\n"):
            raise _bug() from None
        raise UsageError(f"What was asked for cannot be printed ({error.strerror}).") from None
    except Exception:  # noqa: BLE001 - the boundary: an unexpected exception is 70, never 1
        raise _bug() from None
    return code


def _bug() -> Bug:
    write_stream(sys.stderr, traceback.format_exc())
    return Bug("The gate itself failed.", remedy="Report this with the traceback from the log.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", prog_name="scan-gate")
def program() -> None:
    """Waits for the cloud's own scan of container images and decides whether a release may go out."""


@program.command(
    cls=Sectioned,
    short_help="judge the newest scan task",
    sections=SECTIONS,
    epilog="Exit codes: 0 passed, 1 blocked, 2 usage, 3 not authorised, 4 cloud unavailable, 5 not final in time, "
    "6 scan task ended badly, 7 nothing to judge, 70 bug in the gate, 130 and 143 interrupted.",
)
@click.pass_obj
def check(clock: Clock | None, /, **values: Any) -> int:
    """Find the newest scan task, wait until it is final, judge it, and exit with what came of it.

    Every option can also be a variable, SCAN_GATE_<NAME>, and a key of the file. Credentials come from the environment.
    """
    log = _log(values)
    return _check(settings_from(option_values(values)), os.environ, log, clock or Clock(sleep=log.sleep))


@program.command(
    cls=Sectioned,
    short_help="look once, without a verdict",
    sections=STATUS_SECTIONS,
)
@click.pass_obj
def status(clock: Clock | None, /, **values: Any) -> int:
    """Look once at the newest scan task, without a verdict; exit with 0 if there is one."""
    log = _log(values)
    clock = clock or Clock(sleep=log.sleep)
    settings = settings_from(option_values(values))
    # What it prints is often captured, where the mask of a secret would be the secret itself.
    task = run.poll_once(_connection(settings, os.environ, clock, log, ci.CISystem({})))
    print_stdout(f"{for_log(describe(task))}{_known_by(task) if task else ''}\n")
    return ExitCode.PASSED if task else ExitCode.NOTHING_TO_JUDGE


def _known_by(task: ScanTask) -> str:
    began = f", began {task.started_at:%Y-%m-%dT%H:%M:%SZ}" if task.started_at else ""
    return f" (id {for_log(task.id) or 'none'}{began})"


_cloud = click.option(
    "--cloud", type=click.Choice([*CLOUDS]), default=next(iter(CLOUDS)), show_default=True, help="which cloud"
)
_scenario = click.option(
    "--scenario",
    type=click.Choice([*SCENARIOS]),
    default="clean",
    show_default=True,
    help="what happens in the simulated cloud",
)


@program.command(short_help="serve simulated clouds")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="port on loopback [default: any that is free]")
@click.option("--json", "as_json", is_flag=True, help="describe all clouds in one line of JSON")
@_cloud
@_scenario
def simulate(port: int, cloud: str, scenario: str, *, as_json: bool) -> int:
    """Serve the simulated clouds on a loopback port until stopped."""
    try:
        with suppress(Interrupted), Simulator(scenario, port) as simulator:
            clouds = simulator.describe()
            print_stdout(f"{json.dumps(clouds)}\n" if as_json else _how_to_use(cloud, clouds[cloud]))
            while True:
                time.sleep(1)
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be listened on ({error.strerror}).",
            means=_why_not(error),
            remedy="Give another --port, or none for any that is free.",
        ) from None
    return ExitCode.PASSED


def _why_not(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "This user may not listen there; ports below 1024 are the administrator's."
    return "Another program listens there."


@program.command(short_help="run the gate against a simulated cloud")
@_cloud
@_scenario
@click.pass_obj
def demo(clock: Clock | None, cloud: str, scenario: str) -> int:
    """Run the gate against a simulated cloud, to see what a user will see."""
    chosen = SCENARIOS[scenario]
    print_stdout(f"Scenario {scenario}: {chosen.summary} The gate should exit with {chosen.expected_exit}.\n")
    log = Log(sys.stderr)
    clock = clock or Clock(sleep=log.sleep)
    with Simulator(scenario, now=lambda: clock.now().timestamp()) as simulator:
        settings, keys = _demo(cloud, simulator.describe()[cloud], chosen.expected_exit)
        # Nothing else of the environment: a demo uses no real key, and no CI host may take its outcome for a check's.
        return _check(settings, keys, log, clock)


def _check(settings: Settings, environ: Mapping[str, str], log: Log, clock: Clock) -> int:
    remove_stale_reports(settings.reports, log)
    for warning in unknown_variables(environ):
        log.print_warning(warning)
    ci_system = ci.detect(environ, settings.ci)
    with suppress(OSError):
        ci_system.remove_stale()
    connection = _connection(settings, environ, clock, log, ci_system)
    try:
        log.mark(ci_system.start_group("Waiting for the image scan", clock.now()))
        outcome = run.check(connection)
        ignore_signals()
    except Interrupted as late:
        outcome = run.outcome_of(undecided(late), connection)
    except Exception:  # noqa: BLE001 - reports are written in every ending, also after a bug
        outcome = run.outcome_of(undecided(_bug()), connection)
    ignore_signals()
    if not log.is_quiet:
        # On the stream of the verdict: those of a container overtake each other, and would fold the verdict away.
        print_stdout(ci_system.end_group(outcome.generated_at))
    publish(outcome, settings.reports, ci_system, log)
    return outcome.exit_code


def _connection(
    settings: Settings, environ: Mapping[str, str], clock: Clock, log: Log, ci_system: ci.CISystem
) -> Connection:
    return Connection(
        settings=settings,
        environ=environ,
        clock=clock,
        deadline=Deadline(clock, settings.timeout),
        event_log=EventLog(clock, log.on_event),
        mask_secret=lambda secret: print_mask_command(ci_system.mask_command(secret)),
    )


def _demo(cloud: str, described: Mapping[str, str], expected_exit: int) -> tuple[Settings, dict[str, str]]:
    """The settings for a simulated cloud, with a pace at which nobody falls asleep, and the variables of its keys."""
    known = {option.name for option in OPTIONS}
    values: dict[str, Any] = {name.replace("_", "-"): value for name, value in described.items()}
    values = {name: value for name, value in values.items() if name in known}
    schedule = {"poll-interval": 0.5, "appear-timeout": 3.0}
    if expected_exit == ExitCode.NOT_FINAL:
        schedule["timeout"] = 6.0
    keys = {f"SCAN_GATE_{name.upper()}": described[name] for name in ("access_key_id", "access_key_secret")}
    return settings_from({"cloud": cloud, **values, **schedule}), keys


def _how_to_use(cloud: str, described: Mapping[str, str]) -> str:
    lines = [f"export SCAN_GATE_CLOUD={cloud}"]
    lines += [f"export SCAN_GATE_{name.upper()}={value}" for name, value in described.items()]
    lines.append("# Paste these lines into a second shell and run `scan-gate check` there; Ctrl-C stops the simulator.")
    return "\n".join((*lines, ""))


def _open_streams() -> None:
    """Makes sure that what is said is heard by nobody at worst: a stream may be closed, or know ASCII only."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _log(values: Mapping[str, Any]) -> Log:
    return Log(sys.stderr, verbosity=int(values["verbose"]) - int(values["quiet"]))
