"""Profiles of the vendor's credential file: their keys, and what they say beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.sign_in import with_profile
from gate.errors import NotAuthorised, UsageError
from tests.clouds.huawei.sign_in.builders import (
    SECOND_AGENCY,
    TOKEN,
    a_run,
    issued,
    key_of_iam,
    token_of_iam,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders import FakeTime
    from tests.clouds.huawei.sign_in.builders import Run

KEYS = "ak = profile-key-id\nsk = profile-key-secret\n"
FILE_VARIABLE = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The credential file in the home of the user, in a folder that is there."""
    folder = tmp_path / ".huaweicloud"
    folder.mkdir()
    return folder / "credentials"


def of_profile(time: FakeTime, file: Path, content: str | bytes, *responses: Any, **settings: Any) -> Run:
    """A run that signs in with a profile of a file with this content."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    environ = {"HOME": str(file.parent.parent), **settings.pop("environ", {})}
    return a_run(time, *responses, environ=environ, **{"for_cloud": {}, "credentials": "profile", **settings})


def test_the_keys_of_the_profile_basic_are_used(fake_time: FakeTime, file: Path) -> None:
    run = of_profile(fake_time, file, f"[basic]\n{KEYS}security_token = profile-security-token\n")
    way = run.way
    found = way.credentials()

    assert (found.access_key_id, found.access_key_secret) == ("profile-key-id", "profile-key-secret")
    assert found.security_token == "profile-security-token"
    assert run.connection.masked == {"profile-key-secret", "profile-security-token"}
    assert (way.description, run.log) == ("the profile basic", ["signing in with the keys of the profile basic"])


def test_another_profile_and_another_file_can_be_named(fake_time: FakeTime, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(f"[basic]\nak = x\n[release]\n{KEYS}")
    run = of_profile(
        fake_time, file, "[basic]\n", environ={FILE_VARIABLE: str(other)}, credentials="auto", profile="release"
    )

    assert run.way.credentials().access_key_id == "profile-key-id"


def test_without_variables_the_file_is_that_of_the_home(fake_time: FakeTime, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("[basic]\nak = x\nsk = y\n")
    environ = {FILE_VARIABLE: str(other)}
    run = of_profile(fake_time, file, f"[basic]\n{KEYS}", environ=environ, reads_variables=False)
    file_of_home = run.way.credentials()
    file.unlink()

    assert file_of_home.access_key_id == "profile-key-id"
    with pytest.raises(UsageError, match=r"The file ~/\.huaweicloud/credentials cannot be read"):
        run.way.credentials()


def test_keys_are_read_again_after_a_refusal(fake_time: FakeTime, file: Path) -> None:
    way = of_profile(fake_time, file, f"[basic]\n{KEYS}").way
    way.credentials()
    file.write_text(f"[basic]\n{KEYS.replace('secret', 'renewed')}")

    assert way.renewed().access_key_secret == "profile-key-renewed"


def test_an_identity_provider_comes_before_keys(fake_time: FakeTime, file: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    content = f"[basic]\n{KEYS}idp_id = corporate\nid_token_file = {token}\n"
    run = of_profile(fake_time, file, content, token_of_iam(), key_of_iam())
    way = run.way

    assert way.credentials().expires_at
    assert run.bodies[0] == {"auth": {"id_token": {"id": TOKEN}}}
    assert way.description.startswith("the identity provider corporate of IAM, with the OIDC token from the file")


def test_an_agency_can_be_assumed_with_a_profile(fake_time: FakeTime, file: Path) -> None:
    run = of_profile(
        fake_time, file, f"[basic]\n{KEYS}", issued(SECOND_AGENCY), for_cloud={"assume-agency-urn": SECOND_AGENCY}
    )

    assert run.way.credentials().expires_at
    assert run.way.description.endswith("assumed with the profile basic")


@pytest.mark.parametrize(
    ("content", "means"),
    [
        ("[basic]\n", "It has neither ak and sk nor idp_id."),
        ("[basic]\nak = a\n", "Of them it has only ak."),
        ("[basic]\nsk = s\nidp_id = i\n", "Of them it has only sk and idp_id."),
    ],
)
def test_a_profile_without_whole_credentials_is_not_authorised(
    content: str, means: str, fake_time: FakeTime, file: Path
) -> None:
    with pytest.raises(NotAuthorised) as caught:
        _ = of_profile(fake_time, file, content).way
    assert caught.value.means == means


@pytest.mark.parametrize("value", ["${SECRET}", "'quoted'", "***", "a b", "gehëim-gehëim"])
def test_a_value_that_is_no_credential_is_not_authorised_and_not_shown(
    value: str, fake_time: FakeTime, file: Path
) -> None:
    with pytest.raises(NotAuthorised, match="sk of the profile basic is not a credential") as caught:
        _ = of_profile(fake_time, file, f"[basic]\nak = profile-key-id\nsk = {value}\n").way
    assert value not in caught.value.happened or value == "***"


@pytest.mark.parametrize(
    ("content", "happened"),
    [
        ("[global]\nak = canary-secret", "The credential file of Huawei Cloud has no profile 'basic'."),
        ("", "The credential file of Huawei Cloud has no profile 'basic'."),
        ("sk = canary-secret", "cannot be read: it is no ini file in line 1."),
        ("[basic]\nak = a\ncanary-secret\n", "cannot be read: it is no ini file in line 3."),
        ("[basic]\nsk = canary-secret\nsk = canary-secret\n", "cannot be read: it is no ini file in line 3."),
        ("[basic]\nsk = canary-secret%\n", "The profile basic of Huawei Cloud has a percent sign"),
        (b"[basic]\nsk = canary-secret\xff", "cannot be read: it is not text in UTF-8."),
        (b"[basic]\n" + b"#" * 1_000_000, "cannot be read: it is larger than 1000000 bytes."),
    ],
)
def test_a_file_that_is_none_of_profiles_is_a_usage_error_without_its_content(
    content: str | bytes, happened: str, fake_time: FakeTime, file: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        _ = of_profile(fake_time, file, content).way
    assert happened in caught.value.happened
    assert "canary-secret" not in str(caught.value)


def test_a_file_that_is_not_there_is_a_usage_error_without_its_path(fake_time: FakeTime, tmp_path: Path) -> None:
    for environ, named in (
        ({"HOME": str(tmp_path)}, "The file ~/.huaweicloud/credentials"),
        ({FILE_VARIABLE: str(tmp_path / "canary")}, f"The file that {FILE_VARIABLE} names"),
        ({FILE_VARIABLE: str(tmp_path)}, f"The file that {FILE_VARIABLE} names"),
        ({}, "The file ~/.huaweicloud/credentials"),
    ):
        with pytest.raises(UsageError) as caught:
            _ = a_run(fake_time, environ=environ, for_cloud={}, credentials="profile").way
        assert caught.value.happened.startswith(f"{named} cannot be read: ")
        assert str(tmp_path) not in str(caught.value)


def test_the_project_and_iam_of_a_profile_are_used_and_said(fake_time: FakeTime, file: Path) -> None:
    content = f"[basic]\n{KEYS}project_id = p-1\niam_endpoint = https://iam.example/\n"
    run = of_profile(fake_time, file, content)

    settings = with_profile(run.connection).settings
    assert (settings.for_cloud["project-id"], settings.for_cloud["iam-endpoint"]) == ("p-1", "https://iam.example")
    assert settings.source_of("project-id") == "project_id of the profile basic"
    assert run.log == [
        "using p-1 as --project-id: project_id of the profile basic",
        "using https://iam.example as --iam-endpoint: iam_endpoint of the profile basic",
    ]


def test_without_them_the_settings_stay_as_they_are(fake_time: FakeTime, file: Path) -> None:
    run = of_profile(fake_time, file, f"[basic]\n{KEYS}", for_cloud={"project-id": "p-2"})

    assert with_profile(run.connection).settings.for_cloud == {"project-id": "p-2"}
    assert run.log == []


@pytest.mark.parametrize("settings", [{}, {"credentials": "keys", "profile": "basic"}, {"credentials": "oidc"}])
def test_a_profile_that_is_not_asked_for_is_not_read(settings: dict[str, Any], fake_time: FakeTime) -> None:
    connection = a_run(fake_time, environ={FILE_VARIABLE: "/nowhere"}, **settings).connection

    assert with_profile(connection) is connection


@pytest.mark.parametrize(
    ("for_cloud", "environ", "source"),
    [
        ({"project-id": "p-2"}, {}, "--project-id"),
        ({}, {"HW_PROJECT_ID": "p-2"}, "the variable HW_PROJECT_ID"),
        ({"iam-endpoint": "https://other.example"}, {}, "--iam-endpoint"),
    ],
)
def test_a_profile_is_not_mixed_with_other_settings(
    for_cloud: dict[str, Any], environ: dict[str, str], source: str, fake_time: FakeTime, file: Path
) -> None:
    content = f"[basic]\n{KEYS}project_id = p-1\niam_endpoint = https://iam.example\n"
    run = of_profile(fake_time, file, content, for_cloud=for_cloud, environ=environ)

    with pytest.raises(UsageError, match=f"of the profile basic and {source} are not the same"):
        with_profile(run.connection)


def test_the_same_settings_may_be_given_twice(fake_time: FakeTime, file: Path) -> None:
    run = of_profile(fake_time, file, f"[basic]\n{KEYS}project_id = p-1\n", for_cloud={"project-id": "p-1"})

    assert with_profile(run.connection).settings.for_cloud == {"project-id": "p-1"}


def test_an_address_to_which_nothing_may_be_sent_is_a_usage_error(fake_time: FakeTime, file: Path) -> None:
    run = of_profile(fake_time, file, f"[basic]\n{KEYS}iam_endpoint = http://iam.example\n")

    with pytest.raises(UsageError, match="iam_endpoint of the profile basic cannot be used"):
        with_profile(run.connection)
