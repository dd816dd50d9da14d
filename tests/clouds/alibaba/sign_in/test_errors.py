"""What is said when STS gives no credentials: the condition that is likely wrong, and never the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.alibaba.sign_in import sign_in
from gate.errors import (
    ExitCode,
    ForeignResponse,
    GateError,
    NotAuthorised,
    NotUnderstood,
    Refused,
    Throttled,
    Unreachable,
)
from tests.builders import NOW
from tests.clouds.alibaba.sign_in.builders import (
    KEYS,
    OIDC,
    PROVIDER,
    ROLE,
    SECOND_ROLE,
    TOKEN,
    a_run,
    issued,
    refusal,
    texts,
)
from tests.clouds.builders import a_response
from tests.clouds.sign_in.tokens import GITHUB_CLAIMS, a_token, parts_of

if TYPE_CHECKING:
    from gate.clouds.response import Response
    from tests.builders import FakeTime

OF_TOKEN = "AuthenticationFail.OIDCToken."
ASSUMED: dict[str, Any] = {"for_cloud": {"assume-role-arn": SECOND_ROLE}}


@pytest.fixture(autouse=True)
def _no_socket(socket_disabled: object) -> None:
    """Nothing here needs one."""


def error_of(time: FakeTime, response: Response | GateError, token: str = TOKEN, **settings: Any) -> GateError:
    """The error for this response of STS; checks that no text has a part of the token's signature or payload."""
    settings = {**OIDC, "timeout": 60.0, **settings}
    environ = {"SCAN_GATE_OIDC_TOKEN": token, **settings.pop("environ", {})}
    connection, _ = a_run(time, *[response] * 20, environ=environ, **settings)
    with pytest.raises(GateError) as caught:
        sign_in(connection).credentials()
    said = texts(connection, caught.value)
    assert not [part for piece in token.split(".")[1:] for part in parts_of(piece) if part in said]
    return caught.value


@pytest.mark.parametrize(
    ("code", "message", "means", "remedy"),
    [
        (
            "AuthenticationFail.NoPermission",
            "There is no permission",
            "most often oidc:sub",
            "trust policy of the role",
        ),
        (f"{OF_TOKEN}AudienceNotMatch", "Invalid audience.", "as a client id", "--oidc-audience"),
        (f"{OF_TOKEN}Expired", "This JsonWebToken is expired.", "By the clock of the cloud, it has ended.", "new one"),
        (f"{OF_TOKEN}Invalid", "Invalid.", "another issuer than https://token.actions", "OIDC provider in RAM"),
        (f"{OF_TOKEN}InvalidSignature", "Invalid.", "are not those that signed it", "issuer of the OIDC provider"),
        (f"{OF_TOKEN}HttpsUrlInvalid", "Failed.", "cannot read the keys of the issuer", "discovery document"),
        (
            f"{OF_TOKEN}PublicKeyFingerprintMismatch",
            "The https fingerprint of this discovery is invalid.",
            "another fingerprint than the OIDC provider lists. GitHub has changed its certificate authority before.",
            "Add the new fingerprint",
        ),
        (f"{OF_TOKEN}NeverSeen", "?", "most often oidc:sub", "trust policy of the role"),
        ("AuthenticationFail.NeverSeen", "?", "most often oidc:sub", "trust policy of the role"),
        ("NeverSeen", "?", "most often oidc:sub", "trust policy of the role"),
    ],
)
def test_a_refused_token_is_not_authorised_with_its_claims_and_what_is_likely_wrong(
    code: str, message: str, means: str, remedy: str, fake_time: FakeTime
) -> None:
    error = error_of(fake_time, refusal(code, 401, message))

    assert type(error) is NotAuthorised
    assert error.exit_code is ExitCode.NOT_AUTHORISED
    assert f"STS, asked for the role {ROLE}, does not accept the OIDC token (HTTP 401, {code}" in error.happened
    for claim in ("iss", "sub", "aud"):
        assert GITHUB_CLAIMS[claim] in error.happened
    assert means in error.means
    assert remedy in error.remedy


def test_the_condition_about_the_subject_is_named_in_both_forms_of_github(fake_time: FakeTime) -> None:
    with_ids = a_token(**{**GITHUB_CLAIMS, "sub": "repo:octo@1/app@2:ref:refs/heads/main"})
    errors = [error_of(fake_time, refusal("AuthenticationFail.NoPermission"), token) for token in (with_ids, TOKEN)]

    assert "has to match 'repo:octo@1/app@2:ref:refs/heads/main'" in errors[0].means
    assert "since July 2026: a condition for 'repo:octo/app:ref:refs/heads/main' does not" in errors[0].means
    assert "a condition for 'repo:octo@<id>/app@<id>:ref:refs/heads/main' does not match" in errors[1].means


def test_another_ci_system_is_told_nothing_of_github(fake_time: FakeTime) -> None:
    token = a_token(
        **{**GITHUB_CLAIMS, "iss": "https://gitlab.com", "sub": "project_path:g/p:ref_type:branch:ref:main"}
    )
    codes = ["AuthenticationFail.NoPermission", f"{OF_TOKEN}PublicKeyFingerprintMismatch"]

    assert not [code for code in codes if "GitHub" in str(error_of(fake_time, refusal(code), token))]


