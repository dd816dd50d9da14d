"""Holds the only user of the simulated Huawei Cloud and authenticates requests (huawei-hss.md 4.1 to 4.3)."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gate.simulator.authorization import Authorization
from gate.simulator.cloud import ApiResponse, HttpRequest
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.signature import FORM, canonical_request, sign

REGION: Final = "cn-north-4"
PROJECT_ID: Final = "0123456789abcdef0123456789abcdef"
DOMAIN_ID: Final = "fedcba9876543210fedcba9876543210"
CREDENTIALS: Final[Mapping[str, str]] = {
    "access_key_id": "SIMULATEDHUAWEIACCESSKEY",
    "access_key_secret": "simulated-huawei-secret-key-that-opens-nothing",
    "security_token": "simulated-huawei-security-token-that-opens-nothing",
    "auth_token": "simulated-huawei-auth-token-that-opens-nothing",
}
CLOCK_TOLERANCE: Final = 15 * 60.0
MUST_BE_SIGNED: Final = frozenset({"host", "x-sdk-date"})


def authentication_error(request: HttpRequest, now: float, expiry: float) -> ApiResponse | None:
    """Why this request is not authenticated, or None if it is; an expired token is treated like a wrong one."""
    is_expired = now >= expiry
    if (text := request.headers.get("Authorization")) is not None:
        problem = _authorization_problem(text, request, now, is_expired=is_expired)
        return None if problem is None else _authentication_failure(problem)
    if (token := request.headers.get("X-Auth-Token")) is not None:
        return error("APIGW.0307") if is_expired or not _is_credential("auth_token", token) else None
    return _authentication_failure("x-auth-token not found")


def _authorization_problem(text: str, request: HttpRequest, now: float, *, is_expired: bool) -> str | None:
    if (authorization := Authorization.read(text, FORM)) is None:
        return "authorization header is not of the form SDK-HMAC-SHA256 Access=, SignedHeaders=, Signature="
    if not _is_credential("access_key_id", authorization.access_key_id):
        return f"ak {authorization.access_key_id} not exist"
    headers = {name.lower(): value for name, value in request.headers.items()}
    return (
        _header_problem(authorization.signed_headers, headers)
        or _token_problem(headers.get("x-security-token"), is_expired=is_expired)
        or _date_problem(headers["x-sdk-date"], now)
        or _signature_problem(authorization, request, headers)
    )


def _header_problem(signed: tuple[str, ...], headers: Mapping[str, str]) -> str | None:
    required = MUST_BE_SIGNED | ({"x-security-token"} & headers.keys())
    if missing := required.difference(signed):
        return f"not among the signed headers: {', '.join(sorted(missing))}"
    if absent := set(signed) - headers.keys():
        return f"signed, but not in the request: {', '.join(sorted(absent))}"
    if list(signed) != sorted(set(signed)):
        return "the signed headers are not in order"
    return None


def _token_problem(token: str | None, *, is_expired: bool) -> str | None:
    is_valid = token is None or (_is_credential("security_token", token) and not is_expired)
    return None if is_valid else "security token fail"


def _date_problem(text: str, now: float) -> str | None:
    try:
        # strptime reads the zone only from the text; the published form ends in a bare Z for UTC.
        date = datetime.strptime(f"{text}+0000", "%Y%m%dT%H%M%SZ%z")
    except ValueError:
        return "X-Sdk-Date is not of the form YYYYMMDDTHHMMSSZ"
    if abs(date.timestamp() - now) > CLOCK_TOLERANCE:
        return "signature expired"
    return None


def _signature_problem(authorization: Authorization, request: HttpRequest, headers: Mapping[str, str]) -> str | None:
    canonical = canonical_request(
        method=request.method,
        target=request.target,
        headers=headers,
        body=request.body,
        signed_headers=authorization.signed_headers,
    )
    expected = sign(canonical, date=headers["x-sdk-date"], secret=CREDENTIALS["access_key_secret"])
    if hmac.compare_digest(expected, authorization.signature):
        return None
    # The gateway shows the canonical request, with bars in place of line ends (huaweicloud-sdk-nodejs-v3 issue 2).
    return "verify aksk signature fail, canonicalRequest:" + canonical.replace("\n", "|")


def _authentication_failure(problem: str) -> ApiResponse:
    return error("APIGW.0301", f"Incorrect IAM authentication information: {problem}")


def _is_credential(name: str, given: str) -> bool:
    return hmac.compare_digest(CREDENTIALS[name].encode(), given.encode())
