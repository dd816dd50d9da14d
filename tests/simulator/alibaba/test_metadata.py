"""Tests the metadata service of an instance (sign-in.md 1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from gate.simulator.alibaba.metadata import ROLE, ROLES_PATH, TOKEN_PATH
from tests.simulator.exchanges import AlibabaSignIn, Keys

if TYPE_CHECKING:
    from gate.simulator.access import MetadataTokens
    from tests.simulator.conftest import Clock, Response, SendRequest


def ask_for_token(send: SendRequest, simulator: Simulator, seconds: str = "21600") -> Response:
    """Asks for a session token."""
    headers = {"X-aliyun-ecs-metadata-token-ttl-seconds": seconds}
    return send(simulator, TOKEN_PATH, method="PUT", headers=headers)


def get(send: SendRequest, simulator: Simulator, path: str, token: str | None) -> Response:
    """Gets something with a session token, or without one."""
    return send(simulator, path, headers={} if token is None else {"X-aliyun-ecs-metadata-token": token})


@pytest.mark.parametrize("has_token", [True, False])
def test_the_keys_of_the_role_are_accepted_until_they_expire(
    *, has_token: bool, send: SendRequest, clock: Clock
) -> None:
    with Simulator(now=clock) as simulator:
        token = ask_for_token(send, simulator).body.decode() if has_token else None
        role = get(send, simulator, ROLES_PATH, token).body.decode()
        found = get(send, simulator, f"{ROLES_PATH}{role}", token).document
        keys = Keys(
            access_key_id=found["AccessKeyId"],
            secret=found["AccessKeySecret"],
            token=found["SecurityToken"],
            expiration=found["Expiration"],
        )
        user = AlibabaSignIn(send=send, clock=clock)
        before = user.use(simulator, keys)
        clock.now += 6 * 3600
        after = user.use(simulator, keys)

    assert (role, found["Code"], keys.expiration) == (ROLE, "Success", "2026-09-21T20:13:20Z")
    assert (before.status, user.error(after)) == (200, (400, "InvalidSecurityToken.Expired"))


@pytest.mark.parametrize(
    ("tokens", "put", "without", "wrong"),
    [("unknown", 404, 200, 200), ("optional", 200, 200, 403), ("required", 200, 403, 403)],
)
def test_a_session_token_is_unknown_optional_or_required(
    tokens: MetadataTokens, put: int, without: int, wrong: int, send: SendRequest
) -> None:
    with Simulator() as simulator:
        simulator.access.metadata_tokens = tokens
        responses = (
            ask_for_token(send, simulator),
            get(send, simulator, ROLES_PATH, None),
            get(send, simulator, ROLES_PATH, "wrong"),
        )

        assert tuple(response.status for response in responses) == (put, without, wrong)
        assert [request.operation for request in simulator.requests] == ["MetadataToken", *["MetadataRoles"] * 2]


def test_a_session_token_expires(send: SendRequest, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        token = ask_for_token(send, simulator, "10").body.decode()
        before = get(send, simulator, ROLES_PATH, token).status
        clock.now += 10

        assert (before, get(send, simulator, ROLES_PATH, token).status) == (200, 403)


@pytest.mark.parametrize("seconds", ["", "0", "21601", "ten"])
def test_a_session_token_lives_six_hours_at_most(seconds: str, send: SendRequest) -> None:
    with Simulator() as simulator:
        assert ask_for_token(send, simulator, seconds).status == 400


def test_an_instance_has_no_other_role_or_none(send: SendRequest) -> None:
    with Simulator() as simulator:
        other = get(send, simulator, f"{ROLES_PATH}other", None)
        simulator.access.has_instance_role = False
        none = get(send, simulator, ROLES_PATH, None)

    assert (other.status, none.status) == (404, 404)
