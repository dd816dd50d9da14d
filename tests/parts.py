"""Divides the longest tables of tests: a usual run has every fourth row, and `.ci/run` has the others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_Row = TypeVar("_Row")
PARTS = 4


def wanted_parts() -> frozenset[int]:
    """The parts that `TEST_PARTS` names, such as `2,3` or `all`; by default the first one, or all of a full matrix."""
    text = os.environ.get("TEST_PARTS") or ("all" if os.environ.get("NEEDS_FULL_MATRIX") else "1")
    return frozenset(range(1, PARTS + 1)) if text == "all" else frozenset(map(int, text.split(",")))


def in_parts(rows: Sequence[_Row], parts: frozenset[int] | None = None) -> list[_Row]:
    """The rows of these parts, by default of the wanted ones."""
    wanted = wanted_parts() if parts is None else parts
    return [row for number, row in enumerate(rows) if number % PARTS + 1 in wanted]
