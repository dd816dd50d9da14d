"""The published schemas, which are stored beside the checkout and are not part of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "schemas"


def published(name: str) -> Path:
    """The file of the schema with this name; skips the test if there is none."""
    path = published_if_stored(name)
    if path is None:
        pytest.skip(f"there is no such schema beside the checkout: {_FOLDER / name}")
    return path


def published_if_stored(name: str) -> Path | None:
    """The same; None if there is none, for a test that is about more than the schema."""
    path = _FOLDER / name
    return path if path.is_file() else None
