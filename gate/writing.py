"""Writing: files whole or not at all, and words for whoever still listens."""

from __future__ import annotations

import errno
import os
import secrets
import select
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import FileIO
    from typing import TextIO


_STALL_TIMEOUT = 5.0
_IRREPLACEABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY}
"""Of a file that is mounted, or lies in a folder of somebody else: it may be written, and not taken away."""


def write_atomically(path: Path, text: str, stall_timeout: float = _STALL_TIMEOUT) -> None:
    """Writes a file so that a reader finds all of it or nothing; the folder is made where there is none.

    Args:
        path: Of the file, or of a device or a pipe.
        text: All of it.
        stall_timeout: How long the reader of a pipe may read nothing, in s.

    Raises:
        OSError: It could not be written; what was there before is still there, or nothing where it can only be emptied.
    """
    if _is_standard_output(path):
        print_stdout(text)
    elif _is_special_file(path):
        _write_in_place(path, text.encode(), stall_timeout)
    else:
        try:
            _replace_file(path, text.encode())
        except OSError as error:
            if error.errno not in _IRREPLACEABLE or path.is_symlink() or not path.is_file():
                raise
            _write_in_place(path, text.encode(), stall_timeout)


def _replace_file(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _is_standard_output(path: Path) -> bool:
    # Opened anew, /dev/stdout would have a place of its own in the file that a shell redirects to.
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False


def _is_special_file(path: Path) -> bool:
    # Devices and pipes keep their place, /dev/stdout among them; a link in the checkout could lead to any file.
    is_kept = str(path).startswith(("/dev/", "/proc/")) and path.is_symlink()
    return is_kept or (path.exists() and not path.is_file())


def _write_in_place(path: Path, data: bytes, stall_timeout: float) -> None:
    # Nobody's pipe is not waited for.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK
    try:
        with os.fdopen(os.open(path, flags, 0o666), "wb", buffering=0) as file:
            _write_all(file, data, stall_timeout)
    except OSError:
        # Nothing can be mistaken for a report, and half of one can.
        with suppress(OSError):
            os.truncate(path, 0)
        raise


def _write_all(file: FileIO, data: bytes, stall_timeout: float) -> None:
    # Signals are not heard any more, so that a reader who has stopped would keep the process for ever.
    room = select.poll()
    room.register(file, select.POLLOUT)
    rest = memoryview(data)
    while rest:
        if not room.poll(stall_timeout * 1000):
            raise TimeoutError(errno.ETIMEDOUT, f"nobody has read it for {stall_timeout:.0f} s")
        rest = rest[file.write(rest) or 0 :]


def append_atomically(file: FileIO, data: bytes) -> None:
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


def remove_stale(path: Path) -> bool:
    """Takes the report of an earlier run away, which would be mistaken for one of this run if that one wrote none.

    Returns whether nothing of it is left; a file that cannot be taken away is emptied.
    """
    try:
        if not _is_special_file(path) and (path.is_symlink() or path.is_file()):
            path.unlink(missing_ok=True)
    except OSError:
        return _truncate(path)
    return True


def _truncate(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW))
    except OSError:
        return False
    return True


def print_mask_command(text: str) -> None:
    """Prints what is meant for the CI host alone, and must not stay in a file."""
    try:
        is_kept = stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        is_kept = False
    if not is_kept:
        print_stdout(text)


def print_stdout(text: str) -> None:
    """Prints what the user came for; somebody who closed the pipe does not want to know."""
    write_stream(sys.stdout, text)


def write_stream(stream: TextIO, text: str) -> bool:
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
            _redirect_to_devnull(stream)
    return is_said


def _redirect_to_devnull(stream: TextIO) -> None:
    with suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
