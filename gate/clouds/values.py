"""Strict parsing of single values in a cloud's JSON: numbers, times, strings and ids."""

from __future__ import annotations

import hashlib
import json
import reprlib
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from gate.errors import NotUnderstood
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.image import FailedImage

_IMAGE_SIZE = 150
"""Bytes of a failed image without its texts: two objects, and their place in a list."""
_MAX_ID_LENGTH = 1000
_MAX_QUOTED_LENGTH = 60
_start_of = reprlib.Repr()
_start_of.maxstring = 200


def count(value: object) -> int | None:
    """A whole number that is not negative; None for anything else, including strings of digits, 3.0 and true."""
    # type() and not isinstance(): True is an int.
    return value if type(value) is int and value >= 0 else None


def datetime_from_ms(milliseconds: object) -> datetime | None:
    """The time from ms since 1970, aware, in UTC; None for anything else, including 0, which stands for no time."""
    if type(milliseconds) is not int or milliseconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def datetime_from_text(value: object) -> datetime | None:
    """The time from a text in ISO 8601, aware, in UTC, which is that of a text without a zone; None for all else."""
    try:
        when = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def is_one_of(value: object, allowed: tuple[object, ...]) -> bool:
    """Whether a value is one of these, of the same type too: False is not 0, and 1.0 is not 1."""
    return any(type(value) is type(one) and value == one for one in allowed)


def text(value: object) -> str:
    """A string; empty for anything else."""
    return value if isinstance(value, str) else ""


def as_text(value: object) -> str:
    """Any value as text for a message; of an array or object only the start."""
    return _start_of.repr(value) if isinstance(value, dict | list) else str(value)


def quoted(value: object) -> str:
    """The start of any value for a message, of bounded length; a string is in quotes, so that `'5'` is not `5`."""
    return one_line(_start_of.repr(value), _MAX_QUOTED_LENGTH)


def percent_encoded(value: str, *, safe: str = "") -> str:
    """A text as a part of a URL.

    Raises:
        NotUnderstood: It has half of a surrogate pair: JSON can state that, and no URL can.
    """
    try:
        return quote(value, safe=safe)
    except UnicodeEncodeError:
        raise malformed(f"{quoted(value)} is no valid Unicode, so nothing can be asked about it.") from None


def memory_of(value: object) -> int:
    """How many bytes a value that was parsed from JSON takes, about; what its parts share is counted for each."""
    size, parts = 0, [value]
    while parts:
        part = parts.pop()
        size += sys.getsizeof(part)
        if isinstance(part, dict):
            parts += [*part, *part.values()]
        elif isinstance(part, list):
            parts += part
    return size


def memory_of_images(images: Iterable[FailedImage]) -> int:
    """How many bytes these images take, about; an empty text takes none of its own."""
    named = ((one.image, one.reason) for one in images)
    parts = ((image.registry, image.namespace, image.name, image.tag, image.digest, why) for image, why in named)
    return sum(_IMAGE_SIZE + sum(map(sys.getsizeof, filter(None, texts))) for texts in parts)


def identity(value: object) -> bytes:
    """A hash that is different for any two values in JSON; 1, 1.0, true and "1" are different."""
    # Not of repr(), which writes many characters for one.
    text = json.dumps(value, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def printable_id(value: object) -> str:
    """An id, unchanged; empty if the value is not a string.

    Raises:
        NotUnderstood: The id is too long or has unprintable characters, so the task cannot be requested by it.
    """
    if not text(value).isprintable():
        raise malformed("The id of a scan task has unprintable characters.")
    if len(text(value)) > _MAX_ID_LENGTH:
        raise malformed(f"The id of a scan task has more than {_MAX_ID_LENGTH} characters.")
    return text(value)


def malformed(happened: str) -> NotUnderstood:
    """The error for a response that does not have the documented structure, or contradicts itself."""
    return NotUnderstood(
        happened,
        means="The response came from something other than the API, or the API has changed.",
        remedy="Check --endpoint and the proxy; if they are right, report this to the gate's project.",
    )
