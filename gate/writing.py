"""Writing: files whole or not at all, and words for whoever still listens."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import FileIO
    from typing import TextIO


def write_whole(path: Path, text: str) -> None:
    """Writes a file so that a reader finds all of it or nothing; the folder is made where there is none.

    Raises:
        OSError: It could not be written; what was there before is still there.
    """
    if _is_standard_output(path):
        say(text)
        return
    if _leads_elsewhere(path):
        _write_through(path, text)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _is_standard_output(path: Path) -> bool:
    # Opened anew, /dev/stdout would have a place of its own in the file that a shell redirects to.
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False


def _leads_elsewhere(path: Path) -> bool:
    # Devices and pipes keep their place, /dev/stdout among them; a link in the checkout could lead to any file.
    is_kept = str(path).startswith(("/dev/", "/proc/")) and path.is_symlink()
    return is_kept or (path.exists() and not path.is_file())


def _write_through(path: Path, text: str) -> None:
    # Nobody's pipe is not waited for.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK
    try:
        with os.fdopen(os.open(path, flags, 0o666), "w", encoding="utf-8") as file:
            os.set_blocking(file.fileno(), True)
            file.write(text)
    except OSError:
        # Nothing can be mistaken for a report, and half of one can.
        with suppress(OSError):
            os.truncate(path, 0)
        raise


def append_whole(file: FileIO, data: bytes) -> None:
    """Appends all of the data to a file, or nothing where the disk has no room for it.

    Raises:
        OSError: It could not be written; what was there before is still there, and no more.
    """
    size = file.seek(0, os.SEEK_END)
    try:
        while data:
            data = data[file.write(data) :]
    except OSError:
        # Half an output would be the end of the step in GitHub, which would not say why.
        with suppress(OSError):
            file.truncate(size)
        raise


def forget(path: Path) -> None:
    """Takes the report of an earlier run away, which would be mistaken for one of this run if that one wrote none."""
    with suppress(OSError):
        if not _leads_elsewhere(path) and (path.is_symlink() or path.is_file()):
            path.unlink(missing_ok=True)


def whisper(text: str) -> None:
    """Prints what is meant for the CI host alone, and must not stay in a file."""
    try:
        is_kept = stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        is_kept = False
    if not is_kept:
        say(text)


def say(text: str) -> None:
    """Prints what the user came for; somebody who closed the pipe does not want to know."""
    speak(sys.stdout, text)


def speak(stream: TextIO, text: str) -> bool:
    """Prints on a stream, and returns whether it took all of it; if not, it leads nowhere from then on.

    Python flushes once more at its end: on a full disk it would exit with 120, and where the process was interrupted
    because nobody reads the pipe, it would wait for that reader again.
    """
    is_said = False
    try:
        with suppress(OSError, ValueError):
            stream.write(text)
            stream.flush()
            is_said = True
    finally:
        if not is_said:
            _lead_nowhere(stream)
    return is_said


def _lead_nowhere(stream: TextIO) -> None:
    with suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
