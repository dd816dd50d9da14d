"""Simulates STS v5: temporary keys for an OIDC token, and for an agency that another identity assumes.

The facts are in sign-in.md 2.1, 2.2 and 2.5. Which code there is for a token with a wrong signature, and for a duration
out of range, is not known: both have a code here that no document has.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from gate.simulator.access import HOUR, Keys, TokenRefusedError
from gate.simulator.cloud import ApiResponse
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.errors import error
from gate.simulator.oidc.service import issuer

AUDIENCE: Final = "sts.myhuaweicloud.com"
ACCOUNT: Final = "fedcba9876543210fedcba9876543210"
PROVIDER_URN: Final = f"iam::{ACCOUNT}:oidcProvider:simulated"
AGENCY_URN: Final = f"iam::{ACCOUNT}:agency:ci"
ASSUMED_AGENCY_URN: Final = f"iam::{ACCOUNT}:agency:scan-gate"
PREFIX: Final = "HSTA"
SHORTEST_SESSION: Final = 900
LONGEST_SESSION: Final = 12 * HOUR
LONGEST_CHAINED_SESSION: Final = HOUR
SESSION_NAME: Final = re.compile(r"[A-Za-z0-9_+=,.@-]{2,128}")
POLICIES: Final = 20
NOT_ALLOWED: Final = "no identity-based policy allows sts:agencies:assumeWithOIDC"

Document: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Any], bool]


def _text(minimum: int, maximum: int) -> Check:
    return lambda value: isinstance(value, str) and minimum <= len(value) <= maximum


def _is_policy(maximum: int) -> Check:
    return lambda value: _text(2, maximum)(value) and _is_json_object(value)


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _is_duration(value: object) -> bool:
    return type(value) is int and SHORTEST_SESSION <= value <= LONGEST_SESSION


COMMON: Final[Mapping[str, Check]] = {
    "agency_urn": _text(1, 1500),
    "agency_session_name": lambda value: isinstance(value, str) and SESSION_NAME.fullmatch(value) is not None,
    "duration_seconds": _is_duration,
    "policy_ids": lambda value: isinstance(value, list) and len(value) <= POLICIES and all(map(_text(1, 64), value)),
}
WITH_OIDC: Final[Mapping[str, Check]] = {
    **COMMON,
    "provider_urn": _text(1, 1500),
    "id_token": _text(4, 20_000),
    "policy": _is_policy(4096),
}
WITH_KEYS: Final[Mapping[str, Check]] = {**COMMON, "policy": _is_policy(2048)}
OPTIONAL: Final = frozenset({"duration_seconds", "policy", "policy_ids"})


def assume_with_oidc(call: Call) -> ApiResponse:
    """Temporary keys for an OIDC token, which the trust policy of the agency has to allow."""
    document, problem = _read(call.body, WITH_OIDC)
    if problem:
        return error("STS5.0000", problem)
    try:
        claims = _trusted_claims(document, call)
    except TokenRefusedError as refused:
        return _refused(refused)
    if document["agency_urn"] != AGENCY_URN:
        return error("STS5.1106", f"the agency {document['agency_urn']} cannot be found")
    longest = call.state.access.trust.longest_session
    more = {
        "provider": document["provider_urn"],
        "audience": str(claims["aud"]),
        "subject_from_id_token": str(claims["sub"]),
        "source_identity": "",
    }
    return _assumed(document, call, longest=longest, more=more)


def assume(call: Call) -> ApiResponse:
    """Temporary keys of an agency that trusts the account; at most an hour for a request with temporary keys."""
    document, problem = _read(call.body, WITH_KEYS)
    if problem:
        return error("STS5.0000", problem)
    if document["agency_urn"] == AGENCY_URN:
        return error("STS5.1001", "the trust policy of the agency does not allow sts:agencies:assume")
    if document["agency_urn"] != ASSUMED_AGENCY_URN:
        return error("STS5.1106", f"the agency {document['agency_urn']} cannot be found")
    is_chained = "X-Security-Token" in call.headers
    longest = LONGEST_CHAINED_SESSION if is_chained else call.state.access.trust.longest_session
    return _assumed(document, call, longest=longest, more={"source_identity": ""})


def timestamp(seconds: float) -> str:
    """A time in the form of STS, with milliseconds."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def _read(body: bytes, checks: Mapping[str, Check]) -> tuple[Document, str]:
    """The document of a request, and what is wrong with it, if anything is."""
    try:
        document = json.loads(body)
    except ValueError:
        return {}, "the body is not JSON"
    if not isinstance(document, dict):
        return {}, "the body is not a JSON object"
    for name, check in checks.items():
        if name not in document and name not in OPTIONAL:
            return {}, f"{name} is required"
        if name in document and not check(document[name]):
            return {}, f"{name} is invalid"
    return {"duration_seconds": HOUR, **document}, ""


def _trusted_claims(document: Document, call: Call) -> Mapping[str, Any]:
    """The claims of the token; raises TokenRefusedError."""
    if document["provider_urn"] != PROVIDER_URN:
        raise TokenRefusedError("issuer")
    state = call.state
    return state.access.trusted_claims(document["id_token"], issuer(state.url), state.at, audience=AUDIENCE)


def _refused(refused: TokenRefusedError) -> ApiResponse:
    match refused.why:
        case "audience":
            return error("STS5.2001", f"the audience {refused.detail} is not a client id of the provider")
        case "subject" | "issuer":
            return error("STS5.1001", NOT_ALLOWED)
        case "expired":
            return error("STS5.0000", "the id token has expired")
        case _:
            return error("STS5.0000", f"the id token is invalid: {refused.why}")


def _assumed(document: Document, call: Call, *, longest: int, more: Mapping[str, str]) -> ApiResponse:
    duration = document["duration_seconds"]
    if duration > longest:
        return error("STS5.0000", f"duration_seconds {duration} is larger than the maximum session duration {longest}")
    keys = call.state.access.issue_keys("huawei", call.at + duration, prefix=PREFIX)
    name = document["agency_urn"].rpartition(":")[2]
    session = document["agency_session_name"]
    agency = {"urn": f"sts::{ACCOUNT}:assumed-agency:{name}/{session}", "id": f"{ACCOUNT}:{session}"}
    return ApiResponse(
        status=HTTPStatus.OK,
        document={"credentials": credentials(keys), "assumed_agency": agency, **more},
    )


def credentials(keys: Keys) -> dict[str, str]:
    """Temporary keys by the names of STS."""
    return {
        "access_key_id": keys.access_key_id,
        "secret_access_key": keys.secret,
        "security_token": keys.token,
        "expiration": timestamp(keys.expires_at),
    }
