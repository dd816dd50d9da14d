"""The addresses of a sign-in without stored keys: each is checked as those of the APIs are."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds import CLOUDS as PROVIDERS
from gate.settings import SignInSettings
from tests.clouds.builders import a_connection
from tests.doctor.expected import EXPECTED
from tests.doctor.reading import doctor
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.builders import FakeTime
    from tests.doctor.reading import Told
    from tests.harness import Gate

TOKEN = "OIDC token of GitHub Actions"
ON_GITHUB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://run.actions.example/of/this/job?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "a-request-token",
}
ON_AZURE = {
    "SYSTEM_OIDCREQUESTURI": "https://dev.azure.example/octo/of/this/job",
    "SYSTEM_ACCESSTOKEN": "an-access-token",
}
KEYS = {"SCAN_GATE_ACCESS_KEY_ID": "AKIDEXAMPLE", "SCAN_GATE_ACCESS_KEY_SECRET": "a-key-secret"}


def asked(
    time: FakeTime,
    cloud: str,
    environ: Mapping[str, str],
    of_cloud: Mapping[str, str] | None = None,
    **settings: Any,
) -> list[tuple[str, str]]:
    """The services and addresses of the sign-in with these options, for which no request is sent."""
    connection = a_connection(
        time,
        environ=environ,
        cloud=cloud,
        region=EXPECTED[cloud].region,
        for_cloud={name.replace("_", "-"): value for name, value in (of_cloud or {}).items()},
        sign_in=SignInSettings(**settings),
    )
    return [(one.service, one.url) for one in PROVIDERS[cloud].diagnose(connection).sign_in.endpoints]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_sign_in_with_a_token_asks_the_ci_system_and_sts(cloud: str, fake_time: FakeTime) -> None:
    sts = [("STS", url) for url in EXPECTED[cloud].sts]

    assert asked(fake_time, cloud, ON_GITHUB, EXPECTED[cloud].role) == [(TOKEN, "https://run.actions.example"), *sts]
    of_azure = [("OIDC token of Azure Pipelines", "https://dev.azure.example"), *sts]
    assert asked(fake_time, cloud, ON_AZURE, EXPECTED[cloud].role) == of_azure


@pytest.mark.parametrize("variable", ["SCAN_GATE_OIDC_TOKEN", "BITBUCKET_STEP_OIDC_TOKEN", "BUILDKITE_JOB_ID"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_token_that_the_gate_does_not_request_itself_has_no_address(
    cloud: str, variable: str, fake_time: FakeTime
) -> None:
    assert asked(fake_time, cloud, {variable: "x"}, EXPECTED[cloud].role) == [
        ("STS", url) for url in EXPECTED[cloud].sts
    ]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_stored_keys_ask_nobody_and_sts_alone_for_a_second_role(cloud: str, fake_time: FakeTime) -> None:
    assert asked(fake_time, cloud, {**KEYS, **ON_GITHUB}, credentials="keys") == []
    with_second = asked(fake_time, cloud, {**KEYS, **ON_GITHUB}, EXPECTED[cloud].second_role)
    assert with_second == [("STS", url) for url in EXPECTED[cloud].sts]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_role_of_an_instance_asks_its_metadata_service(cloud: str, fake_time: FakeTime) -> None:
    assert asked(fake_time, cloud, {}, credentials="instance") == [("metadata service", EXPECTED[cloud].metadata)]
    elsewhere = asked(fake_time, cloud, {}, credentials="instance", metadata_endpoint="http://127.0.0.1:1")
    assert elsewhere == [("metadata service", "http://127.0.0.1:1")]


def test_the_older_way_of_huawei_cloud_asks_iam(fake_time: FakeTime) -> None:
    found = asked(fake_time, "huawei", ON_GITHUB, {"identity-provider-id": "ci"})

    assert found == [(TOKEN, "https://run.actions.example"), ("IAM", "https://iam.cn-north-4.myhuaweicloud.com")]


# End to end.


def without_keys(gate: Gate, monkeypatch: pytest.MonkeyPatch, *, roles: int = 1) -> tuple[Gate, tuple[str, ...]]:
    """Makes this a job of GitHub Actions without stored keys; returns the options of its sign-in."""
    for name in KEYS:
        monkeypatch.delenv(name)
    described = gate.simulator.describe_sign_in()
    for name, value in described["ci"].items():
        monkeypatch.setenv(name, value)
    names = (*EXPECTED[gate.cloud].role, *(EXPECTED[gate.cloud].second_role if roles > 1 else ()), "sts_endpoint")
    return gate, tuple(word for name in names for word in (f"--{name.replace('_', '-')}", described[gate.cloud][name]))


@pytest.mark.parametrize("roles", [1, 2])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_address_of_a_sign_in_has_a_line_of_its_own(
    cloud: str, roles: int, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, options = without_keys(gate_in("clean", cloud), monkeypatch, roles=roles)

    told = doctor(gate, *options)

    host = gate.simulator.url.removeprefix("http://")
    for service in (TOKEN, "STS"):
        assert told.text(f"endpoint {service}") == f"{host} responds, without TLS"
    assert {row["state"] for row in told.rows} == {"ok"}
    secrets = [os.environ[name] for name in gate.simulator.describe_sign_in()["ci"] if name.endswith("TOKEN")]
    probes = [one for one in gate.simulator.requests if one.operation == "unknown"]
    assert [one for one in probes if any(secret in str(one.headers) for secret in secrets)] == []
    assert all((one.path, one.query) == ("/", {}) for one in probes)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_with_stored_keys_no_address_is_added(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", gate.simulator.url)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x")

    told = doctor(gate, "--credentials", "keys")

    assert endpoints(told) == endpoints(doctor(gate))
    assert endpoints(told) & {f"endpoint {TOKEN}", "endpoint STS"} == set()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_sts_that_nobody_listens_on_is_named_beside_the_apis_that_can_be_reached(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, options = without_keys(gate_in("clean", cloud), monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    told = doctor(gate, *options, "--sts-endpoint", f"http://127.0.0.1:{port}")

    assert (told.code, told.failures) == (4, ["endpoint STS"])
    assert f"127.0.0.1:{port}" in told.text("endpoint STS")
    assert told.state(f"endpoint {TOKEN}") == "ok"
    assert len(endpoints(told)) == 3
    assert told.not_checked["credentials"] == "endpoint STS has failed"
    assert gate.time.slept == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_where_there_is_no_token_the_addresses_of_the_apis_are_checked_all_the_same(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, options = without_keys(gate_in("clean", cloud), monkeypatch)
    for name in gate.simulator.describe_sign_in()["ci"]:
        monkeypatch.delenv(name)

    told = doctor(gate, *options)

    assert (told.code, told.failures) == (3, ["credentials"])
    assert len(endpoints(told)) == 1


def test_an_address_for_which_another_one_can_stand_is_a_warning(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """STS of Huawei Cloud has a second region."""
    gate, options = without_keys(gate_in("clean"), monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"http://127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setattr("gate.clouds.huawei.sign_in.oidc.sts_endpoints", lambda _: (closed, gate.simulator.url))

    told = doctor(gate, *options[: options.index("--sts-endpoint")])

    rows = [row for row in told.rows if row["name"] == "endpoint STS"]
    assert [row["state"] for row in rows] == ["warning", "ok"]
    assert rows[0]["text"].endswith(" A run asks another address then.")
    assert told.code == 0


def endpoints(told: Told) -> set[str]:
    """The names of the checks of addresses."""
    return {row["name"] for row in told.rows if row["name"].startswith("endpoint ")}
