"""Tests the metadata service of an instance (sign-in.md 2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from tests.simulator.exchanges import HuaweiSignIn, Keys

if TYPE_CHECKING:
    from gate.simulator.access import MetadataTokens
    from tests.simulator.conftest import Clock, Response, SendRequest


def ask_for_token(send: SendRequest, simulator: Simulator, seconds: str = "21600") -> Response:
    """Asks for a session token."""
    headers = {"X-Metadata-Token-Ttl-Seconds": seconds}
    return send(simulator, "/meta-data/latest/api/token", method="PUT", headers=headers)


def get_keys(send: SendRequest, simulator: Simulator, token: str | None) -> Response:
    """Gets the keys of the agency with a session token, or without one."""
    headers = {} if token is None else {"X-Metadata-Token": token}
    return send(simulator, "/openstack/latest/securitykey", headers=headers)


@pytest.mark.parametrize("has_token", [True, False])
def test_the_keys_of_the_agency_are_accepted_until_they_expire(
    *, has_token: bool, send: SendRequest, clock: Clock
) -> None:
    with Simulator(now=clock) as simulator:
        token = ask_for_token(send, simulator).body.decode() if has_token else None
        found = get_keys(send, simulator, token).document["credential"]
        keys = Keys(
            access_key_id=found["access"],
            secret=found["secret"],
            token=found["securitytoken"],
            expiration=found["expires_at"],
        )
        user = HuaweiSignIn(send=send, clock=clock)
        before = user.use(simulator, keys)
        clock.now += 6 * 3600
        after = user.use(simulator, keys)

    assert keys.expiration == "2026-09-21T20:13:20.000000Z"
    assert (before.status, user.error(after)) == (200, (401, "APIGW.0301"))


@pytest.mark.parametrize(
    ("tokens", "put", "without", "wrong"),
    [("unknown", 404, 200, 200), ("optional", 200, 200, 401), ("required", 200, 401, 401)],
)
def test_a_session_token_is_unknown_optional_or_required(
    tokens: MetadataTokens, put: int, without: int, wrong: int, send: SendRequest
) -> None:
    with Simulator() as simulator:
        simulator.access.metadata_tokens = tokens
        responses = (
            ask_for_token(send, simulator),
            get_keys(send, simulator, None),
            get_keys(send, simulator, "wrong"),
        )

        assert tuple(response.status for response in responses) == (put, without, wrong)
        assert [request.operation for request in simulator.requests] == ["MetadataToken", *["MetadataSecurityKey"] * 2]


@pytest.mark.parametrize("seconds", ["", "0", "21601", "ten"])
def test_a_session_token_lives_six_hours_at_most(seconds: str, send: SendRequest) -> None:
    with Simulator() as simulator:
        assert ask_for_token(send, simulator, seconds).status == 400


def test_an_instance_may_have_no_agency(send: SendRequest) -> None:
    with Simulator() as simulator:
        simulator.access.has_instance_role = False
        response = get_keys(send, simulator, None)

    assert (response.status, response.body) == (401, b"Please configure Cloud Service Agency first")
