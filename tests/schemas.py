"""The published schemas, which lie beside the checkout and are no part of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "schemas"


def published(name: str) -> Path:
    """The schema of this name; without it, the test that asks is skipped."""
    path = _FOLDER / name
    if not path.is_file():
        pytest.skip(f"the published schemas are not beside the checkout: {path}")
    return path
