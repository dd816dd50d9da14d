"""Security Center's lists are read page by page, and read again if their pages do not fit together."""

from __future__ import annotations

from itertools import chain, count, cycle, repeat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clouds.alibaba.pages import fetch_all_rows
from gate.errors import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gate.clouds.alibaba.pages import Row

Document = dict[str, Any]
ABSENT = object()
DOES_NOT_END = "The list of things does not end where its total says, or changes faster than it can be read"


def row(name: object) -> Row:
    return {"Name": name}


def a_page(*names: object, number: object = ABSENT, **info: object) -> Document:
    """A page with rows of these names; ABSENT values are left out of its PageInfo."""
    fields = {"CurrentPage": number, **info}
    return {
        "Rows": [row(name) for name in names],
        "PageInfo": {name: value for name, value in fields.items() if value is not ABSENT},
    }


def pages_of(names: Sequence[object], size: int, *, total: object = None) -> list[Document]:
    """All of these names in pages of this size, with PageInfo as documented."""
    stated = len(names) if total is None else total
    starts = range(0, max(1, len(names)), size)
    slices = [names[start : start + size] for start in starts]
    return [
        a_page(*page, number=number, Count=len(page), PageSize=size, TotalCount=stated)
        for number, page in enumerate(slices, start=1)
    ]


