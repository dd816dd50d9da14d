"""Signing in to Alibaba Cloud without stored keys, end to end: the command line against a simulated account."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.reports import REPORTS
from gate.simulator import SIGN_IN_SCENARIOS, Fault, server_error
from tests.test_secrets import TRACE_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Ending, Gate

OTHER_REPORTS = [word for name in REPORTS if name != "json" for word in ("--report", f"{name}=report.{name}")]
TEMPORARY = re.compile(r"::add-mask::(.*)")


class Job:
    """A job of GitHub Actions without any stored key."""

    def __init__(self, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = gate
        self.known = gate.simulator.describe_sign_in()["alibaba"]
        for name in [name for name in os.environ if name.startswith("SCAN_GATE_")]:
            monkeypatch.delenv(name)
        variables = gate.simulator.describe_sign_in()["ci"]
        for name, value in {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "9001", **variables}.items():
            monkeypatch.setenv(name, value)

    def check(self, *arguments: str, without: tuple[str, ...] = ()) -> Ending:
        """Runs a check that signs in with the token of the job, unless options are left out."""
        names = [name for name in ("role_arn", "oidc_provider_arn") if name not in without]
        given = [word for name in names for word in (f"--{name.replace('_', '-')}", self.known[name])]
        endpoints = [
            "--sts-endpoint",
            self.known["sts_endpoint"],
            "--metadata-endpoint",
            self.known["metadata_endpoint"],
        ]
        return self.gate.check(*given, *endpoints, *arguments)


@pytest.fixture
def job_in(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """Starts a simulated account in a scenario, and a job."""
    return lambda scenario="clean": Job(gate_in(scenario, "alibaba"), monkeypatch)


NO_ROLE = ("role_arn", "oidc_provider_arn")


def test_the_token_of_the_job_is_exchanged_for_keys_that_can_do_what_a_check_does(job_in: Callable[..., Job]) -> None:
    job = job_in()
    ending = job.check("-v")

    assert ending.code == 0, ending.out
    assert job.gate.operations[:3] == ["GitHubToken", "AssumeRoleWithOIDC", "GetLastOnceTaskInfo"], job.gate.operations
    assert ending.err.count("the OIDC token comes from GitHub Actions") == 1
    assert ending.err.count("signed in with") == 1


def test_the_token_is_in_no_address_and_only_sts_gets_it(job_in: Callable[..., Job]) -> None:
    job = job_in()
    ending = job.check()

    (token,) = {found for found in TEMPORARY.findall(ending.out) if found.startswith("eyJ")}
    for request in job.gate.simulator.requests:
        assert token not in f"{request.path}{request.query}{request.headers}"


@pytest.mark.parametrize(
    ("arguments", "operation"),
    [
        (["--assume-role-arn", "acs:ram::1000000000000001:role/scan-gate"], "AssumeRole"),
        (["--credentials", "instance"], "MetadataSecurityCredentials"),
        (["--profile", "ci"], "AssumeRoleWithOIDC"),
    ],
    ids=["second-role", "instance", "profile"],
)
def test_every_other_way_comes_to_a_verdict_too(
    arguments: list[str], operation: str, job_in: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_in()
    if "--profile" in arguments:
        monkeypatch.setenv("HOME", str(Path.cwd()))
        Path("token").write_text(job.gate.simulator.token("gitlab", audience=job.known["oidc_audience"]))
        Path(".aliyun").mkdir()
        profile = {
            "name": "ci",
            "mode": "OIDC",
            "ram_role_arn": job.known["role_arn"],
            "oidc_provider_arn": job.known["oidc_provider_arn"],
            "oidc_token_file": str(Path("token").absolute()),
        }
        Path(".aliyun/config.json").write_text(json.dumps({"current": "x", "profiles": [profile]}))
    ending = job.check(*arguments, without=() if "--assume-role-arn" in arguments else NO_ROLE)

    assert ending.code == 0, ending.out
    assert operation in job.gate.operations


def test_the_session_may_do_all_that_judging_images_takes(job_in: Callable[..., Job]) -> None:
    job, digest = job_in(), f"sha256:{1:064x}"
    job.gate.simulator.push(f"shop/api:v1@{digest}")
    ending = job.check("--image", f"shop/api:v1@{digest}", "--scan", "auto", "--list-findings", "--timeout", "20m")

    assert ending.code == 0, ending.out
    assert {request.status for request in job.gate.simulator.requests} == {200}


@pytest.mark.parametrize(
    ("name", "timeout", "says"),
    [
        ("wrong-audience", "3h", "does not list this audience as a client id"),
        ("wrong-subject", "3h", "a condition for 'repo:acme/app:ref:refs/heads/main' does not match"),
        ("expired-token", "3h", "it expired 0 s ago"),
        ("short-role", "3h", "PASSED"),
        ("renewal-refused", "3h", "The credentials ended at 2026-01-31T13:00:00Z and could not be renewed. STS, asked"),
        ("renewal-unavailable", "62m", "The credentials ended at 2026-01-31T13:00:00Z and could not be renewed."),
    ],
)
def test_each_scenario_of_signing_in_ends_as_it_should_and_says_why(
    name: str, timeout: str, says: str, job_in: Callable[..., Job]
) -> None:
    ending = job_in(name).check("--timeout", timeout)

    assert ending.code == SIGN_IN_SCENARIOS[name].expected_exit, ending.out
    assert says in ending.out


def test_two_hours_are_waited_with_keys_of_an_hour_that_are_renewed_with_new_tokens(job_in: Callable[..., Job]) -> None:
    job = job_in("short-role")
    ending = job.check("-v", "--timeout", "3h")

    assert ending.code == 0
    exchanges = job.gate.operations.count("AssumeRoleWithOIDC")
    assert exchanges >= 3
    assert job.gate.operations.count("GitHubToken") == exchanges
    # In time: no request was refused for expired keys.
    assert {request.status for request in job.gate.simulator.requests} == {200}


def test_a_retried_exchange_has_a_new_token(job_in: Callable[..., Job]) -> None:
    job = job_in()
    job.gate.simulator.faults = [Fault(operation="AssumeRoleWithOIDC", requests=[1, 2], response=server_error(503))]
    ending = job.check()

    assert ending.code == 0
    assert job.gate.operations[:6] == ["GitHubToken", "AssumeRoleWithOIDC"] * 3


def test_no_output_has_a_token_an_assertion_or_a_temporary_key(job_in: Callable[..., Job]) -> None:
    for scenario in ("clean", "wrong-subject", "short-role"):
        job = job_in(scenario)
        ending = job.check("-v", *OTHER_REPORTS, "--timeout", "3h", "--assume-role-arn", job.known["assume_role_arn"])
        secrets = TEMPORARY.findall(ending.out)
        shown = "\n".join(
            [
                TEMPORARY.sub("", ending.out),
                ending.err,
                *(path.read_text(errors="replace") for path in Path.cwd().rglob("*") if path.is_file()),
            ]
        )
        # The bearer token and that of the job at least.
        assert len(secrets) >= 2
        traces = {secret[at : at + TRACE_LENGTH] for secret in secrets for at in range(max(1, len(secret) - 19))}
        assert not [trace for trace in traces if trace in shown]


def test_what_is_missing_is_an_error_before_any_request(job_in: Callable[..., Job]) -> None:
    job = job_in()

    assert job.check("--credentials", "oidc", without=NO_ROLE).code == 2
    assert job.check("--credentials", "keys").code == 2
    assert job.check("--profile", "ci").code == 2
    assert job.check("--profile", "nowhere", without=NO_ROLE).code == 2
    assert job.check(without=NO_ROLE).code == 3
    assert job.gate.operations == []
