"""The command `doctor`: whether a check with these options could come to a verdict, and what to do about it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gate import ci
from gate.ci.detection import detected
from gate.clock import Clock
from gate.command_line import TableCommand, config_path, option_values, reads_variables, value_sources, verbosity
from gate.connection import connection_of
from gate.doctor.check import exit_code_of, failed, not_checked
from gate.doctor.ci_system import check_ci_system
from gate.doctor.examination import Examination, examine
from gate.doctor.groups import GROUPS
from gate.doctor.options import NAME, check_options
from gate.doctor.render import as_document, as_text
from gate.environment import gate_environment, ignored_variables, unknown_variables
from gate.errors import ExitCode, UsageError
from gate.log import Log
from gate.options import DOCTOR_OPTIONS, FIXTURE_HELP
from gate.run_settings import settings_from
from gate.text import MAX_REASON_LENGTH, for_log
from gate.writing import print_stdout, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gate.doctor.check import Check
    from gate.settings import Settings


@click.command(cls=TableCommand, options=DOCTOR_OPTIONS)
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
@click.option("--fixture", type=click.Path(path_type=Path), metavar="FILE", help=FIXTURE_HELP)
@click.pass_obj
def doctor(clock: Clock | None, /, *, as_json: bool, fixture: Path | None, **values: Any) -> int:
    """Say whether a check with these options could come to a verdict now, and what to do where it could not.

    It takes every option of check, so that the word check can be replaced in the line of a job, and reads the same
    variables, config file and documents. It asks the cloud by calls that change nothing: it starts no scan, has no
    registry read, and writes neither reports nor anything for the CI system.
    """
    context = click.get_current_context()
    log = Log(sys.stderr, verbosity=verbosity(context, values))
    clock = clock or Clock(sleep=log.sleep)
    if fixture is not None:
        return _write_fixture(fixture, context, values, clock, log)
    checks = [*_checks(context, values, clock, log)]
    print_stdout(as_document(checks) if as_json else as_text(checks))
    return exit_code_of(checks)


def _write_fixture(path: Path, context: click.Context, values: Mapping[str, Any], clock: Clock, log: Log) -> int:
    """Writes the fixture, and prints what it answers; returns the exit code."""
    from gate.doctor.fixture import record, render  # noqa: PLC0415 - only this needs it

    settings = _settings(context, values, clock)
    connection = connection_of(settings, gate_environment(os.environ), clock, log)
    with connection.open_transports:
        fixture = record(connection)
    try:
        write_atomically(path, lambda: (render(fixture),))
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}).", remedy="Correct --fixture.") from None
    for answer in fixture.answers:
        print_stdout(f"{for_log(f'{answer.question} {answer.answer} ({answer.source})', MAX_REASON_LENGTH)}\n")
    return ExitCode.PASSED


def _settings(context: click.Context, values: Mapping[str, Any], clock: Clock) -> Settings:
    settings = settings_from(option_values(values), value_sources(context), today=clock.now().date())
    return replace(settings, reads_variables=reads_variables(context))


def _checks(context: click.Context, values: Mapping[str, Any], clock: Clock, log: Log) -> Iterator[Check]:
    environ = gate_environment(os.environ)
    try:
        settings = _settings(context, values, clock)
        warnings = [*(unknown_variables if settings.reads_variables else ignored_variables)(environ)]
    except UsageError as error:
        yield failed(NAME, error)
        yield not_checked("everything else", f"{NAME} have failed")
        return
    yield from check_options(settings, config_path(context), warnings)
    yield from _of_ci_system(settings, environ)
    connection = connection_of(settings, environ, clock, log)
    with connection.open_transports:
        yield from examine(Examination(connection), GROUPS)


def _of_ci_system(settings: Settings, environ: Mapping[str, str]) -> Iterator[Check]:
    ci_system = ci.detect(environ, settings.ci, gate_name=settings.name)
    return check_ci_system(ci_system, settings.ci or detected(environ), settings)
