"""Writing: a file whole or not at all, and streams whose reader may be gone."""

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

from gate.ownership import give_file_to_owner_of, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import FileIO
    from typing import TextIO

    Render = Callable[[], Iterable[str]]
    """Yields a text in chunks; called again where a file has to be written again."""

_STALL_TIMEOUT = 5.0
_BLOCK_SIZE = 65_536
"""Characters."""
_IRREPLACEABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY}
"""Of a file that is mounted, or lies in a folder of another user: it can be written, and not replaced."""


def write_atomically(path: Path, render: Render, stall_timeout: float = _STALL_TIMEOUT) -> None:
    """Writes a file so that a reader finds all of it or nothing; missing folders are made.

    Args:
        path: Of the file, or of a device or a pipe.
        render: Yields the content in chunks, which are written as they come. It may be called more than once.
        stall_timeout: How long the reader of a pipe may read nothing, in s.

    Raises:
        OSError: It could not be written; the earlier content is still there, or nothing if it could not be replaced.
    """
    if _is_standard_output(path):
        for block in _blocks(_rehearsed(render)):
            print_stdout(block)
    elif _is_special_file(path):
        _write_in_place(path, render, stall_timeout)
    else:
        try:
            _replace_file(path, render)
        except OSError as error:
            if error.errno not in _IRREPLACEABLE or path.is_symlink() or not path.is_file():
                raise
            _write_in_place(path, render, stall_timeout)


def why_unwritable(path: Path, *, is_replaced: bool) -> str:
    """Why a file cannot be written, as far as permissions tell; empty if it can. Writes nothing.

    Args:
        path: Of the file, which need not exist.
        is_replaced: Whether it is written by `write_atomically`, which makes missing folders; if not, it is appended.
    """
    try:
        return _obstacle(path, is_replaced=is_replaced)
    except OSError as error:
        return str(error.strerror)


def _obstacle(path: Path, *, is_replaced: bool) -> str:
    folder = path.parent
    # Also of a file in a folder where no other can be made: it is written in its place.
    if path.exists() and not path.is_dir() and os.access(path, os.W_OK):
        return ""
    if path.is_dir() or (path.exists() and not is_replaced):
        return os.strerror(errno.EISDIR if path.is_dir() else errno.EACCES)
    while is_replaced and not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        return os.strerror(errno.ENOTDIR if folder.exists() else errno.ENOENT)
    return "" if os.access(folder, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)


def _replace_file(path: Path, render: Render) -> None:
    make_folder(path.parent)
    part = path.with_name(f".{secrets.token_hex(8)}")
    # Before the file is opened: it may have to import a module, and this may be the last file descriptor.
    chunks = render()
    try:
        with part.open("xb") as file:
            give_file_to_owner_of(path.parent, file.fileno())
            file.writelines(block.encode() for block in _blocks(chunks))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _rehearsed(render: Render) -> Iterable[str]:
    """Renders once for nothing: what a pipe was given cannot be taken back, so that a bug has to show before that."""
    for block in _blocks(render()):
        block.encode()
    return render()


def _blocks(chunks: Iterable[str]) -> Iterator[str]:
    """Joins chunks, which are often single lines, to what is worth a system call."""
    block: list[str] = []
    size = 0
    for chunk in chunks:
        block.append(chunk)
        size += len(chunk)
        if size >= _BLOCK_SIZE:
            yield "".join(block)
            block.clear()
            size = 0
    yield "".join(block)


def _is_standard_output(path: Path) -> bool:
    # Opened again, /dev/stdout would have a position of its own in the file that a shell redirects to.
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False


def _is_special_file(path: Path) -> bool:
    # Devices and pipes are not replaced, nor is /dev/stdout; a link in the checkout could lead to any file, and is.
    is_device = str(path).startswith(("/dev/", "/proc/")) and path.is_symlink()
    return is_device or (path.exists() and not path.is_file())


def _write_in_place(path: Path, render: Render, stall_timeout: float) -> None:
    chunks = _rehearsed(render)
    # Without O_NONBLOCK, opening a pipe would wait for a reader.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK
    try:
        with os.fdopen(os.open(path, flags, 0o666), "wb", buffering=0) as file:
            for block in _blocks(chunks):
                _write_all(file, block.encode(), stall_timeout)
    except OSError:
        # An empty file cannot be mistaken for a report, and half of one can.
        with suppress(OSError):
            os.truncate(path, 0)
        raise


def _write_all(file: FileIO, data: bytes, stall_timeout: float) -> None:
    # Signals are ignored by now, so that a reader who has stopped would keep the process for ever.
    writable = select.poll()
    writable.register(file, select.POLLOUT)
    rest = memoryview(data)
    while rest:
        if not writable.poll(stall_timeout * 1000):
            raise TimeoutError(errno.ETIMEDOUT, f"its reader has read nothing for {stall_timeout:.0f} s")
        rest = rest[file.write(rest) or 0 :]


def append_atomically(file: FileIO, data: bytes) -> None:
    """Appends all of the data to a file, or nothing where the disk is full.

    Raises:
        OSError: It could not be written; the earlier content is still there, and no more.
    """
    size = file.seek(0, os.SEEK_END)
    try:
        while data:
            data = data[file.write(data) :]
    except OSError:
        # GitHub would fail the step for half an output, without a reason.
        with suppress(OSError):
            file.truncate(size)
        raise


def remove_stale(path: Path) -> bool:
    """Removes a report of an earlier run, which would be taken for one of this run if this one writes none.

    Returns whether nothing of it is left; a file that cannot be removed is emptied.
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
    """Prints a command that contains a secret, unless standard output is a file, in which it would stay."""
    try:
        is_file = stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        print_stdout(text)


def print_stdout(text: str) -> None:
    """Prints on standard output; a closed pipe or a full disk is no error."""
    write_stream(sys.stdout, text)


def write_stream(stream: TextIO, text: str) -> bool:
    """Writes to a stream, and returns whether it took all of the text; if not, it leads to /dev/null from then on.

    Python flushes once more at its end: on a full disk it would exit with 120, and after an interrupted write to a pipe
    that nobody reads it would wait for that reader again.
    """
    is_written = False
    try:
        with suppress(OSError, ValueError):
            stream.write(text)
            stream.flush()
            is_written = True
    finally:
        if not is_written:
            _redirect_to_devnull(stream)
    return is_written


def _redirect_to_devnull(stream: TextIO) -> None:
    with suppress(OSError, ValueError), Path(os.devnull).open("w") as devnull:
        os.dup2(devnull.fileno(), stream.fileno())
