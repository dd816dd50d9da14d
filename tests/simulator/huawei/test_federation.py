"""Tests the older way of IAM: a token for an OIDC token, and temporary keys for that token (sign-in.md 2.3 and 2.4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Fault, Forbidden, Job, Simulator
from tests.simulator.conftest import PROJECT
from tests.simulator.exchanges import HuaweiSignIn, Keys
from tests.simulator.huawei.signing import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.simulator.conftest import Clock, Response, SendRequest

PROVIDER = {"X-Idp-Id": "simulated-idp"}
SCOPE = {"project": {"name": "cn-north-4"}}
TOKENS, KEYS = "/v3.0/OS-AUTH/id-token/tokens", "/v3.0/OS-CREDENTIAL/securitytokens"


def create_token(
    send: SendRequest,
    simulator: Simulator,
    scope: object = None,
    headers: Mapping[str, str] = PROVIDER,
) -> Response:
    """Asks for a token of IAM for one of GitHub."""
    id_token = simulator.token("github", audience="sts.myhuaweicloud.com")
    auth = {"id_token": {"id": id_token}, **({"scope": scope} if scope else {})}
    return send(simulator, TOKENS, method="POST", headers=headers, body=json.dumps({"auth": auth}).encode())


def create_keys(
    send: SendRequest, simulator: Simulator, token: str | None, more: Mapping[str, Any] | None = None
) -> Response:
    """Asks for temporary keys for a token of IAM."""
    identity = {"methods": ["token"], "token": {"duration_seconds": 900}, **(more or {})}
    body = json.dumps({"auth": {"identity": identity}}).encode()
    return send(simulator, KEYS, method="POST", headers={"X-Auth-Token": token} if token else {}, body=body)


@pytest.mark.parametrize("scope", [SCOPE, {"project": {"id": PROJECT}}])
def test_a_scoped_token_is_accepted_until_it_expires(scope: object, send: SendRequest, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        response = create_token(send, simulator, scope)
        token = response.headers["X-Subject-Token"]
        before = send(simulator, TASKS, headers={"X-Auth-Token": token})
        clock.now += 24 * 3600
        after = send(simulator, TASKS, headers={"X-Auth-Token": token})

    assert response.status == 201
    assert response.document["token"]["expires_at"] == "2026-09-22T14:13:20.000000Z"
    assert response.document["token"]["project"]["id"] == PROJECT
    assert response.headers["X-IAM-Trace-Id"]
    assert (before.status, after.status, after.document["error_code"]) == (200, 401, "APIGW.0307")


def test_an_unscoped_token_gives_temporary_keys(send: SendRequest, clock: Clock) -> None:
    """No other service takes it."""
    with Simulator(now=clock) as simulator:
        response = create_token(send, simulator)
        token = response.headers["X-Subject-Token"]
        refused = send(simulator, TASKS, headers={"X-Auth-Token": token})
        found = create_keys(send, simulator, token).document["credential"]
        keys = Keys(
            access_key_id=found["access"],
            secret=found["secret"],
            token=found["securitytoken"],
            expiration=found["expires_at"],
        )
        user = HuaweiSignIn(send=send, clock=clock)
        before = user.use(simulator, keys)
        clock.now += 900
        after = user.use(simulator, keys)

    assert "project" not in response.document["token"]
    assert (refused.status, before.status, user.error(after)) == (401, 200, (401, "APIGW.0301"))
    assert keys.expiration == "2026-09-21T14:28:20.000000Z"


def test_the_token_can_be_in_the_body(send: SendRequest) -> None:
    """As the vendor's SDK sends it, and without a duration for the shortest one; the user's own token is one too."""
    with Simulator() as simulator:
        own = simulator.describe()["huawei"]["auth_token"]

        assert create_keys(send, simulator, None, {"token": {"id": own}}).status == 201
        assert create_keys(send, simulator, own).status == 201


@pytest.mark.parametrize(
    ("asked", "claims", "status", "code"),
    [
        ({"headers": {}}, {}, 404, "IAM.0004"),
        ({"headers": {"X-Idp-Id": "another"}}, {}, 404, "IAM.0004"),
        ({}, {"aud": "somebody"}, 401, "IAM.0001"),
        ({}, {"exp": 0}, 401, "IAM.0001"),
        ({}, {"sub": "repo:someone/else"}, 403, "IAM.0003"),
        ({"scope": {"project": {"name": "cn-south-1"}}}, {}, 404, "IAM.0004"),
        ({"scope": {"project": {"id": "another"}}}, {}, 404, "IAM.0004"),
    ],
)
def test_no_token_is_given_to_who_is_not_trusted(
    asked: dict[str, Any], claims: dict[str, Any], status: int, code: str, send: SendRequest
) -> None:
    with Simulator() as simulator:
        simulator.access.job = Job(others=claims)
        response = create_token(send, simulator, **asked)

    assert (response.status, response.document["error_code"]) == (status, code)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"auth": {}}', b'{"auth": {"id_token": {"id": 1}}}'])
def test_a_body_without_a_token_is_refused(body: bytes, send: SendRequest) -> None:
    with Simulator() as simulator:
        response = send(simulator, TOKENS, method="POST", headers=PROVIDER, body=body)

    assert (response.status, response.document["error_code"]) == (400, "IAM.0011")


@pytest.mark.parametrize(
    ("token", "others", "status", "code"),
    [
        ("another", {}, 401, "IAM.0001"),
        (None, {}, 401, "IAM.0001"),
        ("another", {"methods": ["assume_role"]}, 400, "IAM.0011"),
        ("another", {"token": {"duration_seconds": 899}}, 400, "IAM.0011"),
        ("another", {"token": {"duration_seconds": 86_401}}, 400, "IAM.0011"),
        ("another", {"token": {"duration_seconds": "900"}}, 400, "IAM.0011"),
    ],
)
def test_no_keys_are_given_for_another_token(
    token: str | None, others: dict[str, Any], status: int, code: str, send: SendRequest
) -> None:
    with Simulator() as simulator:
        response = create_keys(send, simulator, token, others)

    assert (response.status, response.document["error_code"]) == (status, code)


def test_a_fault_can_refuse_both_operations(send: SendRequest) -> None:
    with Simulator() as simulator:
        simulator.faults = [Fault(response=Forbidden())]
        responses = create_token(send, simulator), create_keys(send, simulator, "any")

    assert [(response.status, response.document["error_code"]) for response in responses] == [(403, "IAM.0003")] * 2


def test_a_document_of_a_creation_can_be_replaced(send: SendRequest) -> None:
    """Its status is 201, and not 200."""
    with Simulator() as simulator:
        simulator.rewrite = lambda operation, _document: {"rewritten": operation}

        assert create_token(send, simulator).document == {"rewritten": "CreateTokenWithIdToken"}
