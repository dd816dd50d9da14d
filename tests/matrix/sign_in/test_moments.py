"""Signals, deadlines, renewals and redirects at the moments of a sign-in that are the worst for them."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Fault, HttpResponse, Scenario, SimulatedTask, Simulator, Stage
from tests.harness import CLOUDS
from tests.matrix.injection_points import ALIBABA, HUAWEI, LEAVES, TASKS
from tests.matrix.sign_in.situations import MINUTE, OPTIONS, POINTS, WAYS, a_long_scan
from tests.matrix.sign_in.test_canaries import SECRET
from tests.matrix.sign_in.test_sign_in_matrix import MASKED, without_keys
from tests.matrix.sign_in.test_two_hours import HOUR, IMAGE, REGISTRY, SHORT_ROLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.harness import Gate
    from tests.matrix.sign_in.situations import Point

EXCHANGE = {cloud: ways["role"][-1] for cloud, ways in WAYS.items()}
STOP = {HUAWEI: "StopImageScanTask", ALIBABA: "CancelOnceTask"}
FIRST_CALL = {HUAWEI: "tasks", ALIBABA: "GetLastOnceTaskInfo"}
OPTIONAL_CALL = {HUAWEI: "", ALIBABA: "MetadataToken"}
PAGED = {HUAWEI: TASKS, ALIBABA: LEAVES}
SHORT_PAGES = {HUAWEI: ("--limit", "50"), ALIBABA: ()}
MANY = 250
"""More tasks or images than a page has."""
OLD = [SimulatedTask(id=f"old-{n}", name="old", started_ago=9 * 86_400.0 + n) for n in range(MANY)]
NEW = SimulatedTask(id="new", name="new", started_ago=60.0, total=MANY, stages=(Stage(state="complete", progress=100),))
A_LONG_LIST = Scenario(name="long-list", summary="", expected_exit=0, tasks=(NEW, *OLD))


def last(operations: Sequence[str], operation: str) -> int:
    """Where an operation was called last."""
    return max(number for number, one in enumerate(operations) if one == operation)


@pytest.mark.parametrize("point", [one for one in POINTS if not one.is_renewal or one.is_long], ids=str)
def test_a_signal_in_the_middle_of_an_exchange_ends_the_run_at_once(
    point: Point, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = signal.SIGTERM if point.is_renewal else signal.SIGINT
    gate = gate_in(point.scenario, point.cloud)
    calls: list[str] = []
    has_ended = threading.Event()

    def hold(operation: str, document: Any) -> Any:
        if operation == point.operation:
            calls.append(operation)
        if operation == point.operation and len(calls) == 1 + point.is_renewal:
            os.kill(os.getpid(), number)
            assert has_ended.wait(20)
        return document

    gate.simulator.rewrite = hold
    try:
        ending = gate.check("-v", *OPTIONS, *without_keys(gate, point.way, monkeypatch))
    finally:
        has_ended.set()

    assert (ending.code, len(calls)) == (128 + number, 1 + point.is_renewal)
    assert ending.report["exit_code"] == 128 + number
    assert [thread for thread in threading.enumerate() if thread.name == "request"] == []
    shown = "\n".join((MASKED.sub("", ending.out), ending.err, Path("report.json").read_text()))
    assert SECRET.findall(shown) == []


@pytest.mark.parametrize("minutes", [11, 16], ids=["renewal-is-due", "session-has-ended"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_list_is_whole_although_the_credentials_are_renewed_between_two_of_its_pages(
    cloud: str, minutes: int, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in(A_LONG_LIST, cloud)

    def pass_time(operation: str, document: Any) -> Any:
        if operation == PAGED[cloud] and gate.operations.count(operation) == 1:
            gate.time.elapsed += minutes * MINUTE
        return document

    gate.simulator.rewrite = pass_time
    ending = gate.check(*OPTIONS, *without_keys(gate, "role", monkeypatch), *SHORT_PAGES[cloud])

    assert ending.code == 0, ending.out
    assert ending.report["counts"]["total"] == MANY
    pages = [number for number, one in enumerate(gate.operations) if one == PAGED[cloud]]
    assert len(pages) >= 2
    renewed_at = [number for number, one in enumerate(gate.operations) if one == EXCHANGE[cloud]][1]
    assert pages[1] < renewed_at < pages[2], gate.operations
    assert {request.status for request in gate.simulator.requests} <= {200, 201}


@pytest.mark.parametrize("is_renewal", [False, True], ids=["first", "renewal"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_deadline_in_the_middle_of_an_exchange_leaves_time_for_the_first_poll_alone(
    cloud: str, *, is_renewal: bool, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, timeout = gate_in(a_long_scan(HOUR), cloud), (20 if is_renewal else 5) * MINUTE
    calls: list[str] = []

    def pass_time(operation: str, document: Any) -> Any:
        calls.append(operation)
        if operation == EXCHANGE[cloud] and calls.count(operation) == 1 + is_renewal:
            gate.time.elapsed = timeout + 1
        return document

    gate.simulator.rewrite = pass_time
    ending = gate.check(*OPTIONS, *without_keys(gate, "role", monkeypatch), "--timeout", f"{timeout:g}s")

    assert ending.code == 5, ending.out
    assert calls.count(EXCHANGE[cloud]) == 1 + is_renewal
    assert gate.time.elapsed == timeout + 1
    assert len(calls) - 1 - last(calls, EXCHANGE[cloud]) == (0 if is_renewal else 1), calls


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_scan_of_our_own_is_stopped_with_credentials_that_are_renewed_for_that(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in(replace(SHORT_ROLE, pushes=(IMAGE,)), cloud)
    options = ("-v", "--image", f"{REGISTRY[cloud]}{IMAGE.reference}", "--session-duration", "15m")

    ending = gate.check(*options, *without_keys(gate, "role", monkeypatch), "--timeout", "14m", "--poll-interval", "9m")

    assert ending.code == 5, ending.out
    assert last(gate.operations, STOP[cloud]) > last(gate.operations, EXCHANGE[cloud]) > 2
    assert gate.operations.count(EXCHANGE[cloud]) == 2
    assert {request.status for request in gate.simulator.requests} <= {200, 201}


# What answers in place of a service.


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_redirect_of_a_metadata_service_is_followed(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of STS, IAM and GitHub are in the matrix."""
    gate = gate_in("clean", cloud)
    without_keys(gate, "role", monkeypatch)
    metadata = ("--metadata-endpoint", gate.simulator.url)
    assert gate.check("--credentials", "instance", *metadata).code == 0
    of_metadata = [*dict.fromkeys(gate.operations)]
    of_metadata = of_metadata[: of_metadata.index(FIRST_CALL[cloud])]

    with Simulator() as elsewhere:
        for operation in of_metadata:
            headers = {"Location": f"{elsewhere.url}/latest/meta-data/"}
            gate.simulator.faults = [Fault(operation=operation, response=HttpResponse(status=302, headers=headers))]
            ending = gate.check("--credentials", "instance", *metadata, "--timeout", "60s")

            # Without a token, the service of Alibaba Cloud is asked as an older one.
            assert ending.code == (0 if operation == OPTIONAL_CALL[cloud] else 4), operation
        assert elsewhere.requests == []
    assert len(of_metadata) >= 2


@pytest.mark.parametrize("point", [one for one in POINTS if not one.is_renewal and one.way != "chained"], ids=str)
def test_an_exchange_may_take_little_memory_since_it_can_be_in_the_middle_of_a_list(
    point: Point, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept of the list is there beside it; an answer of the API itself could be as large as this one."""
    gate = gate_in("clean", point.cloud)
    numbers = [0] * 100_000
    changed = {point.operation}

    def grow(operation: str, document: Any) -> Any:
        return {**document, "more": numbers} if operation in changed else document

    gate.simulator.rewrite = grow
    options = without_keys(gate, point.way, monkeypatch)
    of_exchange = gate.check(*OPTIONS, *options)
    changed = {FIRST_CALL[point.cloud]}
    of_api = gate.check(*OPTIONS, *options)

    assert (of_exchange.code, of_api.code) == (4, 0)
    assert "MB of memory" in of_exchange.out
