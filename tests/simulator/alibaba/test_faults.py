"""What goes wrong in the words of Alibaba Cloud, and what a fault can name in any cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import POLL, Fault, Forbidden, Quota, Simulator, alibaba, server_error
from tests.simulator.alibaba.asking import INSTANCES, LAST, LEAVES, PAGE, RESULT, SCAN

if TYPE_CHECKING:
    from tests.simulator.conftest import Act, AskTasks, Clock


@pytest.mark.parametrize(
    ("code", "status"),
    [("ServerError", 500), ("ServiceUnavailable", 503), ("Throttling", 400), ("InvalidProduct.NotFound", 404)],
)
def test_an_error_can_be_ordered_by_its_code(code: str, status: int, act: Act, clock: Clock) -> None:
    """With the status that is documented for it."""
    with Simulator(now=clock) as simulator:
        simulator.faults.append(Fault(reply=alibaba.refused(code)))
        seen = act(simulator, LAST, **SCAN)

    assert (seen.status, seen.document["Code"]) == (status, code)
    assert seen.document["RequestId"] == "00000000-0000-0000-0000-000000000000"


def test_an_error_can_be_given_a_message() -> None:
    """Of a test's own."""
    assert b'"Message": "Enough."' in alibaba.refused("ServerError", "Enough.").body


@pytest.mark.parametrize("action", [LAST, RESULT, LEAVES, INSTANCES])
def test_an_action_can_be_forbidden_by_itself(action: str, act: Act, clock: Clock) -> None:
    """As it is to a user whose policies name the others only."""
    query: dict[str, dict[str, object]] = {LAST: {**SCAN}, RESULT: {**SCAN, "TaskId": "t"}, LEAVES: {**PAGE}}
    with Simulator(now=clock) as simulator:
        simulator.faults.append(Fault(operation=action, reply=Forbidden()))
        seen = {each: act(simulator, each, **query.get(each, {})) for each in (LAST, RESULT, LEAVES, INSTANCES)}

    assert {each for each, answer in seen.items() if answer.status == 403} == {action}
    assert seen[action].document["Code"] == "NoPermission"
    assert seen[action].document["Message"] == "caller has no permission"


def test_a_fault_can_meet_every_look_in_every_cloud(act: Act, ask_tasks: AskTasks, clock: Clock) -> None:
    """Looks are counted together, whichever of its actions a cloud has for them, and each cloud by itself."""
    with Simulator(now=clock) as simulator:
        simulator.faults.append(Fault(on=frozenset({2, 3}), operation=POLL, reply=server_error()))
        seen = [
            act(simulator, LAST, **SCAN).status,
            act(simulator, INSTANCES).status,
            act(simulator, RESULT, TaskId="t", **SCAN).status,
            act(simulator, LAST, **SCAN).status,
            act(simulator, RESULT, TaskId="t", **SCAN).status,
        ]
        other = [ask_tasks(simulator).status for _ in range(4)]

    assert seen == [200, 200, 502, 502, 200]
    assert other == [200, 502, 502, 200]


def test_a_fault_can_meet_an_action_or_all_of_them(act: Act, clock: Clock) -> None:
    """Each counted by itself."""
    with Simulator(now=clock) as simulator:
        simulator.faults += [
            Fault(on=frozenset({2}), operation=INSTANCES, reply=server_error(503)),
            Fault(on=frozenset({3}), reply=server_error(502)),
        ]
        seen = [(act(simulator, INSTANCES).status, act(simulator, LAST, **SCAN).status) for _ in range(4)]

    assert seen == [(200, 200), (503, 200), (502, 502), (200, 200)]


def test_one_call_too_many_is_refused_with_status_400(act: Act, clock: Clock) -> None:
    """The cloud need not say when to come back; each action has a window of its own."""
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=1, seconds=60)
        first, second, other = act(simulator, LAST, **SCAN), act(simulator, LAST, **SCAN), act(simulator, INSTANCES)

    assert (first.status, second.status, other.status) == (200, 400, 200)
    assert second.document["Code"] == "Throttling.User"
    assert second.document["Message"] == "Request was denied due to user flow control."
    assert "x-acs-retry-after" not in second.headers
    assert "Retry-After" not in second.headers


def test_the_refusal_can_say_when_to_come_back(act: Act, clock: Clock) -> None:
    """In milliseconds, so that whoever waits that long is let in."""
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=1, seconds=60, retry_after=True)
        act(simulator, LAST, **SCAN)
        clock.now += 20.5
        refused = act(simulator, LAST, **SCAN)
        clock.now += int(refused.headers["x-acs-retry-after"]) / 1000

        assert refused.headers["x-acs-retry-after"] == "39500"
        assert "Retry-After" not in refused.headers
        assert act(simulator, LAST, **SCAN).status == 200


def test_every_request_is_remembered_by_its_action(act: Act, clock: Clock) -> None:
    """And one that asks for none is unknown."""
    with Simulator(now=clock) as simulator:
        act(simulator, LAST, **SCAN)
        act(simulator, "GetLastTaskInfo")
        first, second = simulator.requests

    assert (first.cloud, first.operation, first.method, first.path) == ("alibaba", LAST, "POST", "/")
    assert first.query == {"TaskType": ["IMAGE_SCAN"], "TaskName": ["IMAGE_SCAN"]}
    assert (first.status, second.status) == (200, 404)
    assert second.operation == "unknown"
