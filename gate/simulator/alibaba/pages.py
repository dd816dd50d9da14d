"""Splits a list into pages.

The maximum length of a page is not documented for any list. Here the simulator limits it, whatever the request asks
for: a client that takes a page shorter than its PageSize for the last one misses the rest.
"""

from collections.abc import Sequence
from typing import TypeVar

from gate.simulator.alibaba.parameters import Parameters

Row = TypeVar("Row")


def page(rows: Sequence[Row], parameters: Parameters, cap: int) -> tuple[Sequence[Row], dict[str, int]]:
    """The requested page, and its PageInfo."""
    size = min(int(parameters["PageSize"][0]), cap)
    current = int(parameters["CurrentPage"][0])
    on_page = rows[(current - 1) * size : current * size]
    return on_page, {"CurrentPage": current, "PageSize": size, "TotalCount": len(rows), "Count": len(on_page)}
