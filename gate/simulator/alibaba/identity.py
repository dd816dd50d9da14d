"""Holds the one user of the simulated Alibaba Cloud and checks who signs in (alibaba-security-center.md 4.1 and 5)."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gate.simulator.alibaba.errors import error, missing
from gate.simulator.alibaba.signature import FORM, canonical_request, sign
from gate.simulator.authorization import Authorization
from gate.simulator.cloud import Answer, Call

REGION: Final = "cn-hangzhou"
CREDENTIALS: Final[Mapping[str, str]] = {
    "access_key_id": "SIMULATEDALIBABAACCESSKEY",
    "access_key_secret": "simulated-alibaba-secret-key-that-opens-nothing",
    "security_token": "simulated-alibaba-security-token-that-opens-nothing",
}
CLOCK_TOLERANCE: Final = 15 * 60.0
# What stands in these headers was a parameter before, and the errors still call it so.
REQUIRED: Final = {
    "x-acs-date": "Timestamp",
    "x-acs-signature-nonce": "SignatureNonce",
    "x-acs-content-sha256": "ContentSha256",
}


def refusal(call: Call, now: float, expiry: float, nonces: set[str]) -> Answer | None:
    """Why this request is not signed in, or nothing if it is; then its nonce is put to those heard before.

    From its expiry on, the token of temporary keys is good no more.
    """
    headers = {name.lower(): text for name, text in call.headers.items()}
    if (authorization := Authorization.read(headers.get("authorization", ""), FORM)) is None:
        return error("IncompleteSignature")
    return (
        _incomplete(authorization.signed_headers, headers)
        or _stranger(authorization, headers, is_expired=now >= expiry)
        or _out_of_time(headers["x-acs-date"], now)
        or _unlike(authorization, call, headers)
        or _heard_before(headers["x-acs-signature-nonce"], nonces)
    )


def _incomplete(signed: tuple[str, ...], headers: Mapping[str, str]) -> Answer | None:
    for name, parameter in REQUIRED.items():
        if not headers.get(name):
            return missing(parameter)
    required = {"host"} | {name for name in headers if name.startswith("x-acs-") or name == "content-type"}
    if amiss := sorted(required.difference(signed) | (set(signed) - headers.keys())):
        return error("IncompleteSignature", f"Either not signed or not in the request: {', '.join(amiss)}.")
    return None


def _stranger(authorization: Authorization, headers: Mapping[str, str], *, is_expired: bool) -> Answer | None:
    if not _is("access_key_id", authorization.access_key_id):
        return error("InvalidAccessKeyId.NotFound")
    token = headers.get("x-acs-security-token")
    if token is not None and (is_expired or not _is("security_token", token)):
        return error("InvalidSecurityToken.Expired")
    return None


def _out_of_time(text: str, now: float) -> Answer | None:
    try:
        # strptime takes the zone from the text only; the published form ends in a bare Z for UTC.
        date = datetime.strptime(f"{text}+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    except ValueError:
        return error("InvalidTimeStamp.Format")
    return error("InvalidTimeStamp.Expired") if abs(date.timestamp() - now) > CLOCK_TOLERANCE else None


def _unlike(authorization: Authorization, call: Call, headers: Mapping[str, str]) -> Answer | None:
    canonical = canonical_request(
        method=call.method,
        target=call.target,
        headers=headers,
        body=call.body,
        signed_headers=authorization.signed_headers,
    )
    expected = sign(canonical, secret=CREDENTIALS["access_key_secret"])
    whole = hmac.compare_digest(hashlib.sha256(call.body).hexdigest(), headers["x-acs-content-sha256"])
    return None if whole and hmac.compare_digest(expected, authorization.signature) else error("SignatureDoesNotMatch")


def _heard_before(nonce: str, nonces: set[str]) -> Answer | None:
    # Only now, so that nobody who cannot sign uses up the nonces of those who can.
    if nonce in nonces:
        return error("SignatureNonceUsed")
    nonces.add(nonce)
    return None


def _is(credential: str, given: str) -> bool:
    return hmac.compare_digest(CREDENTIALS[credential].encode(), given.encode())
