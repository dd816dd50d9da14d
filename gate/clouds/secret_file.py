"""Files that hold one secret each, such as those that a CI system or Kubernetes mounts into a job."""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING

from gate.errors import UsageError
from gate.unexpanded import mistake_in_path

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_SIZE = 65_536
"""Bytes; the longest secret is a token of some 20,000."""
_MAX_WAIT = 30.0
"""Seconds for what writes to a pipe, such as the program in `<(...)` of a shell."""


def read_secret_file(path: str, *, named_by: str, unset: str = "unset the variable") -> str:
    """Reads a secret, without the white space around it; an empty file is the empty string.

    Args:
        path: The path of the file.
        named_by: What names the file, such as a variable; for messages, which do not show the path: it may be the
            secret itself, by mistake.
        unset: How to do without the file, for a message.

    Raises:
        UsageError: The file cannot be read, is too large, or is not text, or it is a pipe that nobody writes to, or
            closes, within 30 s.
    """
    if mistake := mistake_in_path(path):
        raise _unreadable(named_by, mistake, unset, means="The path was never filled in.")
    try:
        return _text(_content(path))
    except OSError as error:
        means = "The secret is not mounted into this job, or this user may not read it."
        raise _unreadable(named_by, str(error.strerror), unset, means=means) from None
    except ValueError as error:
        means = "It is something other than the file of one credential."
        raise _unreadable(named_by, str(error), unset, means=means) from None


def mistaken_for_its_file(value: str) -> str:
    """Says that a value is the path of a file; empty if not.

    Only of a file that exists, since a token may begin with a slash too.
    """
    is_path = value.startswith(("/", "./", "../")) and os.path.isfile(value)  # noqa: PTH113 - raises nothing
    return "it is the path of a file, which a variable ending in _FILE would name" if is_path else ""


def _content(path: str) -> bytes:
    # A pipe without a writer would block for ever, at its opening or when it is read.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        return b"".join(_parts(descriptor))
    finally:
        os.close(descriptor)


def _parts(descriptor: int) -> Iterator[bytes]:
    """Yields what a file has, up to its end or to more than the largest size."""
    readable, ends_at, left = select.poll(), time.monotonic() + _MAX_WAIT, _MAX_SIZE + 1
    readable.register(descriptor, select.POLLIN)
    while left:
        if not readable.poll(max(0.0, ends_at - time.monotonic()) * 1000):
            raise ValueError(f"it is a pipe, and what writes to it has not ended within {_MAX_WAIT:g} s")
        part = os.read(descriptor, left)
        if not part:
            return
        left -= len(part)
        yield part


def _text(content: bytes) -> str:
    if len(content) > _MAX_SIZE:
        raise ValueError(f"it is larger than {_MAX_SIZE} bytes")
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ValueError("it is not text in UTF-8") from None


def _unreadable(named_by: str, why: str, unset: str, *, means: str) -> UsageError:
    return UsageError(
        f"{named_by} names a file that cannot be read: {why}.", means=means, remedy=f"Correct the path, or {unset}."
    )
