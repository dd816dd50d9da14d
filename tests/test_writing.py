"""Writing files: what is left of them where a write fails, which are written in place, and why one cannot be."""

from __future__ import annotations

import errno
import io
import os
import pty
import resource
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from gate.writing import append_atomically, remove_stale, why_unwritable, write_atomically, write_stream
from tests.builders import a_poll_without_events

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_of_an_append_that_fails_nothing_is_left_and_the_earlier_content_is(tmp_path: Path) -> None:
    """GitHub would fail the step for half an output, and earlier steps have written to the same file."""
    path = tmp_path / "output"
    path.write_bytes(b"earlier=1\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with path.open("ab", buffering=0) as file:
        # As a full disk does, it takes the first bytes and refuses the others.
        resource.setrlimit(resource.RLIMIT_FSIZE, (14, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                append_atomically(file, b"later=" + b"2" * 100)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert path.read_bytes() == b"earlier=1\n"


@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd"])
def test_a_file_that_is_named_by_its_descriptor_has_the_new_content_alone(folder: str, tmp_path: Path) -> None:
    """As in a shell with `3> report`: the file itself is written, and not the name in the folder of descriptors."""
    path = tmp_path / "report"
    path.write_text("of an earlier run, and longer")
    with path.open("r+") as file:
        write_atomically(Path(folder, str(file.fileno())), lambda: ["new"])

    assert path.read_text() == "new"
    assert [*tmp_path.iterdir()] == [path]


def test_a_stream_that_is_closed_takes_no_text(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        pass

    assert write_stream(stream, "text") is False


def test_a_stream_that_takes_no_text_is_no_error_where_no_file_can_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "log").open("w") as stream:
        pass

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(Path, "open", refuse)

    assert write_stream(stream, "text") is False


@pytest.mark.parametrize(
    ("path", "is_replaced", "reason"),
    [
        ("file", True, 0),
        ("file", False, 0),
        ("new", True, 0),
        ("new", False, 0),
        ("folder", True, errno.EISDIR),
        ("folder", False, errno.EISDIR),
        ("absent/new", True, 0),
        ("absent/deep/new", True, 0),
        ("absent/new", False, errno.ENOENT),
        ("file/new", True, errno.ENOTDIR),
        ("file/new", False, errno.ENOTDIR),
        ("file/deep/new", True, errno.ENOTDIR),
        ("x" * 300, True, errno.ENAMETOOLONG),
    ],
)
def test_why_a_file_cannot_be_written_is_said_before_it_is_written(
    path: str, reason: int, tmp_path: Path, *, is_replaced: bool
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()

    assert why_unwritable(tmp_path / path, is_replaced=is_replaced) == (os.strerror(reason) if reason else "")
    assert {one.name for one in tmp_path.iterdir()} == {"file", "folder"}


def test_a_reader_that_has_stopped_is_named_in_the_words_of_the_error(tmp_path: Path) -> None:
    """The warning has the error's own words, and not its number."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(TimeoutError) as caught:
            write_atomically(tmp_path / "pipe", lambda: ["x" * 1_000_000], stall_timeout=0.02)
    finally:
        os.close(reader)

    assert (caught.value.errno, caught.value.strerror) == (errno.ETIMEDOUT, "its reader has read nothing for 0 s")


def test_a_reader_of_a_report_has_the_time_that_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = a_poll_without_events(monkeypatch)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(TimeoutError, match="has read nothing for 5 s"):
            write_atomically(tmp_path / "pipe", lambda: ["x"], stall_timeout=5.0)
    finally:
        os.close(reader)

    assert waits == [5000.0]


class FullDisk(io.FileIO):
    """A file that takes nothing and cannot be cut either."""

    def write(self, _data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def truncate(self, _size: int | None = None) -> int:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def test_the_error_of_an_append_is_its_own_and_not_that_of_the_cleanup(tmp_path: Path) -> None:
    with FullDisk(tmp_path / "output", "ab") as file, pytest.raises(OSError, match="No space left on device"):
        append_atomically(file, b"later=2\n")


@pytest.mark.parametrize(
    ("length", "sizes"),
    [(65_535, [0, 131_070, 131_070, 262_140]), (32_768, [0, 65_536, 65_536, 131_072])],
    ids=["one-character-less-than-a-block", "half-a-block"],
)
def test_small_chunks_are_written_as_soon_as_they_make_a_block(length: int, sizes: list[int], tmp_path: Path) -> None:
    found = []

    def render() -> Iterator[str]:
        for _ in range(4):
            yield "x" * length
            (part,) = tmp_path.iterdir()
            found.append(part.stat().st_size)

    write_atomically(tmp_path / "report", render)

    assert found == sizes


@pytest.mark.parametrize("denied", [os.W_OK, os.X_OK])
def test_a_new_file_needs_a_folder_that_may_be_written_and_entered(
    denied: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & denied)

    assert why_unwritable(tmp_path / "new", is_replaced=True) == os.strerror(errno.EACCES)


def test_a_file_that_may_not_be_written_can_be_replaced_and_not_appended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path / "file")

    found = [why_unwritable(tmp_path / "file", is_replaced=is_replaced) for is_replaced in (True, False)]

    assert found == ["", os.strerror(errno.EACCES)]


class BusyPipe(io.FileIO):
    """A pipe that another process has filled each time that there was room, and then takes a few bytes."""

    is_full = False

    def write(self, data: Any) -> int | None:  # type: ignore[override]  # as of a file that does not block
        self.is_full = not self.is_full
        return None if self.is_full else super().write(data[:5])


def test_what_a_pipe_does_not_take_at_once_is_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    monkeypatch.setattr(os, "fdopen", lambda descriptor, mode, **_options: BusyPipe(descriptor, mode))

    write_atomically(tmp_path / "pipe", lambda: ["a report in parts"])

    assert os.read(reader, 100) == b"a report in parts"
    os.close(reader)


def test_a_terminal_whose_reader_has_stopped_is_given_up_also_if_something_was_typed() -> None:
    terminal, device = pty.openpty()
    os.write(terminal, b"typed\n")
    try:
        with pytest.raises(TimeoutError, match="its reader has read nothing"):
            write_atomically(Path(os.ttyname(device)), lambda: ["x" * 1_000_000], stall_timeout=0)
    finally:
        os.close(device)
        os.close(terminal)


def test_a_file_that_a_link_in_dev_leads_to_is_made_with_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with TemporaryDirectory(dir="/dev/shm") as shared:
            (Path(shared) / "link").symlink_to(tmp_path / "report")
            write_atomically(Path(shared) / "link", lambda: ["new"])
    finally:
        os.umask(before)

    assert (tmp_path / "report").read_text() == "new"
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o666


def test_a_file_that_is_written_in_place_is_empty_after_an_error(tmp_path: Path) -> None:
    """Half of a report could be mistaken for one."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with (tmp_path / "report").open("w") as file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (14, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                write_atomically(Path("/proc/self/fd", str(file.fileno())), lambda: ["x" * 100])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert (tmp_path / "report").read_bytes() == b""


def test_nothing_is_left_of_a_stale_file_an_absent_one_and_a_link_to_a_device_which_stays(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("/dev/null")

    assert [remove_stale(tmp_path / name) for name in ("file", "absent", "link")] == [True, True, True]
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_a_stale_file_that_another_process_removes_meanwhile_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_file", lambda _path: True)

    assert remove_stale(tmp_path / "absent") is True
