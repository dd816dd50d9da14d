"""Writing files: what is left of them where a write fails, which are written in place, and why one cannot be."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path

import pytest

from gate.writing import append_atomically, why_unwritable, write_atomically, write_stream


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

    assert not write_stream(stream, "text")


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
