"""Doctor says 0 exactly where a check of the same account comes to a verdict, in every scenario of the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import IMAGE_SCENARIOS, SCENARIOS
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

ALL = {**SCENARIOS, **IMAGE_SCENARIOS}
CASES = [(cloud, name) for name, scenario in ALL.items() for cloud in CLOUDS if scenario.only_cloud in {"", cloud}]
VERDICTS = {0, 1}
ONLY_TIME_TELLS = {
    ("huawei", "stuck"): "would be followed: a run waits until it is over",
    ("alibaba", "stuck"): "would be followed: a run waits until it is over",
    ("huawei", "scan-quota-used-up"): "so that it costs something or is refused",
    ("alibaba", "index"): "only that shows whether it can",
    ("alibaba", "other-plane"): "only that shows whether it can",
}
"""Where no operation that reads tells that a run would fail, with the words of the warning about it."""
READING = ("Get", "List", "Describe", "Show", "tasks", "projects", "unknown")
"""The starts of the names of operations that change nothing; the one that is unknown is about the network only."""


def images(scenario: str) -> list[str]:
    return [word for image in ALL[scenario].images for word in ("--image", image)]


def timeouts(scenario: str) -> list[str]:
    return ["--appear-timeout", "1m"] if ALL[scenario].images else []


def changes(gate: Gate) -> list[str]:
    """The operations so far that change something."""
    return [name for name in gate.operations if not name.startswith(READING)]


@pytest.mark.divided
@pytest.mark.parametrize(("cloud", "scenario"), CASES)
def test_it_is_0_before_each_check_that_comes_to_a_verdict_and_afterwards_exactly_then_and_changes_nothing(
    cloud: str, scenario: str, gate_in: Callable[..., Gate]
) -> None:
    """Beforehand it may be 0 for a check without a verdict too: how a scan will end is not known then."""
    gate = gate_in(scenario, cloud)

    beforehand = gate.run("doctor", *images(scenario))
    assert changes(gate) == []
    has_verdict = gate.check(*images(scenario), *timeouts(scenario)).code in VERDICTS
    by_check = changes(gate)
    afterwards = gate.run("doctor", *images(scenario))

    assert changes(gate) == by_check
    assert beforehand.code in ({0} if has_verdict else {0, 3, 4, 7}), beforehand.out
    if (cloud, scenario) in ONLY_TIME_TELLS:
        told = [line for line in afterwards.out.splitlines() if ONLY_TIME_TELLS[cloud, scenario] in line]
        assert [line for line in told if line.startswith("warning ")]
        assert (afterwards.code, has_verdict) == (0, False)
    else:
        assert (afterwards.code == 0) is has_verdict, afterwards.out
