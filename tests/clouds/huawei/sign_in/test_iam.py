"""The older way of IAM: an OIDC token for a token of IAM, and that one for temporary credentials."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import GateError, NotAuthorised, NotUnderstood, Unreachable
from tests.clouds.answers import a_json
from tests.clouds.builders import a_response
from tests.clouds.huawei.sign_in.builders import (
    BY_IAM,
    OF_IAM,
    TOKEN,
    TOKEN_OF_IAM,
    a_run,
    key_of_iam,
    refusal,
    token_of_iam,
)

if TYPE_CHECKING:
    from gate.clouds.response import Response
    from tests.builders import FakeTime

ISSUED = {"token": {"expires_at": "2026-02-01T12:00:00.000000Z"}}


def test_a_token_of_iam_is_exchanged_for_keys_at_once(fake_time: FakeTime) -> None:
    run = a_run(fake_time, token_of_iam(), key_of_iam(), for_cloud=BY_IAM)

    found = run.way.credentials()

    first, second = run.answers.sent
    assert first.url == "https://iam.cn-north-4.myhuaweicloud.com/v3.0/OS-AUTH/id-token/tokens"
    assert first.headers["x-idp-id"] == "corporate"
    assert not {"authorization", "x-auth-token"} & first.headers.keys()
    assert second.url == "https://iam.cn-north-4.myhuaweicloud.com/v3.0/OS-CREDENTIAL/securitytokens"
    assert second.headers["x-auth-token"] == TOKEN_OF_IAM
    assert run.bodies == [
        {"auth": {"id_token": {"id": TOKEN}}},
        {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 2400}}}},
    ]
    assert found.is_key_pair
    assert found.auth_token == ""


def test_every_secret_is_masked_redacted_and_shown_nowhere(fake_time: FakeTime) -> None:
    run = a_run(fake_time, token_of_iam(), key_of_iam(), for_cloud=BY_IAM)
    run.way.credentials()

    secrets = {TOKEN, TOKEN_OF_IAM, OF_IAM["access"], OF_IAM["secret"], OF_IAM["securitytoken"]}
    assert run.connection.masked == secrets
    assert [set(sent.secrets) for sent in run.answers.sent] == [{TOKEN}, {TOKEN_OF_IAM, TOKEN}]
    assert not [secret for secret in secrets if secret in run.shown()]
    assert run.answers.closed == 2


def test_a_token_in_the_place_of_its_end_is_not_shown(fake_time: FakeTime) -> None:
    run = a_run(fake_time, token_of_iam(expires_at=TOKEN_OF_IAM), for_cloud=BY_IAM)

    with pytest.raises(NotUnderstood, match=r"'\*\*\*' is no time"):
        run.way.credentials()


@pytest.mark.parametrize(
    ("region", "for_cloud", "host"),
    [
        ("cn-north-4", {}, "iam.cn-north-4.myhuaweicloud.com"),
        ("cn-north-11", {}, "iam.myhuaweicloud.com"),
        ("new-region-1", {}, "iam.myhuaweicloud.com"),
        ("", {}, "iam.myhuaweicloud.com"),
        ("eu-west-101", {}, "iam.eu-west-101.myhuaweicloud.eu"),
        ("cn-north-4", {"iam-endpoint": "https://iam.example"}, "iam.example"),
    ],
)
def test_iam_is_asked_where_the_region_or_an_option_says(
    region: str, for_cloud: dict[str, Any], host: str, fake_time: FakeTime
) -> None:
    run = a_run(fake_time, token_of_iam(), key_of_iam(), region=region, for_cloud={**BY_IAM, **for_cloud})
    run.way.credentials()

    assert run.hosts == [host, host]


@pytest.mark.parametrize(
    "first",
    [
        a_json(ISSUED, 201),
        a_json(ISSUED, 201, x_subject_token="short"),
        a_json(ISSUED, 201, x_subject_token="a token with blanks"),
        a_json({}, 201, x_subject_token=TOKEN_OF_IAM),
        a_json({"token": []}, 201, x_subject_token=TOKEN_OF_IAM),
        token_of_iam(expires_at=None),
        token_of_iam(expires_at="2026-01-31T12:00:00.000000Z"),
        a_response("<html>Sign in</html>"),
        a_response("", 201, x_subject_token=TOKEN_OF_IAM),
        a_json({"error_code": "IAM.0001", "error_msg": "No."}, 201, x_subject_token=TOKEN_OF_IAM),
    ],
)
def test_a_response_without_a_whole_token_is_none(first: Response, fake_time: FakeTime) -> None:
    run = a_run(fake_time, *[first] * 5, for_cloud=BY_IAM)

    with pytest.raises(GateError) as caught:
        run.way.credentials()
    assert caught.value.exit_code == 4
    assert "--endpoint" not in str(caught.value)
    assert all(sent.url.endswith("/id-token/tokens") for sent in run.answers.sent)


@pytest.mark.parametrize("changed", [{"access": None}, {"secret": ""}, {"securitytoken": 5}, {"expires_at": "soon"}])
def test_keys_that_are_not_whole_are_not_used(changed: dict[str, Any], fake_time: FakeTime) -> None:
    run = a_run(fake_time, token_of_iam(), key_of_iam(**changed), for_cloud=BY_IAM)

    with pytest.raises(NotUnderstood, match="IAM"):
        run.way.credentials()


def test_both_requests_are_repeated_after_a_transient_error(fake_time: FakeTime) -> None:
    responses = (a_response("", 503), token_of_iam(), a_response("", 503), token_of_iam(), key_of_iam())
    run = a_run(fake_time, *responses, for_cloud=BY_IAM)

    assert run.way.credentials().is_key_pair
    assert run.answers.responses == []


def test_the_endpoint_that_cannot_be_reached_is_named_by_its_option(fake_time: FakeTime) -> None:
    error = Unreachable("No answer.", remedy="Check --endpoint.")
    run = a_run(fake_time, *[error] * 50, for_cloud=BY_IAM, timeout=60.0)

    with pytest.raises(Unreachable) as caught:
        run.way.credentials()
    assert caught.value.remedy == "Check --iam-endpoint."


@pytest.mark.parametrize("code", ["IAM.0001", "IAM.0003", "IAM.0004", "IAM.0011"])
@pytest.mark.parametrize("before", [(), (token_of_iam(),)], ids=["token", "keys"])
def test_a_refusal_names_the_identity_provider_and_the_claims(
    before: tuple[Response, ...], code: str, fake_time: FakeTime
) -> None:
    run = a_run(fake_time, *before, refusal(code, 401, f"No: {TOKEN}"), for_cloud=BY_IAM)

    with pytest.raises(NotAuthorised) as caught:
        run.way.credentials()
    assert caught.value.happened.startswith(
        f"IAM, asked for the identity provider corporate, gives no credentials for the OIDC token (HTTP 401, {code}: "
    )
    assert "subject repo:octo/app:ref:refs/heads/main, audience sts.example" in caught.value.happened
    assert "conversion rules" in caught.value.means
    assert "Compare these claims with the identity provider in IAM" in caught.value.remedy
    assert TOKEN not in run.shown(caught.value)


def test_what_is_printed_of_an_older_error_of_iam_is_its_message(fake_time: FakeTime) -> None:
    old = a_json({"error": {"code": 401, "message": "The token is wrong.", "title": "Unauthorized"}}, 401)
    run = a_run(fake_time, replace(old), for_cloud=BY_IAM)

    with pytest.raises(NotAuthorised, match=r"\(HTTP 401, 401: The token is wrong\)"):
        run.way.credentials()
