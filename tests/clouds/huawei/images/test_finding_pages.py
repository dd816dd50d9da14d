"""Reading the pages of a list whose rows have no ids: all of them, or a doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.images.finding_pages import read_pages
from gate.clouds.huawei.lists import Page

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 3


def rows(*numbers: int) -> list[dict[str, Any]]:
    """Rows that differ by these numbers."""
    return [{"vul_id": f"X-{number}"} for number in numbers]


class Listing:
    """A list whose state is another one at each call; the last state stays."""

    def __init__(self, *states: list[dict[str, Any]], total: Callable[[int], int | None] | None = None) -> None:
        self.states = states
        self.total = total
        self.offsets: list[int] = []

    def __call__(self, offset: int) -> Page:
        """The page at this offset."""
        state = self.states[min(len(self.offsets), len(self.states) - 1)]
        self.offsets.append(offset)
        total = self.total(len(self.offsets)) if self.total else len(state)
        return Page(rows=[*state[offset : offset + SIZE]], total=total)


@pytest.mark.parametrize(("length", "calls"), [(0, 1), (1, 1), (3, 1), (4, 2), (5, 2), (6, 3)])
def test_a_list_is_read_with_as_few_calls_as_its_pages_which_overlap_by_a_row(length: int, calls: int) -> None:
    listing = Listing(rows(*range(length)))
    listed = read_pages(listing)

    assert (listed.rows, listed.doubt) == (tuple(rows(*range(length))), "")
    assert listing.offsets == [0, 2, 4][:calls]


def test_equal_rows_on_one_page_are_as_many_findings() -> None:
    listed = read_pages(Listing(rows(1, 1, 2, 3)))

    assert (len(listed.rows), listed.doubt) == (4, "")


@pytest.mark.parametrize(
    "after",
    [rows(9, 0, 1, 2, 3, 4), rows(1, 2, 3, 4), rows(0, 1, 2, 3, 4, 5), rows(0, 1, 2, 0, 4), rows(0, 1)],
    ids=["a row before", "a row less", "a row behind", "a row twice", "no page"],
)
def test_a_list_that_changes_while_it_is_read_is_read_again(after: list[dict[str, Any]]) -> None:
    before = rows(0, 1, 2, 3, 4)
    listed = read_pages(Listing(before, after, before, before))

    assert (listed.rows, listed.doubt) == (tuple(before), "")


@pytest.mark.parametrize(
    "after", [rows(9, 0, 1, 2, 3), rows(1, 2, 3, 4), rows(0, 1, 2, 0, 4)], ids=["before", "less", "twice"]
)
def test_a_list_that_changes_again_is_in_doubt_and_what_was_read_of_it_counts(after: list[dict[str, Any]]) -> None:
    before = rows(0, 1, 2, 3, 4)
    listed = read_pages(Listing(before, after, before, after))

    assert listed.doubt == "its pages changed while they were read"
    assert {row["vul_id"] for row in listed.rows} >= {"X-0", "X-1", "X-2"}


@pytest.mark.parametrize("total", [4, 5, 300])
def test_a_list_that_ends_before_its_total_is_in_doubt(total: int) -> None:
    listed = read_pages(Listing(rows(0, 1, 2), total=lambda _: total))

    assert (len(listed.rows), listed.doubt) == (3, f"it has 3 of {total} rows")


def test_an_empty_page_of_a_list_that_has_rows_is_in_doubt() -> None:
    listing = Listing([], total=lambda _: 7)

    assert read_pages(listing).doubt == "it has 0 of 7 rows"
    assert listing.offsets == [0, 0]


def test_a_list_that_has_more_rows_than_its_total_is_in_doubt() -> None:
    assert read_pages(Listing(rows(0, 1), total=lambda _: 1)).doubt == "it has 2 of 1 rows"


def test_a_list_without_a_total_is_in_doubt() -> None:
    listed = read_pages(Listing(rows(0, 1), total=lambda _: None))

    assert (len(listed.rows), listed.doubt) == (2, "it has no total")


def test_a_list_that_is_too_long_is_in_doubt_and_its_first_page_counts() -> None:
    listing = Listing(rows(0, 1, 2), total=lambda _: 20_001)
    listed = read_pages(listing)

    assert (len(listed.rows), listed.doubt) == (3, "it has 20001 rows, which are too many to be read")
    assert listing.offsets == [0, 0]
