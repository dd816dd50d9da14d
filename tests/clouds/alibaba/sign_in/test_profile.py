"""The profiles of the vendor's tools: which one is used, in the order of the vendor's chain, and how it signs in."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.alibaba.sign_in import sign_in
from gate.errors import NotAuthorised, UsageError
from tests.clouds.alibaba.sign_in.builders import PROVIDER, ROLE, SECOND_ROLE, TEMPORARY, TOKEN, a_run, issued
from tests.clouds.answers import a_json
from tests.clouds.builders import a_response

if TYPE_CHECKING:
    from pathlib import Path

    from gate.clouds import Connection
    from tests.builders import FakeTime
    from tests.clouds.answers import Answers

AK = {"name": "ci", "mode": "AK", "access_key_id": "profile-key-id", "access_key_secret": "profile-key-secret"}
ASSUMED = {**AK, "mode": "RamRoleArn", "ram_role_arn": ROLE, "ram_session_name": "of-profile", "expired_seconds": 1800}
CHAINED = {"name": "chained", "mode": "ChainableRamRoleArn", "source_profile": "ci", "ram_role_arn": SECOND_ROLE}
INI = """
[default]
type = access_key
access_key_id = ini-key-id # a comment
access_key_secret = ini-key-secret

[assumed]
type = ram_role_arn
access_key_id = ini-key-id
access_key_secret = ini-key-secret
role_arn = acs:ram::1001:role/ci
role_session_name = of-ini

[pair]
type = rsa_key_pair
"""


@pytest.fixture(autouse=True)
def _no_socket(socket_disabled: object) -> None:
    """Nothing here needs one."""


class Home:
    """A home directory with the files of the vendor's tools."""

    def __init__(self, path: Path, time: FakeTime) -> None:
        self.path = path
        self._time = time

    def write_cli(self, *profiles: object, current: str = "ci") -> None:
        (self.path / ".aliyun").mkdir(exist_ok=True)
        document = {"current": current, "profiles": profiles, "meta_path": ""}
        (self.path / ".aliyun" / "config.json").write_text(json.dumps(document))

    def write_ini(self, text: str = INI) -> None:
        (self.path / ".alibabacloud").mkdir(exist_ok=True)
        (self.path / ".alibabacloud" / "credentials.ini").write_text(text)

    def a_run(self, *responses: Any, environ: dict[str, str] | None = None, **given: Any) -> tuple[Connection, Answers]:
        settings = given or {"credentials": "profile"}
        return a_run(self._time, *responses, environ={"HOME": str(self.path), **(environ or {})}, **settings)


@pytest.fixture
def home(tmp_path: Path, fake_time: FakeTime) -> Home:
    return Home(tmp_path, fake_time)


# Which profile.


def test_a_profile_is_used_only_where_it_is_asked_for(home: Home) -> None:
    home.write_cli(AK)
    connection, _ = home.a_run(credentials="auto")

    with pytest.raises(NotAuthorised, match="There are no credentials"):
        sign_in(connection).credentials()


