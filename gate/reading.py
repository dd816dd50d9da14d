"""Reads a file that the user names: a regular one of a limited size, so that reading it ends."""

from __future__ import annotations

import codecs
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_text(path: Path, *, max_size: int) -> str:
    """Reads text in UTF-8, without the byte order mark that Windows may have put before it.

    Args:
        path: The file.
        max_size: Bytes; a larger file is not read whole.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
        ValueError: It is not a regular file, or larger, or its name cannot be one; with the reason as its message.
        OSError: It cannot be read.
    """
    with open(path, "rb", opener=_open_file) as file:
        content = file.read(max_size + 1)
    if len(content) > max_size:
        raise ValueError(f"it is larger than {max_size} bytes")
    return content.removeprefix(codecs.BOM_UTF8).decode()


def _open_file(path: str, flags: int) -> int:
    """Opens a regular file; anything else is refused at once, since reading a pipe or a terminal may never end."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("it is a folder, a pipe or a device, and not a regular file")
    return descriptor
