"""STS: an OIDC token, or other credentials, for temporary credentials of an agency."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import ExitCode, NotAuthorised, NotUnderstood, Throttled, Unreachable, UsageError
from tests.clouds.answers import a_json
from tests.clouds.builders import a_response
from tests.clouds.huawei.sign_in.builders import (
    AGENCY,
    KEYS,
    PROVIDER,
    SECOND_AGENCY,
    TEMPORARY,
    TOKEN,
    a_run,
    issued,
    refusal,
)
from tests.clouds.sign_in.tokens import GITHUB_CLAIMS, a_token

if TYPE_CHECKING:
    from gate.errors import GateError
    from tests.builders import FakeTime

BROKEN = a_response("", 503)
CHAINED = {"assume-agency-urn": SECOND_AGENCY}


def test_a_token_is_sent_in_the_body_of_a_request_without_credentials(fake_time: FakeTime) -> None:
    run = a_run(fake_time, issued())

    found = run.way.credentials()

    (sent,) = run.answers.sent
    assert (sent.method, sent.url) == (
        "POST",
        "https://sts.cn-north-4.myhuaweicloud.com/v5/agencies/assume-with-oidc",
    )
    assert sent.headers["content-type"] == "application/json"
    assert not {"authorization", "x-security-token", "x-auth-token"} & sent.headers.keys()
    assert run.bodies == [
        {
            "provider_urn": PROVIDER,
            "agency_urn": AGENCY,
            "agency_session_name": "scan-gate",
            "id_token": TOKEN,
            # The token is fixed: 30 min of --timeout, and ten more.
            "duration_seconds": 2400,
        }
    ]
    assert found.access_key_id == TEMPORARY["access_key_id"]
    assert found.expires_at == datetime(2026, 1, 31, 13, tzinfo=UTC)


def test_the_log_says_once_who_signs_in_and_whose_token_it_is(fake_time: FakeTime) -> None:
    run = a_run(fake_time, issued())
    way = run.way

    way.credentials()

    assert run.log == [
        "the OIDC token comes from the variable SCAN_GATE_OIDC_TOKEN",
        "AssumeAgencyWithOIDC: 200, 281 bytes, request id none",
        f"signed in with {way.description}, valid until 2026-01-31T13:00:00Z",
    ]
    assert way.description == (
        "the agency ci of the account 1001, with the OIDC token from the variable SCAN_GATE_OIDC_TOKEN"
    )


def test_every_secret_is_masked_before_its_use_and_shown_nowhere(fake_time: FakeTime) -> None:
    run = a_run(fake_time, issued())
    run.way.credentials()

    secrets = {TOKEN, *(TEMPORARY[name] for name in ("access_key_id", "secret_access_key", "security_token"))}
    assert run.connection.masked == secrets
    assert run.answers.sent[0].secrets == (TOKEN,)
    assert not [secret for secret in secrets if secret in run.shown()]


def test_the_transport_of_an_exchange_is_closed_after_it(fake_time: FakeTime) -> None:
    run = a_run(fake_time, issued())
    run.way.credentials()

    assert run.answers.closed == 1


@pytest.mark.parametrize(
    "urn",
    [
        "sts::1001:assumed-agency:ci/scan-gate",
        "sts::1001::assumed-agency:ci/scan-gate",
        AGENCY,
    ],
)
def test_the_agency_is_known_by_its_own_name_and_by_that_of_its_session(urn: str, fake_time: FakeTime) -> None:
    run = a_run(fake_time, a_json({"assumed_agency": {"urn": urn}, "credentials": TEMPORARY}))

    assert run.way.credentials().is_key_pair


@pytest.mark.parametrize(
    "assumed",
    [
        {"urn": "sts::1001:assumed-agency:other/scan-gate"},
        {"urn": "sts::2002:assumed-agency:ci/scan-gate"},
        {"urn": "iam::2002:agency:ci"},
        {"urn": ""},
        {"urn": 5},
        {},
        None,
        "sts::1001:assumed-agency:ci/scan-gate",
    ],
)
def test_credentials_of_another_agency_are_not_used(assumed: object, fake_time: FakeTime) -> None:
    run = a_run(fake_time, a_json({"assumed_agency": assumed, "credentials": TEMPORARY}))

    with pytest.raises(NotUnderstood, match="not those of the agency ci of the account 1001") as caught:
        run.way.credentials()
    assert "--sts-endpoint" in caught.value.remedy
    assert "secret" not in run.shown(caught.value)


def test_a_key_in_the_place_of_a_urn_is_not_shown(fake_time: FakeTime) -> None:
    assumed = {"urn": TEMPORARY["security_token"]}
    run = a_run(fake_time, a_json({"assumed_agency": assumed, "credentials": TEMPORARY}))

    with pytest.raises(NotUnderstood, match=r"the credentials of '\*\*\*'"):
        run.way.credentials()


@pytest.mark.parametrize(
    "changed",
    [
        {"access_key_id": None},
        {"secret_access_key": ""},
        {"security_token": None},
        {"expiration": None},
        {"expiration": "2026-01-31T11:59:59Z"},
        {"expiration": "2026-02-31T13:00:00Z"},
        {"expiration": 1769864400},
    ],
)
def test_credentials_that_are_not_whole_or_have_ended_are_not_used(
    changed: dict[str, Any], fake_time: FakeTime
) -> None:
    run = a_run(fake_time, issued(**changed))

    with pytest.raises(NotUnderstood, match=r"STS"):
        run.way.credentials()


def test_a_token_that_is_renewed_is_asked_for_an_hour_and_others_for_the_run(fake_time: FakeTime) -> None:
    github = {
        "SCAN_GATE_OIDC_TOKEN": "",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://github.example/token?a=b",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token-of-the-job",
    }
    run = a_run(fake_time, a_json({"value": TOKEN}), issued(), environ=github, timeout=36_000.0)
    run.way.credentials()

    assert "audience=sts.myhuaweicloud.com" in run.answers.sent[0].url
    assert run.bodies[1]["duration_seconds"] == 3600


def test_a_session_that_is_too_long_is_asked_for_an_hour_from_then_on(fake_time: FakeTime) -> None:
    run = a_run(fake_time, refusal("STS5.0000", 400), issued(), issued(), timeout=7200.0)
    way = run.way

    way.credentials()
    way.renewed()

    assert [body["duration_seconds"] for body in run.bodies] == [7800, 3600, 3600]
    assert "the agency allows no session of 130 min, and one of 1 h" in run.log


def test_a_refusal_that_is_not_about_the_session_is_that_of_the_session_of_an_hour(fake_time: FakeTime) -> None:
    run = a_run(fake_time, refusal("STS5.0000", 400), refusal("STS5.1001"), issued(), timeout=36_000.0)
    way = run.way

    with pytest.raises(NotAuthorised, match=r"STS5\.1001"):
        way.credentials()
    assert [body["duration_seconds"] for body in run.bodies] == [36_600, 3600]


def test_a_session_duration_that_was_given_is_not_shortened(fake_time: FakeTime) -> None:
    run = a_run(fake_time, refusal("STS5.0000", 400), session_duration=7200.0)

    with pytest.raises(NotAuthorised) as caught:
        run.way.credentials()
    assert "The agency may also not allow a session of 2 h." in caught.value.means
    assert "or lower --session-duration" in caught.value.remedy


def test_another_region_is_asked_after_a_transient_error_and_the_first_one_again_after_the_next(
    fake_time: FakeTime,
) -> None:
    run = a_run(fake_time, BROKEN, a_response("", 429), Unreachable("No answer."), issued())

    assert run.way.credentials().is_key_pair
    first, second = "sts.cn-north-4.myhuaweicloud.com", "sts.cn-east-3.myhuaweicloud.com"
    assert run.hosts == [first, second, first, second]
    assert f"asking {second} next, since any region's STS gives the same credentials" in run.log


def test_the_endpoint_that_was_given_is_the_only_one(fake_time: FakeTime) -> None:
    run = a_run(fake_time, BROKEN, issued(), sts_endpoint="https://sts.example")

    run.way.credentials()
    assert run.hosts == ["sts.example"] * 2
    assert not [text for text in run.log if text.startswith("asking")]


def test_each_attempt_has_a_new_token(fake_time: FakeTime) -> None:
    github = {
        "SCAN_GATE_OIDC_TOKEN": "",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://github.example/token?a=b",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token-of-the-job",
    }
    tokens = [a_token(**GITHUB_CLAIMS, jti=str(number)) for number in range(2)]
    responses = (a_json({"value": tokens[0]}), BROKEN, a_json({"value": tokens[1]}), issued())
    run = a_run(fake_time, *responses, environ=github)

    run.way.credentials()

    assert [body["id_token"] for body in run.bodies if body] == tokens
    assert set(tokens) <= run.connection.masked


def test_a_renewal_is_tried_once(fake_time: FakeTime) -> None:
    run = a_run(fake_time, issued(), BROKEN)
    way = run.way
    before = way.credentials()

    assert way.renewed() == before
    assert "unavailable" in way.last_failure
    assert run.answers.responses == []


@pytest.mark.parametrize(
    ("response", "error", "exit_code"),
    [
        (a_response("", 429), Throttled, ExitCode.CLOUD_UNAVAILABLE),
        (BROKEN, Unreachable, ExitCode.CLOUD_UNAVAILABLE),
        (a_response("<html>Sign in</html>"), NotUnderstood, ExitCode.CLOUD_UNAVAILABLE),
        (a_response("", 302), NotUnderstood, ExitCode.CLOUD_UNAVAILABLE),
        (a_json([]), NotUnderstood, ExitCode.CLOUD_UNAVAILABLE),
        (a_json({}), NotUnderstood, ExitCode.CLOUD_UNAVAILABLE),
        (refusal("STS5.1001"), NotAuthorised, ExitCode.NOT_AUTHORISED),
    ],
)
def test_each_failure_has_the_exit_code_of_its_kind(
    response: Any, error: type[GateError], exit_code: ExitCode, fake_time: FakeTime
) -> None:
    run = a_run(fake_time, *[response] * 100, timeout=60.0)

    with pytest.raises(error) as caught:
        run.way.credentials()
    assert caught.value.exit_code is exit_code
    assert "--endpoint" not in str(caught.value)


def test_an_agency_is_assumed_with_the_first_credentials(fake_time: FakeTime) -> None:
    run = a_run(fake_time, issued(SECOND_AGENCY), environ=KEYS, for_cloud=CHAINED, session_duration=7200.0)
    way = run.way

    way.credentials()

    (sent,) = run.answers.sent
    assert sent.url == "https://sts.cn-north-4.myhuaweicloud.com/v5/agencies/assume"
    assert sent.headers["authorization"].startswith("SDK-HMAC-SHA256 Access=stored-key-id, SignedHeaders=content-type;")
    assert "x-security-token" not in sent.headers
    assert run.bodies == [{"agency_urn": SECOND_AGENCY, "agency_session_name": "scan-gate", "duration_seconds": 7200}]
    assert way.description == "the agency scan-gate of the account 1001, assumed with stored keys"


def test_an_agency_of_an_agency_is_assumed_for_an_hour_at_most(fake_time: FakeTime) -> None:
    chained = {"agency-urn": AGENCY, "oidc-provider-urn": PROVIDER, **CHAINED}
    run = a_run(fake_time, issued(), issued(SECOND_AGENCY), for_cloud=chained, session_duration=7200.0)

    run.way.credentials()

    assert [body["duration_seconds"] for body in run.bodies] == [7200, 3600]
    assert run.answers.sent[1].headers["x-security-token"] == TEMPORARY["security_token"]
    assert TEMPORARY["secret_access_key"] in run.answers.sent[1].secrets


def test_first_credentials_that_are_refused_are_renewed(fake_time: FakeTime) -> None:
    chained = {"agency-urn": AGENCY, "oidc-provider-urn": PROVIDER, **CHAINED}
    renewed = issued(secret_access_key="renewed-key-secret")
    run = a_run(fake_time, issued(), refusal("APIGW.0301", 401), renewed, issued(SECOND_AGENCY), for_cloud=chained)

    assert run.way.credentials().is_key_pair
    assert [body["agency_urn"] for body in run.bodies] == [AGENCY, SECOND_AGENCY, AGENCY, SECOND_AGENCY]


def test_an_agency_is_assumed_again_after_a_transient_error_and_a_renewal_is_tried_once(fake_time: FakeTime) -> None:
    responses = (BROKEN, issued(SECOND_AGENCY), BROKEN)
    run = a_run(fake_time, *responses, environ=KEYS, for_cloud=CHAINED)
    way = run.way

    assert way.credentials() == way.renewed()
    assert run.answers.responses == []


@pytest.mark.parametrize(
    ("code", "happened", "remedy"),
    [
        ("STS5.1001", "STS does not let these credentials assume the agency scan-gate", "--assume-agency-urn"),
        ("STS5.1106", "STS does not know the agency scan-gate of the account 1001", "Correct --assume-agency-urn"),
        ("APIGW.0301", "STS does not accept the credentials that are to assume", "without --assume-agency-urn"),
    ],
)
def test_who_may_not_assume_an_agency_learns_what_is_missing(
    code: str, happened: str, remedy: str, fake_time: FakeTime
) -> None:
    run = a_run(fake_time, refusal(code), environ=KEYS, for_cloud=CHAINED)

    with pytest.raises(NotAuthorised) as caught:
        run.way.credentials()
    assert caught.value.happened.startswith(happened)
    assert remedy in caught.value.remedy


def test_the_token_of_a_user_assumes_no_agency(fake_time: FakeTime) -> None:
    run = a_run(fake_time, environ={"HW_AUTH_TOKEN": "the-token-of-a-user"}, for_cloud=CHAINED)

    with pytest.raises(UsageError, match="only the token of a user"):
        run.way.credentials()
