"""The words of a verdict's reasons: how many of how many, which option sets the limit, and what to do next."""

from __future__ import annotations

import pytest

from gate.verdict_messages import too_many_failed, too_many_risky


@pytest.mark.parametrize(
    ("risky", "stated"), [(1, "1 of 3 images is risky"), (2, "2 of 3 images are risky"), (3, "3 of 3 images are risky")]
)
def test_a_block_by_risk_names_the_count_the_total_the_option_and_what_to_do(risky: int, stated: str) -> None:
    assert too_many_risky(risky, 3, 0) == (
        f"{stated}; --max-risky allows 0. "
        "Fix the images named in the cloud's console and scan again, or raise --max-risky."
    )


def test_a_block_by_failures_names_the_count_the_total_the_option_and_what_to_do() -> None:
    assert too_many_failed(1, 3, 0, stated=1) == (
        "1 of 3 images could not be scanned; --max-failed allows 0. "
        "Fix what the cloud names as the cause and scan again, or raise --max-failed."
    )


def test_where_the_cloud_states_another_number_of_failures_both_are_named() -> None:
    message = too_many_failed(3, 5, 1, stated=2)

    assert message.startswith("3 of 5 images could not be scanned (the cloud states 2); --max-failed allows 1. ")
