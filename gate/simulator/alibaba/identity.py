"""Holds the only user of the simulated Alibaba Cloud, and authenticates requests.

The facts are in alibaba-security-center.md 4.1 and 5.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gate.simulator.access import Keys
from gate.simulator.alibaba import rpc
from gate.simulator.alibaba.errors import error, missing
from gate.simulator.alibaba.parameters import Parameters, value
from gate.simulator.alibaba.signature import FORM, canonical_request, sign
from gate.simulator.authorization import Authorization
from gate.simulator.cloud import ApiResponse, Gateway, HttpRequest

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


def authentication_error(request: HttpRequest, gateway: Gateway) -> ApiResponse | None:
    """Why this request is not authenticated, or None if it is; then its nonce is added to the used ones."""
    headers = {name.lower(): text for name, text in request.headers.items()}
    if "authorization" not in headers and "Signature" in rpc.parameters(request):
        return _rpc_error(request, gateway)
    if (authorization := Authorization.read(headers.get("authorization", ""), FORM)) is None:
        return error("IncompleteSignature")
    if problem := _header_error(authorization.signed_headers, headers):
        return problem
    if (keys := _keys(authorization.access_key_id, gateway)) is None:
        return error("InvalidAccessKeyId.NotFound")
    return (
        _token_error(headers.get("x-acs-security-token"), keys, gateway.now)
        or _date_error(headers["x-acs-date"], gateway.now)
        or _signature_error(authorization, request, headers, keys)
        or _nonce_error(headers["x-acs-signature-nonce"], gateway.nonces)
    )


def session_policy(request: HttpRequest, gateway: Gateway) -> str:
    """The session policy of the keys with which an authenticated request is signed; empty for none."""
    authorization = Authorization.read(request.headers.get("Authorization", ""), FORM)
    given = value(rpc.parameters(request), "AccessKeyId") if authorization is None else authorization.access_key_id
    keys = _keys(given, gateway)
    return keys.policy if keys else ""


def _keys(access_key_id: str, gateway: Gateway) -> Keys | None:
    """The user's own keys, or temporary ones; None if there are none with this id."""
    if access_key_id != CREDENTIALS["access_key_id"]:
        return gateway.access.keys("alibaba", access_key_id)
    return Keys(
        access_key_id=access_key_id,
        secret=CREDENTIALS["access_key_secret"],
        token=CREDENTIALS["security_token"],
        expires_at=gateway.expiry,
        is_temporary=False,
    )


def _rpc_error(request: HttpRequest, gateway: Gateway) -> ApiResponse | None:
    given = rpc.parameters(request)
    for name in ("AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp"):
        if not value(given, name):
            return missing(name)
    if (value(given, "SignatureMethod"), value(given, "SignatureVersion")) != (rpc.METHOD, rpc.SIGNATURE_VERSION):
        return error("IncompleteSignature")
    if (keys := _keys(value(given, "AccessKeyId"), gateway)) is None:
        return error("InvalidAccessKeyId.NotFound")
    return (
        _token_error(value(given, "SecurityToken") or None, keys, gateway.now)
        or _date_error(value(given, "Timestamp"), gateway.now)
        or _rpc_signature_error(request, given, keys)
        or _nonce_error(value(given, "SignatureNonce"), gateway.nonces)
    )


def _rpc_signature_error(request: HttpRequest, given: Parameters, keys: Keys) -> ApiResponse | None:
    expected = rpc.sign(request.method, given, keys.secret)
    is_valid = hmac.compare_digest(expected.encode(), value(given, "Signature").encode())
    return None if is_valid else error("SignatureDoesNotMatch")


def _header_error(signed: tuple[str, ...], headers: Mapping[str, str]) -> ApiResponse | None:
    for name, parameter in REQUIRED.items():
        if not headers.get(name):
            return missing(parameter)
    required = {"host"} | {name for name in headers if name.startswith("x-acs-") or name == "content-type"}
    if wrong := sorted(required.difference(signed) | (set(signed) - headers.keys())):
        return error("IncompleteSignature", f"Either not signed or not in the request: {', '.join(wrong)}.")
    return None


def _token_error(token: str | None, keys: Keys, now: float) -> ApiResponse | None:
    if keys.accepts(token, now):
        return None
    return error("MissingSecurityToken" if token is None else "InvalidSecurityToken.Expired")


def _date_error(text: str, now: float) -> ApiResponse | None:
    try:
        # strptime reads the zone only from the text; the published form ends in a bare Z for UTC.
        date = datetime.strptime(f"{text}+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    except ValueError:
        return error("InvalidTimeStamp.Format")
    return error("InvalidTimeStamp.Expired") if abs(date.timestamp() - now) > CLOCK_TOLERANCE else None


def _signature_error(
    authorization: Authorization, request: HttpRequest, headers: Mapping[str, str], keys: Keys
) -> ApiResponse | None:
    canonical = canonical_request(
        method=request.method,
        target=request.target,
        headers=headers,
        body=request.body,
        signed_headers=authorization.signed_headers,
    )
    expected = sign(canonical, secret=keys.secret)
    is_body_intact = hmac.compare_digest(hashlib.sha256(request.body).hexdigest(), headers["x-acs-content-sha256"])
    is_valid = is_body_intact and hmac.compare_digest(expected, authorization.signature)
    return None if is_valid else error("SignatureDoesNotMatch")


def _nonce_error(nonce: str, nonces: set[str]) -> ApiResponse | None:
    # Checked last, so that a request with a wrong signature does not use up a nonce.
    if nonce in nonces:
        return error("SignatureNonceUsed")
    nonces.add(nonce)
    return None
