"""Where the files of the vendors' tools are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def home(environ: Mapping[str, str]) -> Path:
    """The folder of the user; without one there are no such files: those in the working directory may be anybody's."""
    found = next((path for name in ("HOME", "USERPROFILE") if (path := environ.get(name, "").strip())), "")
    return Path(found or "/nonexistent")
