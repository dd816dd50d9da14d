"""Files that a user names: read whole up to a limit, and never waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gate.reading import read_text


def test_a_file_is_text_in_utf_8_without_its_byte_order_mark() -> None:
    Path("file").write_bytes("\N{BOM}é\r\n".encode())

    assert read_text(Path("file"), max_size=7) == "é\r\n"


def test_a_larger_file_is_an_error_that_names_the_limit() -> None:
    Path("file").write_bytes(b"12345678")

    assert read_text(Path("file"), max_size=8) == "12345678"
    with pytest.raises(ValueError, match=r"^it is larger than 7 bytes$"):
        read_text(Path("file"), max_size=7)


def test_no_more_of_a_file_is_read_than_the_limit() -> None:
    Path("file").touch()
    # Without any block on the disk, and larger than any memory.
    os.truncate("file", 1 << 40)

    with pytest.raises(ValueError, match=r"^it is larger than 7 bytes$"):
        read_text(Path("file"), max_size=7)


@pytest.mark.parametrize("name", ["pipe", "folder", "/dev/null"])
def test_what_is_no_regular_file_is_refused_at_once_and_closed(name: str) -> None:
    os.mkfifo("pipe")
    Path("folder").mkdir()
    # The lowest number that is free.
    before = os.dup(0)
    os.close(before)

    with pytest.raises(ValueError, match=r"^it is a folder, a pipe or a device, and not a regular file$"):
        read_text(Path(name), max_size=8)

    after = os.dup(0)
    os.close(after)
    assert after == before
