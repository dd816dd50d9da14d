"""Reads and validates the parameters of a request by the table of its action; the tables are in `actions`."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from gate.simulator.alibaba.errors import invalid, missing
from gate.simulator.alibaba.signature import query_parameters
from gate.simulator.cloud import ApiResponse, HttpRequest

FORM: Final = "application/x-www-form-urlencoded"
# StatusList.1=FAIL&StatusList.2=TIMEOUT is one list.
NUMBERED: Final = re.compile(r"(.+)\.[1-9][0-9]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter of an action."""

    accepts: Callable[[str], bool] = lambda _text: True
    required: bool = False
    default: str | None = None
    is_list: bool = False


Table: TypeAlias = Mapping[str, Parameter]
"""The parameters of an action by their names."""
Parameters: TypeAlias = Mapping[str, Sequence[str]]
"""Every parameter with its values: exactly one, unless the parameter is a list."""


def number(minimum: int) -> Callable[[str], bool]:
    """Accepts a whole number from this one on."""
    return lambda text: text.isascii() and text.isdigit() and int(text) >= minimum


def words(*allowed: str) -> Callable[[str], bool]:
    """Accepts one of these words."""
    return frozenset(allowed).__contains__


def comma_list(*allowed: str) -> Callable[[str], bool]:
    """Accepts some of these words, with commas between them."""
    return lambda text: frozenset(allowed).issuperset(text.split(","))


def json_words(text: str, *allowed: str) -> bool:
    """Whether it is an array in JSON of some of these words."""
    try:
        given = json.loads(text)
    except ValueError:
        return False
    return isinstance(given, list) and all(isinstance(one, str) and one in allowed for one in given)


def boolean(text: str) -> bool:
    """Accepts a truth value; the vendor's SDK for Python sends True and False."""
    return text.lower() in {"true", "false"}


def is_true(parameters: Parameters, name: str) -> bool:
    """Whether a truth value is given, and true."""
    return value(parameters, name).lower() == "true"


def value(parameters: Parameters, name: str) -> str:
    """The value of a parameter, or an empty string."""
    return next(iter(parameters.get(name, ())), "")


def values(parameters: Parameters, name: str) -> frozenset[str] | None:
    """The values of a parameter that is a list with commas; None if it is not given."""
    return frozenset(parameters[name][0].split(",")) if name in parameters else None


def read_parameters(table: Table, request: HttpRequest) -> Parameters:
    """The parameters of a request, from its query or form, and the defaults of the action.

    An empty value is dropped; a parameter that the action does not define is kept and ignored.
    """
    given: dict[str, list[str]] = {}
    for name, text in (*query_parameters(request.target), *_form(request)):
        if text:
            given.setdefault(_list_name(table, name), []).append(text)
    defaults = {name: [one.default] for name, one in table.items() if one.default is not None}
    return {**defaults, **given}


def validation_error(table: Table, parameters: Parameters) -> ApiResponse | None:
    """The error for the first missing or invalid parameter, or None."""
    for name, parameter in table.items():
        given = parameters.get(name, ())
        if parameter.required and not given:
            return missing(name)
        if not all(map(parameter.accepts, given)) or (len(given) > 1 and not parameter.is_list):
            return invalid(name)
    return None


def _list_name(table: Table, name: str) -> str:
    numbered = NUMBERED.fullmatch(name)
    return numbered[1] if numbered and table.get(numbered[1], Parameter()).is_list else name


def _form(request: HttpRequest) -> list[tuple[str, str]]:
    if request.headers.get_content_type() != FORM:
        return []
    return parse_qsl(request.body.decode("latin-1"), keep_blank_values=True)
