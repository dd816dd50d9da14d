"""Simulates STS: temporary keys for an OIDC token, and for a role that another identity assumes.

The facts are in sign-in.md 1.1 to 1.3.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from gate.simulator.access import HOUR, Keys, TokenRefusedError
from gate.simulator.alibaba.errors import error
from gate.simulator.alibaba.parameters import Parameter, Parameters, Table, value
from gate.simulator.alibaba.policy import is_policy
from gate.simulator.alibaba.responses import ok
from gate.simulator.cloud import JSON, ApiResponse, CloudState
from gate.simulator.oidc.jwt import Claims
from gate.simulator.oidc.service import issuer

VERSION: Final = "2015-04-01"
AUDIENCE: Final = "sts.aliyuncs.com"
ACCOUNT: Final = "1000000000000001"
ROLE_ARN: Final = f"acs:ram::{ACCOUNT}:role/ci"
PROVIDER_ARN: Final = f"acs:ram::{ACCOUNT}:oidc-provider/simulated"
ASSUMED_ROLE_ARN: Final = f"acs:ram::{ACCOUNT}:role/scan-gate"
PREFIX: Final = "STS."
SHORTEST_SESSION: Final = 900
LONGEST_CHAINED_SESSION: Final = HOUR
LONGEST_POLICY: Final = 2048
LONGEST_TOKEN: Final = 20_000
SHORTEST_TOKEN: Final = 4
ARN: Final = re.compile(r"acs:ram::[0-9]{1,20}:(role|oidc-provider)/[A-Za-z0-9._/-]{1,64}")
SESSION_NAME: Final = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
REQUIRED: Final = Parameter(required=True)
COMMON: Final[Table] = {
    "RoleArn": REQUIRED,
    "RoleSessionName": REQUIRED,
    "DurationSeconds": Parameter(default=str(HOUR)),
    "Policy": Parameter(),
}
TABLES: Final[Mapping[str, Table]] = {
    # A token that is missing has an error of its own.
    "AssumeRoleWithOIDC": {**COMMON, "OIDCProviderArn": REQUIRED, "OIDCToken": Parameter()},
    "AssumeRole": {**COMMON, "ExternalId": Parameter(), "SecurityToken": Parameter()},
}
UNSIGNED: Final = "AssumeRoleWithOIDC"
"""The only operation of this cloud's products that takes no signature."""

TOKEN_ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "parts": ("OIDCToken.Invalid", "The number of Jwt field should be divided into 3 parts with '.' ."),
    "form": ("OIDCToken.Invalid", "The Jwt content is invalid that cannot be recognized."),
    "algorithm": ("OIDCToken.Invalid", "The algorithm {} that be specified in Jwt header is unknown."),
    "signature": ("OIDCToken.InvalidSignature", "OIDC token validate failed: invalid signature."),
    "issuer": ("OIDCToken.Invalid", "The issuer of the token is not that of the provider."),
    "audience": ("OIDCToken.AudienceNotMatch", "Invalid audience."),
    "expired": ("OIDCToken.Expired", "This JsonWebToken is expired."),
    "age": ("OIDCToken.Invalid", "The token was issued too long ago, or in the future."),
    "subject": ("NoPermission", "There is no permission"),
}
"""Why a token is refused: the end of the code, and the message; those of `issuer` and `age` are not documented."""


def assume_role_with_oidc(parameters: Parameters, state: CloudState) -> ApiResponse:
    """Temporary keys for an OIDC token, which the trust policy of the role has to allow."""
    if problem := _parameter_error(parameters, "RoleArn", "OIDCProviderArn") or _missing_error(parameters):
        return problem
    # The vendor's SDK sends the line end of a file with its token.
    token = value(parameters, "OIDCToken").strip()
    try:
        claims = state.access.trusted_claims(token, issuer(state.url), state.at, audience=AUDIENCE)
    except TokenRefusedError as refused:
        code, message = TOKEN_ERRORS[refused.why]
        return error(f"AuthenticationFail.{code}", message.format(refused.detail))
    if value(parameters, "RoleArn") != ROLE_ARN:
        return error("AuthenticationFail.NoPermission")
    longest = state.access.trust.longest_session
    return _assumed(parameters, state, longest, {"OIDCTokenInfo": _token_info(claims), "SourceIdentity": ""})


