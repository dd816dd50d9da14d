"""The quota: so many calls in a sliding window, for each operation by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import Quota, Simulator

if TYPE_CHECKING:
    from tests.simulator.conftest import Ask, AskTasks, Clock


def test_one_call_too_many_is_refused_until_the_window_has_moved(ask_tasks: AskTasks, clock: Clock) -> None:
    """Each call leaves the window by itself, and a refused one was never in it."""
    seen = []
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=2, seconds=60)
        for step in (0, 30, 1, 28.9, 0.1, 0, 30):
            clock.now += step
            seen.append(ask_tasks(simulator).status)

    assert seen == [200, 200, 429, 429, 200, 429, 200]


@pytest.mark.parametrize(
    ("quota", "said"),
    [
        (Quota(calls=0, seconds=60), "limit:0,time:1 minute"),
        (Quota(calls=0, seconds=300), "limit:0,time:5 minute"),
        (Quota(calls=0, seconds=1), "limit:0,time:1 second"),
        (Quota(calls=0, seconds=90), "limit:0,time:90 second"),
    ],
)
def test_the_refusal_names_the_limit_in_the_documented_words(quota: Quota, said: str, ask_tasks: AskTasks) -> None:
    """The unit is the largest that leaves the number whole."""
    with Simulator() as simulator:
        simulator.quota = quota
        seen = ask_tasks(simulator)

    assert seen.document == {
        "error_msg": f"The throttling threshold has been reached: policy user over ratelimit,{said}",
        "error_code": "APIGW.0308",
        "request_id": seen.headers["X-Request-Id"],
    }
    assert "Retry-After" not in seen.headers


def test_the_refusal_can_say_when_to_come_back(ask_tasks: AskTasks, clock: Clock) -> None:
    """In whole seconds, so that whoever waits that long is let in."""
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=1, seconds=60, retry_after=True)
        ask_tasks(simulator)
        clock.now += 20.5
        refused = ask_tasks(simulator)
        clock.now += int(refused.headers["Retry-After"])

        assert refused.headers["Retry-After"] == "40"
        assert ask_tasks(simulator).status == 200


def test_where_nothing_is_allowed_a_whole_window_is_the_wait(ask_tasks: AskTasks) -> None:
    """There is no better answer."""
    with Simulator() as simulator:
        simulator.quota = Quota(calls=0, seconds=60, retry_after=True)

        assert ask_tasks(simulator).headers["Retry-After"] == "60"


def test_a_quota_made_smaller_while_calls_are_in_the_window_waits_for_the_right_one(
    ask_tasks: AskTasks, clock: Clock
) -> None:
    """With three calls in the window and one allowed, the last of them has to leave."""
    with Simulator(now=clock) as simulator:
        simulator.quota = Quota(calls=3, seconds=60)
        for _ in range(3):
            ask_tasks(simulator)
            clock.now += 10
        simulator.quota = Quota(calls=1, seconds=60, retry_after=True)

        assert ask_tasks(simulator).headers["Retry-After"] == "50"


def test_each_operation_has_a_window_of_its_own(ask: Ask, ask_tasks: AskTasks) -> None:
    """Looking up a project does not use up the calls for tasks."""
    with Simulator() as simulator:
        simulator.quota = Quota(calls=1, seconds=60)
        seen = [
            ask(simulator, "/v3/projects").status,
            ask_tasks(simulator).status,
            ask(simulator, "/v3/projects").status,
        ]

    assert seen == [200, 200, 429]


def test_whoever_is_not_signed_in_is_not_counted(ask: Ask, ask_tasks: AskTasks) -> None:
    """The quota is the user's, and there was no user."""
    with Simulator() as simulator:
        simulator.quota = Quota(calls=1, seconds=60)
        project = simulator.describe()["huawei"]["project_id"]
        stranger = ask(simulator, f"/v5/{project}/image/tasks?type=image_scan", headers={})

        assert (stranger.status, ask_tasks(simulator).status) == (401, 200)


def test_without_a_quota_nobody_counts(ask_tasks: AskTasks) -> None:
    """Calls from before it was set are not in its window."""
    with Simulator() as simulator:
        seen = [ask_tasks(simulator).status for _ in range(3)]
        simulator.quota = Quota(calls=1, seconds=60)
        seen.append(ask_tasks(simulator).status)

    assert seen == [200, 200, 200, 200]
