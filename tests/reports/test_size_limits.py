"""How much of a report fits into its size limit."""

from __future__ import annotations

import pytest

from gate.reports import code_quality, images_output, sarif, size_limits
from gate.reports.html.findings import MAX_FINDINGS
from gate.reports.html.images import MAX_IMAGES
from gate.reports.html.timeline import MAX_EVENTS
from gate.reports.size_limits import count_fitting, size


@pytest.mark.parametrize(("text", "expected"), [("", 0), ("web", 3), ("镜", 3), ("é", 2)])
def test_a_size_is_in_bytes_of_utf_8(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize(("max_size", "count"), [(-1, 0), (0, 0), (2, 0), (3, 1), (5, 1), (6, 2), (7, 3), (100, 3)])
def test_rows_fit_until_the_first_one_that_ends_beyond_the_limit(max_size: int, count: int) -> None:
    assert count_fitting(["web", "镜", "a"], max_size) == count


def test_the_limits_are_those_that_readers_have_with_room_to_spare() -> None:
    """The readers' own are in report-readers.md; the others are what a browser lays out in a second."""
    assert (size_limits.MAX_SUMMARY_SIZE, images_output.MAX_IMAGES_SIZE) == (1_000_000, 30_000)
    assert (size_limits.MAX_JUNIT_SIZE, size_limits.MAX_SARIF_SIZE, sarif.MAX_RESULTS) == (29_000_000, 9_500_000, 5_000)
    assert code_quality.MAX_ISSUES == 25_000
    assert (size_limits.MAX_HTML_SIZE, MAX_IMAGES, MAX_FINDINGS) == (8_000_000, 5_000, 5_000)
    assert MAX_EVENTS == 1_000
