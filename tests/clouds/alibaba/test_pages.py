"""Security Center's lists: a page may be short, but what does not fit together is read again and then given up."""

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
    """A page of rows of these names; what is ABSENT is left out of its PageInfo."""
    said = {"CurrentPage": number, **info}
    return {
        "Rows": [row(name) for name in names],
        "PageInfo": {name: value for name, value in said.items() if value is not ABSENT},
    }


def pages_of(names: Sequence[object], size: int, *, total: object = None) -> list[Document]:
    """All of these in pages of this size, as the documents have it."""
    whole = len(names) if total is None else total
    starts = range(0, max(1, len(names)), size)
    cut = [names[start : start + size] for start in starts]
    return [
        a_page(*page, number=number, Count=len(page), PageSize=size, TotalCount=whole)
        for number, page in enumerate(cut, start=1)
    ]


class Cloud:
    """Says these documents one after another, and keeps the numbers of the pages that it was asked for."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.asked: list[int] = []
        self._documents: Iterator[Document] = iter(documents)

    def __call__(self, number: int) -> Document:
        self.asked.append(number)
        return next(self._documents)

    def rows(self) -> list[Row]:
        return fetch_all_rows(self, "Rows", what="things", identity=lambda row: repr(row.get("Name")))

    def names(self) -> list[object]:
        return [row["Name"] for row in self.rows()]


# Lists that end where they say.


@pytest.mark.parametrize(
    ("number", "size", "asked"),
    [(0, 50, 1), (1, 50, 1), (50, 50, 1), (51, 50, 2), (100, 50, 2), (7, 1, 7), (250, 100, 3)],
)
def test_pages_are_read_until_there_are_as_many_rows_as_the_total_says(number: int, size: int, asked: int) -> None:
    cloud = Cloud(pages_of(range(number), size))

    assert cloud.names() == [*range(number)]
    assert cloud.asked == [*range(1, asked + 1)]


def test_pages_may_be_of_any_length() -> None:
    cloud = Cloud(
        [a_page(1, TotalCount=6), a_page(2, 3, 4, TotalCount=6), a_page(5, TotalCount=6), a_page(6, TotalCount=6)]
    )

    assert cloud.names() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("info", [{}, {"PageSize": 100}, {"TotalCount": None, "Count": None, "CurrentPage": None}])
def test_without_a_total_only_an_empty_page_is_the_end(info: Document) -> None:
    cloud = Cloud([{**a_page(*names), "PageInfo": info} for names in ((1, 2), (3,), ())])

    assert cloud.names() == [1, 2, 3]
    assert cloud.asked == [1, 2, 3]


def test_without_any_word_of_the_page_only_an_empty_one_is_the_end() -> None:
    cloud = Cloud([{"Rows": [row(1)]}, {"Rows": []}])

    assert cloud.names() == [1]


def test_a_list_of_nothing_is_a_list() -> None:
    assert Cloud([a_page(TotalCount=0)]).rows() == []
    assert Cloud([{"Rows": []}]).rows() == []


def test_numbers_of_a_page_may_be_written_as_texts() -> None:
    cloud = Cloud(
        [a_page(1, 2, number="1", Count="2", TotalCount="3"), a_page(3, number="02", Count="1", TotalCount=3)]
    )

    assert cloud.names() == [1, 2, 3]


# Lists that do not.

TWO = (1, 2)
ODD_LISTS: dict[str, list[Document]] = {
    "one-page-again-and-again": [a_page(*TWO, TotalCount=4)] * 2,
    "one-page-again-and-again-without-a-total": [a_page(*TWO)] * 2,
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
    "first-page-in-the-place-of-the-second": [
        a_page(*TWO, number=1, TotalCount=4),
        a_page(3, 4, number=1, TotalCount=4),
    ],
}


@pytest.mark.parametrize("pages", ODD_LISTS.values(), ids=ODD_LISTS)
def test_a_list_that_does_not_fit_together_is_read_again_and_then_given_up(pages: list[Document]) -> None:
    cloud = Cloud(cycle(pages))
    with pytest.raises(NotUnderstood, match=DOES_NOT_END) as caught:
        cloud.rows()

    assert cloud.asked == [*range(1, len(pages) + 1)] * 3
    assert caught.value.remedy == "Run the gate again; scan fewer images in one task if this error comes again."


@pytest.mark.parametrize("pages", ODD_LISTS.values(), ids=ODD_LISTS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_list_that_fits_at_last_is_read(pages: list[Document], times: int) -> None:
    cloud = Cloud([*pages * times, *pages_of([7, 8, 9], 2)])

    assert cloud.names() == [7, 8, 9]
    assert cloud.asked[-2:] == [1, 2]


@pytest.mark.parametrize("total", [ABSENT, 10**8], ids=["no-total", "a-total"])
def test_a_list_without_an_end_is_given_up(total: object) -> None:
    """At 200,000 rows, a hundred times the largest task that was tried."""
    pages = (a_page(*range(start, start + 1000), TotalCount=total) for start in count(step=1000))
    cloud = Cloud(pages)
    with pytest.raises(NotUnderstood, match=DOES_NOT_END):
        cloud.rows()

    assert cloud.asked == [*range(1, 202)] * 3


def test_a_list_without_an_end_is_given_up_however_short_its_pages() -> None:
    cloud = Cloud(a_page(name) for name in count())
    with pytest.raises(NotUnderstood, match=DOES_NOT_END):
        cloud.rows()

    assert cloud.asked == [*range(1, 10_001)] * 3


# What is no list.


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
def test_an_answer_without_a_list_is_not_understood_at_once(before: list[Document], document: Document) -> None:
    """It is no empty list: that nothing was found must be said."""
    cloud = Cloud(chain(before, repeat(document)))
    with pytest.raises(NotUnderstood, match=r"The response has no list of Rows\."):
        cloud.rows()

    assert len(cloud.asked) == len(before) + 1


@pytest.mark.parametrize("field", ["CurrentPage", "Count", "TotalCount"])
@pytest.mark.parametrize(
    "value",
    [-1, 1.0, 0.0, True, False, "", "-1", "1.0", " 1", "1e3", "٣", "1234567890", "one", [], [1], {}],
    ids=ascii,
)
def test_a_number_of_a_page_that_is_none_is_not_understood_at_once(field: str, value: object) -> None:
    cloud = Cloud(repeat(a_page(1, **{field: value})))
    with pytest.raises(NotUnderstood, match="The paging numbers of Rows in the response are not whole numbers"):
        cloud.rows()

    assert cloud.asked == [1]


# Whatever comes together.

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
def test_whatever_the_pages_no_row_comes_twice_and_none_that_was_promised_is_missing(pages: list[Document]) -> None:
    cloud = Cloud(cycle(pages))
    try:
        names = cloud.names()
    except NotUnderstood:
        return
    last = cloud.asked[-1]
    answered = [pages[(len(cloud.asked) - last + number) % len(pages)] for number in range(last)]

    assert len(names) == len(set(map(str, names)))
    assert names == [one["Name"] for page in answered for one in page["Rows"]]
    assert all(page["PageInfo"].get("TotalCount", len(names)) == len(names) for page in answered)
