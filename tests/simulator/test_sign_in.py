"""Tests how temporary keys are given for an OIDC token in both clouds, what they open, and when they expire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import EXCHANGE, Fault, Forbidden, Job, Simulator, Trust, server_error

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock
    from tests.simulator.exchanges import SignIn

AUDIENCES = {"AssumeRoleWithOIDC": "sts.aliyuncs.com", "AssumeAgencyWithOIDC": "sts.myhuaweicloud.com"}
EXPIRED = {
    "AssumeRoleWithOIDC": (400, "InvalidSecurityToken.Expired"),
    "AssumeAgencyWithOIDC": (401, "APIGW.0301"),
}
NOT_TRUSTED = {
    "AssumeRoleWithOIDC": (401, "AuthenticationFail.NoPermission"),
    "AssumeAgencyWithOIDC": (403, "STS5.1001"),
}


def test_the_keys_for_a_token_are_accepted_until_they_expire(sign_in: SignIn, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        keys = sign_in.keys(sign_in.exchange(simulator))
        clock.now += 3599
        before = sign_in.use(simulator, keys)
        clock.now += 1
        after = sign_in.use(simulator, keys)

    assert before.status == 200
    assert sign_in.error(after) == EXPIRED[sign_in.exchange_operation]
    assert keys.expiration.startswith("2026-09-21T15:13:20")


@pytest.mark.parametrize("system", ["github", "gitlab", "buildkite", "azure", "bitbucket"])
def test_the_role_trusts_the_tokens_of_every_ci_system(system: str, sign_in: SignIn) -> None:
    """The audience of Azure Pipelines cannot be chosen, and Bitbucket's is set in the pipeline's file."""
    audience = "" if system == "bitbucket" else AUDIENCES[sign_in.exchange_operation]
    with Simulator() as simulator:
        response = sign_in.exchange(simulator, simulator.token(system, audience=audience))

    assert response.status == 200


def test_the_keys_of_a_second_role_are_given_for_those_of_the_first(sign_in: SignIn, clock: Clock) -> None:
    """They expire on their own."""
    with Simulator(now=clock) as simulator:
        first = sign_in.keys(sign_in.exchange(simulator))
        clock.now += 1800
        second = sign_in.keys(sign_in.assume(simulator, first))
        clock.now += 1801

        assert sign_in.error(sign_in.use(simulator, first)) == EXPIRED[sign_in.exchange_operation]
        assert sign_in.use(simulator, second).status == 200


@pytest.mark.parametrize("has_ids", [True, False])
def test_a_subject_without_ids_is_another_one(has_ids: bool, sign_in: SignIn) -> None:  # noqa: FBT001 - a parameter
    """The subject of GitHub has them since July 2026, in repositories that are new."""
    with Simulator("wrong-subject") as simulator:
        simulator.access.job = Job(subject_has_ids=has_ids)
        response = sign_in.exchange(simulator)

    assert response.status == 200 if not has_ids else sign_in.error(response) == NOT_TRUSTED[sign_in.exchange_operation]


def test_a_renewal_can_be_refused_or_fail(sign_in: SignIn) -> None:
    """A fault counts the exchanges of either cloud, whatever their operation is called."""
    with Simulator() as simulator:
        simulator.faults = [
            Fault(operation=EXCHANGE, requests={2}, response=Forbidden()),
            Fault(operation=EXCHANGE, requests={3}, response=server_error(503)),
        ]
        first, refused, failed, last = [sign_in.exchange(simulator) for _ in range(4)]

        assert [request.operation for request in simulator.requests] == [sign_in.exchange_operation] * 4
    assert (first.status, failed.status, last.status) == (200, 503, 200)
    assert sign_in.error(refused) == NOT_TRUSTED[sign_in.exchange_operation]


def test_a_trust_policy_can_be_changed(sign_in: SignIn) -> None:
    with Simulator() as simulator:
        simulator.access.trust = Trust(subjects=("repo:someone-else/*",))

        assert sign_in.error(sign_in.exchange(simulator)) == NOT_TRUSTED[sign_in.exchange_operation]
