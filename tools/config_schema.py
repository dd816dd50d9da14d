"""Generates the JSON schema of the config file from the option table.

Editors read it, so it accepts everything that the gate accepts, but for blanks around a value and other ways to write
a word; of what the gate refuses it finds keys, types, choices and the form of values, and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.clouds import CLOUDS
from gate.finding_options import day, days, severity_limits
from gate.image import Severity
from gate.options import OPTIONS, known_report_target
from gate.reports import REPORTS
from gate.scan import ScanScope
from gate.settings import age, base_url, duration, moment, pause, scan_scopes, whole_number
from gate.text import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gate.settings import Option

Schema = dict[str, Any]
_NUMBER = "[0-9]{1,15}"
_DURATION = r"([0-9]+(\.[0-9]*)?|\.[0-9]+) ?[smhd]?"
_LONGEST = 10 * 365 * 86400


def _one_of(words: Iterable[str]) -> str:
    return f"({'|'.join(words)})"


def _listed(part: str) -> str:
    return f"{part}( *, *{part})*"


_LIMIT = f"{_one_of(severity for severity in Severity if severity is not Severity.NONE)}= *{_NUMBER}"
_PATTERNS: dict[Callable[[str], object], str] = {
    whole_number: _NUMBER,
    days: _NUMBER,
    duration: _DURATION,
    pause: _DURATION,
    age: f"({_DURATION}|none)",
    day: "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    severity_limits: _listed(_LIMIT),
    scan_scopes: _listed(_one_of(ScanScope)),
    base_url: "https?://.+",
    known_report_target: f"{_one_of(REPORTS)}=.+",
}
"""The form of a text, by what parses it."""
_NUMBERS: dict[Callable[[str], object], Schema] = {
    whole_number: {"type": ["integer", "string"], "minimum": 0},
    days: {"type": ["integer", "string"], "minimum": 1, "maximum": 3650},
    duration: {"type": ["number", "string"], "minimum": 0, "maximum": _LONGEST},
    pause: {"type": ["number", "string"], "minimum": 0.05, "maximum": _LONGEST},
    age: {"type": ["number", "string"], "minimum": 0, "maximum": _LONGEST},
    moment: {"type": ["number", "string"], "minimum": 1_000_000_000},
    day: {"type": "string"},
    scan_scopes: {"type": "string"},
    base_url: {"type": "string"},
}
"""The types and the range of a value, by what parses it; any other may be a text or a number, such as an id."""


def config_schema() -> str:
    """The schema, as the text of its file."""
    return as_json(
        {
            # Not a later draft: editors of TOML know this one.
            "$schema": "http://json-schema.org/draft-07/schema#",
            "$id": "urn:scan-gate:config",
            "title": "The config file of scan-gate, which --config names",
            "type": "object",
            "additionalProperties": False,
            "properties": {option.name: _property(option) for option in OPTIONS},
        }
    )


def _property(option: Option) -> Schema:
    note = f" [default: {option.default_note}]" if option.default_note else ""
    schema: Schema = {"description": option.help + note, **_value(option)}
    if option.default is not None:
        schema["default"] = int(option.default) if option.default.isdigit() else option.default
    return schema


def _value(option: Option) -> Schema:
    if option.is_flag:
        return {"type": "boolean", "default": False}
    if choices := option.choices or _choices_of_clouds(option.name):
        return {"enum": [*choices, *([option.unset] if option.unset else [])]}
    pattern = _pattern(option)
    if not option.is_repeatable:
        return {**_NUMBERS.get(option.parse, {"type": ["string", "number"]}), "pattern": f"^{pattern}$"}
    lines = f"{pattern}(\\s*\\n\\s*{pattern})*"
    return {
        "anyOf": [
            {"type": "string", "pattern": f"^\\s*{lines if option.unset else f'({lines})?'}\\s*$"},
            {
                "type": "array",
                "items": {"type": "string", "pattern": f"^{pattern}$"},
                "minItems": 1 if option.unset else 0,
            },
        ]
    }


def _pattern(option: Option) -> str:
    """The form of one value as a text, which may also be the word for "not given"."""
    form = _PATTERNS.get(option.parse, r"\S.*")
    return _one_of((form, option.unset)) if option.unset else f"({form})"


def _choices_of_clouds(name: str) -> tuple[str, ...]:
    """The words of an option of clouds, of all that have it; none if one of them takes any text."""
    own = [option for provider in CLOUDS.values() for option in provider.options if option.name == name]
    return tuple(word for option in own for word in option.choices) if all(option.choices for option in own) else ()