@pytest.mark.parametrize(
    ("given", "environ", "key"),
    [
        ({"profile": "ci"}, {}, "profile-key-id"),
        ({"profile": "other"}, {"ALIBABA_CLOUD_PROFILE": "ci"}, "other-key-id"),
        ({"credentials": "profile"}, {"ALIBABA_CLOUD_PROFILE": "other"}, "other-key-id"),
        ({"credentials": "profile"}, {}, "profile-key-id"),
        ({"credentials": "profile", "reads_variables": False}, {"ALIBABA_CLOUD_PROFILE": "other"}, "profile-key-id"),
        ({"profile": "default"}, {}, "ini-key-id"),
        ({"credentials": "profile"}, {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"}, "ini-key-id"),
        (
            {"credentials": "profile", "reads_variables": False},
            {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"},
            "profile-key-id",
        ),
        (
            {"profile": "default", "reads_variables": False},
            {"ALIBABA_CLOUD_CREDENTIALS_FILE": "/nonexistent"},
            "ini-key-id",
        ),
    ],
)
def test_the_named_profile_is_used_else_the_current_one_of_the_cli_else_that_of_the_ini_file(
    given: dict[str, Any], environ: dict[str, str], key: str, home: Home
) -> None:
    home.write_cli(AK, {**AK, "name": "other", "access_key_id": "other-key-id"})
    home.write_ini()
    connection, _ = home.a_run(environ=environ, **given)

    assert sign_in(connection).credentials().access_key_id == key


def test_the_clis_profile_comes_before_one_of_the_same_name_in_the_ini_file(home: Home) -> None:
    home.write_cli({**AK, "name": "default"})
    home.write_ini()
    connection, _ = home.a_run(profile="default")

    assert sign_in(connection).credentials().access_key_id == "profile-key-id"


def test_the_ini_file_may_be_elsewhere(home: Home, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.ini").write_text(INI)
    connection, _ = home.a_run(environ={"ALIBABA_CLOUD_CREDENTIALS_FILE": str(tmp_path / "elsewhere.ini")})

    assert sign_in(connection).credentials().access_key_id == "ini-key-id"


@pytest.mark.parametrize("has_files", [True, False])
def test_a_profile_that_does_not_exist_is_an_error_that_lists_those_that_do(home: Home, *, has_files: bool) -> None:
    if has_files:
        home.write_cli(AK, CHAINED)
        home.write_ini()
    connection, _ = home.a_run(profile="prod")

    with pytest.raises(UsageError, match=r"^There is no profile 'prod' \(--profile\)\.") as caught:
        sign_in(connection)
    listed = "There are: assumed, chained, ci, default, pair."
    assert caught.value.means == (listed if has_files else caught.value.means)
    assert ("has any" in caught.value.means) is not has_files


def test_without_a_home_nothing_is_read_from_the_working_directory(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_cli(AK)
    home.write_ini()
    monkeypatch.chdir(home.path)
    connection, _ = home.a_run(environ={"HOME": ""})

    with pytest.raises(UsageError, match="There is no profile 'default'"):
        sign_in(connection)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"\xff\xfe", "it is not text in UTF-8"),
        (b" " * 1_000_001, "it is larger than 1000000 bytes"),
    ],
)
def test_a_file_of_the_cli_that_cannot_be_read_is_an_error(content: bytes, says: str, home: Home) -> None:
    home.write_cli(AK)
    (home.path / ".aliyun" / "config.json").write_bytes(content)
    connection, _ = home.a_run()

    with pytest.raises(UsageError, match=r"^~/\.aliyun/config\.json cannot be read") as caught:
        sign_in(connection)
    assert says in caught.value.happened


@pytest.mark.parametrize("content", ["[]", "{}", '{"profiles": 5}', '{"profiles": [5, {"name": 5}]}', " "])
def test_a_file_of_the_cli_without_profiles_has_none(content: str, home: Home) -> None:
    home.write_cli()
    (home.path / ".aliyun" / "config.json").write_text(content)
    home.write_ini()
    connection, _ = home.a_run()

    assert sign_in(connection).credentials().access_key_id == "ini-key-id"


def test_a_pipe_in_place_of_a_file_is_refused_before_it_can_block_the_run(home: Home) -> None:
    (home.path / ".aliyun").mkdir()
    os.mkfifo(home.path / ".aliyun" / "config.json")
    connection, _ = home.a_run()

    with pytest.raises(UsageError, match="a pipe or a device, and not a regular file"):
        sign_in(connection)


def test_an_ini_file_that_cannot_be_read_is_an_error(home: Home, tmp_path: Path) -> None:
    home.write_ini("no section")
    missing, folder = (
        {"ALIBABA_CLOUD_CREDENTIALS_FILE": str(tmp_path / "missing")},
        {"ALIBABA_CLOUD_CREDENTIALS_FILE": str(tmp_path)},
    )
    for environ, says in (
        ({}, "~/.alibabacloud/credentials.ini cannot be read: it is not an ini file"),
        (missing, "The file that ALIBABA_CLOUD_CREDENTIALS_FILE names cannot be read: No such file"),
        (folder, "The file that ALIBABA_CLOUD_CREDENTIALS_FILE names cannot be read: it is a folder"),
    ):
        connection, _ = home.a_run(environ=environ)
        with pytest.raises(UsageError) as caught:
            sign_in(connection)
        assert caught.value.happened.startswith(says)


# How it signs in.


def test_keys_are_masked_and_read_again_after_a_refusal(home: Home) -> None:
    home.write_cli({**AK, "mode": "StsToken", "sts_token": "profile-security-token"})
    connection, _ = home.a_run()
    keys = sign_in(connection)

    assert keys.description == "the keys of the profile 'ci' of ~/.aliyun/config.json"
    assert keys.credentials().security_token == "profile-security-token"
    assert connection.masked == {"profile-key-secret", "profile-security-token"}
    home.write_cli({**AK, "mode": "StsToken", "sts_token": "a-renewed-security-token"})
    assert keys.renewed().security_token == "a-renewed-security-token"


def test_a_token_beside_a_lasting_key_is_not_sent(home: Home) -> None:
    home.write_cli({**AK, "sts_token": "of-an-earlier-mode"})
    connection, _ = home.a_run()

    assert sign_in(connection).credentials().security_token == ""


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        ({**AK, "access_key_secret": ""}, "has no access_key_secret."),
        ({"name": "ci", "mode": "AK"}, "has no access_key_id and no access_key_secret."),
        ({**AK, "mode": "StsToken"}, "has no sts_token."),
        ({**AK, "access_key_secret": "two words of it"}, "no HTTP header can carry its characters"),
        ({**ASSUMED, "access_key_id": ""}, "has no access_key_id."),
    ],
)
def test_a_profile_without_a_whole_key_is_not_authorised(profile: dict[str, str], says: str, home: Home) -> None:
    home.write_cli(profile)
    connection, _ = home.a_run()

    with pytest.raises(NotAuthorised) as caught:
        sign_in(connection)
    assert says in caught.value.happened
    assert "two words" not in str(caught.value)


