"""Cuts what was found into pages.

How long a page may be is documented for none of the lists. Here one is never longer than the simulator says, whatever
is asked for: whoever takes a page shorter than that for the last one misses the rest.
"""

from collections.abc import Sequence
from typing import TypeVar

from gate.simulator.alibaba.parameters import Asked

Row = TypeVar("Row")


def page(rows: Sequence[Row], asked: Asked, cap: int) -> tuple[Sequence[Row], dict[str, int]]:
    """The page that is asked for, and its PageInfo."""
    size = min(int(asked["PageSize"][0]), cap)
    current = int(asked["CurrentPage"][0])
    shown = rows[(current - 1) * size : current * size]
    return shown, {"CurrentPage": current, "PageSize": size, "TotalCount": len(rows), "Count": len(shown)}
