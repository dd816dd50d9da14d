"""Tests the rate limit: a number of calls in a sliding window, per operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import Quota, Simulator

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, ListTasks, SendRequest


def test_a_call_over_the_limit_is_rejected_until_an_earlier_one_leaves_the_window(
    list_tasks: ListTasks, clock: Clock
) -> None:
    """Each call leaves the window on its own, and a rejected call never enters it."""
    statuses = []
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=2, seconds=60)
        for step in (0, 30, 1, 28.9, 0.1, 0, 30):
            clock.now += step
            statuses.append(list_tasks(simulator).status)

    assert statuses == [200, 200, 429, 429, 200, 429, 200]


@pytest.mark.parametrize(
    ("quota", "limit"),
    [
        (Quota(calls=0, seconds=60), "limit:0,time:1 minute"),
        (Quota(calls=0, seconds=300), "limit:0,time:5 minute"),
        (Quota(calls=0, seconds=1), "limit:0,time:1 second"),
        (Quota(calls=0, seconds=90), "limit:0,time:90 second"),
    ],
)
def test_the_error_states_the_limit_in_the_documented_form(quota: Quota, limit: str, list_tasks: ListTasks) -> None:
    """The unit is minutes where the number is whole, else seconds."""
    with Simulator() as simulator:
        simulator.quota = quota
        response = list_tasks(simulator)

    assert response.document == {
        "error_msg": f"The throttling threshold has been reached: policy user over ratelimit,{limit}",
        "error_code": "APIGW.0308",
        "request_id": response.headers["X-Request-Id"],
    }
    assert "Retry-After" not in response.headers


def test_the_error_can_have_a_retry_after_header(list_tasks: ListTasks, clock: Clock) -> None:
    """It is rounded up to whole seconds, and a call after that time is allowed."""
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=1, seconds=60, retry_after=True)
        list_tasks(simulator)
        clock.now += 20.5
        throttled = list_tasks(simulator)
        clock.now += int(throttled.headers["Retry-After"])

        assert throttled.headers["Retry-After"] == "40"
        assert list_tasks(simulator).status == 200


def test_with_a_limit_of_zero_retry_after_is_the_length_of_the_window(list_tasks: ListTasks) -> None:
    with Simulator() as simulator:
        simulator.quota = Quota(calls=0, seconds=60, retry_after=True)

        assert list_tasks(simulator).headers["Retry-After"] == "60"


def test_a_lowered_limit_waits_for_the_last_call_in_the_window(list_tasks: ListTasks, clock: Clock) -> None:
    """With three calls in the window and a limit of one, all of them have to leave it."""
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=3, seconds=60)
        for _ in range(3):
            list_tasks(simulator)
            clock.now += 10
        simulator.quota = Quota(calls=1, seconds=60, retry_after=True)

        assert list_tasks(simulator).headers["Retry-After"] == "50"


def test_each_operation_has_its_own_window(send: SendRequest, list_tasks: ListTasks) -> None:
    """A project lookup does not count as a call for tasks."""
    with Simulator() as simulator:
        simulator.quota = Quota(calls=1, seconds=60)
        statuses = [
            send(simulator, "/v3/projects").status,
            list_tasks(simulator).status,
            send(simulator, "/v3/projects").status,
        ]

    assert statuses == [200, 200, 429]


def test_unauthenticated_requests_are_not_counted(send: SendRequest, list_tasks: ListTasks) -> None:
    """The quota is per user, and these requests have no user."""
    with Simulator() as simulator:
        simulator.quota = Quota(calls=1, seconds=60)
        project = simulator.describe()["huawei"]["project_id"]
        anonymous = send(simulator, f"/v5/{project}/image/tasks?type=image_scan", headers={})

        assert (anonymous.status, list_tasks(simulator).status) == (401, 200)


def test_calls_before_a_quota_was_set_are_not_counted(list_tasks: ListTasks) -> None:
    with Simulator() as simulator:
        statuses = [list_tasks(simulator).status for _ in range(3)]
        simulator.quota = Quota(calls=1, seconds=60)
        statuses.append(list_tasks(simulator).status)

    assert statuses == [200, 200, 200, 200]
