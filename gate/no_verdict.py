"""Exits without a verdict: removes the reports of an earlier run, and publishes to the CI system why there is none."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

from gate import __version__, ci
from gate.clock import Clock
from gate.environment import variables
from gate.errors import Bug, OutOfMemory
from gate.interrupt import ignore_signals
from gate.log import Log
from gate.options import known_report_target
from gate.outcome import Outcome
from gate.policy import Policy, undecided
from gate.publish import publish_to_ci, remove_stale_reports
from gate.run_context import RunContext
from gate.settings import gate_name
from gate.writing import write_stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gate.errors import GateError, Interrupted
    from gate.settings import ReportTarget


def exit_without_verdict(cause: GateError | Interrupted, arguments: Sequence[str]) -> int:
    """Removes stale reports, publishes to the CI system that there is no verdict, and returns the exit code.

    Without it, later steps of the job would find no outputs. Only `check` has reports and publishes.
    """
    ignore_signals()
    verdict = undecided(cause)
    ci_system = _ci_system(arguments)
    outcome = Outcome(
        cloud="",
        name=_name(arguments),
        identity=ci_system.identity,
        verdict=verdict,
        policy=Policy(),
        context=RunContext(job=ci_system.job()),
        gate_version=__version__,
        generated_at=Clock().now(),
    )
    if next((word for word in arguments if not word.startswith("-")), "") == "check":
        log = Log(sys.stderr)
        remove_stale_reports(_reports(arguments), log)
        for warning in publish_to_ci(ci_system, outcome):
            log.print_warning(warning)
    return verdict.exit_code


def unexpected_error() -> Bug | OutOfMemory:
    """Returns the error that stands for the exception that is being handled; of a bug, prints the traceback."""
    if isinstance(sys.exception(), MemoryError):
        return OutOfMemory(
            "The gate has run out of memory.",
            means="This job or container may take less than the 150 MB that a response can need.",
            remedy="Raise its limit of memory, such as --memory or ulimit -v.",
        )
    write_stream(sys.stderr, traceback.format_exc())
    return Bug("The gate itself failed.", remedy="Report this with the traceback from the log.")


def _ci_system(arguments: Sequence[str]) -> ci.CISystem:
    value = next(reversed(_values_of("ci", arguments)), None)
    return ci.detect(os.environ, value if value in ci.CI_SYSTEMS else None, gate_name=_name(arguments))


def _name(arguments: Sequence[str]) -> str:
    with suppress(ValueError, StopIteration):
        return gate_name(next(reversed(_values_of("name", arguments))))
    return ""


def _reports(arguments: Sequence[str]) -> Iterator[ReportTarget]:
    for text in _values_of("report", arguments):
        with suppress(ValueError):
            yield known_report_target(text)


def _values_of(name: str, arguments: Sequence[str]) -> list[str]:
    """The values of one option, as far as they can be read from a command line with an error in it."""
    given = []
    for word, after in pairwise((*arguments, "")):
        option, equals, value = word.partition("=")
        if option == f"--{name}":
            given.append(value if equals else after)
    names = [] if "--no-variables" in arguments else variables(name, os.environ)
    of_variables = (os.environ.get(variable, "").splitlines() for variable in names)
    return next(filter(None, ([value for value in given if value], *of_variables)), [])
