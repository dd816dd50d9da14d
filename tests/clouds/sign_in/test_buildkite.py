"""The OIDC token of Buildkite, which its agent requests: a program in the job, with a time limit."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.sign_in.tokens import find_token_source
from gate.errors import DeadlineExceeded, NotAuthorised, Unreachable
from tests.clouds.builders import a_connection
from tests.clouds.sign_in.tokens import TOKEN, a_token, parts_of

if TYPE_CHECKING:
    from pathlib import Path

    from gate.clouds.sign_in.tokens import TokenSource
    from tests.builders import FakeTime

ACCESS_TOKEN = "agent-access-token-ZX81QJ7WK4VB9"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the agent is; a test writes it with `an_agent`."""
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def an_agent(folder: Path, script: str) -> None:
    """Puts a stand-in for the agent into this folder."""
    path = folder / "buildkite-agent"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def source_of(folder: Path, time: FakeTime, audience: str = "sts.example", **settings: Any) -> TokenSource:
    environ = {
        "PATH": f"{folder}:/usr/bin:/bin",
        "BUILDKITE": "true",
        "BUILDKITE_JOB_ID": "job-1",
        "BUILDKITE_AGENT_ACCESS_TOKEN": ACCESS_TOKEN,
        "HW_SECRET_KEY": "canary",
    }
    job = a_connection(time, environ=environ, **settings)
    return find_token_source(job, (), default_audience=audience)


def test_the_agent_requests_a_token_for_the_audience(folder: Path, fake_time: FakeTime) -> None:
    an_agent(folder, f'printf "%s\\n" "$@" > {folder}/arguments; echo {TOKEN}')

    source = source_of(folder, fake_time, audience="-a b")

    assert source.token() == TOKEN
    assert (source.name, source.is_fresh) == ("Buildkite", True)
    assert (folder / "arguments").read_text() == "oidc\nrequest-token\n--audience\n-a b\n"


def test_each_call_requests_another_token(folder: Path, fake_time: FakeTime) -> None:
    first, second = (a_token(jti=str(number)) for number in range(2))
    an_agent(folder, f"test -e {folder}/second && echo {second} && exit; touch {folder}/second; echo {first}")

    source = source_of(folder, fake_time)

    assert [source.token(), source.token(is_retried=False)] == [first, second]


def test_the_agent_gets_its_own_variables_and_no_credentials_of_a_cloud(folder: Path, fake_time: FakeTime) -> None:
    an_agent(folder, f"env > {folder}/environ; echo {TOKEN}")

    source_of(folder, fake_time).token()

    environ = (folder / "environ").read_text()
    assert f"BUILDKITE_AGENT_ACCESS_TOKEN={ACCESS_TOKEN}\n" in environ
    assert "canary" not in environ


def test_without_the_agent_the_error_says_how_to_do_without_it(folder: Path, fake_time: FakeTime) -> None:
    with pytest.raises(NotAuthorised) as caught:
        source_of(folder, fake_time).token()

    assert "buildkite-agent is not in this container" in caught.value.happened
    assert "SCAN_GATE_OIDC_TOKEN" in caught.value.remedy


def test_an_agent_that_cannot_run_is_an_error(folder: Path, fake_time: FakeTime) -> None:
    an_agent(folder, "")
    (folder / "buildkite-agent").write_text("#!/nowhere\n")
    with pytest.raises(NotAuthorised, match="buildkite-agent cannot be run: No such file or directory"):
        source_of(folder, fake_time).token()


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("", "(exit code 3)"),
        (
            "first\nfatal: BUILDKITE_AGENT_JOB_API_SOCKET empty\n\n",
            "(exit code 3: fatal: BUILDKITE_AGENT_JOB_API_SOCKET",
        ),
        (f"refused {ACCESS_TOKEN} and {TOKEN}", "(exit code 3: refused *** and ***)"),
        ("::error::\x1b[31mred", "(exit code 3: ::error:: [31mred)"),
        ("x" * 400, f"(exit code 3: {'x' * 300}…)"),
    ],
    ids=["silent", "last-line", "secrets", "controls", "long"],
)
def test_an_agent_that_fails_is_quoted_without_secrets(
    output: str, expected: str, folder: Path, fake_time: FakeTime
) -> None:
    an_agent(folder, f"printf %s {shlex.quote(output)} >&2; echo {TOKEN}; exit 3")
    with pytest.raises(NotAuthorised) as caught:
        source_of(folder, fake_time).token()

    assert expected in caught.value.happened
    assert not [part for secret in (TOKEN, ACCESS_TOKEN) for part in parts_of(secret) if part in str(caught.value)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", "it is empty"),
        ("head -c 100000 /dev/zero | tr '\\0' x", "it has 100000 characters, and a token 20000 at most"),
        ("printf 'a.b.\\377'", "it has spaces, line breaks or other characters that no token has"),
        (f"echo debug; echo {TOKEN}", "it has spaces, line breaks or other characters that no token has"),
    ],
    ids=["empty", "huge", "no-utf-8", "two-lines"],
)
def test_an_output_that_is_no_token_is_an_error(script: str, expected: str, folder: Path, fake_time: FakeTime) -> None:
    an_agent(folder, script)
    with pytest.raises(NotAuthorised) as caught:
        source_of(folder, fake_time).token()

    assert caught.value.happened == f"What buildkite-agent oidc request-token gives is no OIDC token: {expected}."


def test_an_agent_has_as_much_time_as_a_request(folder: Path, fake_time: FakeTime) -> None:
    an_agent(folder, "exec sleep 60")
    with pytest.raises(Unreachable, match=r"within 0\.05 s \(--request-timeout\)"):
        source_of(folder, fake_time, request_timeout=0.05).token()


def test_no_agent_is_started_after_the_deadline(folder: Path, fake_time: FakeTime) -> None:
    an_agent(folder, f"touch {folder}/started; echo {TOKEN}")
    source = source_of(folder, fake_time, timeout=60.0)
    source.token()
    (folder / "started").unlink()
    fake_time.elapsed = 60.0
    with pytest.raises(DeadlineExceeded):
        source.token()

    assert not (folder / "started").exists()
