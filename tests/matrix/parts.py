"""Halves the matrices: a usual run has every second cell, and `.ci/run` has the others on another interpreter."""

from __future__ import annotations

import os

PARTS = {"1": slice(0, None, 2), "2": slice(1, None, 2), "all": slice(None)}


def part_of_the_matrix() -> slice:
    """Every second cell, the others, or all: together they take longer than all other tests of a file."""
    return PARTS[os.environ.get("MATRIX_PART", "1")]
