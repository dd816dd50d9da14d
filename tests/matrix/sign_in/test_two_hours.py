"""A scan of two hours, waited for with credentials of 15 minutes, and with one token that ends after ten minutes."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from gate.simulator import SIGN_IN_SCENARIOS, PushedImage
from gate.simulator.access import Trust
from gate.simulator.image_scenario import digest
from tests.matrix.injection_points import ALIBABA, HUAWEI
from tests.matrix.sign_in.situations import MINUTE, TOKEN, WAYS
from tests.matrix.sign_in.test_sign_in_matrix import SIGN_INS, without_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.simulator import Scenario
    from tests.harness import Ending, Gate

HOUR = 3600
SHORT_ROLE = SIGN_IN_SCENARIOS["short-role"]
"""The scan takes two hours, and the role has sessions of an hour at most."""
LONG_ROLE = replace(SHORT_ROLE, trust=Trust(longest_session=12 * HOUR))
IMAGE = PushedImage(
    repository="team/shop/web",
    tag="1.4.2",
    digest=digest("web"),
    pushed_ago=60.0,
    listed_after=0.0,
    scan_seconds=7000.0,
)
REGISTRY = {HUAWEI: "swr.cn-north-4.myhuaweicloud.com/", ALIBABA: ""}
SUCCESSES = {HTTPStatus.OK, HTTPStatus.CREATED}


@pytest.fixture
def check(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Ending, Gate]]:
    """Runs the check for up to three hours in one way to sign in, whose tokens live for ten minutes."""

    def check(cloud: str, way: str, scenario: Scenario, *arguments: str, fixed: bool = False) -> tuple[Ending, Gate]:
        gate = gate_in(scenario, cloud)
        gate.time.random = lambda: 0.0
        gate.simulator.access.token_seconds = 10 * MINUTE
        given = without_keys(gate, way, monkeypatch)
        if fixed:
            audience = gate.simulator.describe_sign_in()[cloud]["oidc_audience"]
            monkeypatch.setenv("SCAN_GATE_OIDC_TOKEN", gate.simulator.token("gitlab", audience=audience))
        return gate.check("-v", "--timeout", "3h", "--poll-interval", "60s", *given, *arguments), gate

    return check


@pytest.mark.divided
@pytest.mark.parametrize(
    ("mode", "cloud", "way"),
    [*(("task", cloud, way) for cloud, way in SIGN_INS), ("images", HUAWEI, "role"), ("images", ALIBABA, "role")],
)
def test_two_hours_are_waited_with_a_new_token_for_each_renewal(
    mode: str, cloud: str, way: str, check: Callable[..., tuple[Ending, Gate]]
) -> None:
    of_images = replace(SHORT_ROLE, pushes=(IMAGE,))
    image = ("--image", f"{REGISTRY[cloud]}{IMAGE.reference}")
    scenario, arguments = (of_images, image) if mode == "images" else (SHORT_ROLE, ())
    ending, gate = check(cloud, way, scenario, "--session-duration", "15m", *arguments)

    assert ending.code == 0, ending.out
    assert gate.time.elapsed > 6900
    # From ten minutes on after each exchange, at the next poll; a poll comes at least every five minutes.
    counts = {operation: gate.operations.count(operation) for operation in WAYS[cloud][way]}
    assert set(counts.values()) <= {*range(8, 14)}, counts
    assert counts[TOKEN] == counts[WAYS[cloud][way][1]]
    # In time: no request was refused for keys or tokens that had ended.
    assert {request.status for request in gate.simulator.requests} <= SUCCESSES


@pytest.mark.parametrize(("cloud", "way"), [(HUAWEI, "role"), (HUAWEI, "iam"), (ALIBABA, "role")])
def test_a_token_of_ten_minutes_is_enough_where_the_session_may_be_as_long_as_the_run(
    cloud: str, way: str, check: Callable[..., tuple[Ending, Gate]]
) -> None:
    """As GitLab gives one token for a job."""
    ending, gate = check(cloud, way, LONG_ROLE, fixed=True)

    assert ending.code == 0, ending.out
    assert [gate.operations.count(operation) for operation in WAYS[cloud][way]] == [0] + [1] * (
        len(WAYS[cloud][way]) - 1
    )
    assert gate.time.elapsed > 2 * HOUR


@pytest.mark.parametrize(("cloud", "way"), [one for one in SIGN_INS if one[1] != "iam"])
def test_a_token_of_ten_minutes_ends_the_run_after_the_hour_of_the_role_and_says_what_ran_out(
    cloud: str, way: str, check: Callable[..., tuple[Ending, Gate]]
) -> None:
    ending, gate = check(cloud, way, SHORT_ROLE, fixed=True)

    assert ending.code == 3, ending.out
    assert "The credentials ended at 2026-01-31T1" in ending.out
    assert "and could not be renewed" in ending.out
    assert "expired" in ending.out
    assert HOUR <= gate.time.elapsed < 2 * HOUR
    assert ending.err.count("The credentials could not be renewed, and are used until they end at") >= 1
