"""Answers that the questions of all clouds have in common: presence, order, spelling and unit of values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gate.clouds.survey import NOT_SEEN, OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gate.clouds.survey import Exchanges, Row

ALWAYS, SOMETIMES, NEVER = "always", "sometimes", "never"
PRESENCE = frozenset({ALWAYS, SOMETIMES, NEVER})
BARE, PREFIXED, BOTH = "bare", "with sha256:", "both"
SPELLINGS = frozenset({BARE, PREFIXED, BOTH})
UNITS = frozenset({"milliseconds", "seconds", "both"})
NEWEST_FIRST, OLDEST_FIRST, IN_NO_ORDER = "newest first", "oldest first", "in no order"
ORDERS = frozenset({NEWEST_FIRST, OLDEST_FIRST, IN_NO_ORDER})
RETRY_AFTER = frozenset({"a number", "a date", "none"})
_DIGEST = re.compile("(sha256:)?[0-9a-f]{64}")
_TOO_MANY = 429


def is_time_in_ms(value: object) -> bool:
    """Whether a number can only be a time of this century in milliseconds."""
    return type(value) is int and 10**11 <= value < 10**14


def is_time_in_s(value: object) -> bool:
    """Whether a number can be a time of this century in seconds."""
    return type(value) is int and 10**8 <= value < 10**11


def presence(rows: Sequence[Row], key: str) -> str:
    """Whether rows have a field that is not null."""
    has = [row.get(key) is not None for row in rows]
    if not has:
        return NOT_SEEN
    return ALWAYS if all(has) else SOMETIMES if any(has) else NEVER


def spelling(values: Iterable[object]) -> str:
    """How digests are spelt."""
    found = {match[1] for value in values if isinstance(value, str) and (match := _DIGEST.fullmatch(value))}
    if not found:
        return NOT_SEEN
    return BOTH if len(found) > 1 else PREFIXED if found.pop() else BARE


def unit(values: Iterable[object]) -> str:
    """The unit of times since the epoch that are numbers."""
    stated = [value for value in values if value]
    found = {"milliseconds" if is_time_in_ms(one) else "seconds" if is_time_in_s(one) else OTHER for one in stated}
    if not found:
        return NOT_SEEN
    return OTHER if OTHER in found else "both" if len(found) > 1 else found.pop()


def order(values: Sequence[Any]) -> str:
    """The order of times of which at least two are different."""
    times = [value for value in values if type(value) is int]
    if len({*times}) < 2:  # noqa: PLR2004 - one has no order
        return NOT_SEEN
    if times == sorted(times):
        return OLDEST_FIRST
    return NEWEST_FIRST if times == sorted(times, reverse=True) else IN_NO_ORDER


def listed_unasked(total: int | None, unhandled: int | None) -> str:
    """Whether a list has handled vulnerabilities too, by its number of rows and that of the unhandled ones."""
    if total is None or unhandled is None or total == unhandled:
        return NOT_SEEN
    return "handled ones too" if total > unhandled else OTHER


def absent_keys(rows: Sequence[Row], documented: Iterable[str]) -> list[str]:
    """The documented keys that no row has; `none` if there is none such."""
    if not rows:
        return [NOT_SEEN]
    return [key for key in sorted(documented) if not any(key in row for row in rows)] or ["none"]


def retry_after(exchanges: Exchanges, *names: str) -> str:
    """What a refusal for lack of quota says in these headers about when to ask again; the status may be 400."""
    texts = [one.headers[name] for one in exchanges.all for name in names if not one.is_success and name in one.headers]
    if texts:
        return "a number" if all(text.strip().isdecimal() for text in texts) else "a date"
    return "none" if any(one.status == _TOO_MANY for one in exchanges.all) else NOT_SEEN


def quota_headers(exchanges: Exchanges) -> str:
    """Whether any response has a header that tells a quota."""
    names = {name for one in exchanges.all for name in one.headers}
    return ALWAYS if any(re.search("ratelimit|rate-limit|quota", name) for name in names) else NEVER
