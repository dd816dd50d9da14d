"""Which OIDC token a job has: the first source that is there, by itself, and what is missing where there is none."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gate.clouds.sign_in.tokens import find_token_source
from gate.errors import NotAuthorised, UsageError
from gate.outcome import EventKind
from gate.settings import SignInSettings
from tests.clouds.builders import a_connection, events_of_kind
from tests.clouds.sign_in.tokens import SIGNATURE, TOKEN, a_job, a_token

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders import FakeTime

VENDOR = ("VENDOR_ID_TOKEN", "VENDOR_TOKEN_FILE")
SOURCES = {
    "the variable SCAN_GATE_OIDC_TOKEN": {"SCAN_GATE_OIDC_TOKEN": TOKEN},
    "the variable VENDOR_ID_TOKEN": {"VENDOR_ID_TOKEN": TOKEN},
    "the file that the variable VENDOR_TOKEN_FILE names": {"VENDOR_TOKEN_FILE": " token\n"},
    "GitHub Actions": {
        "GITHUB_ACTIONS": "true",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://github.example/",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
    },
    "Azure Pipelines": {"SYSTEM_OIDCREQUESTURI": "https://azure.example/", "SYSTEM_ACCESSTOKEN": "t"},
    "Bitbucket Pipelines": {"BITBUCKET_STEP_OIDC_TOKEN": TOKEN},
    "Buildkite": {"BUILDKITE_JOB_ID": "job"},
}
ALL = {name: value for environ in SOURCES.values() for name, value in environ.items()}


@pytest.mark.parametrize("name", SOURCES)
def test_the_first_source_that_is_there_is_used_and_named_in_the_log(name: str, fake_time: FakeTime) -> None:
    earlier = [*SOURCES][: [*SOURCES].index(name)]
    without = {variable for source in earlier for variable in SOURCES[source] if variable != "GITHUB_ACTIONS"}
    job = a_job(fake_time, **{variable: "" if variable in without else value for variable, value in ALL.items()})

    assert find_token_source(job, VENDOR, default_audience="a").name == name
    (note,) = events_of_kind(job, EventKind.NOTE)
    assert note.text == f"the OIDC token comes from {name}"


def test_the_file_of_the_option_comes_before_all_others(tmp_path: Path, fake_time: FakeTime) -> None:
    own = a_token(sub="of the file")
    (tmp_path / "own").write_text(own)
    job = a_connection(fake_time, environ=ALL, sign_in=SignInSettings(oidc_token_file=tmp_path / "own"))

    source = find_token_source(job, VENDOR, default_audience="a")

    assert source.name == "the file that --oidc-token-file names"
    assert source.token() == own


@pytest.mark.parametrize("name", ["the variable SCAN_GATE_OIDC_TOKEN", "the variable VENDOR_ID_TOKEN"])
def test_the_token_in_a_variable_is_the_same_each_time(name: str, fake_time: FakeTime) -> None:
    variables = {variable: f"{value}\n" for variable, value in SOURCES[name].items()}
    source = find_token_source(a_job(fake_time, **variables), VENDOR, default_audience="a")

    assert [source.token(), source.token(is_retried=False)] == [TOKEN, TOKEN]
    assert not source.is_fresh


def test_the_token_in_a_file_is_read_anew_each_time(tmp_path: Path, fake_time: FakeTime) -> None:
    path = tmp_path / "token"
    source = find_token_source(a_job(fake_time, VENDOR_TOKEN_FILE=str(path)), VENDOR, default_audience="a")
    read = []
    for number in range(2):
        path.write_text(f"\ufeff{a_token(jti=str(number))}\r\n")
        read.append(source.token())

    assert read == [a_token(jti="0"), a_token(jti="1")]
    assert not source.is_fresh


def test_a_file_without_a_token_is_named_by_its_variable_and_not_shown(tmp_path: Path, fake_time: FakeTime) -> None:
    (tmp_path / "secret-name").write_text(SIGNATURE)
    job = a_job(fake_time, VENDOR_TOKEN_FILE=str(tmp_path / "secret-name"))
    with pytest.raises(NotAuthorised) as caught:
        find_token_source(job, VENDOR, default_audience="a").token()

    assert caught.value.happened == (
        "What the file that the variable VENDOR_TOKEN_FILE names gives is no OIDC token: it is in one part instead of "
        "three, such as a key."
    )
    assert SIGNATURE not in str(caught.value)
    assert "secret-name" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "path", "expected"),
    [
        (b"", "token", NotAuthorised),
        (b"\xff\xfe", "token", UsageError),
        (b"x" * 70_000, "token", UsageError),
        (b"", "no-such-file", UsageError),
        (b"", "token/below", UsageError),
        (b"", "${TOKEN_FILE}", UsageError),
        (b"", "a\0b", UsageError),
        (b"", ".", UsageError),
    ],
    ids=["empty", "no-utf-8", "too-large", "absent", "no-folder", "a-reference", "a-null", "a-folder"],
)
def test_a_file_that_cannot_be_the_token_is_an_error(
    content: bytes, path: str, expected: type[Exception], tmp_path: Path, fake_time: FakeTime
) -> None:
    (tmp_path / "token").write_bytes(content)
    source = find_token_source(a_job(fake_time, VENDOR_TOKEN_FILE=path), VENDOR, default_audience="a")
    with pytest.raises(expected, match="VENDOR_TOKEN_FILE names"):
        source.token()


def test_a_pipe_is_not_read_since_it_gives_its_token_once(tmp_path: Path, fake_time: FakeTime) -> None:
    os.mkfifo(tmp_path / "pipe")
    source = find_token_source(a_job(fake_time, VENDOR_TOKEN_FILE="pipe"), VENDOR, default_audience="a")
    with pytest.raises(UsageError, match="it is no regular file"):
        source.token()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("the variable SCAN_GATE_OIDC_TOKEN", "such as `aud` under `id_tokens` in GitLab"),
        ("Bitbucket Pipelines", "`oidc: audiences:` of the step, else it is that of the workspace"),
    ],
)
def test_an_audience_that_the_gate_cannot_set_is_a_warning(name: str, expected: str, fake_time: FakeTime) -> None:
    job = a_job(fake_time, audience="other.example", **SOURCES[name])

    source = find_token_source(job, (), default_audience="a")

    assert source.token() == TOKEN
    assert not source.is_fresh
    (warning,) = events_of_kind(job, EventKind.WARNING)
    assert "is for the audience sts.example, and not for other.example (--oidc-audience)" in warning.text
    assert expected in warning.text


def test_a_variable_of_bitbucket_that_is_no_token_is_an_error(fake_time: FakeTime) -> None:
    job = a_job(fake_time, BITBUCKET_STEP_OIDC_TOKEN="x")
    with pytest.raises(NotAuthorised) as caught:
        find_token_source(job, (), default_audience="a").token()

    assert caught.value.remedy.startswith("Set `oidc: true` in this step")


GITHUB = {"GITHUB_ACTIONS": "true"}
BITBUCKET, BUILDKITE = {"BITBUCKET_BUILD_NUMBER": "7"}, {"BUILDKITE": "true"}


@pytest.mark.parametrize(
    ("environ", "missing", "remedy"),
    [
        (GITHUB, "no ACTIONS_ID_TOKEN_REQUEST_URL and ..._TOKEN", "permissions: id-token: write"),
        (
            {**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": "https://a.example"},
            "GitHub Actions has set no",
            "both variables",
        ),
        ({"GITLAB_CI": "true"}, "SCAN_GATE_OIDC_TOKEN is not set", "id_tokens: SCAN_GATE_OIDC_TOKEN: aud: ..."),
        ({"GITLAB_CI": "true", "SCAN_GATE_OIDC_TOKEN": " "}, "SCAN_GATE_OIDC_TOKEN is not set", "id_tokens"),
        (
            {"TF_BUILD": "True", "SYSTEM_OIDCREQUESTURI": "https://a.example"},
            "SYSTEM_ACCESSTOKEN is not set",
            "SYSTEM_ACCESSTOKEN: $(System.AccessToken)",
        ),
        ({"TF_BUILD": "True", "SYSTEM_ACCESSTOKEN": "t"}, "SYSTEM_OIDCREQUESTURI is not set", "into the container"),
        (BITBUCKET, "BITBUCKET_STEP_OIDC_TOKEN is not set", "oidc: true"),
        (BUILDKITE, "BUILDKITE_JOB_ID is not set", "BUILDKITE_*"),
        ({}, "no CI system that issues one was detected", "--oidc-token-file"),
    ],
    ids=["github", "half", "gitlab", "empty", "azure", "azure-server", "bitbucket", "buildkite", "elsewhere"],
)
def test_without_a_token_the_error_says_what_is_missing_in_this_ci_system(
    environ: dict[str, str], missing: str, remedy: str, fake_time: FakeTime
) -> None:
    with pytest.raises(NotAuthorised) as caught:
        find_token_source(a_job(fake_time, **environ), VENDOR, default_audience="a")

    assert caught.value.happened.startswith("There is no OIDC token to sign in with: ")
    assert missing in caught.value.happened
    assert remedy in caught.value.remedy


def test_in_github_the_error_says_that_pull_requests_from_forks_get_no_token(fake_time: FakeTime) -> None:
    with pytest.raises(NotAuthorised) as caught:
        find_token_source(a_job(fake_time, **GITHUB), (), default_audience="a")

    assert "pull request from a fork" in caught.value.means


def test_a_secret_of_a_source_is_not_in_its_name_or_text(fake_time: FakeTime) -> None:
    job = replace(a_job(fake_time, **ALL), masked=set())

    source = find_token_source(job, VENDOR, default_audience="a")

    assert SIGNATURE not in f"{source.name} {source}"
