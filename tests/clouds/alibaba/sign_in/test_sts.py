"""The exchanges of STS: what is sent, what is taken of the response, and for how long credentials are asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.alibaba.regions import REGIONS, sts_endpoint
from gate.clouds.alibaba.sign_in import sign_in
from gate.errors import NotAuthorised, NotUnderstood, UsageError
from gate.outcome import EventKind
from tests.builders import NOW
from tests.clouds.alibaba.sign_in.builders import (
    KEYS,
    OIDC,
    PROVIDER,
    ROLE,
    SECOND_ROLE,
    TEMPORARY,
    TOKEN,
    a_run,
    issued,
    refusal,
)
from tests.clouds.answers import a_json
from tests.clouds.builders import events_of_kind

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders import FakeTime

TOO_LONG = refusal("InvalidParameter.DurationSeconds", 400, "The Min/Max value of DurationSeconds is 15min/1hr.")
CHAINED: dict[str, Any] = {"for_cloud": {**OIDC["for_cloud"], "assume-role-arn": SECOND_ROLE}}


@pytest.fixture(autouse=True)
def _no_socket(socket_disabled: object) -> None:
    """Nothing here needs one."""


# The exchange of a token.


def test_no_exchange_leaves_a_connection_open(fake_time: FakeTime) -> None:
    connection, answers = a_run(fake_time, issued(), issued(SECOND_ROLE), **CHAINED)
    sign_in(connection).credentials()

    assert answers.closed == len(answers.sent) == 2


def test_choosing_a_way_sends_nothing(fake_time: FakeTime) -> None:
    connection, answers = a_run(fake_time, **CHAINED)
    sign_in(connection)

    assert answers.sent == []


def test_the_token_is_in_the_form_stripped_and_nowhere_else(fake_time: FakeTime) -> None:
    connection, answers = a_run(fake_time, issued(), environ={"SCAN_GATE_OIDC_TOKEN": f" {TOKEN}\n"}, **OIDC)
    sign_in(connection).credentials()

    (sent,) = answers.sent
    assert (sent.method, sent.form["OIDCToken"]) == ("POST", TOKEN)
    assert TOKEN not in sent.url
    assert TOKEN not in str(sent.headers)
    assert sent.secrets == (TOKEN,)
    assert TOKEN in connection.masked


def test_the_request_is_that_of_the_vendors_own_clients_and_not_signed(fake_time: FakeTime) -> None:
    connection, answers = a_run(fake_time, issued(), region="cn-hangzhou", **OIDC)
    sign_in(connection).credentials()

    (sent,) = answers.sent
    assert sent.url == (
        "https://sts.cn-hangzhou.aliyuncs.com/?Action=AssumeRoleWithOIDC&Format=JSON&Version=2015-04-01"
        "&Timestamp=2026-01-31T12%3A00%3A00Z"
    )
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in sent.headers
    assert not [name for name in sent.headers if name.startswith("x-acs-")]
    assert sent.form.keys() == {
        "RoleArn",
        "RoleSessionName",
        "DurationSeconds",
        "Policy",
        "OIDCProviderArn",
        "OIDCToken",
    }
    assert (sent.form["RoleArn"], sent.form["OIDCProviderArn"]) == (ROLE, PROVIDER)


def test_the_credentials_of_the_response_are_used_and_masked(fake_time: FakeTime) -> None:
    connection, _ = a_run(fake_time, issued(), **OIDC)
    found = sign_in(connection).credentials()

    assert found.access_key_id == TEMPORARY["AccessKeyId"]
    assert found.expires_at == NOW + timedelta(hours=1)
    assert {TEMPORARY["AccessKeyId"], TEMPORARY["AccessKeySecret"], TEMPORARY["SecurityToken"]} < connection.masked


def test_what_is_used_is_said_in_one_line(fake_time: FakeTime) -> None:
    connection, _ = a_run(fake_time, issued(), **OIDC)
    sign_in(connection).credentials()

    lines = [event.text for event in events_of_kind(connection, EventKind.NOTE)]
    (line,) = [line for line in lines if "signed in" in line]
    assert line == (
        f"signed in with the role {ROLE}, with the OIDC token of the variable SCAN_GATE_OIDC_TOKEN, valid until "
        "2026-01-31T13:00:00Z"
    )


@pytest.mark.parametrize(
    "arn",
    [
        "acs:ram::1001:role/ci/scan-gate",
        "acs:ram::1001:assumed-role/ci/scan-gate",
        "acs:sts::1001:assumed-role/CI/scan-gate",
    ],
)
def test_the_session_may_be_named_as_any_page_of_the_vendor_names_one(arn: str, fake_time: FakeTime) -> None:
    connection, _ = a_run(fake_time, issued(AssumedRoleUser={"Arn": arn}), **OIDC)

    assert sign_in(connection).credentials().is_key_pair


@pytest.mark.parametrize(
    "user",
    [
        None,
        "acs:ram::1001:role/ci/scan-gate",
        {},
        {"Arn": 5},
        {"Arn": ROLE},
        {"Arn": "acs:ram::1001:role/admin/scan-gate"},
        {"Arn": "acs:ram::1002:role/ci/scan-gate"},
        {"Arn": "acs:ram::1001:role/ci/scan-gate/x"},
    ],
)
def test_the_credentials_of_anybody_else_are_not_understood(user: object, fake_time: FakeTime) -> None:
    connection, _ = a_run(fake_time, issued(AssumedRoleUser=user), **OIDC)

    with pytest.raises(NotUnderstood, match="and not those of the role acs:ram::1001:role/ci") as caught:
        sign_in(connection).credentials()
    assert "--sts-endpoint" in caught.value.remedy


def test_a_key_in_the_place_of_an_arn_is_not_shown(fake_time: FakeTime) -> None:
    connection, _ = a_run(fake_time, issued(AssumedRoleUser={"Arn": TEMPORARY["SecurityToken"]}), **OIDC)

    with pytest.raises(NotUnderstood, match=r"the credentials of '\*\*\*'"):
        sign_in(connection).credentials()


@pytest.mark.parametrize(
    "changed",
    [
        {"Credentials": None},
        {"Credentials": []},
        {"Credentials": {**TEMPORARY, "SecurityToken": ""}},
        {"Credentials": {**TEMPORARY, "AccessKeySecret": None}},
        {"Credentials": {**TEMPORARY, "AccessKeyId": 5}},
        {"Credentials": {name: value for name, value in TEMPORARY.items() if name != "Expiration"}},
        {"Credentials": {**TEMPORARY, "Expiration": "2026-01-31T11:59:59Z"}},
        {"Credentials": {**TEMPORARY, "Expiration": 1769864400}},
    ],
)
def test_credentials_that_are_not_whole_or_over_are_not_understood(
    changed: dict[str, Any], fake_time: FakeTime
) -> None:
    connection, _ = a_run(fake_time, issued(**changed), **OIDC)

    with pytest.raises(NotUnderstood):
        sign_in(connection).credentials()


def test_an_error_beside_credentials_is_believed(fake_time: FakeTime) -> None:
    connection, _ = a_run(fake_time, issued(Code="AuthenticationFail.NoPermission", Message="No."), **OIDC)

    with pytest.raises(NotAuthorised):
        sign_in(connection).credentials()


def test_a_wrong_clock_of_this_machine_is_corrected_by_that_of_sts(fake_time: FakeTime) -> None:
    cloud_time = NOW + timedelta(hours=2)
    credentials = {**TEMPORARY, "Expiration": "2026-01-31T15:00:00Z"}
    date = format_datetime(cloud_time, usegmt=True)
    late = a_json({"Code": "InvalidTimeStamp.Expired", "Message": "Expired."}, 400, date=date)
    connection, answers = a_run(fake_time, late, issued(Credentials=credentials), **OIDC)

    assert sign_in(connection).credentials().expires_at == datetime(2026, 1, 31, 15, tzinfo=UTC)
    assert [sent.query["Timestamp"] for sent in answers.sent] == ["2026-01-31T12:00:00Z", "2026-01-31T14:00:00Z"]


# Where STS is.


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("cn-hangzhou", "https://sts.cn-hangzhou.aliyuncs.com"),
        ("eu-central-1", "https://sts.eu-central-1.aliyuncs.com"),
        ("ap-southeast-2", "https://sts.aliyuncs.com"),
        ("new-region-1", "https://sts.aliyuncs.com"),
        ("", "https://sts.aliyuncs.com"),
    ],
)
def test_sts_of_the_region_is_asked_and_the_central_one_where_there_is_none(region: str, url: str) -> None:
    assert sts_endpoint(region) == url


def test_every_region_has_an_address_with_tls() -> None:
    assert all(sts_endpoint(region).startswith("https://sts.") for region in REGIONS)


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        ({"sts_endpoint": "https://sts-vpc.cn-hangzhou.aliyuncs.com", "region": "eu-west-1"}, "sts-vpc.cn-hangzhou"),
        ({"environ": {"ALIBABA_CLOUD_REGION_ID": "us-east-1"}}, "sts.us-east-1"),
    ],
)
def test_the_endpoint_is_an_option_or_that_of_the_region(
    settings: dict[str, Any], host: str, fake_time: FakeTime
) -> None:
    connection, answers = a_run(fake_time, issued(), **OIDC, **settings)
    sign_in(connection).credentials()

    assert answers.sent[0].url.startswith(f"https://{host}.aliyuncs.com/?")


# For how long.


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({"timeout": 1800.0}, "2400"),
        ({"timeout": 60.0}, "900"),
        ({"timeout": 7200.0}, "7800"),
        ({"timeout": 90_000.0}, "43200"),
        ({"timeout": 7200.0, "session_duration": 5400.0}, "5400"),
    ],
)
def test_with_a_fixed_token_credentials_are_asked_for_as_long_as_the_run_may_take(
    settings: dict[str, Any], seconds: str, fake_time: FakeTime
) -> None:
    connection, answers = a_run(fake_time, issued(), **OIDC, **settings)
    sign_in(connection).credentials()

    assert answers.sent[0].form["DurationSeconds"] == seconds


def test_an_hour_is_asked_for_once_more_is_refused_and_from_then_on(fake_time: FakeTime) -> None:
    connection, answers = a_run(fake_time, TOO_LONG, issued(), issued(), timeout=7200.0, **OIDC)
    session = sign_in(connection)
    session.credentials()
    session.renewed()

    assert [sent.form["DurationSeconds"] for sent in answers.sent] == ["7800", "3600", "3600"]
    notes = [event.text for event in events_of_kind(connection, EventKind.NOTE)]
    assert notes.count("the role allows no session of 130 min; asking for 1 h") == 1


@pytest.mark.parametrize("settings", [{"session_duration": 7200.0}, {"timeout": 600.0}])
def test_a_length_that_was_asked_for_or_is_an_hour_at_most_is_not_shortened(
    settings: dict[str, Any], fake_time: FakeTime
) -> None:
    connection, answers = a_run(fake_time, TOO_LONG, **OIDC, **settings)

    with pytest.raises(NotAuthorised, match="allows no session of"):
        sign_in(connection).credentials()
    assert len(answers.sent) == 1


# The name of the session, the role and the provider.


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "scan-gate"),
        ({"environ": {"GITHUB_RUN_ID": "9001"}}, "scan-gate-9001"),
        ({"environ": {"ALIBABA_CLOUD_ROLE_SESSION_NAME": "ours"}}, "ours"),
        ({"environ": {"ALIBABA_CLOUD_ROLE_SESSION_NAME": "ours"}, "session_name": "mine"}, "mine"),
        ({"environ": {"ALIBABA_CLOUD_ROLE_SESSION_NAME": "ours"}, "reads_variables": False}, "scan-gate"),
    ],
)
def test_the_session_has_a_name_for_the_audit_log(settings: dict[str, Any], name: str, fake_time: FakeTime) -> None:
    connection, answers = a_run(fake_time, issued(), **OIDC, **settings)
    sign_in(connection).credentials()

    assert answers.sent[0].form["RoleSessionName"] == name


def test_role_provider_and_token_may_all_be_variables_of_the_vendors_tools(fake_time: FakeTime, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    environ = {
        "SCAN_GATE_OIDC_TOKEN": "",
        "ALIBABA_CLOUD_ROLE_ARN": ROLE,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(tmp_path / "token"),
    }
    connection, answers = a_run(fake_time, issued(), environ=environ)
    sign_in(connection).credentials()

    assert answers.sent[0].form["OIDCToken"] == TOKEN


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        (
            {"ALIBABA_CLOUD_ROLE_ARN": "ci", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER},
            "The variable ALIBABA_CLOUD_ROLE_ARN cannot be used: 'ci' is not the ARN of a role",
        ),
        (
            {"ALIBABA_CLOUD_ROLE_ARN": ROLE, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": ROLE},
            (
                "The variable ALIBABA_CLOUD_OIDC_PROVIDER_ARN cannot be used: 'acs:ram::1001:role/ci' is "
                "not the ARN of an OIDC provider"
            ),
        ),
        ({"ALIBABA_CLOUD_ROLE_ARN": ROLE}, "The OIDC provider is not given"),
        ({}, "The role is not given"),
        (
            {
                "ALIBABA_CLOUD_ROLE_ARN": ROLE,
                "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER,
                "ALIBABA_CLOUD_ROLE_SESSION_NAME": "two words",
            },
            "The variable ALIBABA_CLOUD_ROLE_SESSION_NAME cannot be used: 'two words' is not a name",
        ),
    ],
)
def test_variables_that_do_not_suffice_are_an_error_before_anything_is_sent(
    environ: dict[str, str], says: str, fake_time: FakeTime
) -> None:
    connection, answers = a_run(fake_time, credentials="oidc", environ=environ)

    with pytest.raises(UsageError) as caught:
        sign_in(connection)
    assert caught.value.happened.startswith(says)
    assert answers.sent == []


# A role that is assumed with other credentials.


def test_a_second_role_is_assumed_with_the_credentials_of_the_first(fake_time: FakeTime) -> None:
    second = {**TEMPORARY, "AccessKeyId": "STS.second-key-id"}
    connection, answers = a_run(fake_time, issued(), issued(SECOND_ROLE, Credentials=second), **CHAINED)
    found = sign_in(connection).credentials()

    assert found.access_key_id == "STS.second-key-id"
    first, sent = answers.sent
    assert sent.headers["x-acs-action"] == "AssumeRole"
    assert sent.headers["x-acs-version"] == "2015-04-01"
    assert sent.headers["x-acs-security-token"] == TEMPORARY["SecurityToken"]
    assert f"Credential={TEMPORARY['AccessKeyId']}," in sent.headers["authorization"]
    assert sent.query["RoleArn"] == SECOND_ROLE
    assert sent.secrets == (TEMPORARY["AccessKeyId"], TEMPORARY["AccessKeySecret"], TEMPORARY["SecurityToken"])
    assert json.loads(first.form["Policy"])["Statement"] == [
        {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": SECOND_ROLE}
    ]
    assert "yundun-aegis:GetLastOnceTaskInfo" in sent.query["Policy"]


def test_a_second_role_can_be_assumed_with_stored_keys(fake_time: FakeTime) -> None:
    settings: dict[str, Any] = {"for_cloud": {"assume-role-arn": SECOND_ROLE}, "session_duration": 7200.0}
    connection, answers = a_run(fake_time, issued(SECOND_ROLE), environ=KEYS, **settings)
    session = sign_in(connection)
    session.credentials()

    (sent,) = answers.sent
    assert "Credential=stored-key-id," in sent.headers["authorization"]
    assert sent.query["DurationSeconds"] == "7200"
    assert session.description == f"the role {SECOND_ROLE}, assumed with stored keys"


@pytest.mark.parametrize(
    "settings",
    [
        {"environ": {**KEYS, "ALIBABA_CLOUD_SECURITY_TOKEN": "stored-token"}, "session_duration": 7200.0},
        {"environ": KEYS},
    ],
)
def test_a_role_of_a_role_is_asked_for_an_hour_at_most_and_any_other_unless_asked(
    settings: dict[str, Any], fake_time: FakeTime
) -> None:
    assumed: dict[str, Any] = {"for_cloud": {"assume-role-arn": SECOND_ROLE}}
    connection, answers = a_run(fake_time, issued(SECOND_ROLE), **assumed, **settings)
    sign_in(connection).credentials()

    assert answers.sent[0].query["DurationSeconds"] == "3600"


def test_each_of_both_sessions_is_renewed_by_itself(fake_time: FakeTime) -> None:
    """The first role's credentials live for two hours, and those of the second for one."""
    two_hours, later = (
        {**TEMPORARY, "AccessKeyId": f"STS.{name}", "Expiration": f"2026-01-31T{hour}:00:00Z"}
        for name, hour in (("first-of-two-hours", 14), ("second-renewed", 14))
    )
    connection, answers = a_run(
        fake_time,
        issued(Credentials=two_hours),
        issued(SECOND_ROLE),
        issued(SECOND_ROLE, Credentials=later),
        timeout=7200.0,
        **CHAINED,
    )
    session = sign_in(connection)
    session.credentials()
    fake_time.elapsed = 3400.0

    assert session.credentials().access_key_id == "STS.second-renewed"
    assert [sent.headers.get("x-acs-action", sent.query.get("Action")) for sent in answers.sent] == [
        "AssumeRoleWithOIDC",
        "AssumeRole",
        "AssumeRole",
    ]


def test_a_first_session_that_is_refused_is_renewed_once(fake_time: FakeTime) -> None:
    expired = refusal("InvalidSecurityToken.Expired", 400)
    renewed = {**TEMPORARY, "AccessKeyId": "STS.renewed-key-id"}
    connection, answers = a_run(
        fake_time, issued(), expired, issued(Credentials=renewed), issued(SECOND_ROLE), **CHAINED
    )

    assert sign_in(connection).credentials().is_key_pair
    assert "Credential=STS.renewed-key-id," in answers.sent[-1].headers["authorization"]
