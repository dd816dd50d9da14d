"""Splits a list into pages.

The maximum length of a page is not documented for any list. Here the simulator limits it, whatever the request asks
for: a client that takes a page shorter than its PageSize for the last one misses the rest.
"""

from collections.abc import Sequence
from typing import TypeVar

from gate.simulator.alibaba.parameters import Parameters

Row = TypeVar("Row")


def page(
    rows: Sequence[Row], parameters: Parameters, cap: int, *, number: str = "CurrentPage"
) -> tuple[Sequence[Row], dict[str, int]]:
    """The requested page, and its PageInfo; `number` is the parameter that has the number of the page."""
    size = min(int(parameters["PageSize"][0]), cap)
    current = int(parameters[number][0])
    on_page = rows[(current - 1) * size : current * size]
    return on_page, {number: current, "PageSize": size, "TotalCount": len(rows), "Count": len(on_page)}


def without_count(info: dict[str, int]) -> dict[str, int]:
    """The page information of a list that does not say how many rows are on the page."""
    return {name: number for name, number in info.items() if name != "Count"}
