"""Tests what STS checks, with which errors it refuses (sign-in.md 1.1 to 1.3), and the session policies of its keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from gate.simulator import Job, Simulator, Trust
from tests.simulator.alibaba.pushed import QUOTA
from tests.simulator.alibaba.signing import REGISTRY_VERSION, Signing
from tests.simulator.exchanges import FORM, AlibabaSignIn

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, SendRequest
    from tests.simulator.exchanges import Keys

INVALID = "AuthenticationFail.OIDCToken.Invalid"
OTHER_ROLE = "acs:ram::1000000000000001:role/other"
SECOND_ROLE = "acs:ram::1000000000000001:role/scan-gate"
FIRST_ROLE = "acs:ram::1000000000000001:role/ci"


@pytest.fixture
def sts(send: SendRequest, clock: Clock) -> AlibabaSignIn:
    return AlibabaSignIn(send=send, clock=clock)


def policy(*actions: str, effect: str = "Allow", **others: Any) -> str:
    """A session policy about these actions."""
    statement = {"Effect": effect, "Action": [*actions], "Resource": "*", **others}
    return json.dumps({"Version": "1", "Statement": [statement]})


def test_the_response_has_everything_that_is_documented(sts: AlibabaSignIn, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        response = sts.exchange(simulator, DurationSeconds=900)
        issuer = simulator.describe_sign_in()["ci"]["issuer"]
    document = response.document

    assert document["Credentials"]["AccessKeyId"].startswith("STS.")
    assert document["Credentials"]["Expiration"] == "2026-09-21T14:28:20Z"
    assert document["AssumedRoleUser"]["Arn"] == "acs:ram::1000000000000001:role/ci/scan-gate"
    assert document["OIDCTokenInfo"]["Subject"] == "repo:acme@123456/app@456789:ref:refs/heads/main"
    assert document["OIDCTokenInfo"]["Issuer"] == issuer
    assert document["RequestId"] == "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    ("others", "status", "code"),
    [
        ({"RoleArn": None}, 400, "MissingRoleArn"),
        ({"OIDCProviderArn": None}, 400, "MissingOIDCProviderArn"),
        ({"RoleSessionName": None}, 400, "MissingRoleSessionName"),
        ({"RoleArn": "ci"}, 400, "InvalidParameter.RoleArn"),
        ({"OIDCProviderArn": "github"}, 400, "InvalidParameter.OIDCProviderArn"),
        ({"RoleSessionName": "x"}, 400, "InvalidParameter.RoleSessionName"),
        ({"RoleSessionName": "x" * 65}, 400, "InvalidParameter.RoleSessionName"),
        ({"RoleSessionName": "a/b"}, 400, "InvalidParameter.RoleSessionName"),
        ({"DurationSeconds": 899}, 400, "InvalidParameter.DurationSeconds"),
        ({"DurationSeconds": "1h"}, 400, "InvalidParameter.DurationSeconds"),
        ({"DurationSeconds": 43201}, 400, "InvalidParameter.DurationSeconds"),
        ({"Policy": "x" * 2049}, 400, "InvalidParameter.PolicySize"),
        ({"Policy": "{"}, 400, "InvalidParameter.PolicyGrammar"),
        ({"Policy": "[]"}, 400, "InvalidParameter.PolicyGrammar"),
        ({"Policy": '{"Version": "1", "Statement": []}'}, 400, "InvalidParameter.PolicyGrammar"),
        ({"Policy": '{"Version": "1", "Statement": ["x"]}'}, 400, "InvalidParameter.PolicyGrammar"),
        ({"Policy": '{"Version": "2", "Statement": [{}]}'}, 400, "InvalidParameter.PolicyGrammar"),
        ({"Policy": policy("*", effect="Maybe")}, 400, "InvalidParameter.PolicyGrammar"),
        ({"Policy": policy()}, 400, "InvalidParameter.PolicyGrammar"),
        ({"Policy": policy("*", Resource=1)}, 400, "InvalidParameter.PolicyGrammar"),
        ({"OIDCToken": None}, 401, INVALID),
        ({"OIDCToken": "x" * 20_001}, 401, INVALID),
        ({"OIDCToken": "one.two"}, 401, INVALID),
        ({"OIDCToken": "one.two.three"}, 401, INVALID),
        ({"OIDCProviderArn": "acs:ram::1000000000000001:oidc-provider/x"}, 401, "AuthenticationFail.NoPermission"),
        ({"RoleArn": OTHER_ROLE}, 404, "EntityNotExist.Role"),
        ({"RoleArn": SECOND_ROLE}, 401, "AuthenticationFail.NoPermission"),
    ],
)
def test_each_parameter_is_checked(others: dict[str, Any], status: int, code: str, sts: AlibabaSignIn) -> None:
    with Simulator() as simulator:
        response = sts.exchange(simulator, **others)

    assert sts.error(response) == (status, code)
    assert response.document["HostId"] == "sts.aliyuncs.com"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "somebody"}, "AudienceNotMatch"),
        ({"aud": ["somebody", "sts.aliyuncs.com"]}, ""),
        ({"iss": "https://token.actions.example.com"}, "Invalid"),
        ({"exp": 1_789_999_999}, "Expired"),
        ({"exp": "tomorrow"}, "Invalid"),
        ({"iat": 1_790_000_061}, "Invalid"),
        ({"iat": 1_789_000_000}, "Invalid"),
        ({"nbf": 1_790_000_061}, "Invalid"),
    ],
)
def test_each_claim_is_checked(claims: dict[str, Any], code: str, sts: AlibabaSignIn, clock: Clock) -> None:
    """A token may be as old as the provider allows, and not from the future."""
    with Simulator(now=clock) as simulator:
        simulator.access.job = Job(others=claims)
        if "aud" not in claims:
            claims["aud"] = "sts.aliyuncs.com"
        response = sts.exchange(simulator)

    if code:
        assert sts.error(response) == (401, f"AuthenticationFail.OIDCToken.{code}")
    else:
        assert response.status == 200


def test_a_token_that_was_changed_is_refused(sts: AlibabaSignIn) -> None:
    """Its signature, its key or its algorithm, which cannot be set to none."""
    with Simulator() as simulator:
        header, claims, signature = simulator.token("github", audience="sts.aliyuncs.com").split(".")
        changed = f"{header}.{claims}.{'A' * len(signature)}"
        other_key = f"eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.{claims}.{signature}"
        none = f"eyJhbGciOiJub25lIn0.{claims}."
        errors = [sts.error(sts.exchange(simulator, token)) for token in (changed, other_key, none)]

    assert errors == [
        (401, "AuthenticationFail.OIDCToken.InvalidSignature"),
        (401, "AuthenticationFail.OIDCToken.InvalidSignature"),
        (401, INVALID),
    ]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_all_parameters_can_be_in_the_address(method: str, sts: AlibabaSignIn, send: SendRequest, clock: Clock) -> None:
    """As the vendor's SDK for Python sends them."""
    with Simulator(now=clock) as simulator:
        known = simulator.describe_sign_in()["alibaba"]
        token = simulator.token("github", audience=known["oidc_audience"])
        query = f"Action=AssumeRoleWithOIDC&Version=2015-04-01&RoleArn={known['role_arn']}&RoleSessionName=ci"
        target = f"/?{query}&OIDCProviderArn={known['oidc_provider_arn']}&OIDCToken={token}%0A"
        response = send(simulator, target, method=method, headers={})

        assert sts.use(simulator, sts.keys(response)).status == 200


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/?Action=AssumeRoleWithOIDC", 400, "MissingVersion"),
        ("/?Action=AssumeRoleWithOIDC&Version=2018-12-03", 404, "InvalidApi.NotFound"),
        ("/?Action=AssumeRoleWithOIDC&Version=2015-04-02", 400, "InvalidVersion"),
        ("/?Action=AssumeRole&Version=2015-04-01", 400, "IncompleteSignature"),
    ],
)
def test_a_request_without_a_signature_needs_the_right_action(
    target: str, status: int, code: str, send: SendRequest
) -> None:
    with Simulator() as simulator:
        response = send(simulator, target, method="POST", headers=FORM)

    assert (response.status, response.document["Code"]) == (status, code)