class Cloud:
    """Returns these documents one after another, and records what they are requested with."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.requested: list[int] = []
        self.bytes_kept: list[int] = []
        self._documents: Iterator[Document] = iter(documents)

    def __call__(self, number: int, bytes_kept: int) -> Document:
        self.requested.append(number)
        self.bytes_kept.append(bytes_kept)
        return next(self._documents)

    def rows(self) -> list[Row]:
        return fetch_all_rows(self, "Rows", what="things", identity=lambda row: repr(row.get("Name")))

    def names(self) -> list[object]:
        return [row["Name"] for row in self.rows()]


def test_each_page_is_requested_with_the_memory_that_the_rows_before_it_take() -> None:
    cloud = Cloud([a_page("x" * 1000), a_page("y" * 1000), a_page("z" * 100_000), a_page()])
    fetch_all_rows(cloud, "Rows", what="things", identity=repr, bytes_kept=5000)

    first, second, third, fourth = cloud.bytes_kept
    assert first == 5000
    assert 2000 < second - first == third - second < 3000
    assert 101_000 < fourth - third < 103_000


def test_only_the_rows_that_are_needed_are_kept() -> None:
    cloud = Cloud([a_page(*range(1, 3), "x" * 1000, TotalCount=5), a_page(*range(3, 5), TotalCount=5)])
    rows = fetch_all_rows(cloud, "Rows", what="things", identity=repr, is_needed=lambda row: row["Name"] in {2, 3})

    assert rows == [row(2), row(3)]
    first, second = cloud.bytes_kept
    assert 1000 < second - first < 2000


def test_a_row_of_more_than_a_megabyte_is_not_understood() -> None:
    assert len(Cloud([a_page("x" * 999_000, TotalCount=1)]).rows()) == 1
    with pytest.raises(NotUnderstood, match="has an entry of more than 1000000 bytes"):
        Cloud([a_page(1, "x" * 1_000_000)]).rows()


@pytest.mark.parametrize(
    ("number", "size", "pages"),
    [(0, 50, 1), (1, 50, 1), (50, 50, 1), (51, 50, 2), (100, 50, 2), (7, 1, 7), (250, 100, 3)],
)
def test_pages_are_read_up_to_the_total(number: int, size: int, pages: int) -> None:
    cloud = Cloud(pages_of(range(number), size))

    assert cloud.names() == [*range(number)]
    assert cloud.requested == [*range(1, pages + 1)]


def test_pages_may_be_of_any_length() -> None:
    cloud = Cloud(
        [a_page(1, TotalCount=6), a_page(2, 3, 4, TotalCount=6), a_page(5, TotalCount=6), a_page(6, TotalCount=6)]
    )

    assert cloud.names() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("info", [{}, {"PageSize": 100}, {"TotalCount": None, "Count": None, "CurrentPage": None}])
def test_without_a_total_only_an_empty_page_ends_the_list(info: Document) -> None:
    cloud = Cloud([{**a_page(*names), "PageInfo": info} for names in ((1, 2), (3,), ())])

    assert cloud.names() == [1, 2, 3]
    assert cloud.requested == [1, 2, 3]


def test_without_page_info_only_an_empty_page_ends_the_list() -> None:
    cloud = Cloud([{"Rows": [row(1)]}, {"Rows": []}])

    assert cloud.names() == [1]


def test_an_empty_list_is_read() -> None:
    assert Cloud([a_page(TotalCount=0)]).rows() == []
    assert Cloud([{"Rows": []}]).rows() == []


def test_paging_numbers_may_be_strings() -> None:
    cloud = Cloud(
        [a_page(1, 2, number="1", Count="2", TotalCount="3"), a_page(3, number="02", Count="1", TotalCount=3)]
    )

    assert cloud.names() == [1, 2, 3]


TWO = (1, 2)
INCONSISTENT_LISTS: dict[str, list[Document]] = {
    "one-page-repeated": [a_page(*TWO, TotalCount=4)] * 2,
    "one-page-repeated-without-a-total": [a_page(*TWO)] * 2,
    "one-row-twice-on-a-page": [a_page(1, 1, TotalCount=2)],
    "a-row-of-an-earlier-page": [a_page(*TWO, TotalCount=4), a_page(3, 1, TotalCount=4)],
    "total-too-low": [a_page(*TWO, TotalCount=1), a_page(TotalCount=1)],
    "total-too-low-at-the-second-page": [a_page(*TWO, TotalCount=3), a_page(3, 4, TotalCount=3), a_page(TotalCount=3)],
    "total-zero-with-rows": [a_page(*TWO, TotalCount=0), a_page(TotalCount=0)],
    "total-too-high": [a_page(*TWO, TotalCount=3), a_page(TotalCount=3)],
    "total-without-rows": [a_page(TotalCount=3)],
    "empty-page-in-the-middle": [a_page(*TWO, TotalCount=5), a_page(TotalCount=5)],
    "total-grows": [a_page(*TWO, TotalCount=4), a_page(3, TotalCount=5)],
    "total-shrinks-to-what-was-read": [a_page(*TWO, TotalCount=4), a_page(TotalCount=2)],
    "total-appears": [a_page(*TWO), a_page(3, TotalCount=3)],
    "total-disappears": [a_page(*TWO, TotalCount=3), a_page(3)],
    "count-too-high": [a_page(*TWO, Count=3, TotalCount=2)],
    "count-too-low": [a_page(*TWO, Count=0, TotalCount=2)],
    "count-of-an-empty-page": [a_page(Count=2, TotalCount=0)],
    "another-page": [a_page(*TWO, number=2, TotalCount=2)],
    "pages-counted-from-zero": [a_page(*TWO, number=0, TotalCount=2)],
    "first-page-instead-of-the-second": [
        a_page(*TWO, number=1, TotalCount=4),
        a_page(3, 4, number=1, TotalCount=4),
    ],
}


@pytest.mark.parametrize("pages", INCONSISTENT_LISTS.values(), ids=INCONSISTENT_LISTS)
def test_an_inconsistent_list_is_read_three_times_and_then_not_understood(pages: list[Document]) -> None:
    cloud = Cloud(cycle(pages))
    with pytest.raises(NotUnderstood, match=DOES_NOT_END) as caught:
        cloud.rows()

    assert cloud.requested == [*range(1, len(pages) + 1)] * 3
    assert caught.value.remedy == "Run the gate again; scan fewer images in one task if this error comes again."


@pytest.mark.parametrize("pages", INCONSISTENT_LISTS.values(), ids=INCONSISTENT_LISTS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_list_that_becomes_consistent_is_read(pages: list[Document], times: int) -> None:
    cloud = Cloud([*pages * times, *pages_of([7, 8, 9], 2)])

    assert cloud.names() == [7, 8, 9]
    assert cloud.requested[-2:] == [1, 2]


def test_an_endless_list_is_not_understood() -> None:
    """At 200,000 rows, a hundred times the largest task with which the gate was tested."""
    pages = (a_page(*range(start, start + 1000), TotalCount=10**8) for start in count(step=1000))
    cloud = Cloud(pages)
    with pytest.raises(NotUnderstood, match=DOES_NOT_END):
        cloud.rows()

    assert cloud.requested == [*range(1, 202)] * 3


def test_an_endless_list_of_short_pages_is_not_understood() -> None:
    cloud = Cloud(a_page(name) for name in count())
    with pytest.raises(NotUnderstood, match=DOES_NOT_END):
        cloud.rows()

    assert cloud.requested == [*range(1, 10_001)] * 3


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"PageInfo": {"TotalCount": 0}},
        {"Rows": None},
        {"Rows": {}},
        {"Rows": ""},
        {"Rows": "rows"},
        {"Rows": 0},
        {"Rows": False},
        {"rows": []},
        {"Rows": [None]},
        {"Rows": ["row"]},
        {"Rows": [{}, []]},
        {"Rows": [[{}]]},
        {"Rows": [], "PageInfo": None},
        {"Rows": [], "PageInfo": []},
        {"Rows": [], "PageInfo": ""},
        {"Rows": [], "PageInfo": 0},
    ],
    ids=repr,
)
@pytest.mark.parametrize("before", [[], [a_page(1, 2)]], ids=["first", "second"])
def test_a_response_without_a_list_is_not_understood_and_not_read_again(
    before: list[Document], document: Document
) -> None:
    """It does not count as an empty list."""
    cloud = Cloud(chain(before, repeat(document)))
    with pytest.raises(NotUnderstood, match=r"The response has no list of Rows\."):
        cloud.rows()

    assert len(cloud.requested) == len(before) + 1


@pytest.mark.parametrize("field", ["CurrentPage", "Count", "TotalCount"])
@pytest.mark.parametrize(
    "value",
    [-1, 1.0, 0.0, True, False, "", "-1", "1.0", " 1", "1e3", "٣", "1234567890", "one", [], [1], {}],
    ids=ascii,
)
def test_a_paging_number_that_is_not_a_whole_number_is_not_understood_and_not_read_again(
    field: str, value: object
) -> None:
    cloud = Cloud(repeat(a_page(1, **{field: value})))
    with pytest.raises(NotUnderstood, match="The paging numbers of Rows in the response are not whole numbers"):
        cloud.rows()

    assert cloud.requested == [1]


SMALL = st.sampled_from([ABSENT, ABSENT, 0, 1, 2, 3, 4])


@given(
    pages=st.lists(
        st.builds(
            lambda names, number, listed, total: a_page(*names, number=number, Count=listed, TotalCount=total),
            st.lists(st.integers(0, 5), max_size=3),
            SMALL,
            SMALL,
            SMALL,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_for_any_pages_no_row_is_duplicated_and_none_is_missing(pages: list[Document]) -> None:
    cloud = Cloud(cycle(pages))
    try:
        names = cloud.names()
    except NotUnderstood:
        return
    last = cloud.requested[-1]
    last_pages = [pages[(len(cloud.requested) - last + number) % len(pages)] for number in range(last)]

    assert len(names) == len(set(map(str, names)))
    assert names == [row["Name"] for page in last_pages for row in page["Rows"]]
    assert all(page["PageInfo"].get("TotalCount", len(names)) == len(names) for page in last_pages)
