"""A fleet: many gates share the rate limit of one user, and each reaches its own verdict in time."""

from __future__ import annotations

import pytest

from tests.harness import CLOUDS
from tools.fleet import SITUATIONS, Member, Trial, bound, run_fleet


@pytest.mark.divided
@pytest.mark.parametrize("retry_after", [False, True], ids=["without-retry-after", "with-retry-after"])
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_gate_of_a_fleet_reaches_the_correct_verdict_within_its_fair_delay(
    cloud: str, situation: str, *, retry_after: bool
) -> None:
    """With fewer than the fifty gates of `tools.fleet`; the calls do not suffice for all of them at once."""
    result = run_fleet(Trial(gates=12, cloud=cloud, situation=situation, retry_after=retry_after))

    assert result.refused > 0
    assert [(member.task_id, member.code) for member in result.wrong] == []
    assert result.longest_delay < 1


def test_the_bound_counts_the_calls_of_the_quota() -> None:
    """Five at once, five a minute later, and the last one not before the counts of its task are settled."""
    members = [Member(number=0, starts=0.0, task_ends=100.0) for _ in range(10)]

    assert bound(members[:5]) == 160
    assert bound(members) == 220
    assert bound([*members, Member(number=0, starts=0.0, task_ends=900.0)]) == 960


def test_a_verdict_is_available_at_the_end_of_a_task_whose_counts_need_not_be_settled() -> None:
    """A task of which an image failed blocks at once, and one that was stopped has no counts that are judged."""
    passing, risky, failing, stopped = (Member(number=number, starts=0.0, task_ends=100.0) for number in range(4))

    assert (passing.available, risky.available) == (160, 160)
    assert (failing.available, stopped.available) == (100, 100)
