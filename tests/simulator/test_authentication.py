"""Tests authentication, and the error of each authentication failure (huawei-hss.md 4 and 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from tests.simulator.huawei.signing import TASKS, Signing

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, SendRequest

PROJECTS = "/v3/projects?name=cn-north-4"
WRONG = "Incorrect IAM authentication information: "


TOKEN = {"X-Security-Token": "simulated-huawei-security-token-that-opens-nothing"}


@pytest.mark.parametrize(
    "signing",
    [
        Signing(),
        Signing(more=TOKEN),
        Signing(target=PROJECTS),
        Signing(target=PROJECTS, more=TOKEN),
        Signing(ahead=900),
        Signing(ahead=-900),
        Signing(target=f"{TASKS}&task_name=a%20b%2Fc~%E6%B5%8B"),
        Signing(body=b"{}", more={"Content-Type": "application/json"}),
    ],
)
def test_a_valid_signature_is_accepted(signing: Signing, send: SendRequest, clock: Clock) -> None:
    """With permanent and temporary keys, for both services, with a clock up to 15 minutes off."""
    with Simulator(now=clock) as simulator:
        response = send(simulator, signing.target, headers=signing.headers(simulator, clock.now), body=signing.body)

    assert response.status == 200


@pytest.mark.parametrize(
    ("signing", "problem"),
    [
        (Signing(secret="wrong"), "verify aksk signature fail, canonicalRequest:GET|/v5/"),
        (Signing(access_key_id="UNKNOWN"), "ak UNKNOWN not exist"),
        (Signing(ahead=901), "signature expired"),
        (Signing(ahead=-901), "signature expired"),
        (Signing(date="Thu, 01 Jan 2026 00:00:00 GMT"), "X-Sdk-Date is not of the form YYYYMMDDTHHMMSSZ"),
        (Signing(signed=("x-sdk-date",)), "not among the signed headers: host"),
        (Signing(signed=("host",)), "not among the signed headers: x-sdk-date"),
        (Signing(signed=("host", "missing", "x-sdk-date")), "signed, but not in the request: missing"),
        (Signing(signed=("x-sdk-date", "host")), "the signed headers are not in order"),
        (Signing(more=TOKEN, signed=("host", "x-sdk-date")), "not among the signed headers: x-security-token"),
        (Signing(more={"X-Security-Token": "wrong"}), "security token fail"),
        (Signing(method="POST"), "verify aksk signature fail, canonicalRequest:GET|/v5/"),
    ],
)
def test_every_authentication_problem_has_its_own_message(
    signing: Signing, problem: str, send: SendRequest, clock: Clock
) -> None:
    """All of them are the gateway's APIGW.0301 with HTTP 401, with the request id in header and body."""
    with Simulator(now=clock) as simulator:
        response = send(simulator, signing.target, headers=signing.headers(simulator, clock.now))

    assert response.status == 401
    assert response.document["error_msg"].startswith(WRONG + problem)
    assert response.document["error_code"] == "APIGW.0301"
    assert response.document["request_id"] == response.headers["X-Request-Id"]


def test_a_header_that_was_changed_after_signing_is_rejected(send: SendRequest, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        headers = Signing(more={"X-Project-Id": "one"}).headers(simulator, clock.now)
        response = send(simulator, TASKS, headers={**headers, "X-Project-Id": "another"})

    assert response.status == 401


def test_a_query_that_was_changed_after_signing_is_rejected(send: SendRequest, clock: Clock) -> None:
    """A space that is signed as %20 and sent as a plus is rejected, as by the real gateway."""
    with Simulator(now=clock) as simulator:
        headers = Signing(target=f"{TASKS}&task_name=a%20b").headers(simulator, clock.now)
        response = send(simulator, f"{TASKS}&task_name=a+b", headers=headers)

    assert response.status == 401


@pytest.mark.parametrize("target", [TASKS, PROJECTS])
def test_a_valid_token_is_accepted(target: str, send: SendRequest) -> None:
    """X-Auth-Token needs no signature, for both services."""
    with Simulator() as simulator:
        token = simulator.describe()["huawei"]["auth_token"]
        response = send(simulator, target, headers={"X-Auth-Token": token})

    assert response.status == 200


@pytest.mark.parametrize("target", [TASKS, PROJECTS])
def test_a_wrong_token_is_rejected_as_expired(target: str, send: SendRequest) -> None:
    """The gateway does not distinguish expired tokens from wrong ones."""
    with Simulator() as simulator:
        response = send(simulator, target, headers={"X-Auth-Token": "yesterday's"})

    assert (response.status, response.document["error_code"]) == (401, "APIGW.0307")


@pytest.mark.parametrize(
    ("more", "before", "after"),
    [(TOKEN, 200, 401), ({}, 200, 200), ({"X-Security-Token": "wrong"}, 401, 401)],
    ids=["temporary-keys", "keys", "wrong-token"],
)
def test_temporary_keys_are_accepted_until_they_expire(
    more: dict[str, str], before: int, after: int, send: SendRequest, clock: Clock
) -> None:
    """An expired security token is APIGW.0301, like a wrong one; keys without a token do not expire."""
    with Simulator(now=clock) as simulator:
        simulator.expires_at = clock.now + 10
        before_expiry = send(simulator, TASKS, headers=Signing(more=more).headers(simulator, clock.now))
        clock.now += 10
        after_expiry = send(simulator, TASKS, headers=Signing(more=more).headers(simulator, clock.now))

    assert (before_expiry.status, after_expiry.status) == (before, after)
    assert after == 200 or after_expiry.document["error_msg"] == f"{WRONG}security token fail"


def test_a_token_is_accepted_until_it_expires(send: SendRequest, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        simulator.expires_at = clock.now + 10
        before_expiry = send(simulator, TASKS)
        clock.now += 10
        after_expiry = send(simulator, TASKS)

    assert (before_expiry.status, after_expiry.status) == (200, 401)
    assert after_expiry.document["error_code"] == "APIGW.0307"


@pytest.mark.parametrize("target", [TASKS, PROJECTS])
def test_a_request_without_credentials_is_rejected(target: str, send: SendRequest) -> None:
    with Simulator() as simulator:
        response = send(simulator, target, headers={})

    assert response.status == 401
    assert response.document["error_msg"] == f"{WRONG}x-auth-token not found"


def test_another_authorization_scheme_is_rejected(send: SendRequest) -> None:
    """It is rejected even if the request has a valid token too."""
    with Simulator() as simulator:
        token = simulator.describe()["huawei"]["auth_token"]
        response = send(simulator, TASKS, headers={"Authorization": "Basic eDp5", "X-Auth-Token": token})

    assert response.status == 401
    assert "authorization header is not of the form" in response.document["error_msg"]