@pytest.mark.parametrize(
    ("others", "code"),
    [
        ({}, "SignatureDoesNotMatch"),
        ({"SignatureNonce": ""}, "MissingSignatureNonce"),
        ({"Timestamp": ""}, "MissingTimestamp"),
        ({"Timestamp": "2020-01-01T00:00:00Z"}, "InvalidTimeStamp.Expired"),
        ({"SignatureMethod": "HMAC-SHA256"}, "IncompleteSignature"),
        ({"SignatureVersion": "2.0"}, "IncompleteSignature"),
    ],
)
def test_a_signature_in_parameters_is_checked_too(
    others: dict[str, str], code: str, send: SendRequest, clock: Clock
) -> None:
    """The vendor's package of credentials sends it so; with a valid one it is in test_vendor_sdk_sign_in.py."""
    with Simulator(now=clock) as simulator:
        given = {
            "Action": "AssumeRole",
            "Version": "2015-04-01",
            "Signature": "wrong",
            "SignatureNonce": "1",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "Timestamp": "2026-09-21T14:13:20Z",
            "AccessKeyId": simulator.describe()["alibaba"]["access_key_id"],
            **others,
        }
        response = send(simulator, f"/?{urlencode(given)}", headers={})

    assert response.document["Code"] == code


@pytest.mark.parametrize(
    ("others", "status", "code"),
    [
        ({"RoleArn": FIRST_ROLE}, 403, "NoPermission"),
        ({"RoleArn": OTHER_ROLE}, 404, "EntityNotExist.Role"),
        ({"RoleArn": "x"}, 400, "InvalidParameter.RoleArn"),
        ({"RoleArn": None}, 400, "MissingRoleArn"),
        ({"DurationSeconds": 3601}, 400, "InvalidParameter.DurationSeconds"),
    ],
)
def test_a_role_is_assumed_within_its_limits(
    others: dict[str, Any], status: int, code: str, sts: AlibabaSignIn, clock: Clock
) -> None:
    """An hour is the limit for one role after another."""
    with Simulator(now=clock) as simulator:
        keys = sts.keys(sts.exchange(simulator, DurationSeconds=43_200))

        assert sts.error(sts.assume(simulator, keys, **others)) == (status, code)


