"""Tests how temporary keys are given for an OIDC token in both clouds, what they open, and when they expire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import (
    EXCHANGE,
    IMAGE_SCENARIOS,
    SCENARIOS,
    SIGN_IN_SCENARIOS,
    Fault,
    Forbidden,
    Job,
    Simulator,
    Trust,
    server_error,
)

if TYPE_CHECKING:
    from tests.simulator.clients import CloudClient
    from tests.simulator.conftest import Clock
    from tests.simulator.exchanges import SignIn


def test_the_keys_for_a_token_are_accepted_until_they_expire(sign_in: SignIn, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        keys = sign_in.keys(sign_in.exchange(simulator))
        clock.now += 3599
        before = sign_in.use(simulator, keys)
        clock.now += 1
        after = sign_in.use(simulator, keys)

    assert before.status == 200
    assert sign_in.error(after) == sign_in.errors["expired keys"]
    assert keys.expiration.startswith("2026-09-21T15:13:20")


@pytest.mark.parametrize("system", ["github", "gitlab", "buildkite", "azure", "bitbucket"])
def test_the_role_trusts_the_tokens_of_every_ci_system(system: str, sign_in: SignIn) -> None:
    """The audience of Azure Pipelines cannot be chosen, and Bitbucket's is a list."""
    with Simulator() as simulator:
        response = sign_in.exchange(simulator, simulator.token(system, audience=sign_in.audience))

    assert response.status == 200


@pytest.mark.parametrize(("system", "status"), [("azure", 200), ("bitbucket", 200), ("github", 0), ("gitlab", 0)])
def test_an_audience_that_was_not_asked_for_is_known_where_a_ci_system_has_a_fixed_one(
    system: str, status: int, sign_in: SignIn
) -> None:
    with Simulator() as simulator:
        response = sign_in.exchange(simulator, simulator.token(system))

    assert response.status == (status or sign_in.errors["audience"][0])


def test_the_keys_of_a_second_role_are_given_for_those_of_the_first(sign_in: SignIn, clock: Clock) -> None:
    """They expire on their own."""
    with Simulator(now=clock) as simulator:
        first = sign_in.keys(sign_in.exchange(simulator))
        clock.now += 1800
        second = sign_in.keys(sign_in.assume(simulator, first))
        clock.now += 1801

        assert sign_in.error(sign_in.use(simulator, first)) == sign_in.errors["expired keys"]
        assert sign_in.use(simulator, second).status == 200


@pytest.mark.parametrize("has_ids", [True, False])
def test_a_subject_without_ids_is_another_one(has_ids: bool, sign_in: SignIn) -> None:  # noqa: FBT001 - a parameter
    """The subject of GitHub has them since July 2026, in repositories that are new."""
    with Simulator("wrong-subject") as simulator:
        simulator.access.job = Job(subject_has_ids=has_ids)
        response = sign_in.exchange(simulator)

    assert response.status == 200 if not has_ids else sign_in.error(response) == sign_in.errors["subject"]


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
    assert sign_in.error(refused) == sign_in.errors["subject"]


def test_a_trust_policy_can_be_changed(sign_in: SignIn) -> None:
    with Simulator() as simulator:
        simulator.access.trust = Trust(subjects=("repo:someone-else/*",))

        assert sign_in.error(sign_in.exchange(simulator)) == sign_in.errors["subject"]


def test_it_describes_what_a_client_needs_to_sign_in() -> None:
    """Beside the keys, under names that no other setting has."""
    with Simulator() as simulator:
        described = simulator.describe_sign_in()
        keys = simulator.describe()

    assert described["alibaba"].keys() == {
        *("sts_endpoint", "metadata_endpoint", "role_arn", "oidc_provider_arn", "assume_role_arn", "oidc_audience")
    }
    assert described["huawei"].keys() == {
        *("sts_endpoint", "iam_endpoint", "metadata_endpoint", "agency_urn", "oidc_provider_urn"),
        *("assume_agency_urn", "identity_provider_id", "oidc_audience"),
    }
    assert described["ci"].keys() == {
        *("issuer", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        *("SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"),
    }
    assert not described["alibaba"].keys() & keys["alibaba"].keys()


@pytest.mark.parametrize("name", SIGN_IN_SCENARIOS)
def test_every_scenario_of_signing_in_has_a_name_of_its_own_and_keys_that_are_accepted(
    name: str, cloud_client: CloudClient, clock: Clock
) -> None:
    """A gate with stored keys notices nothing."""
    scenario = SIGN_IN_SCENARIOS[name]
    with Simulator(name, now=clock) as simulator:
        assert cloud_client.poll(simulator).status == 200
    assert (scenario.name, scenario.summary[-1]) == (name, ".")
    assert name not in {*SCENARIOS, *IMAGE_SCENARIOS}


@pytest.mark.parametrize(
    ("scenario", "why"),
    [("wrong-audience", "audience"), ("wrong-subject", "subject"), ("expired-token", "expired token")],
)
def test_a_scenario_refuses_every_exchange(scenario: str, why: str, sign_in: SignIn) -> None:
    with Simulator(scenario) as simulator:
        errors = [sign_in.error(sign_in.exchange(simulator)) for _ in range(2)]

    assert errors == [sign_in.errors[why]] * 2


@pytest.mark.parametrize(("scenario", "status"), [("renewal-refused", None), ("renewal-unavailable", 503)])
def test_a_scenario_fails_every_renewal(
    scenario: str, status: int | None, sign_in: SignIn, cloud_client: CloudClient, clock: Clock
) -> None:
    """The task is still running when the first keys expire, and has ended an hour later."""
    with Simulator(scenario, now=clock) as simulator:
        statuses = [sign_in.exchange(simulator).status for _ in range(3)]
        states = []
        for seconds in (0, 3600, 3600):
            clock.now += seconds
            newest = cloud_client.newest(cloud_client.poll(simulator))
            states.append(newest.state if newest else "")

    assert statuses == [200, *[status or sign_in.errors["subject"][0]] * 2]
    assert states == ["running", "running", "complete"]
