"""The options about signing in: which values they take."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.clouds import CLOUDS
from gate.options import OPTIONS
from gate.run_settings import settings_from
from gate.settings import SignInSettings
from gate.sign_in_options import SIGN_IN_OPTIONS

PARSERS = {option.name: option.parse for option in OPTIONS} | {
    option.name: option.parse for provider in CLOUDS.values() for option in provider.options
}
ACCOUNT = "1234567890123456"
VALID = [
    ("session-duration", "15m", 900.0),
    ("session-duration", "12h", 43_200.0),
    ("session-name", "scan-gate_7@x.y", "scan-gate_7@x.y"),
    ("oidc-token-file", "/run/token", Path("/run/token")),
    ("role-arn", f"acs:ram::{ACCOUNT}:role/ci", f"acs:ram::{ACCOUNT}:role/ci"),
    ("oidc-provider-arn", f"acs:ram::{ACCOUNT}:oidc-provider/ci", f"acs:ram::{ACCOUNT}:oidc-provider/ci"),
    ("agency-urn", "iam::09f8:agency:ci", "iam::09f8:agency:ci"),
    ("oidc-provider-urn", "iam::09f8:oidcProvider:ci", "iam::09f8:oidcProvider:ci"),
]
INVALID = [
    ("session-duration", "14m", "is not from 15m to 12h"),
    ("session-duration", "13h", "is not from 15m to 12h"),
    ("session-name", "x", "is not a name of 2 to 64"),
    ("session-name", "two words", "is not a name of 2 to 64"),
    ("oidc-token-file", "${TOKEN}", "is no path"),
    ("role-arn", "ci", "is not the ARN of a role"),
    ("role-arn", f"acs:ram::{ACCOUNT}:oidc-provider/ci", "is not the ARN of a role"),
    ("oidc-provider-arn", f"acs:ram::{ACCOUNT}:role/ci", "is not the ARN of an OIDC provider"),
    ("agency-urn", "iam::09f8:oidcProvider:ci", "is not the URN of an agency"),
    ("oidc-provider-urn", "iam::09f8:agency:ci", "is not the URN of an OIDC provider"),
]


@pytest.mark.parametrize(("option", "text", "value"), VALID)
def test_a_value_of_the_documented_form_is_taken(option: str, text: str, value: object) -> None:
    assert PARSERS[option](text) == value


@pytest.mark.parametrize(("option", "text", "mistake"), INVALID)
def test_any_other_value_is_an_error_that_says_what_it_is_not(option: str, text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        PARSERS[option](text)


def test_without_them_nothing_is_asked_for_but_what_is_found() -> None:
    assert settings_from({"cloud": "huawei"}).sign_in == SignInSettings()
    assert {option.name.replace("-", "_") for option in SIGN_IN_OPTIONS} == set(SignInSettings.__dataclass_fields__)