def test_a_role_is_assumed_with_the_keys_of_its_profile(home: Home) -> None:
    home.write_cli({**ASSUMED, "external_id": "of-a-partner"})
    connection, answers = home.a_run(issued())
    session = sign_in(connection)
    session.credentials()

    (sent,) = answers.sent
    assert "Credential=profile-key-id," in sent.headers["authorization"]
    assert (sent.query["RoleArn"], sent.query["RoleSessionName"]) == (ROLE, "of-profile")
    assert (sent.query["DurationSeconds"], sent.query["ExternalId"]) == ("1800", "of-a-partner")
    assert "yundun-aegis:GetLastOnceTaskInfo" in sent.query["Policy"]
    assert session.description == f"the role {ROLE}, assumed with the keys of the profile 'ci' of ~/.aliyun/config.json"


def test_a_policy_of_the_profile_is_kept_and_options_override_its_name_and_length(home: Home) -> None:
    home.write_cli({**ASSUMED, "policy": "{}"})
    connection, answers = home.a_run(issued(), credentials="profile", session_name="ours", session_duration=900.0)
    sign_in(connection).credentials()

    (sent,) = answers.sent
    assert (sent.query["Policy"], sent.query["RoleSessionName"], sent.query["DurationSeconds"]) == ("{}", "ours", "900")


def test_a_chained_profile_assumes_its_role_with_those_before_it(home: Home) -> None:
    third = {**CHAINED, "name": "third", "source_profile": "chained", "ram_role_arn": "acs:ram::1001:role/third"}
    home.write_cli(ASSUMED, CHAINED, third)
    responses = issued(), issued(SECOND_ROLE), issued("acs:ram::1001:role/third")
    connection, answers = home.a_run(*responses, profile="third")
    sign_in(connection).credentials()

    policies = [json.loads(sent.query["Policy"])["Statement"][0] for sent in answers.sent]
    assert [(one["Action"], one["Resource"]) for one in policies[:2]] == [
        (["sts:AssumeRole"], SECOND_ROLE),
        (["sts:AssumeRole"], "acs:ram::1001:role/third"),
    ]
    assert policies[2]["Resource"] == "*"


