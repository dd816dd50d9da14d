"""GitLab's reading of dotenv reports, from report-readers.md 4."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

MAX_SIZE, MAX_VARIABLES, MAX_NAME_LENGTH = 5 * 1024, 20, 255


@dataclass(kw_only=True)
class Variables:
    """What later jobs get of the dotenv reports of earlier ones."""

    values: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read(*reports: str) -> Variables:
    """The variables of a job that takes these reports, in this order."""
    variables = Variables()
    for report in reports:
        values, problems = _variables(report)
        problems += [f"{name} is set by two jobs" for name in values.keys() & variables.values.keys()]
        variables.problems += problems
        variables.values |= values
    return variables


def _is_json(value: str) -> bool:
    """Whether the quotes in a value are meant to stay."""
    try:
        return isinstance(json.loads(value), list)
    except ValueError:
        return False


def _variables(report: str) -> tuple[dict[str, str], list[str]]:
    values: dict[str, str] = {}
    problems = []
    if len(report.encode()) >= MAX_SIZE:
        return {}, ["the file is too large"]
    for line in report.removesuffix("\n").split("\n") if report else []:
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not re.fullmatch(rf"[A-Za-z0-9_]{{1,{MAX_NAME_LENGTH}}}", name):
            return {}, [f"the file is refused for {line!r}"]
        if name in values:
            problems.append(f"{name} is set twice")
        if "$" in value or (re.search(r"""["']""", value) and not _is_json(value)):
            problems.append(f"{name} has a quote that stays, or a variable in it")
        values[name] = value
    return ({}, ["there are too many variables"]) if len(values) > MAX_VARIABLES else (values, problems)
