"""What a gate that is root makes in the folder of somebody else: the runner outside of the container can delete it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate import ci
from gate.ownership import give_file_to_owner_of, make_folder
from gate.writing import write_atomically
from tests.builders import an_outcome

if TYPE_CHECKING:
    from collections.abc import Callable

RUNNER, GROUP = 1001, 1002
CHANGES = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder that belongs to the runner, as a container of its job finds it."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    os.chown(folder, RUNNER, GROUP)
    return folder


def owner_of(path: Path) -> tuple[int, int]:
    return path.lstat().st_uid, path.lstat().st_gid


@CHANGES
def test_a_report_and_its_folders_belong_to_the_owner_of_the_workspace(workspace: Path) -> None:
    report = workspace / "out" / "scan" / "report.json"

    write_atomically(report, lambda: ["{}"])

    assert {owner_of(path) for path in (report, report.parent, report.parent.parent)} == {(RUNNER, GROUP)}
    assert report.read_text() == "{}"


@CHANGES
def test_the_folder_for_bitbucket_belongs_to_the_owner_of_the_workspace_too(workspace: Path) -> None:
    assert list(ci.detect({"BITBUCKET_CLONE_DIR": str(workspace)}, "bitbucket").publish(an_outcome())) == []

    assert {owner_of(path) for path in workspace.rglob("*")} == {(RUNNER, GROUP)}


@CHANGES
def test_the_outputs_of_github_belong_to_the_owner_of_their_folder_where_the_gate_makes_them(workspace: Path) -> None:
    """The runner makes them itself, and keeps those that it has made."""
    made, kept = workspace / "outputs", workspace / "summary"
    kept.touch()
    environ = {"GITHUB_OUTPUT": str(made), "GITHUB_STEP_SUMMARY": str(kept)}

    assert list(ci.detect(environ, "github").publish(an_outcome())) == []

    assert (owner_of(made), owner_of(kept)) == ((RUNNER, GROUP), (0, 0))


@CHANGES
def test_in_a_folder_of_root_nothing_changes_hands(tmp_path: Path) -> None:
    write_atomically(tmp_path / "out" / "report.json", lambda: ["{}"])

    assert owner_of(tmp_path / "out") == owner_of(tmp_path / "out" / "report.json") == (0, 0)


@CHANGES
def test_a_folder_that_is_there_keeps_its_owner(workspace: Path) -> None:
    (workspace / "out").mkdir()

    make_folder(workspace / "out" / "scan")

    assert owner_of(workspace / "out") == (0, 0)
    assert owner_of(workspace / "out" / "scan") == (0, 0)


@CHANGES
def test_where_the_owner_has_no_number_here_everybody_may_delete_it(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a user namespace, whose kernel answers EINVAL."""

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fchown", refuse)

    write_atomically(workspace / "report.json", lambda: ["{}"])
    make_folder(workspace / "out")

    modes = [stat.S_IMODE((workspace / name).stat().st_mode) for name in ("report.json", "out")]
    assert modes == [0o666, 0o777]


@CHANGES
@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_another_user_puts_in_place_of_a_new_folder_is_not_given_away(
    kind: str, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner may write in its workspace, and must not get a folder of root by a link to it."""
    precious = tmp_path / "precious"
    precious.mkdir()
    replaced = (lambda path: path.symlink_to(precious)) if kind == "link" else Path.touch
    monkeypatch.setattr(Path, "mkdir", replaced)

    make_folder(workspace / "out")

    assert owner_of(precious) == owner_of(workspace / "out") == (0, 0)


def test_a_folder_is_made_even_if_there_is_no_descriptor_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "open", refuse)

    make_folder(tmp_path / "out" / "scan")

    assert (tmp_path / "out" / "scan").is_dir()


def test_a_report_is_written_even_if_its_owner_and_its_mode_cannot_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    for name in ("fchown", "fchmod"):
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Path, "stat", lambda _path, **_options: os.stat_result((0,) * 4 + (RUNNER, GROUP) + (0,) * 4))
    with (tmp_path / "report.json").open("wb") as file:
        give_file_to_owner_of(tmp_path, file.fileno())


def test_any_other_user_gives_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "fchown", lambda *_: pytest.fail("only root may change an owner"))

    write_atomically(tmp_path / "out" / "report.json", lambda: ["{}"])


def test_a_folder_that_another_process_makes_meanwhile_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_dir = Path.is_dir
    monkeypatch.setattr(Path, "is_dir", lambda path: path != tmp_path / "out" and is_dir(path))
    (tmp_path / "out").mkdir()

    make_folder(tmp_path / "out")


@pytest.mark.parametrize(
    ("user", "hint"),
    [
        (1000, "GitHub's files are root's: run the container as root."),
        (0, "This process is root already, but perhaps not outside the container (rootless engine, user namespace)."),
    ],
    ids=["another-user", "root"],
)
def test_a_hint_about_the_user_asks_who_the_process_is(
    user: int, hint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, deny: Callable[[], None]
) -> None:
    deny()
    monkeypatch.setattr(os, "geteuid", lambda: user)

    (warning,) = ci.detect({"GITHUB_OUTPUT": str(tmp_path / "output")}, "github").publish(an_outcome())

    assert warning.endswith(hint)


@pytest.fixture
def deny(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Denies to open any file from now on."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    return lambda: monkeypatch.setattr(Path, "open", refuse)
