"""What a refusal of an OIDC token says: the claims of the token, never the token, and what is likely wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import GateError, NotAuthorised, Refused, Throttled
from tests.builders import NOW
from tests.clouds.answers import a_json
from tests.clouds.huawei.sign_in.builders import TOKEN, a_run, refusal
from tests.clouds.sign_in.tokens import GITHUB_CLAIMS, a_token

if TYPE_CHECKING:
    from tests.builders import FakeTime

WITH_IDS = "repo:octo@12/app@34:ref:refs/heads/main"


def refused(time: FakeTime, code: str = "STS5.1001", token: str = TOKEN, **of_response: Any) -> NotAuthorised:
    """The error of a run whose token STS refuses."""
    run = a_run(time, refusal(code, **of_response), environ={"SCAN_GATE_OIDC_TOKEN": token})
    with pytest.raises(NotAuthorised) as caught:
        run.way.credentials()
    assert token not in run.shown(caught.value)
    return caught.value


def test_an_agency_that_does_not_trust_the_token_is_told_by_its_claims(fake_time: FakeTime) -> None:
    error = refused(fake_time)

    assert error.happened == (
        "STS, asked for the agency ci of the account 1001, does not trust the OIDC token "
        "(HTTP 403, STS5.1001: No). "
        "The token has issuer https://token.actions.githubusercontent.com, subject repo:octo/app:ref:refs/heads/main, "
        "audience sts.example, issued at 2026-01-31T12:00:00Z, expires at 2026-01-31T12:05:00Z."
    )
    assert "(oidc:iss), audience (oidc:aud) or subject (oidc:sub)" in error.means
    assert error.remedy == "Compare these claims with the trust policy in IAM; --oidc-audience sets the audience."


def test_an_agency_that_does_not_exist_is_named(fake_time: FakeTime) -> None:
    error = refused(fake_time, "STS5.1106", status=404)

    assert error.happened.startswith("STS does not know the agency ci of the account 1001 (HTTP 404, STS5.1106: No)")
    assert error.remedy.startswith("Correct --agency-urn")


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_a_code_that_is_not_known_says_that_the_gate_is_not_authorised(status: int, fake_time: FakeTime) -> None:
    error = refused(fake_time, "STS5.9999", status=status)

    assert "gives no credentials for the OIDC token" in error.happened


@pytest.mark.parametrize(
    ("subject", "other"),
    [
        ("repo:octo/app:ref:refs/heads/main", "repo:octo@<id>/app@<id>:ref:refs/heads/main"),
        (WITH_IDS, "repo:octo/app:ref:refs/heads/main"),
    ],
)
def test_the_other_form_of_a_subject_of_github_is_named(subject: str, other: str, fake_time: FakeTime) -> None:
    error = refused(fake_time, token=a_token(**{**GITHUB_CLAIMS, "sub": subject}))

    assert f"July 2026: a rule for {other} does not fit this one." in error.means


def test_another_ci_system_has_no_other_form(fake_time: FakeTime) -> None:
    error = refused(fake_time, token=a_token(**{**GITHUB_CLAIMS, "sub": "project_path:octo/app:ref_type:branch"}))

    assert "GitHub" not in error.means


def test_a_token_that_has_expired_is_the_only_reason_that_is_named(fake_time: FakeTime) -> None:
    expired = a_token(**{**GITHUB_CLAIMS, "exp": int(NOW.timestamp()) - 300})
    error = refused(fake_time, token=expired)

    assert error.means == "The token is not valid: by this machine's clock, it expired 5 min ago."
    assert error.remedy.startswith("Have the token issued shortly before the gate starts")


def test_what_an_error_repeats_of_a_token_is_not_shown(fake_time: FakeTime) -> None:
    error = refused(fake_time, message=f"unknown key {TOKEN[:60]}")

    assert "STS5.1001: unknown key ***)" in error.happened


@pytest.mark.parametrize("code", ["APIGW.0302", "APIGW.0306", "APIGW.0310", "APIGW.0401", "APIGW.0402", "APIGW.0802"])
def test_a_caller_whom_the_gateway_does_not_allow_is_not_authorised_as_for_hss(code: str, fake_time: FakeTime) -> None:
    with pytest.raises(NotAuthorised, match="gateway of Huawei Cloud does not let this run ask STS") as caught:
        a_run(fake_time, refusal(code, 403)).way.credentials()

    assert caught.value.remedy.endswith("sign in from another address.")


@pytest.mark.parametrize(
    ("response", "remedy"),
    [
        (refusal("APIGW.0101", 404), "Check --sts-endpoint."),
        (refusal("STS5.1001", 200), "Check --sts-endpoint."),
        (a_json({"error_code": "APIGW.0308", "error_msg": "No."}, 400), "Run fewer gates at once"),
    ],
)
def test_what_the_gateway_says_is_not_about_the_token(response: Any, remedy: str, fake_time: FakeTime) -> None:
    run = a_run(fake_time, *[response] * 100, timeout=60.0)

    with pytest.raises(GateError) as caught:
        run.way.credentials()
    assert isinstance(caught.value, Refused | Throttled)
    assert caught.value.remedy.startswith(remedy)
