"""The published schemas, which are stored beside the checkout and are not part of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "schemas"


def published(name: str) -> Path:
    """The file of the schema with this name; skips the test if there is none."""
    path = _FOLDER / name
    if not path.is_file():
        pytest.skip(f"there is no such schema beside the checkout: {path}")
    return path
