"""The command `policy`: the policy in force, and where each value of it comes from, without any request."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from gate.clock import Clock
from gate.clouds import CLOUDS
from gate.command_line import TableCommand, option_values, reads_variables, source_kind, value_source, value_sources
from gate.environment import gate_environment, ignored_variables, unknown_variables
from gate.errors import ExitCode
from gate.finding_options import ANY_RISK, FINDING_OPTIONS
from gate.images.from_file import ListedImage
from gate.log import Log
from gate.options import CONNECTION_OPTIONS, IMAGE_OPTIONS, JUDGEMENT_OPTIONS, OPTIONS, TASK_ID
from gate.policy_digest import policy_digest
from gate.reports.json_findings import waiver_row
from gate.run_settings import settings_from
from gate.scan import ScanScope
from gate.settings import age
from gate.text import MAX_REASON_LENGTH, as_json, for_log
from gate.writing import print_stdout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gate.finding import Waiver
    from gate.settings import Option, Settings

Value = str | int | bool | list[str] | None
"""A value as a config file may state it; None for one that is not given."""
_MAX_WIDTH = 40
"""Of a column of values; a longer one moves its source to the right."""
_OF_WHAT = "for scan-gate verify"
_UNITS = (("h", 3600), ("m", 60))


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One option of the policy."""

    option: Option
    value: Value
    kind: str
    """The kind of its source; see `source_kind`."""
    source: str
    """The source in the words of error messages."""


@click.command(cls=TableCommand, options=OPTIONS)
@click.option("--json", "as_document", is_flag=True, help="print it as JSON")
@click.pass_obj
def policy(clock: Clock | None, /, *, as_document: bool, **values: Any) -> int:
    """Print the policy that a check with these options has, and where each value comes from; send no request.

    It takes every option of check, so that the word check can be replaced in the line of a job, and reads the same
    variables, config file, waivers and documents. It needs no credentials.
    """
    context = click.get_current_context()
    given = option_values(values)
    settings = settings_from(given, value_sources(context), today=(clock or Clock()).now().date())
    log, environ = Log(sys.stderr), gate_environment(os.environ)
    for warning in unknown_variables(environ) if reads_variables(context) else ignored_variables(environ):
        log.print_warning(warning)
    for notice in settings.notices:
        log.print_warning(f"{notice}.")
    sections = {
        title: [_row(context, option, _in_force(option, given, settings)) for option in options]
        for title, options in _sections(settings).items()
    }
    print_stdout(as_json(_document(sections, settings)) if as_document else _text(sections, settings))
    return ExitCode.PASSED


def _in_force(option: Option, values: Mapping[str, Any], settings: Settings) -> Value:
    """The value of an option as the run takes it, as a config file may state it."""
    findings = settings.policy.findings
    if option.name == "severity-cutoff":
        # Not as it was given: critical is high where a cloud has no word for critical, and limits are put together.
        return findings.severity_cutoff or ANY_RISK
    if option.name == "max-findings":
        return [f"{level}={number}" for level, number in findings.max_findings.items()] or None
    value = values[option.name]
    if isinstance(value, tuple):
        return [_text_of(each) for each in value if each is not None] or None
    if value is None:
        # Of an age it is a value, no limit; any other option is not given then.
        return "none" if option.parse is age else None
    return value if isinstance(value, int) else _text_of(value)


def _text_of(value: object) -> str:
    if isinstance(value, float):
        return _duration(value)
    if isinstance(value, timedelta):
        return _duration(value.total_seconds())
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return ",".join(scope for scope in ScanScope if scope in value)
    return str(value.image if isinstance(value, ListedImage) else value)


def _duration(seconds: float) -> str:
    unit, size = next((pair for pair in _UNITS if seconds and not seconds % pair[1]), ("s", 1))
    # Not as `g` writes it, since a number with an exponent is no duration.
    return f"{seconds / size:f}".rstrip("0").rstrip(".") + unit


def _sections(settings: Settings) -> dict[str, Sequence[Option]]:
    """The options that decide in this run, by section."""
    cloud, own = CONNECTION_OPTIONS[0], CLOUDS[settings.cloud]
    judgement = [option for option in JUDGEMENT_OPTIONS if option is not TASK_ID]
    if settings.images:
        return {"Images": (cloud, *IMAGE_OPTIONS), "Judgement": judgement, "Findings": FINDING_OPTIONS}
    of_task = [option for option in own.options if option.name in own.task_options]
    return {"Scan task": (cloud, TASK_ID, *of_task), "Judgement": judgement}


def _row(context: click.Context, option: Option, value: Value) -> Row:
    kind = source_kind(context, option.name)
    source = kind if kind == "default" else value_source(context, option.name)
    # The default of an option of one cloud is filled in when the cloud is connected.
    return Row(option=option, value=option.default if value is None else value, kind=kind, source=source)


def _document(sections: Mapping[str, Iterable[Row]], settings: Settings) -> dict[str, Any]:
    rows = (row for section in sections.values() for row in section)
    return {
        "schema": "scan-gate/policy/1",
        "digest": policy_digest(settings.policy),
        "options": {
            row.option.name: {"value": row.value, "source": row.kind, "source_name": row.source} for row in rows
        },
        "waivers": [*map(waiver_row, settings.policy.findings.waivers)],
        "notices": [*settings.notices],
    }


def _text(sections: Mapping[str, Sequence[Row]], settings: Settings) -> str:
    table = {title: [(row.option.name, _shown(row), row.source) for row in rows] for title, rows in sections.items()}
    if waivers := settings.policy.findings.waivers:
        table["Waivers"] = [(waiver.id, _accepts(waiver), waiver.source) for waiver in waivers]
    table["Digest of the policy"] = [("policy-digest", policy_digest(settings.policy), _OF_WHAT)]
    return "\n".join("".join(_lines(title, rows)) for title, rows in table.items())


def _lines(title: str, rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    yield f"{title}\n"
    names, values, _ = ([len(cell) for cell in column] for column in zip(*rows, strict=True))
    for name, value, source in rows:
        line = f"{name:{max(names)}}  {value:{min(max(values), _MAX_WIDTH)}}  {source}"
        yield f"  {for_log(line, MAX_REASON_LENGTH)}\n"


def _shown(row: Row) -> str:
    """The value as text; of one that is not given, what applies without it."""
    if isinstance(row.value, bool):
        return str(row.value).lower()
    text = ", ".join(row.value) if isinstance(row.value, list) else str("" if row.value is None else row.value)
    return text or row.option.default_note or "none"


def _accepts(waiver: Waiver) -> str:
    """What a waiver is for, until when."""
    where = ", ".join((*waiver.images, *sorted(waiver.digests))) or "no image"
    what = " ".join(filter(None, (waiver.package, waiver.version)))
    return (f"{what} in {where}" if what else where) + (f", until {waiver.until.isoformat()}" if waiver.until else "")
