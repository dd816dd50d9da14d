"""Holds the only user of the simulated Alibaba Cloud and authenticates requests (alibaba-security-center.md 4.1, 5)."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gate.simulator.alibaba.errors import error, missing
from gate.simulator.alibaba.signature import FORM, canonical_request, sign
from gate.simulator.authorization import Authorization
from gate.simulator.cloud import ApiResponse, HttpRequest

REGION: Final = "cn-hangzhou"
CREDENTIALS: Final[Mapping[str, str]] = {
    "access_key_id": "SIMULATEDALIBABAACCESSKEY",
    "access_key_secret": "simulated-alibaba-secret-key-that-opens-nothing",
    "security_token": "simulated-alibaba-security-token-that-opens-nothing",
}
CLOCK_TOLERANCE: Final = 15 * 60.0
# The values of these headers were query parameters in older signature versions, and errors still use those names.
REQUIRED: Final = {
    "x-acs-date": "Timestamp",
    "x-acs-signature-nonce": "SignatureNonce",
    "x-acs-content-sha256": "ContentSha256",
}


def authentication_error(request: HttpRequest, now: float, expiry: float, nonces: set[str]) -> ApiResponse | None:
    """Why this request is not authenticated, or None if it is; then its nonce is added to the used ones.

    From `expiry` on, the token of temporary keys is rejected.
    """
    headers = {name.lower(): text for name, text in request.headers.items()}
    if (authorization := Authorization.read(headers.get("authorization", ""), FORM)) is None:
        return error("IncompleteSignature")
    return (
        _header_error(authorization.signed_headers, headers)
        or _credential_error(authorization, headers, is_expired=now >= expiry)
        or _date_error(headers["x-acs-date"], now)
        or _signature_error(authorization, request, headers)
        or _nonce_error(headers["x-acs-signature-nonce"], nonces)
    )


def _header_error(signed: tuple[str, ...], headers: Mapping[str, str]) -> ApiResponse | None:
    for name, parameter in REQUIRED.items():
        if not headers.get(name):
            return missing(parameter)
    required = {"host"} | {name for name in headers if name.startswith("x-acs-") or name == "content-type"}
    if wrong := sorted(required.difference(signed) | (set(signed) - headers.keys())):
        return error("IncompleteSignature", f"Either not signed or not in the request: {', '.join(wrong)}.")
    return None


def _credential_error(
    authorization: Authorization, headers: Mapping[str, str], *, is_expired: bool
) -> ApiResponse | None:
    if not _is_credential("access_key_id", authorization.access_key_id):
        return error("InvalidAccessKeyId.NotFound")
    token = headers.get("x-acs-security-token")
    if token is not None and (is_expired or not _is_credential("security_token", token)):
        return error("InvalidSecurityToken.Expired")
    return None


def _date_error(text: str, now: float) -> ApiResponse | None:
    try:
        # strptime reads the zone only from the text; the published form ends in a bare Z for UTC.
        date = datetime.strptime(f"{text}+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    except ValueError:
        return error("InvalidTimeStamp.Format")
    return error("InvalidTimeStamp.Expired") if abs(date.timestamp() - now) > CLOCK_TOLERANCE else None


def _signature_error(
    authorization: Authorization, request: HttpRequest, headers: Mapping[str, str]
) -> ApiResponse | None:
    canonical = canonical_request(
        method=request.method,
        target=request.target,
        headers=headers,
        body=request.body,
        signed_headers=authorization.signed_headers,
    )
    expected = sign(canonical, secret=CREDENTIALS["access_key_secret"])
    is_body_intact = hmac.compare_digest(hashlib.sha256(request.body).hexdigest(), headers["x-acs-content-sha256"])
    is_valid = is_body_intact and hmac.compare_digest(expected, authorization.signature)
    return None if is_valid else error("SignatureDoesNotMatch")


def _nonce_error(nonce: str, nonces: set[str]) -> ApiResponse | None:
    # Checked last, so that a request with a wrong signature does not use up a nonce.
    if nonce in nonces:
        return error("SignatureNonceUsed")
    nonces.add(nonce)
    return None


def _is_credential(name: str, given: str) -> bool:
    return hmac.compare_digest(CREDENTIALS[name].encode(), given.encode())
