"""Faults before a response of a sign-in: connections, TLS, name resolution and a proxy, each with its exit code.

What the cloud's API is reached by stays as it is: only the service that gives credentials is behind the fault.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.matrix.fault import FaultContext
from tests.matrix.faults import connection, responses
from tests.matrix.faults.none import NO_FAULT
from tests.matrix.faults.timeouts import LONGER, SHORT_TIMEOUTS
from tests.matrix.forwarder import Forwarder
from tests.matrix.injection_points import ALIBABA, HUAWEI, Timing
from tests.matrix.proxy import CLOUD, Proxy
from tests.matrix.sign_in.situations import MINUTE, OPTIONS, TOKEN, WAYS, a_long_scan
from tests.matrix.sign_in.test_sign_in_matrix import without_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.harness import Ending, Gate
    from tests.matrix.fault import Fault

FAULTS: Final = tuple(
    # A stall takes as much real time as the request timeout; on a busy machine, a shorter one is that of others too.
    replace(fault, arguments=LONGER) if fault.arguments in SHORT_TIMEOUTS else fault
    for fault in (
        *(fault for fault in (*responses.TRANSIENT, *responses.STALLS, *responses.PERMANENT) if fault.scheme),
        *connection.TRANSIENT_PROXY_FAULTS,
        *connection.PERMANENT_PROXY_FAULTS,
    )
)
_LASTING: Final = frozenset(
    fault.name
    for fault in (*responses.PERMANENT, *connection.PERMANENT_PROXY_FAULTS)
    if fault.scheme and not fault.is_per_operation
)
"""Those after which no retry can help."""
_USUAL: Final = frozenset(
    {"connection-refused", "untrusted-certificate", "name-not-resolved", "proxy-forbids-the-host"}
)
MINUTES_OF_SCAN: Final = {"first": 0, "once": 0, "renewal": 11, "end": 35}
"""As in the matrix, the last poll of a run that ends at the renewal comes before the end of the first session."""
TIMEOUT: Final = "1210s"
"""Leaves time for the poll after 16 minutes, when the first session has ended."""
RENEWED_AT: Final = 12 * MINUTE
NOT_RENEWED: Final = "The credentials could not be renewed, and are used until they end at"
ENDPOINTS: Final = {"role": "sts-endpoint", "iam": "iam-endpoint"}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A fault from one time on, or once, in a run that ends before its first session does or after that."""

    fault: Fault
    cloud: str
    way: str
    of_token: bool
    """Whether the CI system is behind the fault, and not the cloud's service."""
    when: str
    """`first`, `once`, `renewal` or `end`."""

    def __str__(self) -> str:
        service = "token" if self.of_token else "exchange"
        return f"{self.cloud}-{self.way}-{service}-{self.fault.name}-{self.when}-exits-{self.code}"

    @property
    def code(self) -> int:
        """The exit code: 0 where a retry heals it, or where the run ends with credentials that are still valid."""
        is_healed = self.when == "once" and self.fault.name not in _LASTING
        return 0 if is_healed or self.when == "renewal" else 4

    @property
    def is_usual(self) -> bool:
        """Whether it is in every run of the tests: one of each kind, at each time."""
        is_main = (self.cloud, self.of_token) == (ALIBABA, False) or (self.cloud, self.when) == (HUAWEI, "first")
        return self.fault.name in _USUAL and is_main and self.way == "role"


CELLS: Final = tuple(
    Cell(fault=fault, cloud=cloud, way=way, of_token=of_token, when=when)
    for fault in FAULTS
    if not fault.is_per_operation
    for cloud, way in ((ALIBABA, "role"), (HUAWEI, "role"), (HUAWEI, "iam"))
    for of_token in (False, True)
    for when in ("first", "once", "renewal", "end")
)
WANTED_CELLS: Final = tuple(cell for cell in CELLS if cell.is_usual or os.environ.get("NEEDS_FULL_MATRIX"))


