"""Signing in to Huawei Cloud without stored keys, end to end: the command line against a simulated account."""

from __future__ import annotations

import os
import re
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.reports import REPORTS
from gate.simulator import SIGN_IN_SCENARIOS, Fault, server_error
from tests.test_secrets import traces

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Ending, Gate

OTHER_REPORTS = [word for name in REPORTS if name != "json" for word in ("--report", f"{name}=report.{name}")]
MASKED = re.compile(r"::add-mask::(.*)")
SUCCESSES = {HTTPStatus.OK, HTTPStatus.CREATED}
EXCHANGES = {
    "sts": ["AssumeAgencyWithOIDC"],
    "iam": ["CreateTokenWithIdToken", "CreateTemporaryAccessKeyByToken"],
    "chained": ["AssumeAgencyWithOIDC", "AssumeAgency"],
    "instance": ["MetadataToken", "MetadataSecurityKey"],
    "profile": ["CreateTokenWithIdToken", "CreateTemporaryAccessKeyByToken"],
}
"""What is asked for by each way to sign in, in order."""


class Job:
    """A job of GitHub Actions without any stored key."""

    def __init__(self, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = gate
        self.known = gate.simulator.describe_sign_in()["huawei"]
        for name in [name for name in os.environ if name.startswith("SCAN_GATE_")]:
            monkeypatch.delenv(name)
        variables = gate.simulator.describe_sign_in()["ci"]
        for name, value in {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "9001", **variables}.items():
            monkeypatch.setenv(name, value)

    def check(self, way: str, *arguments: str) -> Ending:
        """Runs a check that signs in in this way; the project is that of the region."""
        endpoints = self._options("sts_endpoint", "metadata_endpoint")
        return self.gate.check(*self._way(way), *endpoints, *arguments)

    def _way(self, way: str) -> list[str]:
        by_sts = self._options("agency_urn", "oidc_provider_urn")
        match way:
            case "sts":
                return by_sts
            case "iam":
                return self._options("identity_provider_id")
            case "chained":
                return [*by_sts, *self._options("assume_agency_urn")]
            case "profile":
                self._write_profile()
                return ["--profile", "release"]
            case _:
                return ["--credentials", way]

    def _write_profile(self) -> None:
        token = Path("token").absolute()
        token.write_text(self.gate.simulator.token("gitlab", audience=self.known["oidc_audience"]))
        content = f"[release]\nidp_id = {self.known['identity_provider_id']}\nid_token_file = {token}\n"
        Path("profiles").write_text(content)
        os.environ["HUAWEICLOUD_SDK_CREDENTIALS_FILE"] = "profiles"

    def _options(self, *names: str) -> list[str]:
        return [word for name in names for word in (f"--{name.replace('_', '-')}", self.known[name])]


@pytest.fixture
def job_in(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """Starts a simulated account in a scenario, and a job."""
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "none")
    return lambda scenario="clean": Job(gate_in(scenario, "huawei"), monkeypatch)


@pytest.mark.parametrize("way", EXCHANGES)
def test_every_way_to_sign_in_comes_to_a_verdict(way: str, job_in: Callable[..., Job]) -> None:
    job = job_in()
    ending = job.check(way, "-v")

    assert ending.code == 0, ending.out
    has_token_of_job = way not in {"instance", "profile"}
    assert [one for one in job.gate.operations if one not in {"tasks", "projects"}] == [
        *(["GitHubToken"] if has_token_of_job else []),
        *EXCHANGES[way],
    ]
    assert ending.err.count("the OIDC token comes from") == has_token_of_job
    assert ending.err.count("signed in with") == (2 if way == "chained" else 1)


def test_images_are_judged_with_temporary_keys(job_in: Callable[..., Job]) -> None:
    job, digest = job_in(), f"sha256:{1:064x}"
    job.gate.simulator.push(f"shop/api:v1@{digest}")
    ending = job.check("sts", "--image", f"shop/api:v1@{digest}", "--scan", "auto", "--timeout", "20m")

    assert ending.code == 0, ending.out
    assert {request.status for request in job.gate.simulator.requests} == {HTTPStatus.OK}


@pytest.mark.parametrize(
    ("name", "timeout", "says"),
    [
        ("wrong-audience", "3h", "the OIDC provider does not list the audience as a client id"),
        ("wrong-subject", "3h", "a rule for repo:acme/app:ref:refs/heads/main does not fit this one"),
        ("expired-token", "3h", "it expired 0 s ago"),
        ("short-role", "3h", "PASSED"),
        ("renewal-refused", "3h", "The credentials ended at 2026-01-31T13:00:00Z and could not be renewed. STS, asked"),
        ("renewal-unavailable", "62m", "The credentials ended at 2026-01-31T13:00:00Z and could not be renewed."),
    ],
)
def test_each_scenario_of_signing_in_ends_as_it_should_and_says_why(
    name: str, timeout: str, says: str, job_in: Callable[..., Job]
) -> None:
    ending = job_in(name).check("sts", "--timeout", timeout)

    assert ending.code == SIGN_IN_SCENARIOS[name].expected_exit, ending.out
    assert says in ending.out


@pytest.mark.parametrize("name", ["wrong-audience", "wrong-subject", "expired-token"])
def test_a_token_that_the_older_api_refuses_is_not_authorised(name: str, job_in: Callable[..., Job]) -> None:
    ending = job_in(name).check("iam")

    assert ending.code == SIGN_IN_SCENARIOS[name].expected_exit
    assert "IAM, asked for the identity provider simulated-idp" in ending.out


@pytest.mark.parametrize("way", ["sts", "iam", "chained"])
def test_two_hours_are_waited_with_keys_of_an_hour_that_are_renewed_with_new_tokens(
    way: str, job_in: Callable[..., Job]
) -> None:
    job = job_in("short-role")
    ending = job.check(way, "-v", "--timeout", "3h")

    assert ending.code == 0, ending.out
    for operation in ("GitHubToken", *EXCHANGES[way]):
        assert job.gate.operations.count(operation) >= 3
    # In time: no request was refused for expired keys.
    assert {request.status for request in job.gate.simulator.requests} <= SUCCESSES


def test_a_job_with_one_token_asks_for_as_long_as_the_agency_allows(
    job_in: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitLab's token is valid for as long as the job."""
    job = job_in("short-role")
    job.gate.simulator.access.token_seconds = 3 * 3600.0
    monkeypatch.setenv("SCAN_GATE_OIDC_TOKEN", job.gate.simulator.token("gitlab", audience=job.known["oidc_audience"]))
    ending = job.check("sts", "-v", "--timeout", "3h")

    assert ending.code == 0, ending.out
    assert ending.err.count("the agency allows no session of 190 min, and one of 1 h") == 1
    assert "GitHubToken" not in job.gate.operations


def test_a_retried_exchange_has_a_new_token(job_in: Callable[..., Job]) -> None:
    job = job_in()
    job.gate.simulator.faults = [Fault(operation="AssumeAgencyWithOIDC", requests=[1, 2], response=server_error(503))]
    ending = job.check("sts")

    assert ending.code == 0
    assert job.gate.operations[:6] == ["GitHubToken", "AssumeAgencyWithOIDC"] * 3


@pytest.mark.parametrize(
    ("scenario", "way"),
    [*(("clean", way) for way in EXCHANGES), ("wrong-subject", "sts"), ("wrong-subject", "iam"), ("short-role", "sts")],
)
def test_no_output_has_a_token_an_assertion_or_a_temporary_key(
    scenario: str, way: str, job_in: Callable[..., Job]
) -> None:
    job = job_in(scenario)
    ending = job.check(way, "-v", *OTHER_REPORTS, "--timeout", "3h")

    secrets = MASKED.findall(ending.out)
    inputs = {"token", "profiles"}
    files = [path.read_text() for path in Path.cwd().rglob("*") if path.is_file() and path.name not in inputs]
    assert secrets
    assert traces("\n".join([MASKED.sub("", ending.out), ending.err, *files]), secrets) == []
    # A token is in no address: those of requests are in the logs of proxies.
    addresses = "\n".join(f"{request.path} {request.query}" for request in job.gate.simulator.requests)
    assert traces(addresses, secrets) == []


def test_what_is_missing_or_contradictory_is_an_error_before_any_request(job_in: Callable[..., Job]) -> None:
    job = job_in()

    assert job.check("oidc").code == 2
    assert job.check("sts", "--credentials", "keys").code == 2
    assert job.check("sts", "--identity-provider-id", "other").code == 2
    assert job.check("sts", "--profile", "release").code == 2
    assert job.check("keys").code == 3
    assert job.gate.operations == []