def assume_role(parameters: Parameters, state: CloudState) -> ApiResponse:
    """Temporary keys of a role that trusts the account; at most an hour for a request with temporary keys."""
    if problem := _parameter_error(parameters, "RoleArn"):
        return problem
    if value(parameters, "RoleArn") == ROLE_ARN:
        return error("NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
    if value(parameters, "RoleArn") != ASSUMED_ROLE_ARN:
        return error("EntityNotExist.Role")
    longest = LONGEST_CHAINED_SESSION if value(parameters, "SecurityToken") else state.access.trust.longest_session
    return _assumed(parameters, state, longest, {})


RESPONSES: Final[Mapping[str, Callable[[Parameters, CloudState], ApiResponse]]] = {
    "AssumeRoleWithOIDC": assume_role_with_oidc,
    "AssumeRole": assume_role,
}


def timestamp(seconds: float) -> str:
    """A time in the form of STS, in whole seconds."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _parameter_error(parameters: Parameters, *arns: str) -> ApiResponse | None:
    for name in arns:
        if not ARN.fullmatch(value(parameters, name)):
            return error(f"InvalidParameter.{name}")
    if not SESSION_NAME.fullmatch(value(parameters, "RoleSessionName")):
        return error("InvalidParameter.RoleSessionName")
    duration = value(parameters, "DurationSeconds")
    if not (duration.isascii() and duration.isdigit() and int(duration) >= SHORTEST_SESSION):
        return error("InvalidParameter.DurationSeconds")
    policy = value(parameters, "Policy")
    if len(policy) > LONGEST_POLICY:
        return error("InvalidParameter.PolicySize")
    return error("InvalidParameter.PolicyGrammar") if policy and not is_policy(policy) else None


def _missing_error(parameters: Parameters) -> ApiResponse | None:
    """The error for a request without a token, or for what the account does not have."""
    if not SHORTEST_TOKEN <= len(value(parameters, "OIDCToken")) <= LONGEST_TOKEN:
        return error("AuthenticationFail.OIDCToken.Invalid", "The OIDCToken can not empty.")
    if value(parameters, "OIDCProviderArn") != PROVIDER_ARN:
        return error("AuthenticationFail.NoPermission", "No such OIDC Provider registered.")
    return None if value(parameters, "RoleArn") in {ROLE_ARN, ASSUMED_ROLE_ARN} else error("EntityNotExist.Role")


def _assumed(parameters: Parameters, state: CloudState, longest: int, more: JSON) -> ApiResponse:
    duration, role = int(value(parameters, "DurationSeconds")), value(parameters, "RoleArn").rpartition("/")[2]
    if duration > longest:
        return error("InvalidParameter.DurationSeconds")
    keys = state.access.issue_keys(
        "alibaba", int(state.at) + duration, prefix=PREFIX, policy=value(parameters, "Policy")
    )
    session = value(parameters, "RoleSessionName")
    user = {"Arn": f"acs:ram::{ACCOUNT}:role/{role}/{session}", "AssumedRoleId": f"300000000000000001:{session}"}
    return ok({"Credentials": credentials(keys), "AssumedRoleUser": user, **more})


def credentials(keys: Keys) -> dict[str, str]:
    """Temporary keys by the names of STS and the metadata service."""
    return {
        "AccessKeyId": keys.access_key_id,
        "AccessKeySecret": keys.secret,
        "SecurityToken": keys.token,
        "Expiration": timestamp(keys.expires_at),
    }


def _token_info(claims: Claims) -> dict[str, str]:
    return {
        "Subject": str(claims["sub"]),
        "Issuer": str(claims["iss"]),
        "ClientIds": str(claims["aud"]),
        "IssuanceTime": timestamp(claims["iat"]),
        "ExpirationTime": timestamp(claims["exp"]),
        "VerificationInfo": "Success",
    }
