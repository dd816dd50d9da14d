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
from gate.no_verdict import bug, exit_without_verdict
from gate.writing import print_stdout, write_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.clock import Clock


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
            raise bug() from None
        raise UsageError(f"What was asked for cannot be printed ({error.strerror}).") from None
    except Exception:  # noqa: BLE001 - the boundary: an unexpected exception is 70, never 1
        raise bug() from None
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", prog_name="scan-gate")
def program() -> None:
    """Waits for the cloud's own scan of container images and decides whether a release may go out."""


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


program.add_command(LazyCommand("check", module="gate.commands", short_help="judge the newest scan task"))
program.add_command(LazyCommand("status", module="gate.commands", short_help="look once, without a verdict"))
program.add_command(LazyCommand("simulate", module="gate.demo", short_help="serve simulated clouds"))
program.add_command(LazyCommand("demo", module="gate.demo", short_help="run the gate against a simulated cloud"))


def _open_streams() -> None:
    """Makes sure that what is said is heard by nobody at worst: a stream may be closed, or know ASCII only."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
