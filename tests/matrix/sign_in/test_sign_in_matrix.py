"""The fault matrix of signing in without stored keys: every fault of each request ends with its expected exit code."""

from __future__ import annotations

import os
import re
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from tests.matrix.fault import FaultContext
from tests.matrix.sign_in.cells import CELLS, MORE_CELLS
from tests.matrix.sign_in.situations import (
    MINUTE,
    OPTIONS,
    OPTIONS_OF,
    POINTS,
    REQUEST_TIMEOUT,
    TIMEOUT,
    TOKEN,
    WAYS,
    a_long_scan,
)
from tests.test_secrets import traces

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate
    from tests.matrix.sign_in.cells import SignInCell

ROOT = Path(__file__).parents[3]
MASKED = re.compile(r"::add-mask::(.*)")
WANTED_CELLS = (*CELLS, *MORE_CELLS) if os.environ.get("NEEDS_FULL_MATRIX") else CELLS
SIGN_INS = [(cloud, way) for cloud, ways in WAYS.items() for way in ways]


def without_keys(gate: Gate, way: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Makes this a job of GitHub Actions without any stored key; returns the options of its sign-in."""
    for name in [name for name in os.environ if name.startswith("SCAN_GATE_")]:
        monkeypatch.delenv(name)
    described = gate.simulator.describe_sign_in()
    for name, value in {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "9001", **described["ci"]}.items():
        monkeypatch.setenv(name, value)
    names = (*OPTIONS_OF[gate.cloud][way], "sts_endpoint")
    return tuple(word for name in names for word in (f"--{name.replace('_', '-')}", described[gate.cloud][name]))


def secrets_of(output: str) -> list[str]:
    """The tokens and temporary keys of a run, which the gate has GitHub mask before it uses them."""
    return MASKED.findall(output)


@pytest.mark.divided
@pytest.mark.parametrize("cell", WANTED_CELLS, ids=str)
def test_a_fault_of_the_sign_in_ends_the_run_with_its_expected_exit_code(
    cell: SignInCell, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in(cell.point.scenario, cell.point.cloud)
    options = (*cell.options, *without_keys(gate, cell.point.way, monkeypatch))
    context = FaultContext(gate=gate, timing=cell.timing, patch=monkeypatch, options=options)
    with ExitStack() as stack:
        context.redirect_target = stack.enter_context(Simulator()) if cell.fault.needs_redirect_target else None
        ending = context.run(cell.fault)
        assert cell.fault.was_effective(context), "the fault had no effect"
        assert not (context.redirect_target and context.redirect_target.requests), "the gate followed a redirect"

    assert ending.code == cell.code, ending.out
    assert ending.report["exit_code"] == cell.code
    assert ending.report["verdict"] == ("undecided" if cell.code else "passed")
    # After the deadline comes at most the last poll.
    assert gate.time.elapsed <= TIMEOUT + REQUEST_TIMEOUT
    output = "\n".join([MASKED.sub("", ending.out), ending.err, Path("report.json").read_text()])
    assert traces(output, secrets_of(ending.out)) == []


@pytest.mark.parametrize(("cloud", "way"), SIGN_INS)
def test_without_a_fault_each_request_of_the_sign_in_is_made_again_in_a_long_run(
    cloud: str, way: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [point for point in POINTS if (point.cloud, point.way) == (cloud, way)]
    gate = gate_in(next(point for point in points if point.is_long).scenario, cloud)

    ending = gate.check(*OPTIONS, *without_keys(gate, way, monkeypatch))

    calls = Counter(gate.operations)
    assert ending.code == 0, ending.out
    assert min(calls[operation] for operation in WAYS[cloud][way]) >= 2
    assert {point.operation for point in points} >= set(WAYS[cloud][way]) - {TOKEN}


@pytest.mark.parametrize("cloud", WAYS)
def test_two_hours_are_waited_with_tokens_of_ten_minutes_and_no_request_is_refused(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in(a_long_scan(2 * 60 * MINUTE), cloud)
    gate.simulator.access.token_seconds = 10 * MINUTE

    ending = gate.check(*OPTIONS, *without_keys(gate, "role", monkeypatch), "--timeout", "3h")

    assert ending.code == 0, ending.out
    assert gate.time.elapsed >= 2 * 60 * MINUTE - 60
    calls = Counter(gate.operations)
    # Sessions of 15 minutes, each renewed with less than five left, at a poll every four minutes or so.
    assert 9 <= calls[WAYS[cloud]["role"][-1]] == calls[TOKEN] <= 13
    assert {request.status for request in gate.simulator.requests} <= {200, 201}


def test_the_matrix_of_signing_in_has_distinct_cells_at_every_point() -> None:
    cells = (*CELLS, *MORE_CELLS)
    assert len({str(cell) for cell in cells}) == len(cells)
    assert {cell.point for cell in CELLS} == set(POINTS)
    assert {cell.code for cell in CELLS} == {0, 3, 4}


def test_the_documents_state_how_many_cells_of_signing_in_there_are_and_how_many_expect_a_pass() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    passes = sum(not cell.code for cell in CELLS)

    assert f"a table of {len(CELLS):,} cells of signing in ({passes} of them 0: " in page
    assert f"In {len(SIGN_INS)} control runs each request is made again" in page
    assert f"`NEEDS_FULL_MATRIX=1` runs {len(MORE_CELLS):,} more" in page
