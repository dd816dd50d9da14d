"""Following a task: the earliest start of all polls counts, and counts settle by the clock that is behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import NOW
from tests.harness import CLOUDS
from tests.test_find_task import rewrite_task, set_start
from tests.test_meaning import COMPLETE, RUNNING, a_scan, reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

NOW_MS = round(NOW.timestamp() * 1000)
DAY_MS = 86_400_000


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_earlier_start_at_any_poll_counts(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", 600.0, RUNNING, COMPLETE))

    def change(task: dict[str, Any]) -> None:
        if 10 <= gate.time.elapsed < 24:
            set_start(task, NOW_MS - 3 * DAY_MS)

    rewrite_task(gate, change)

    assert reason(gate) == (7, "stale")


def test_a_start_that_is_too_early_by_a_fast_clock_alone_names_the_clock(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours", 600.0, RUNNING, COMPLETE))
    gate.time.step = 3600.0

    def change(task: dict[str, Any]) -> None:
        if 10 <= gate.time.elapsed < 24:
            set_start(task, NOW_MS - DAY_MS + 1_800_000)

    rewrite_task(gate, change)
    ending = gate.check()

    assert [found["code"] for found in ending.report["reasons"]] == ["stale"]
    assert "clock" in ending.report["reasons"][0]["message"]


def test_a_task_whose_start_is_not_stated_at_one_poll_is_of_unknown_age(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours", 600.0, RUNNING, COMPLETE))
    rewrite_task(gate, lambda task: set_start(task, None) if 10 <= gate.time.elapsed < 24 else None)

    assert reason(gate) == (7, "no-begin")


def polled_with_counts(gate: Gate, *risky: int, ended_ms: int) -> None:
    """Makes Huawei Cloud state these counts of risky images, one after the other and over again."""
    polls = 0

    def change(row: dict[str, Any]) -> None:
        nonlocal polls
        row |= {"end_time": ended_ms, "risky_num": risky[min(polls, len(risky) - 1)]}
        polls += 1

    rewrite_task(gate, change)


def test_a_machine_whose_clock_is_fast_does_not_believe_counts_at_first_sight(gate_in: Callable[..., Gate]) -> None:
    """The cloud's own clock says that the task ended 5 seconds ago."""
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours"))
    gate.time.step = 120.0
    polled_with_counts(gate, 0, 2, ended_ms=NOW_MS - 5000)

    assert reason(gate) == (1, "too-many-risky")


def test_counts_that_changed_settle_by_two_polls_and_not_by_the_age_of_the_end(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours"))
    polled_with_counts(gate, *[0, 2] * 99, ended_ms=NOW_MS - 5000)

    assert reason(gate, "--timeout", "3m")[0] != 0


def test_a_poll_that_is_not_plainly_complete_does_not_confirm_the_counts_of_the_next_one(
    gate_in: Callable[..., Gate],
) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours"))
    rest = iter([1, 0, 0])
    rewrite_task(gate, lambda row: row.update(end_time=NOW_MS - 5000, remain_min=next(rest)))

    ending = gate.check()

    assert (ending.code, ending.report["wait"]["settled"]) == (0, True)
    assert gate.operations == ["tasks"] * 3


def test_a_poll_that_the_deadline_cuts_off_leaves_what_the_search_has_shown(gate_in: Callable[..., Gate]) -> None:
    """Security Center's first response says that the task is over, and not yet what its images have."""
    gate = gate_in("empty", "alibaba")
    gate.simulator.tasks.append(a_scan("ours"))

    def take_too_long(operation: str, document: dict[str, Any]) -> dict[str, Any]:
        if operation == "GetOnceTaskResultInfo":
            gate.time.elapsed = 400
        return document

    gate.simulator.rewrite = take_too_long

    assert gate.check("--timeout", "5m").code == 5
    assert gate.operations == ["GetLastOnceTaskInfo", "GetOnceTaskResultInfo"]
