"""Tests the errors of Alibaba Cloud, and faults for one operation or for every poll of any cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import POLL, Fault, Forbidden, Quota, Simulator, alibaba, server_error
from tests.simulator.alibaba.actions import INSTANCES, LAST, LEAVES, PAGE, RESULT, SCAN

if TYPE_CHECKING:
    from tests.simulator.conftest import CallAction, Clock, ListTasks


@pytest.mark.parametrize(
    ("code", "status"),
    [("ServerError", 500), ("ServiceUnavailable", 503), ("Throttling", 400), ("InvalidProduct.NotFound", 404)],
)
def test_an_error_can_be_injected_by_its_code(code: str, status: int, call: CallAction, clock: Clock) -> None:
    """It has the status that is documented for the code."""
    with Simulator(now=clock) as simulator:
        simulator.faults.append(Fault(response=alibaba.error_response(code)))
        response = call(simulator, LAST, **SCAN)

    assert (response.status, response.document["Code"]) == (status, code)
    assert response.document["RequestId"] == "00000000-0000-0000-0000-000000000000"


def test_an_injected_error_can_have_its_own_message() -> None:
    assert b'"Message": "Enough."' in alibaba.error_response("ServerError", "Enough.").body


@pytest.mark.parametrize("action", [LAST, RESULT, LEAVES, INSTANCES])
def test_one_action_can_be_forbidden(action: str, call: CallAction, clock: Clock) -> None:
    """The others stay allowed, as for a user whose policies name only those."""
    query: dict[str, dict[str, object]] = {LAST: {**SCAN}, RESULT: {**SCAN, "TaskId": "t"}, LEAVES: {**PAGE}}
    with Simulator(now=clock) as simulator:
        simulator.faults.append(Fault(operation=action, response=Forbidden()))
        responses = {each: call(simulator, each, **query.get(each, {})) for each in (LAST, RESULT, LEAVES, INSTANCES)}

    assert {each for each, response in responses.items() if response.status == 403} == {action}
    assert responses[action].document["Code"] == "NoPermission"
    assert responses[action].document["Message"] == "caller has no permission"


def test_a_fault_can_affect_every_poll_of_every_cloud(call: CallAction, list_tasks: ListTasks, clock: Clock) -> None:
    """Polls are counted over all polling actions of a cloud, and separately for each cloud."""
    with Simulator(now=clock) as simulator:
        simulator.faults.append(Fault(requests=frozenset({2, 3}), operation=POLL, response=server_error()))
        statuses = [
            call(simulator, LAST, **SCAN).status,
            call(simulator, INSTANCES).status,
            call(simulator, RESULT, TaskId="t", **SCAN).status,
            call(simulator, LAST, **SCAN).status,
            call(simulator, RESULT, TaskId="t", **SCAN).status,
        ]
        other = [list_tasks(simulator).status for _ in range(4)]

    assert statuses == [200, 200, 502, 502, 200]
    assert other == [200, 502, 502, 200]


def test_a_fault_can_affect_one_action_or_all_of_them(call: CallAction, clock: Clock) -> None:
    """The requests of each action are counted separately."""
    with Simulator(now=clock) as simulator:
        simulator.faults += [
            Fault(requests=frozenset({2}), operation=INSTANCES, response=server_error(503)),
            Fault(requests=frozenset({3}), response=server_error(502)),
        ]
        statuses = [(call(simulator, INSTANCES).status, call(simulator, LAST, **SCAN).status) for _ in range(4)]

    assert statuses == [(200, 200), (503, 200), (502, 502), (200, 200)]


def test_a_call_over_the_limit_is_rejected_with_status_400(call: CallAction, clock: Clock) -> None:
    """A header for the retry time is optional; each action has its own window."""
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=1, seconds=60)
        first, second, other = (
            call(simulator, LAST, **SCAN),
            call(simulator, LAST, **SCAN),
            call(simulator, INSTANCES),
        )

    assert (first.status, second.status, other.status) == (200, 400, 200)
    assert second.document["Code"] == "Throttling.User"
    assert second.document["Message"] == "Request was denied due to user flow control."
    assert "x-acs-retry-after" not in second.headers
    assert "Retry-After" not in second.headers


def test_the_error_can_have_a_retry_after_header(call: CallAction, clock: Clock) -> None:
    """It is in milliseconds, and a call after that time is allowed."""
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=1, seconds=60, retry_after=True)
        call(simulator, LAST, **SCAN)
        clock.now += 20.5
        throttled = call(simulator, LAST, **SCAN)
        clock.now += int(throttled.headers["x-acs-retry-after"]) / 1000

        assert throttled.headers["x-acs-retry-after"] == "39500"
        assert "Retry-After" not in throttled.headers
        assert call(simulator, LAST, **SCAN).status == 200


def test_every_request_is_recorded_with_its_action(call: CallAction, clock: Clock) -> None:
    """The operation of a request for an unknown action is `unknown`."""
    with Simulator(now=clock) as simulator:
        call(simulator, LAST, **SCAN)
        call(simulator, "GetLastTaskInfo")
        first, second = simulator.requests

    assert (first.cloud, first.operation, first.method, first.path) == ("alibaba", LAST, "POST", "/")
    assert first.query == {"TaskType": ["IMAGE_SCAN"], "TaskName": ["IMAGE_SCAN"]}
    assert (first.status, second.status) == (200, 404)
    assert second.operation == "unknown"
