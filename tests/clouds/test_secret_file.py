"""Files that hold a secret: one that is a pipe is read to its end, and waited for only so long."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from gate.clouds.secret_file import mistaken_for_its_file, read_secret_file
from gate.errors import UsageError
from tests.builders import a_poll_without_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.harness import Gate


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has a pipe be waited for hardly at all."""
    monkeypatch.setattr("gate.clouds.secret_file._MAX_WAIT", 0.02)


@contextmanager
def in_thread(work: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.usefixtures("no_patience")
def test_a_named_pipe_that_nobody_writes_to_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UsageError, match="NAME_FILE names a file that cannot be read: it is a pipe, and what writes"):
        read_secret_file(str(tmp_path / "pipe"), named_by="NAME_FILE")


@pytest.mark.usefixtures("no_patience")
def test_a_pipe_that_is_never_closed_is_an_error_however_much_was_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    both = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        os.write(both, b"a-part")
        with pytest.raises(UsageError, match=r"has not ended within 0\.02 s") as caught:
            read_secret_file(str(tmp_path / "pipe"), named_by="NAME_FILE")
    finally:
        os.close(both)

    assert "a-part" not in str(caught.value)


def test_a_pipe_has_half_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = a_poll_without_events(monkeypatch)
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(time, "monotonic", lambda: 7.0)

    with pytest.raises(UsageError, match="has not ended within 30 s"):
        read_secret_file(str(tmp_path / "pipe"), named_by="NAME_FILE")

    assert waits == [30_000.0]


def test_a_pipe_that_never_has_all_of_its_content_is_given_up_after_the_time_for_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not after that time since its last part."""
    monkeypatch.setattr("gate.clouds.secret_file._MAX_WAIT", 0.2)
    reading, writing = os.pipe()

    def drip() -> None:
        for _ in range(60):
            os.write(writing, b"x")
            time.sleep(0.02)
        os.close(writing)

    try:
        with in_thread(drip), pytest.raises(UsageError, match=r"has not ended within 0\.2 s"):
            read_secret_file(f"/dev/fd/{reading}", named_by="NAME_FILE")
    finally:
        os.close(reading)


def test_of_a_pipe_without_an_end_no_more_is_read_than_the_largest_size_and_one_byte() -> None:
    reading, writing = os.pipe()
    sent = 0

    def write() -> None:
        nonlocal sent
        with suppress(BrokenPipeError):
            while sent < 100 * 4096:
                sent += os.write(writing, b"x" * 4096)
        os.close(writing)

    with in_thread(write):
        try:
            with pytest.raises(UsageError, match="it is larger than 65536 bytes"):
                read_secret_file(f"/dev/fd/{reading}", named_by="NAME_FILE")
        finally:
            os.close(reading)

    # What a pipe of Linux holds (pipe(7)), and one write, may be sent beyond what is read.
    assert sent <= 2 * 65_536 + 2 * 4096


@pytest.mark.parametrize("size", [65_536, 65_537])
def test_a_file_is_read_up_to_the_largest_size(size: int, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x" * size)
    if size <= 65_536:
        assert read_secret_file(str(tmp_path / "secret"), named_by="NAME_FILE") == "x" * size
    else:
        with pytest.raises(UsageError, match="it is larger than 65536 bytes"):
            read_secret_file(str(tmp_path / "secret"), named_by="NAME_FILE")


@pytest.mark.parametrize("path", ["./token", "../token", "{}/token"])
def test_the_path_of_a_file_that_exists_is_taken_for_a_mistake(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("x")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder" if path.startswith("..") else tmp_path)

    assert mistaken_for_its_file(path.format(tmp_path)) == (
        "it is the path of a file, which a variable ending in _FILE would name"
    )
    assert mistaken_for_its_file(f"{path.format(tmp_path)}-absent") == ""


def test_a_named_pipe_is_read_once_somebody_writes_to_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    # It can be opened for writing only once it is read.
    with in_thread(lambda: (tmp_path / "pipe").write_text("a-secret\n")):
        assert read_secret_file(str(tmp_path / "pipe"), named_by="NAME_FILE") == "a-secret"


@pytest.mark.parametrize("delay", [None, 0.05], ids=["written-before", "written-later"])
def test_a_process_substitution_of_a_shell_is_read_to_its_end(delay: float | None) -> None:
    reading, writing = os.pipe()

    def write() -> None:
        for part in (b"a-", b"secret\n"):
            time.sleep(delay or 0)
            os.write(writing, part)
        os.close(writing)

    try:
        if delay is None:
            write()
        with in_thread(write if delay else int):
            assert read_secret_file(f"/dev/fd/{reading}", named_by="NAME_FILE") == "a-secret"
    finally:
        os.close(reading)


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize("variable", ["SCAN_GATE_ACCESS_KEY_SECRET_FILE", "SCAN_GATE_OIDC_TOKEN_FILE"])
def test_a_run_with_the_secret_in_a_named_pipe_that_nobody_writes_to_ends(
    variable: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    os.mkfifo("pipe")
    monkeypatch.setenv(variable, "pipe")
    roles = ("--agency-urn", "iam::09f8:agency:ci", "--oidc-provider-urn", "iam::09f8:oidcProvider:ci")
    if "SECRET" in variable:
        monkeypatch.delenv("SCAN_GATE_ACCESS_KEY_SECRET")

    ending = gate.check(*(roles if "OIDC" in variable else ()))

    assert ending.code == 2
    assert f"{variable} names a file that cannot be read" in ending.out
    assert gate.operations == []
