"""How much of a report fits into its size limit."""

from __future__ import annotations

import pytest

from gate.reports.size_limits import count_fitting, size


@pytest.mark.parametrize(("text", "expected"), [("", 0), ("web", 3), ("镜", 3), ("é", 2)])
def test_a_size_is_in_bytes_of_utf_8(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize(("max_size", "count"), [(-1, 0), (0, 0), (2, 0), (3, 1), (5, 1), (6, 2), (7, 3), (100, 3)])
def test_rows_fit_until_the_first_one_that_ends_beyond_the_limit(max_size: int, count: int) -> None:
    assert count_fitting(["web", "镜", "a"], max_size) == count
