"""The commands that poll a cloud: `check` and `status`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gate import ci, image_description, run
from gate.clock import Clock
from gate.command_line import (
    TableCommand,
    option_values,
    reads_variables,
    source_kind,
    value_source,
    value_sources,
    verbosity,
)
from gate.connection import connection_of
from gate.environment import gate_environment, ignored_variables, unknown_variables
from gate.errors import ExitCode, Interrupted
from gate.finding_options import FINDING_OPTIONS
from gate.image import ImageState
from gate.interrupt import ignore_signals
from gate.log import Log, describe
from gate.no_verdict import unexpected_error
from gate.options import JUDGEMENT_OPTIONS, OPTIONS, STATUS_OPTIONS
from gate.policy import Reason, undecided
from gate.publish import publish, remove_stale_reports
from gate.run_settings import settings_from
from gate.selection_messages import wrong_clock
from gate.terminal import wants_color
from gate.text import MAX_REASON_LENGTH, for_log
from gate.verdict_messages import format_time
from gate.waiver_messages import waived
from gate.writing import print_mask_command, print_stdout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gate.image import ScannedImage
    from gate.scan import ScanTask
    from gate.settings import Settings


@click.command(cls=TableCommand, options=OPTIONS)
@click.pass_obj
def check(clock: Clock | None, /, **values: Any) -> int:
    """Wait for the scan of images, or of the newest scan task, and judge them: pass, block, or say why it cannot.

    Each option can also be given as a variable (--max-risky as SCAN_GATE_MAX_RISKY) or as a key of the config file; the
    command line comes first, then the variable, then the file. A DURATION is a number with a unit (90s, 30m, 24h, 7d),
    or a number of seconds.
    """
    log = _log(values)
    environ = gate_environment(os.environ)
    clock = clock or Clock(sleep=log.sleep)
    return check_and_publish(_settings(values, clock), environ, log, clock)


@click.command(cls=TableCommand, options=STATUS_OPTIONS)
@click.pass_obj
def status(clock: Clock | None, /, **values: Any) -> int:
    """Poll the newest scan task once, or these images, and print their state, without a verdict."""
    log = _log(values)
    clock = clock or Clock(sleep=log.sleep)
    settings = _settings(values, clock)
    environ = gate_environment(os.environ)
    connection = connection_of(settings, environ, clock, log)
    if settings.images:
        return _print_images(run.read_images(connection))
    found = run.poll_once(connection)
    if isinstance(found, Reason):
        print_stdout(f"{for_log(found.message, MAX_REASON_LENGTH)}\n")
        return ExitCode.NOTHING_TO_JUDGE
    print_stdout(f"{for_log(describe(found))}{_identity(found)}\n")
    return ExitCode.PASSED


def _print_images(images: Iterable[ScannedImage]) -> int:
    """Prints a line for each image; returns the exit code, by whether the cloud lists all of them."""
    are_listed = True
    for image in images:
        are_listed &= image.state is not ImageState.MISSING
        print_stdout(f"{for_log(image_description.status(image), MAX_REASON_LENGTH)}\n")
    return ExitCode.PASSED if are_listed else ExitCode.NOTHING_TO_JUDGE


def _identity(task: ScanTask) -> str:
    start = f", started {format_time(task.started_at)}" if task.started_at else ""
    return f" (id {for_log(task.id) or 'none'}{start})"


def check_and_publish(settings: Settings, environ: Mapping[str, str], log: Log, clock: Clock) -> int:
    """Runs one check, publishes its outcome in every ending, and returns the exit code."""
    remove_stale_reports(settings.reports, log)
    for warning in unknown_variables(environ) if settings.reads_variables else ignored_variables(environ):
        log.print_warning(warning)
    for notice in settings.notices:
        log.print_warning(f"{notice}.")
    ci_system = ci.detect(environ, settings.ci, gate_name=settings.name)
    with suppress(OSError):
        ci_system.remove_stale()
    connection = connection_of(settings, environ, clock, log, mask_secret=partial(_mask, ci_system))
    try:
        log.mark(ci_system.start_group("Waiting for the image scan", clock.now()))
        outcome = run.check(connection)
        ignore_signals()
    except Interrupted as late:
        outcome = run.outcome_of(undecided(late), connection)
    except Exception:  # noqa: BLE001 - reports are written in every ending, also after a bug
        outcome = run.outcome_of(undecided(unexpected_error()), connection)
    ignore_signals()
    if warning := wrong_clock(lead=connection.time_of_day.lead, lag=connection.time_of_day.lag):
        log.print_warning(warning)
    if line := waived(outcome):
        log.print_warning(line)
    # The reports may need their file descriptors.
    connection.open_transports.close()
    if not log.is_quiet:
        # On the stream of the verdict: the two streams of a container overtake each other, which could fold it away.
        print_stdout(ci_system.end_group(outcome.generated_at))
    # Not `environ`, which is empty of them in a demo: these variables are about the terminal, and no secret.
    color = wants_color(settings.color, sys.stdout, os.environ)
    outcome = replace(outcome, name=settings.name, identity=ci_system.identity).in_job(ci_system.job())
    publish(outcome, settings.reports, ci_system, log, color=color)
    return outcome.exit_code


def _mask(ci_system: ci.CISystem, secret: str) -> None:
    print_mask_command(ci_system.mask_command(secret))


def _settings(values: Mapping[str, Any], clock: Clock) -> Settings:
    context = click.get_current_context()
    settings = settings_from(option_values(values), value_sources(context), today=clock.now().date())
    return replace(settings, reads_variables=reads_variables(context), policy_sources=_policy_sources(context))


def _policy_sources(context: click.Context) -> dict[str, str]:
    kinds = {option.name: source_kind(context, option.name) for option in (*JUDGEMENT_OPTIONS, *FINDING_OPTIONS)}
    return {name: kind if kind == "default" else value_source(context, name) for name, kind in kinds.items()}


def _log(values: Mapping[str, Any]) -> Log:
    return Log(sys.stderr, verbosity=verbosity(click.get_current_context(), values))