def test_a_token_that_is_expired_by_this_machines_clock_too_is_said_to_be(fake_time: FakeTime) -> None:
    token = a_token(**{**GITHUB_CLAIMS, "exp": int(NOW.timestamp()) - 600})
    error = error_of(fake_time, refusal(f"{OF_TOKEN}Expired"), token)

    assert error.means == "By this machine's clock, it expired 10 min ago."


@pytest.mark.parametrize(
    ("response", "happened", "remedy"),
    [
        (
            refusal("AuthenticationFail.NoPermission", 401, "No such OIDC Provider registered."),
            PROVIDER,
            "provider-arn",
        ),
        (refusal("EntityNotExist.OIDCProvider", 404), PROVIDER, "--oidc-provider-arn"),
        (refusal("InvalidParameter.OIDCProviderArn", 400), PROVIDER, "--oidc-provider-arn"),
        (refusal("EntityNotExist.Role", 404), f"does not know the role {ROLE}", "Correct --role-arn"),
        (refusal("InvalidParameter.RoleArn", 400), f"does not know the role {ROLE}", "Correct --role-arn"),
    ],
)
def test_an_unknown_role_or_provider_is_named_with_its_option(
    response: Response, happened: str, remedy: str, fake_time: FakeTime
) -> None:
    error = error_of(fake_time, response)

    assert type(error) is NotAuthorised
    assert happened in error.happened
    assert remedy in error.remedy


def test_a_session_that_is_too_long_is_named_with_its_length(fake_time: FakeTime) -> None:
    error = error_of(fake_time, refusal("InvalidParameter.DurationSeconds", 400), session_duration=7200.0)

    assert isinstance(error, NotAuthorised)
    assert f"The role {ROLE} allows no session of 2 h" in error.happened
    assert "--session-duration" in error.remedy


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (refusal("Throttling.User", 400, "Request was denied due to user flow control."), Throttled),
        (refusal("ServiceUnavailable", 503), Unreachable),
        (refusal("InternalError", 500), Unreachable),
        (a_response("<html><title>Bad Gateway</title>", 502), Unreachable),
        (Unreachable("No answer came."), Unreachable),
    ],
)
def test_a_fault_of_the_service_is_retried_until_the_deadline(
    response: Response | GateError, kind: type[GateError], fake_time: FakeTime
) -> None:
    assert type(error_of(fake_time, response)) is kind
    assert len(fake_time.slept) > 2


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (refusal("InvalidParameter.PolicyGrammar", 400), Refused),
        (refusal("InvalidApi.NotFound", 404), Refused),
        (a_response("<html><title>Sign in</title>"), NotUnderstood),
        (a_response("<html><title>Sign in</title>", 403), ForeignResponse),
        (a_response("", 302), ForeignResponse),
        (a_response("[]"), NotUnderstood),
    ],
)
def test_anything_else_is_an_error_of_the_cloud_or_of_a_proxy_that_names_the_option_of_sts(
    response: Response, kind: type[GateError], fake_time: FakeTime
) -> None:
    error = error_of(fake_time, response)

    assert type(error) is kind
    assert error.exit_code is ExitCode.CLOUD_UNAVAILABLE
    assert "--sts-endpoint" in error.remedy
    assert " --endpoint" not in error.remedy


def test_a_message_that_repeats_the_token_in_part_does_not_show_it(fake_time: FakeTime) -> None:
    """The transport redacts the whole token; the start of one could be left."""
    error = error_of(fake_time, refusal(f"{OF_TOKEN}Invalid", 401, f"The token {TOKEN[:60]} is invalid."))

    assert "The token *** is invalid" in error.happened


# A role that is assumed with other credentials.


@pytest.mark.parametrize("code", ["NoPermission", "Forbidden.RAM", "NeverSeen"])
def test_a_key_that_may_not_assume_a_role_is_not_authorised_with_what_it_needs(code: str, fake_time: FakeTime) -> None:
    error = error_of(fake_time, refusal(code, 403), **ASSUMED, environ=KEYS)

    assert isinstance(error, NotAuthorised)
    assert f"STS does not let stored keys assume the role {SECOND_ROLE}" in error.happened
    assert "sts:AssumeRole" in error.means
    assert "--assume-role-arn" in error.remedy


def test_a_key_that_is_not_accepted_is_not_authorised(fake_time: FakeTime) -> None:
    error = error_of(fake_time, refusal("InvalidAccessKeyId.NotFound", 404), **ASSUMED, environ=KEYS)

    assert isinstance(error, NotAuthorised)
    assert "does not accept these credentials" in error.happened


def test_the_second_role_is_named_where_it_is_refused_to_the_first(fake_time: FakeTime) -> None:
    chained: dict[str, Any] = {"for_cloud": {**OIDC["for_cloud"], "assume-role-arn": SECOND_ROLE}}
    # After a refusal the first credentials are renewed once, in case that these were refused.
    denied = refusal("NoPermission", 403)
    connection, answers = a_run(fake_time, issued(), denied, issued(), **chained)

    with pytest.raises(NotAuthorised) as caught:
        sign_in(connection).credentials()
    assert f"does not let the role {ROLE}, with the OIDC token of" in caught.value.happened
    assert f"assume the role {SECOND_ROLE}" in caught.value.happened
    assert len(answers.sent) == 3
