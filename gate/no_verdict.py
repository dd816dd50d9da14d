"""The end of a command that cannot be carried out: no earlier report may speak for it, and the CI host is told why."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

from gate import __version__, ci
from gate.clock import Clock
from gate.command_line import variables
from gate.interrupt import be_deaf
from gate.log import Log
from gate.options import known_report
from gate.outcome import Outcome
from gate.policy import Policy, undecided
from gate.publish import make_way, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gate.errors import GateError, Interrupted
    from gate.settings import ReportWish


def end(cause: GateError | Interrupted, arguments: Sequence[str]) -> int:
    """Takes away what an earlier check reported, tells the CI host that there is no verdict, and returns the exit code.

    The host would else keep no outputs. Commands other than the check tell it nothing, and have no reports.
    """
    be_deaf()
    verdict = undecided(cause)
    outcome = Outcome(cloud="", verdict=verdict, policy=Policy(), gate_version=__version__, generated_at=Clock().now())
    if next((word for word in arguments if not word.startswith("-")), "") == "check":
        log = Log(sys.stderr)
        make_way(_reports(arguments), log)
        for complaint in told(_host(arguments), outcome):
            log.complain(complaint)
    return verdict.exit_code


def _host(arguments: Sequence[str]) -> ci.Host:
    wish = next(reversed(_wished("ci", arguments)), None)
    return ci.detect(os.environ, wish if wish in ci.HOSTS else None)


def _reports(arguments: Sequence[str]) -> Iterator[ReportWish]:
    for text in _wished("report", arguments):
        with suppress(ValueError):
            yield known_report(text)


def _wished(name: str, arguments: Sequence[str]) -> list[str]:
    """What is wished by one option, as far as a command line shows it that could not be read."""
    said = []
    for word, after in pairwise((*arguments, "")):
        option, equals, value = word.partition("=")
        if option == f"--{name}":
            said.append(value if equals else after)
    of_variables = (os.environ.get(variable, "").splitlines() for variable in variables(name))
    return next(filter(None, ([value for value in said if value], *of_variables)), [])
