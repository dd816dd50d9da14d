"""The fault matrix: every fault, at every injection point, in every cloud, ends with its expected exit code."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from tests.matrix.cells import CELLS
from tests.matrix.fault import FaultContext
from tests.matrix.faults.none import NO_FAULT
from tests.matrix.faults.timeouts import SHORT_TIMEOUTS
from tests.matrix.forwarder import Forwarder
from tests.matrix.injection_points import (
    IMAGE_SCAN,
    OTHER_TYPE,
    TASK_ID,
    TIMEOUT,
    TIMINGS,
    InjectionPoint,
    scenario,
)
from tests.matrix.proxy import CLOUD, Proxy
from tests.parts import PARTS, in_parts, wanted_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.harness import Ending, Gate
    from tests.matrix.cell import Cell
    from tests.matrix.fault import Fault

    Run = Callable[[Fault, str, InjectionPoint], tuple[Ending, Gate]]

ROOT = Path(__file__).parents[2]
VERDICTS = {0: "passed", 1: "blocked"}
CONTROL_RUNS = {
    "direct": NO_FAULT,
    "of-other-type": replace(NO_FAULT, is_other_type=True),
    "by-id": replace(NO_FAULT, arguments=("--task-id", TASK_ID)),
    "with-warnings": replace(NO_FAULT, arguments=("--warn-only", "--on-undecided", "warn")),
    "forwarded": replace(NO_FAULT, scheme="http"),
    "over-tls": replace(NO_FAULT, scheme="https"),
    "through-a-proxy": replace(NO_FAULT, scheme="https", uses_proxy=True),
}
REQUEST_TIMEOUT = 5.0
"""The longest request timeout of any cell, in seconds."""
ALL_POINTS = [(cloud, point) for cloud, timings in TIMINGS.items() for point in timings]


@pytest.fixture
def run(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Run]:
    """Runs the check in one cloud, and injects one fault at one point."""
    with ExitStack() as stack:

        def run(fault: Fault, cloud: str, point: InjectionPoint) -> tuple[Ending, Gate]:
            timing = TIMINGS[cloud][point]
            kind, options = OTHER_TYPE[cloud] if fault.is_other_type else (IMAGE_SCAN, ())
            gate = replace(gate_in(scenario(timing, kind), cloud), omitted=fault.omitted_settings)
            _set_credentials(gate, fault, monkeypatch)
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            context = FaultContext(gate=gate, timing=timing, patch=patch)
            arguments = stack.enter_context(_forwarder(context, fault, request)) if fault.scheme else ()
            context.redirect_target = stack.enter_context(Simulator()) if fault.needs_redirect_target else None
            ending = context.run(fault, *options, *arguments)
            assert fault.was_effective(context), "the fault had no effect"
            assert not (context.redirect_target and context.redirect_target.requests), "the gate followed a redirect"
            return ending, gate

        yield run


def _set_credentials(gate: Gate, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "auth_token" if fault.uses_auth_token else "security_token"
    monkeypatch.setenv(f"SCAN_GATE_{name.upper()}", gate.simulator.describe()[gate.cloud][name])
    for key in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET") if fault.uses_auth_token else ():
        monkeypatch.delenv(f"SCAN_GATE_{key}")


@contextmanager
def _forwarder(context: FaultContext, fault: Fault, request: pytest.FixtureRequest) -> Iterator[tuple[str, ...]]:
    """Starts a forwarder and, if needed, a proxy; yields the options by which the gate connects to them."""
    trust: tuple[str, ...] = ()
    if fault.scheme == "https":
        context.certificates = request.getfixturevalue("certificates")
        trust = ("--ca-bundle", str(context.certificates.bundle))
    tls = context.certificates.trusted if context.certificates else None
    with Forwarder(context.gate.simulator.port, tls) as context.forwarder:
        if not fault.uses_proxy:
            yield "--endpoint", f"{fault.scheme}://{fault.host}:{context.forwarder.port}", *trust
            return
        with Proxy(context.forwarder.port) as context.proxy:
            context.patch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{context.proxy.port}")
            yield "--endpoint", f"https://{CLOUD}", *trust


def _secrets(simulator: Simulator, cloud: str) -> set[str]:
    settings = simulator.describe()[cloud]
    return {settings[name] for name in ("access_key_secret", "security_token", "auth_token") if name in settings}


@pytest.mark.divided
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_fault_ends_the_run_with_its_expected_exit_code(cell: Cell, run: Run) -> None:
    ending, gate = run(cell.fault, cell.cloud, cell.point)

    assert ending.code == (0 if cell.is_warning else cell.code), ending.out
    assert ending.report["enforced"] is not cell.is_warning
    assert (f"the policy makes {cell.code} a warning" in ending.out) is cell.is_warning
    assert ending.report["exit_code"] == cell.code
    assert ending.report["verdict"] == VERDICTS.get(cell.code, "undecided")
    # On a busy machine, requests with a short timeout may time out before the fault is injected.
    has_short_timeout = cell.fault.arguments in SHORT_TIMEOUTS
    is_task_optional = cell.point is InjectionPoint.FIRST_REQUEST or has_short_timeout
    assert ending.report["task"] or is_task_optional, "the fault was injected too early"
    reasons = " ".join(reason["message"] for reason in ending.report["reasons"])
    assert not [words for words in cell.fault.expected_words if words not in reasons]
    assert ending.report["wait"]["retries"] or cell.code or not cell.fault.needs_retry, "the fault had no effect"
    assert gate.time.elapsed <= TIMEOUT + REQUEST_TIMEOUT
    output = ending.out + ending.err + Path("report.json").read_text()
    assert not [secret for secret in _secrets(gate.simulator, cell.cloud) if secret in output]


@pytest.mark.parametrize("fault", CONTROL_RUNS.values(), ids=CONTROL_RUNS.keys())
@pytest.mark.parametrize(("cloud", "point"), ALL_POINTS)
def test_without_a_fault_the_run_passes(cloud: str, point: InjectionPoint, fault: Fault, run: Run) -> None:
    ending, gate = run(fault, cloud, point)

    assert (ending.code, ending.report["verdict"], ending.report["task"]["id"]) == (0, "passed", TASK_ID)
    assert gate.time.elapsed > TIMINGS[cloud][point].injected_at


def test_the_parts_of_the_matrix_are_all_of_it() -> None:
    parts = [in_parts(CELLS, frozenset({number + 1})) for number in range(PARTS)]

    assert sorted(str(cell) for part in parts for cell in part) == sorted(map(str, CELLS))


@pytest.mark.parametrize(("given", "parts"), [(None, {1}), ("2,3", {2, 3}), ("all", {1, 2, 3, 4})])
def test_the_wanted_parts_are_those_that_a_variable_names(
    given: str | None, parts: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEEDS_FULL_MATRIX", raising=False)
    monkeypatch.delenv("TEST_PARTS", raising=False)
    if given:
        monkeypatch.setenv("TEST_PARTS", given)

    assert wanted_parts() == parts


def test_the_matrix_has_at_least_300_distinct_cells_and_every_exit_code() -> None:
    """`pytest -n0 -s` prints how many there are."""
    counts = Counter((cell.cloud, cell.point) for cell in CELLS)
    for (cloud, point), number in counts.items():
        print(f"{cloud} {point}: {number}")  # noqa: T201 - shown with -s
    print(f"all: {counts.total()}")  # noqa: T201 - shown with -s

    assert counts.total() >= 300
    assert counts.keys() == set(ALL_POINTS)
    assert len({str(cell) for cell in CELLS}) == len(CELLS)
    assert {cell.code for cell in CELLS} == {0, 1, 2, 3, 4, 5, 6, 7}


def test_the_documents_state_how_many_cells_there_are_and_how_many_expect_a_pass() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    passes, controls = sum(not cell.code for cell in CELLS), len(CONTROL_RUNS) * len(ALL_POINTS)

    assert f"a table of {len(CELLS):,} cells, " in page
    assert f"({passes} of them 0: " in page
    assert f"and {controls} runs without a fault are the control: " in page
