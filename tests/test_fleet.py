"""A fleet: many gates share the calls of one user, and each still comes to its own verdict in time."""

from __future__ import annotations

import pytest

from tests.harness import CLOUDS
from tools.fleet import SITUATIONS, Member, Wishes, bound, fleet


@pytest.mark.parametrize("tells_when", [False, True], ids=["not-told", "told-when"])
@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_gate_of_a_fleet_comes_to_the_right_verdict_and_none_is_later_than_its_turn(
    cloud: str, situation: str, *, tells_when: bool
) -> None:
    """A few of the fifty gates that `tools.fleet` tries; the calls are not enough for all of them at once."""
    result = fleet(Wishes(gates=12, cloud=cloud, situation=situation, tells_when=tells_when))

    assert result.refused > 0
    assert [(member.task_id, member.code) for member in result.wrong] == []
    assert result.longest_turn < 1


def test_the_bound_counts_the_calls_of_the_quota() -> None:
    """Five at once, five a minute later, and the last one not before its task is final."""
    members = [Member(number=number, begins=0.0, task_ends=100.0) for number in range(10)]

    assert bound(members[:5]) == 100
    assert bound(members) == 160
    assert bound([*members, Member(number=10, begins=0.0, task_ends=900.0)]) == 900
