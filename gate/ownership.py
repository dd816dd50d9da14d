"""Who owns what the gate makes: in a container it may be root, and the runner outside has to delete its files again."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ROOT = 0
_FOLDER_FOR_ALL, _FILE_FOR_ALL = 0o777, 0o666


def is_root() -> bool:
    """Whether this process is root, at least in its own user namespace."""
    return os.geteuid() == _ROOT


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it that are missing; each belongs to the owner of the folder that it is in.

    Raises:
        OSError: A folder cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
        _give_folder(folder)


def _give_folder(folder: Path) -> None:
    # There may be no file descriptor left, and the report can still be written.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            _give_to_owner(folder.parent, descriptor, mode_for_all=_FOLDER_FOR_ALL)
        finally:
            os.close(descriptor)


def give_file_to_owner_of(folder: Path, descriptor: int) -> None:
    """Gives a file that root has just made in a folder of somebody else to that user, else to everybody.

    The owner may have no number in this user namespace. Never raises: a report that the runner cannot delete is better
    than none.
    """
    _give_to_owner(folder, descriptor, mode_for_all=_FILE_FOR_ALL)


def _give_to_owner(folder: Path, descriptor: int, *, mode_for_all: int) -> None:
    # By descriptor: another user who may write in the folder could put a link to any file in place of what was made.
    if not is_root():
        return
    with suppress(OSError):
        owner = folder.stat()
        if owner.st_uid == _ROOT:
            return
        try:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        except OSError:
            os.fchmod(descriptor, mode_for_all)