def test_the_user_assumes_a_role_for_as_long_as_it_allows(sts: AlibabaSignIn, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        simulator.access.trust = Trust(longest_session=7200)
        response = sts.assume(simulator, DurationSeconds=7200)

        assert response.status == 200
        assert sts.assume(simulator, DurationSeconds=7201).document["Code"] == "InvalidParameter.DurationSeconds"


@pytest.mark.parametrize(
    ("session_policy", "is_allowed"),
    [
        (policy("yundun-sas:DescribeImageScanAuthCount"), True),
        (policy("yundun-sas:Describe*", "cr:GetScan"), True),
        (policy("YUNDUN-SAS:*"), True),
        (policy("yundun-sas:DescribeImageInstances"), False),
        (policy("cr:*"), False),
        (policy("*", effect="Deny"), False),
        (json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": ["*"]}]}), True),
    ],
)
def test_a_session_policy_narrows_what_the_keys_can_do(
    session_policy: str, *, is_allowed: bool, sts: AlibabaSignIn, send: SendRequest, clock: Clock
) -> None:
    with Simulator(now=clock) as simulator:
        keys = sts.keys(sts.exchange(simulator, Policy=session_policy))
        signing = signed_by(keys, action=QUOTA)
        response = send(simulator, signing.target, method="POST", headers=signing.headers(simulator, clock.now))

    assert (response.status, response.document.get("Code")) == ((200, None) if is_allowed else (403, "NoPermission"))


@pytest.mark.parametrize(
    ("action", "ram_actions"),
    [
        ("GetRepoTagScanStatus", ("cr:GetScan",)),
        ("DescribeUuidVulNumClassifyStatistic", ("yundun-sas:Describe*", "yundun-aegis:Describe*")),
    ],
)
def test_a_session_policy_names_actions_as_the_documents_do(
    action: str, ram_actions: tuple[str, ...], sts: AlibabaSignIn, send: SendRequest, clock: Clock
) -> None:
    """They are not always called like their operation, and one of them is needed under two names."""
    version = REGISTRY_VERSION if action.startswith("GetRepo") else {}
    with Simulator(now=clock) as simulator:
        codes = []
        for allowed in (policy(*ram_actions), policy(*ram_actions[1:], "cr:GetRepoTagScanStatus")):
            keys = sts.keys(sts.exchange(simulator, Policy=allowed))
            signing = signed_by(keys, action=action, more=version)
            headers = signing.headers(simulator, clock.now)
            codes.append(send(simulator, "/", method="POST", headers=headers).document["Code"])

    assert codes[0].startswith("Missing")
    assert codes[1] in {"NoPermission", "NoPrivilege"}


def test_temporary_keys_are_refused_without_their_token(sts: AlibabaSignIn, send: SendRequest, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        keys = sts.keys(sts.exchange(simulator))
        signing = Signing(access_key_id=keys.access_key_id, secret=keys.secret)
        response = send(simulator, signing.target, method="POST", headers=signing.headers(simulator, clock.now))

    assert sts.error(response) == (400, "MissingSecurityToken")


def signed_by(keys: Keys, *, action: str, more: dict[str, str] | None = None) -> Signing:
    """A request that is signed with temporary keys."""
    return Signing(
        action=action,
        target="/",
        access_key_id=keys.access_key_id,
        secret=keys.secret,
        more={"x-acs-security-token": keys.token, **(more or {})},
    )