@pytest.mark.parametrize("source", ["chained", "round", ""])
def test_a_chain_of_profiles_that_never_ends_is_an_error(source: str, home: Home) -> None:
    home.write_cli({**CHAINED, "source_profile": source}, {**CHAINED, "name": "round", "source_profile": "chained"})
    connection, _ = home.a_run(profile="chained")

    with pytest.raises(
        UsageError, match="itself for source_profile, directly or not" if source else "no source_profile"
    ):
        sign_in(connection)


def test_a_profile_with_oidc_takes_the_token_from_its_file_and_from_nowhere_else(home: Home, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    profile = {"name": "ci", "mode": "OIDC", "ram_role_arn": ROLE, "oidc_provider_arn": PROVIDER}
    home.write_cli({**profile, "oidc_token_file": str(tmp_path / "token")})
    environ = {"SCAN_GATE_OIDC_TOKEN": "not this one"}
    connection, answers = home.a_run(issued(), environ=environ)
    sign_in(connection).credentials()

    (sent,) = answers.sent
    assert (sent.form["OIDCToken"], sent.form["DurationSeconds"]) == (TOKEN, "2400")


def test_a_profile_can_be_the_role_of_the_instance(home: Home) -> None:
    home.write_cli({"name": "ci", "mode": "EcsRamRole", "ram_role_name": "runner"})
    keys = a_json({"Code": "Success", **TEMPORARY})
    connection, answers = home.a_run(a_response("a-metadata-token"), keys)
    session = sign_in(connection)
    session.credentials()

    assert answers.sent[-1].url.endswith("/security-credentials/runner")
    assert session.description == "the role runner of this instance"


def test_an_ini_profile_has_its_own_names_for_the_same(home: Home) -> None:
    home.write_ini()
    connection, answers = home.a_run(issued(), profile="assumed")
    sign_in(connection).credentials()

    assert answers.sent[0].query["RoleSessionName"] == "of-ini"


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        ({**AK, "mode": "CloudSSO"}, "has the mode CloudSSO, with which the gate cannot sign in"),
        ({**AK, "mode": "OAuth"}, "has the mode OAuth"),
        ({**AK, "mode": "External"}, "has the mode External"),
        ({"name": "ci"}, "has the mode of no name"),
        ({**ASSUMED, "ram_role_arn": ""}, "has no ram_role_arn, which its mode RamRoleArn needs"),
        ({**ASSUMED, "ram_role_arn": "admin"}, "'admin' is not the ARN of a role"),
        ({**ASSUMED, "ram_session_name": "two words"}, "'two words' is not a name"),
        ({**ASSUMED, "expired_seconds": "soon"}, "has no number for expired_seconds"),
        ({"name": "ci", "mode": "OIDC", "ram_role_arn": ROLE}, "has no oidc_token_file"),
    ],
)
def test_a_profile_that_cannot_be_used_is_an_error_that_names_it(
    profile: dict[str, Any], says: str, home: Home
) -> None:
    home.write_cli(profile)
    connection, _ = home.a_run()

    with pytest.raises(UsageError) as caught:
        sign_in(connection)
    assert says in caught.value.happened
    assert caught.value.happened.startswith("The profile 'ci' of ~/.aliyun/config.json")


def test_a_key_pair_of_rsa_cannot_be_used(home: Home) -> None:
    home.write_ini()
    connection, _ = home.a_run(profile="pair")

    with pytest.raises(UsageError, match="has the mode rsa_key_pair") as caught:
        sign_in(connection)
    assert "AK, StsToken, RamRoleArn, EcsRamRole, OIDC, ChainableRamRoleArn" in caught.value.remedy
