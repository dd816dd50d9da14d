"""Tests what STS v5 checks, and with which errors it refuses (sign-in.md 2.1, 2.2 and 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Fault, Forbidden, Job, Simulator, Trust
from gate.simulator.access import HOUR
from tests.simulator.exchanges import HuaweiSignIn

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, SendRequest

FIRST_AGENCY = "iam::fedcba9876543210fedcba9876543210:agency:ci"
WITH_OIDC = "/v5/agencies/assume-with-oidc"


@pytest.fixture
def sts(send: SendRequest, clock: Clock) -> HuaweiSignIn:
    return HuaweiSignIn(send=send, clock=clock)


def test_the_response_has_everything_that_is_documented(sts: HuaweiSignIn, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        document = sts.exchange(simulator, duration_seconds=900, policy="{}", policy_ids=["one"]).document
        provider = simulator.describe_sign_in()["huawei"]["oidc_provider_urn"]

    assert document["credentials"]["expiration"] == "2026-09-21T14:28:20.000Z"
    assert document["assumed_agency"] == {
        "urn": "sts::fedcba9876543210fedcba9876543210:assumed-agency:ci/scan-gate",
        "id": "fedcba9876543210fedcba9876543210:scan-gate",
    }
    assert (document["audience"], document["provider"]) == ("sts.myhuaweicloud.com", provider)
    assert document["subject_from_id_token"] == "repo:acme@123456/app@456789:ref:refs/heads/main"


@pytest.mark.parametrize(
    ("others", "status", "code"),
    [
        *(
            ({name: None}, 400, "STS5.0000")
            for name in ("provider_urn", "agency_urn", "agency_session_name", "id_token")
        ),
        ({"agency_urn": "x" * 1501}, 400, "STS5.0000"),
        ({"agency_urn": 1}, 400, "STS5.0000"),
        ({"agency_session_name": "x"}, 400, "STS5.0000"),
        ({"agency_session_name": "a b"}, 400, "STS5.0000"),
        ({"agency_session_name": 12}, 400, "STS5.0000"),
        ({"id_token": "x" * 20_001}, 400, "STS5.0000"),
        ({"id_token": "one.two.three"}, 400, "STS5.0000"),
        ({"duration_seconds": 899}, 400, "STS5.0000"),
        ({"duration_seconds": 43_201}, 400, "STS5.0000"),
        ({"duration_seconds": "3600"}, 400, "STS5.0000"),
        ({"duration_seconds": True}, 400, "STS5.0000"),
        ({"policy": "x" * 4097}, 400, "STS5.0000"),
        ({"policy": "{]"}, 400, "STS5.0000"),
        ({"policy": "[]"}, 400, "STS5.0000"),
        ({"policy_ids": "one"}, 400, "STS5.0000"),
        ({"policy_ids": ["one"] * 21}, 400, "STS5.0000"),
        ({"policy_ids": [""]}, 400, "STS5.0000"),
        ({"provider_urn": "iam::1:oidcProvider:x"}, 403, "STS5.1001"),
        ({"agency_urn": "iam::1:agency:ci"}, 404, "STS5.1106"),
    ],
)
def test_each_field_is_checked(others: dict[str, Any], status: int, code: str, sts: HuaweiSignIn) -> None:
    """The response repeats the request id."""
    with Simulator() as simulator:
        response = sts.exchange(simulator, **others)

    assert sts.error(response) == (status, code)
    assert response.document["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_that_is_no_object_is_refused(body: bytes, sts: HuaweiSignIn, send: SendRequest) -> None:
    with Simulator() as simulator:
        response = send(simulator, WITH_OIDC, method="POST", headers={}, body=body)

    assert sts.error(response) == (400, "STS5.0000")


@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        ({"aud": "sts.aliyuncs.com"}, 400, "STS5.2001"),
        ({"iss": "https://token.actions.example.com"}, 403, "STS5.1001"),
        ({"sub": "repo:someone/else:ref:refs/heads/main"}, 403, "STS5.1001"),
        ({"exp": 1_790_000_000}, 400, "STS5.0000"),
    ],
)
def test_each_claim_is_checked(claims: dict[str, Any], status: int, code: str, sts: HuaweiSignIn, clock: Clock) -> None:
    """The audience of the other cloud is not known to this one."""
    with Simulator(now=clock) as simulator:
        simulator.access.job = Job(others=claims)

        assert sts.error(sts.exchange(simulator)) == (status, code)


@pytest.mark.parametrize(("seconds", "status"), [(3600, 200), (3601, 400)])
def test_a_session_is_no_longer_than_the_agency_allows(seconds: int, status: int, sts: HuaweiSignIn) -> None:
    with Simulator("short-role") as simulator:
        response = sts.exchange(simulator, duration_seconds=seconds)

    assert response.status == status


@pytest.mark.parametrize(
    ("others", "status", "code"),
    [
        ({"agency_urn": FIRST_AGENCY}, 403, "STS5.1001"),
        ({"agency_urn": "iam::1:agency:x"}, 404, "STS5.1106"),
        ({"agency_urn": None}, 400, "STS5.0000"),
        ({"policy": "x" * 2049}, 400, "STS5.0000"),
        ({"duration_seconds": 3601}, 400, "STS5.0000"),
    ],
)
def test_an_agency_is_assumed_within_its_limits(
    others: dict[str, Any], status: int, code: str, sts: HuaweiSignIn, clock: Clock
) -> None:
    """An hour is the limit for a request with temporary keys."""
    with Simulator(now=clock) as simulator:
        keys = sts.keys(sts.exchange(simulator, duration_seconds=43_200))

        assert sts.error(sts.assume(simulator, keys, **others)) == (status, code)


def test_the_user_assumes_an_agency_for_as_long_as_it_allows(sts: HuaweiSignIn, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        simulator.access.trust = Trust(longest_session=2 * HOUR)

        assert sts.assume(simulator, duration_seconds=2 * HOUR).status == 200
        assert sts.assume(simulator, duration_seconds=2 * HOUR + 1).status == 400


def test_an_agency_is_assumed_with_a_signature_only(sts: HuaweiSignIn, send: SendRequest) -> None:
    with Simulator() as simulator:
        response = send(simulator, "/v5/agencies/assume", method="POST", headers={}, body=b"{}")

    assert sts.error(response) == (401, "APIGW.0301")


def test_a_fault_can_refuse_the_second_agency(sts: HuaweiSignIn, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        simulator.faults = [Fault(operation="AssumeAgency", response=Forbidden())]

        assert sts.error(sts.assume(simulator)) == (403, "STS5.1001")
