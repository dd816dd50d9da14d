"""The fault matrix: whatever goes wrong, at whatever moment, in whichever cloud, the gate ends as the table says."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from tests.matrix.cells import CELLS
from tests.matrix.door import Door
from tests.matrix.faults import HURRIED, NOTHING
from tests.matrix.moments import IMAGE_SCAN, OTHER_KIND, OURS, TIMEOUT, WHEN, Moment, scenario
from tests.matrix.proxy import CLOUD, Proxy
from tests.matrix.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.harness import Ending, Gate
    from tests.matrix.cells import Cell
    from tests.matrix.stage import Trouble

VERDICTS = {0: "passed", 1: "blocked"}
WAYS = {
    "without-a-door": NOTHING,
    "of-another-kind": replace(NOTHING, of_other_kind=True),
    "asked-for-by-its-id": replace(NOTHING, arguments=("--task-id", OURS)),
    "with-all-leniency": replace(NOTHING, arguments=("--warn-only", "--on-undecided", "warn")),
    "through-a-door": replace(NOTHING, scheme="http"),
    "over-tls": replace(NOTHING, scheme="https"),
    "through-a-proxy": replace(NOTHING, scheme="https", by_proxy=True),
}
REQUEST_LIMIT = 5.0
"""Seconds, the longest that one request of a cell may take."""
EVERY_MOMENT = [(cloud, moment) for cloud, moments in WHEN.items() for moment in moments]


@pytest.fixture
def run(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[[Trouble, str, Moment], tuple[Ending, Gate]]]:
    """Runs the check in one cloud, with one fault from one moment on."""
    with ExitStack() as stack:

        def run(trouble: Trouble, cloud: str, moment: Moment) -> tuple[Ending, Gate]:
            when = WHEN[cloud][moment]
            kind, options = OTHER_KIND[cloud] if trouble.of_other_kind else (IMAGE_SCAN, ())
            gate = replace(gate_in(scenario(when, kind), cloud), omitted=trouble.without)
            _sign_in(gate, trouble, monkeypatch)
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            stage = Stage(gate=gate, when=when, patch=patch)
            arguments = stack.enter_context(_door(stage, trouble, request)) if trouble.scheme else ()
            stage.elsewhere = stack.enter_context(Simulator()) if trouble.leads_elsewhere else None
            ending = stage.run(trouble, *options, *arguments)
            assert trouble.is_met(stage), "a fault that is not met is none"
            assert not (stage.elsewhere and stage.elsewhere.requests), "the gate went where it was sent"
            return ending, gate

        yield run


def _sign_in(gate: Gate, trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "auth_token" if trouble.by_token else "security_token"
    monkeypatch.setenv(f"SCAN_GATE_{name.upper()}", gate.simulator.describe()[gate.cloud][name])
    for part in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET") if trouble.by_token else ():
        monkeypatch.delenv(f"SCAN_GATE_{part}")


@contextmanager
def _door(stage: Stage, trouble: Trouble, request: pytest.FixtureRequest) -> Iterator[tuple[str, ...]]:
    """A door in front of the cloud, perhaps behind a proxy, and the options that lead there."""
    trust: tuple[str, ...] = ()
    if trouble.scheme == "https":
        stage.certificates = request.getfixturevalue("certificates")
        trust = ("--ca-bundle", str(stage.certificates.bundle))
    trusted = stage.certificates.trusted if stage.certificates else None
    with Door(stage.gate.simulator.port, trusted) as stage.door:
        if not trouble.by_proxy:
            yield "--endpoint", f"{trouble.scheme}://{trouble.host}:{stage.door.port}", *trust
            return
        with Proxy(stage.door.port) as stage.proxy:
            stage.patch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{stage.proxy.port}")
            yield "--endpoint", f"https://{CLOUD}", *trust


def _secrets(simulator: Simulator, cloud: str) -> set[str]:
    described = simulator.describe()[cloud]
    return {described[name] for name in ("access_key_secret", "security_token", "auth_token") if name in described}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_whatever_goes_wrong_the_gate_ends_as_the_table_says(
    cell: Cell, run: Callable[[Trouble, str, Moment], tuple[Ending, Gate]]
) -> None:
    ending, gate = run(cell.trouble, cell.cloud, cell.moment)

    assert ending.code == (0 if cell.is_excused else cell.code), ending.out
    assert ending.report["enforced"] is not cell.is_excused
    assert (f"the policy makes {cell.code} a warning" in ending.out) is cell.is_excused
    assert ending.report["exit_code"] == cell.code
    assert ending.report["verdict"] == VERDICTS.get(cell.code, "undecided")
    # A machine that is busy may be too slow for a hurried gate already before.
    is_hurried = cell.trouble.arguments in HURRIED
    assert ending.report["task"] or cell.moment is Moment.FINDING or is_hurried, "the fault was there too soon"
    said = " ".join(reason["message"] for reason in ending.report["reasons"])
    assert not [words for words in cell.trouble.says if words not in said]
    assert ending.report["wait"]["retries"] or cell.code or not cell.trouble.is_retried, "the fault was not met"
    assert gate.time.elapsed <= TIMEOUT + REQUEST_LIMIT
    told = ending.out + ending.err + Path("report.json").read_text()
    assert not [secret for secret in _secrets(gate.simulator, cell.cloud) if secret in told]


@pytest.mark.parametrize("nothing", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize(("cloud", "moment"), EVERY_MOMENT)
def test_without_a_fault_every_moment_passes(
    cloud: str, moment: Moment, nothing: Trouble, run: Callable[[Trouble, str, Moment], tuple[Ending, Gate]]
) -> None:
    ending, gate = run(nothing, cloud, moment)

    assert (ending.code, ending.report["verdict"], ending.report["task"]["id"]) == (0, "passed", "ours")
    assert gate.time.elapsed > WHEN[cloud][moment].begins


def test_the_matrix_has_at_least_300_cells() -> None:
    """`pytest -n0 -s` shows how many there are."""
    cells = Counter((cell.cloud, cell.moment) for cell in CELLS)
    for (cloud, moment), number in cells.items():
        print(f"{cloud} {moment}: {number}")  # noqa: T201 - the numbers of the table are what somebody asks this for
    print(f"all: {cells.total()}")  # noqa: T201 - as above

    assert cells.total() >= 300
    assert cells.keys() == set(EVERY_MOMENT)
    assert len({str(cell) for cell in CELLS}) == len(CELLS)
    # A table in which all is 4 would tell little.
    assert {cell.code for cell in CELLS} == {0, 1, 2, 3, 4, 5, 6, 7}
