"""Checks the values of parameters against their documented ranges."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

Check: TypeAlias = Callable[[str], bool]

MAX_INT: Final = 2**31 - 1
MAX_LONG: Final = 2**63 - 1
EVERY_ENTERPRISE_PROJECT: Final = "all_granted_eps"


def length(minimum: int, maximum: int) -> Check:
    """Accepts a text of so many characters."""
    return lambda text: minimum <= len(text) <= maximum


def one_of(*values: str) -> Check:
    """Accepts these values."""
    return lambda text: text in values


def list_of(*values: str) -> Check:
    """Accepts these values, separated by commas."""
    return lambda text: {*text.split(",")} <= {*values}


def between(minimum: int, maximum: int) -> Check:
    """Accepts a decimal number in this range."""
    return lambda text: text.isascii() and text.isdigit() and minimum <= int(text) <= maximum


def boolean(text: str) -> bool:
    """Accepts true and false, also as the vendor's SDK for Python sends them: `True` and `False`."""
    return text.lower() in {"true", "false"}


ENTERPRISE_PROJECT: Final = length(1, 256)
OFFSET: Final = between(0, 2_000_000)
PAGES: Final[Mapping[str, Check]] = {
    "enterprise_project_id": ENTERPRISE_PROJECT,
    "offset": OFFSET,
    "limit": between(10, 200),
}
"""The parameters that most lists have."""
DEFAULTS: Final[Mapping[str, str]] = {"enterprise_project_id": "0", "offset": "0", "limit": "10"}


def validation_error(
    query: Mapping[str, Sequence[str]], checks: Mapping[str, Check], required: Sequence[str] = ()
) -> str | None:
    """What is wrong with a query, or None; undocumented parameters are ignored."""
    for name in required:
        if name not in query:
            return f"Invalid parameter: {name} is required"
    for name in sorted(query.keys() & checks.keys()):
        if len(query[name]) > 1 or not checks[name](query[name][0]):
            return f"Invalid parameter: {name}={','.join(query[name])}"
    return None


def page(rows: Sequence[Any], query: Mapping[str, str]) -> list[Any]:
    """The rows that offset and limit select."""
    start = int(query["offset"])
    return [*rows[start : start + int(query["limit"])]]


def is_in_enterprise_project(requested: str, enterprise_project: str) -> bool:
    """Whether a request for this enterprise project, or for all of them, finds something in that one."""
    return requested in {EVERY_ENTERPRISE_PROJECT, enterprise_project}
