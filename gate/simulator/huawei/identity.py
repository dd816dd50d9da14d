"""Holds the only user of the simulated Huawei Cloud and authenticates requests (huawei-hss.md 4.1 to 4.3)."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gate.simulator.access import Keys
from gate.simulator.authorization import Authorization
from gate.simulator.cloud import ApiResponse, Gateway, HttpRequest
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
SCOPED: Final = "huawei-scoped"
UNSCOPED: Final = "huawei-unscoped"
"""The kinds of tokens of IAM, for `Access`: with a project, and without one."""
CLOCK_TOLERANCE: Final = 15 * 60.0
MUST_BE_SIGNED: Final = frozenset({"host", "x-sdk-date"})


def authentication_error(request: HttpRequest, gateway: Gateway) -> ApiResponse | None:
    """Why this request is not authenticated, or None if it is; an expired token is treated like a wrong one."""
    if (text := request.headers.get("Authorization")) is not None:
        problem = _authorization_problem(text, request, gateway)
        return None if problem is None else _authentication_failure(problem)
    if (token := request.headers.get("X-Auth-Token")) is not None:
        return None if _is_auth_token(token, gateway) else error("APIGW.0307")
    return _authentication_failure("x-auth-token not found")


def _is_auth_token(token: str, gateway: Gateway) -> bool:
    # An unscoped token is for IAM only, and its operation that takes one needs no other authentication.
    if gateway.access.knows_token(SCOPED, token, gateway.now):
        return True
    is_own = hmac.compare_digest(CREDENTIALS["auth_token"].encode(), token.encode())
    return is_own and gateway.now < gateway.expiry


def _keys(access_key_id: str, gateway: Gateway) -> Keys | None:
    """The user's own keys, or temporary ones; None if there are none with this id."""
    if access_key_id != CREDENTIALS["access_key_id"]:
        return gateway.access.keys("huawei", access_key_id)
    return Keys(
        access_key_id=access_key_id,
        secret=CREDENTIALS["access_key_secret"],
        token=CREDENTIALS["security_token"],
        expires_at=gateway.expiry,
        is_temporary=False,
    )


def _authorization_problem(text: str, request: HttpRequest, gateway: Gateway) -> str | None:
    if (authorization := Authorization.read(text, FORM)) is None:
        return "authorization header is not of the form SDK-HMAC-SHA256 Access=, SignedHeaders=, Signature="
    if (keys := _keys(authorization.access_key_id, gateway)) is None:
        return f"ak {authorization.access_key_id} not exist"
    headers = {name.lower(): value for name, value in request.headers.items()}
    return (
        _header_problem(authorization.signed_headers, headers)
        or _token_problem(headers.get("x-security-token"), keys, gateway.now)
        or _date_problem(headers["x-sdk-date"], gateway.now)
        or _signature_problem(authorization, request, headers, keys.secret)
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


def _token_problem(token: str | None, keys: Keys, now: float) -> str | None:
    return None if keys.accepts(token, now) else "security token fail"


def _date_problem(text: str, now: float) -> str | None:
    try:
        # strptime reads the zone only from the text; the published form ends in a bare Z for UTC.
        date = datetime.strptime(f"{text}+0000", "%Y%m%dT%H%M%SZ%z")
    except ValueError:
        return "X-Sdk-Date is not of the form YYYYMMDDTHHMMSSZ"
    if abs(date.timestamp() - now) > CLOCK_TOLERANCE:
        return "signature expired"
    return None


def _signature_problem(
    authorization: Authorization, request: HttpRequest, headers: Mapping[str, str], secret: str
) -> str | None:
    canonical = canonical_request(
        method=request.method,
        target=request.target,
        headers=headers,
        body=request.body,
        signed_headers=authorization.signed_headers,
    )
    expected = sign(canonical, date=headers["x-sdk-date"], secret=secret)
    if hmac.compare_digest(expected, authorization.signature):
        return None
    # The gateway shows the canonical request, with bars in place of line ends (huaweicloud-sdk-nodejs-v3 issue 2).
    return "verify aksk signature fail, canonicalRequest:" + canonical.replace("\n", "|")


def _authentication_failure(problem: str) -> ApiResponse:
    return error("APIGW.0301", f"Incorrect IAM authentication information: {problem}")
