"""The command line: its commands, and the one boundary that turns every outcome of a command into an exit code."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from gate import __version__
from gate.errors import ExitCode, GateError, Interrupted, UsageError
from gate.interrupt import interruptible, signals_delayed
from gate.log import Log
from gate.no_verdict import exit_without_verdict, unexpected_error
from gate.writing import print_stdout, write_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.clock import Clock


def main(arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Runs one command and returns the exit code; raises nothing.

    Args:
        arguments: Without the program's name; by default those of the process, which then ends with this code.
        clock: Time for this run; by default the machine's.
    """
    _open_streams()
    process_ends = arguments is None
    arguments = sys.argv[1:] if arguments is None else arguments
    with interruptible(process_ends=process_ends):
        try:
            return _run_with_errors(arguments, clock)
        except Interrupted as cause:
            # Also while the message of another cause is being written, which may block as long as its reader does.
            Log(sys.stderr).print_warning(str(cause))
            return exit_without_verdict(cause, arguments)


def _run_with_errors(arguments: Sequence[str], clock: Clock | None) -> int:
    """Runs one command; prints the error that ends it, and publishes that there is no verdict."""
    try:
        return _run(arguments, clock)
    except click.exceptions.NoArgsIsHelpError as error:
        # The help has no text from outside, which would have to be escaped.
        print_stdout(f"{error.format_message()}\n")
        return ExitCode.USAGE
    except click.ClickException as error:
        # click itself would print it unescaped, and a value may hold workflow commands.
        message = error.format_message()
        # Some messages of click are not sentences.
        return _exit_with_error(UsageError(message if message.endswith((".", "?", "?)")) else f"{message}."), arguments)
    except GateError as cause:
        return _exit_with_error(cause, arguments)


def _exit_with_error(cause: GateError, arguments: Sequence[str]) -> int:
    if isinstance(cause, UsageError) and not cause.remedy:
        command = next((word for word in arguments if word in program.commands), "")
        cause.remedy = f"See {' '.join(filter(None, ('scan-gate', command)))} --help."
    Log(sys.stderr).print_warning(str(cause))
    return exit_without_verdict(cause, arguments)


def _run(arguments: Sequence[str], clock: Clock | None) -> int:
    try:
        # Shell completion exits with 0, and a gate that found its variable set would do so too.
        code: int = program.main(arguments, "scan-gate", complete_var="", standalone_mode=False, obj=clock)
    except (click.ClickException, GateError):
        raise
    except SystemExit:
        # click exits with 1 when a pipe is closed, and 1 means "blocked".
        raise UsageError(
            "The output cannot be printed: its reader has closed the pipe.", remedy="Let it read to the end."
        ) from None
    except OSError as error:
        # click prints help and version, and raises what the stream raises; a full disk takes no line end either.
        if write_stream(sys.stdout, "\n"):
            raise unexpected_error() from None
        raise UsageError(
            f"The output cannot be printed ({error.strerror}).", remedy="Print it to another place."
        ) from None
    except Exception:  # noqa: BLE001 - the boundary: an unexpected exception is 70, never 1
        raise unexpected_error() from None
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", prog_name="scan-gate")
def program() -> None:
    """Wait for the cloud's own scan of container images, and decide whether a release may go out."""


class LazyCommand(click.Command):
    """A command of another module, imported when it is run: what it needs is not loaded for any other command."""

    def __init__(self, name: str, *, module: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help)
        self._module = module

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Reads the arguments as the real command does, which is then also the one that is invoked."""
        with signals_delayed():
            module = import_module(self._module)
        command: click.Command = getattr(module, str(self.name))
        return command.make_context(info_name, args, parent, **extra)


program.add_command(
    LazyCommand(
        "check", module="gate.commands", short_help="wait for the scan of images or the newest scan task, and judge"
    )
)
program.add_command(
    LazyCommand(
        "status", module="gate.commands", short_help="poll the newest scan task or images once, without a verdict"
    )
)
program.add_command(
    LazyCommand("judge", module="gate.judge_command", short_help="judge stored json reports again, by another policy")
)
program.add_command(
    LazyCommand("policy", module="gate.policy_command", short_help="print the policy in force and where it comes from")
)
program.add_command(
    LazyCommand(
        "doctor", module="gate.doctor_command", short_help="say whether a check could come to a verdict, and why not"
    )
)
program.add_command(
    LazyCommand("verify", module="gate.verify_command", short_help="let images pass by statements about their verdicts")
)
program.add_command(LazyCommand("simulate", module="gate.demo", short_help="serve all simulated clouds on one port"))
program.add_command(LazyCommand("demo", module="gate.demo", short_help="run check against a simulated cloud"))


def _open_streams() -> None:
    """Makes writing to the streams safe: one may be closed, or take only ASCII."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
