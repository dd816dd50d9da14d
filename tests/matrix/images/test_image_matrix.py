"""The fault matrix of image mode: every fault in every call of every operation ends with its expected exit code."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from tests.matrix.fault import FaultContext
from tests.matrix.images.cells import CELLS, MORE_CELLS
from tests.matrix.images.situations import POINTS, SITUATIONS, TIMEOUT
from tests.matrix.injection_points import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate
    from tests.matrix.images.cell import ImageCell

ROOT = Path(__file__).parents[3]
VERDICTS = {0: "passed", 1: "blocked"}
END_OF_RUN = TIMEOUT + 5.0 + 5.0
"""Seconds: after the timeout a request may take its own, and a scan that was started is stopped."""
WANTED_CELLS = (*CELLS, *MORE_CELLS) if os.environ.get("NEEDS_FULL_MATRIX") else CELLS


@pytest.mark.divided
@pytest.mark.parametrize("cell", WANTED_CELLS, ids=str)
def test_a_fault_ends_the_run_of_images_with_its_expected_exit_code(
    cell: ImageCell, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    situation, cloud = cell.situation, cell.point.cloud
    gate = replace(gate_in(situation.scenario, cloud), omitted=situation.omitted)
    token = gate.simulator.describe()[cloud]["security_token"]
    monkeypatch.setenv("SCAN_GATE_SECURITY_TOKEN", token)
    context = FaultContext(gate=gate, timing=cell.timing, patch=monkeypatch, options=situation.arguments)
    situation.prepare(context)
    with ExitStack() as stack:
        context.redirect_target = stack.enter_context(Simulator()) if cell.fault.needs_redirect_target else None
        ending = context.run(cell.fault)
        assert cell.fault.was_effective(context), "the fault had no effect"
        assert not (context.redirect_target and context.redirect_target.requests), "the gate followed a redirect"

    assert ending.code == cell.code, ending.out
    assert ending.report["exit_code"] == cell.code
    assert ending.report["verdict"] == VERDICTS.get(cell.code, "undecided")
    codes = {reason["code"] for reason in ending.report["reasons"]}
    assert not cell.reason or cell.reason in codes
    assert gate.time.elapsed <= END_OF_RUN
    output = ending.out + ending.err + Path("report.json").read_text()
    assert not [secret for secret in (token, os.environ["SCAN_GATE_ACCESS_KEY_SECRET"]) if secret in output]


@pytest.mark.parametrize(("cloud", "name"), [(cloud, name) for cloud, of in SITUATIONS.items() for name in of])
def test_without_a_fault_each_run_of_images_makes_the_calls_of_its_points(
    cloud: str, name: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    situation = SITUATIONS[cloud][name]
    gate = replace(gate_in(situation.scenario, cloud), omitted=situation.omitted)
    situation.prepare(FaultContext(gate=gate, timing=Timing(injected_at=0, completed_at=0), patch=monkeypatch))

    ending = gate.check(*situation.arguments)

    calls = Counter(gate.operations)
    points = [point for point in POINTS if (point.cloud, point.situation) == (cloud, name)]
    assert ending.code == situation.code
    assert not [point for point in points if calls[point.operation] < point.call]
    assert name != "release" or {point.operation for point in points} == calls.keys()


def test_the_documents_state_how_many_cells_of_images_there_are_and_how_many_expect_a_pass() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    passes, controls = sum(not cell.code for cell in CELLS), sum(map(len, SITUATIONS.values()))
    operations = len({(point.cloud, point.operation) for point in POINTS})

    assert f"a table of {len(CELLS):,} cells: each a fault in one call of one of the {operations} operations" in page
    assert f"({passes} of them 0: " in page
    assert f"and {controls} runs without a fault make these calls and are the control; " in page
    assert f"`NEEDS_FULL_MATRIX=1` runs {len(MORE_CELLS):,} more" in page


def test_the_matrix_of_images_has_distinct_cells_at_every_point() -> None:
    assert len({str(cell) for cell in (*CELLS, *MORE_CELLS)}) == len(CELLS) + len(MORE_CELLS)
    assert {cell.point for cell in (*CELLS, *MORE_CELLS)} == set(POINTS)
    assert {point for point in POINTS if point.situation not in {"fresh", "stale"}} <= {cell.point for cell in CELLS}
    assert {cell.code for cell in CELLS} == {0, 1, 3, 4, 5, 7}