@pytest.fixture
def check(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[[Cell], tuple[Ending, Gate]]]:
    """Runs the check, and injects the fault of a cell."""
    with ExitStack() as stack:

        def check(cell: Cell) -> tuple[Ending, Gate]:
            gate = gate_in(a_long_scan(MINUTES_OF_SCAN[cell.when] * MINUTE), cell.cloud)
            gate.time.random = lambda: 0.0
            timeout = TIMEOUT if cell.when in {"renewal", "end"} else "25s"
            options = (*OPTIONS, "-v", "--timeout", timeout, *without_keys(gate, cell.way, monkeypatch))
            injected_at = RENEWED_AT - 1 if cell.when in {"renewal", "end"} else 0
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            context = FaultContext(
                gate=gate, timing=Timing(injected_at=injected_at, completed_at=0), patch=patch, options=options
            )
            arguments = _behind_forwarder(cell, context, stack, request)
            return context.run(replace(cell.fault, is_permanent=cell.when != "once"), *arguments), gate

        yield check


def _behind_forwarder(
    cell: Cell, context: FaultContext, stack: ExitStack, request: pytest.FixtureRequest
) -> tuple[str, ...]:
    """Puts a forwarder and, if needed, a proxy before the service; returns the options."""
    fault, gate = cell.fault, context.gate
    trust: tuple[str, ...] = ()
    if fault.scheme == "https":
        context.certificates = request.getfixturevalue("certificates")
        trust = ("--ca-bundle", str(context.certificates.bundle))
    tls = context.certificates.trusted if context.certificates else None
    context.forwarder = stack.enter_context(Forwarder(gate.simulator.port, tls))
    url = f"{fault.scheme}://{fault.host}:{context.forwarder.port}"
    if fault.uses_proxy:
        context.proxy = stack.enter_context(Proxy(context.forwarder.port))
        context.patch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{context.proxy.port}")
        url = f"https://{CLOUD}"
    if not cell.of_token:
        return f"--{ENDPOINTS[cell.way]}", url, *trust
    name = "ACTIONS_ID_TOKEN_REQUEST_URL"
    # Not undone with the fault, as name resolution is.
    request.getfixturevalue("monkeypatch").setenv(name, os.environ[name].replace(gate.simulator.url, url))
    return trust


@pytest.mark.divided
@pytest.mark.parametrize("cell", WANTED_CELLS, ids=str)
def test_a_fault_before_a_response_ends_the_run_with_its_expected_exit_code(
    cell: Cell, check: Callable[[Cell], tuple[Ending, Gate]]
) -> None:
    ending, gate = check(cell)

    assert ending.code == cell.code, ending.out
    is_renewal = cell.when in {"renewal", "end"}
    assert (NOT_RENEWED in ending.err) is is_renewal, "the fault was at another time"
    if cell.when == "once" and not cell.code:
        assert ending.report["wait"]["retries"], "the fault had no effect"
    if cell.code and not is_renewal:
        operations = {TOKEN, *(one for ways in WAYS.values() for way in ways.values() for one in way)}
        assert set(gate.operations) <= operations, "a cloud was asked without credentials"
    assert Path("report.json").exists()


@pytest.mark.parametrize("of_token", [False, True], ids=["exchange", "token"])
@pytest.mark.parametrize("control", ["http", "https", "proxy"])
def test_without_a_fault_the_run_signs_in_through_all_of_this(
    control: str,
    of_token: bool,  # noqa: FBT001 - a parameter of the test
    check: Callable[[Cell], tuple[Ending, Gate]],
) -> None:
    scheme = "http" if control == "http" else "https"
    fault = replace(NO_FAULT, scheme=scheme, uses_proxy=control == "proxy")

    ending, _ = check(Cell(fault=fault, cloud=ALIBABA, way="role", of_token=of_token, when="first"))

    assert ending.code == 0, ending.out


def test_the_documents_state_how_many_cells_of_connections_there_are() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reliability.md").read_text()
    usual = sum(cell.is_usual for cell in CELLS)

    assert f"{usual} of {len(CELLS)} cells of connections, TLS, names and proxies" in page
    assert {cell.fault.name for cell in CELLS if cell.is_usual} == _USUAL
