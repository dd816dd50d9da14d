"""Simulates the older way of IAM v3: a token for an OIDC token, and temporary keys for that token.

The facts are in sign-in.md 2.3 and 2.4.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from gate.simulator.access import HOUR, Keys, TokenRefusedError
from gate.simulator.cloud import ApiResponse
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.identity import (
    CREDENTIALS,
    DOMAIN_ID,
    PROJECT_ID,
    REGION,
    SCOPED,
    UNSCOPED,
)
from gate.simulator.huawei.sts import AUDIENCE
from gate.simulator.oidc.service import issuer

PROVIDER_ID: Final = "simulated-idp"
TOKEN_SECONDS: Final = 24.0 * HOUR
SHORTEST_SESSION: Final = 900
LONGEST_SESSION: Final = 24 * HOUR
PREFIX: Final = "HST"


def create_token(call: Call) -> ApiResponse:
    """A token of IAM, scoped to the project or unscoped, for an OIDC token that the identity provider accepts."""
    auth = _member(_document(call.body), "auth")
    id_token = _member(_member(auth, "id_token"), "id")
    if not isinstance(id_token, str) or not id_token:
        return error("IAM.0011")
    if call.headers.get("X-Idp-Id") != PROVIDER_ID:
        return error("IAM.0004")
    state = call.state
    try:
        state.access.trusted_claims(id_token, issuer(state.url), state.at, audience=AUDIENCE)
    except TokenRefusedError as refused:
        return error("IAM.0003" if refused.why == "subject" else "IAM.0001")
    project = _member(_member(auth, "scope"), "project")
    if project and not _is_project(project):
        return error("IAM.0004")
    expires_at = call.at + TOKEN_SECONDS
    token = state.access.issue_token(SCOPED if project else UNSCOPED, expires_at)
    return ApiResponse(
        status=HTTPStatus.CREATED,
        document={"token": _token_document(call.at, expires_at, is_scoped=bool(project))},
        headers={"X-Subject-Token": token},
    )


def create_keys(call: Call) -> ApiResponse:
    """Temporary keys for a token of IAM, in the header or, as the vendor's SDK sends it, in the body."""
    identity = _member(_member(_document(call.body), "auth"), "identity")
    of_token = _member(identity, "token")
    duration = _member(of_token, "duration_seconds") or SHORTEST_SESSION
    is_valid = type(duration) is int and SHORTEST_SESSION <= duration <= LONGEST_SESSION
    if _member(identity, "methods") != ["token"] or not is_valid:
        return error("IAM.0011")
    token, access = call.headers.get("X-Auth-Token") or _member(of_token, "id"), call.state.access
    is_known = any(access.knows_token(kind, str(token), call.at) for kind in (SCOPED, UNSCOPED))
    if not is_known and token != CREDENTIALS["auth_token"]:
        return error("IAM.0001")
    keys = access.issue_keys("huawei", call.at + duration, prefix=PREFIX)
    return ApiResponse(status=HTTPStatus.CREATED, document={"credential": credential(keys)})


def credential(keys: Keys) -> dict[str, str]:
    """Temporary keys by the names of IAM and the metadata service."""
    return {
        "access": keys.access_key_id,
        "secret": keys.secret,
        "securitytoken": keys.token,
        "expires_at": timestamp(keys.expires_at),
    }


def timestamp(seconds: float) -> str:
    """A time in the form of IAM, with microseconds."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _member(document: Any, name: str) -> Any:
    return document.get(name) if isinstance(document, dict) else None


def _is_project(project: Mapping[str, Any]) -> bool:
    return (_member(project, "name") or REGION) == REGION and (_member(project, "id") or PROJECT_ID) == PROJECT_ID


def _token_document(now: float, expires_at: float, *, is_scoped: bool) -> dict[str, Any]:
    domain = {"id": DOMAIN_ID, "name": "simulated"}
    scope = {"project": {"id": PROJECT_ID, "name": REGION, "domain": domain}} if is_scoped else {}
    return {
        "methods": ["mapped"],
        "issued_at": timestamp(now),
        "expires_at": timestamp(expires_at),
        "user": {"id": "simulated-federated-user", "name": "ci", "domain": domain},
        **scope,
    }
