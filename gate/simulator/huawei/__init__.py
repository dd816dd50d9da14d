"""Simulates Huawei Cloud HSS, SWR, STS, the metadata service and parts of IAM, from the published facts alone.

Read `routes` (which request is for which operation), then what responds to it: `hss` with `rows`, `registries`,
`scans`, `vulnerabilities` and `findings`, `swr`, `swr_enterprise` and `iam`, and what gives temporary keys: `sts`,
`federation` and `metadata`; the facts are in huawei-hss.md, huawei-images.md and sign-in.md.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from gate.simulator.cloud import ApiResponse, CloudState, Gateway, HttpRequest
from gate.simulator.fault import HttpResponse
from gate.simulator.huawei import federation, identity, sts
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import Check, between, validation_error
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.identity import CREDENTIALS, PROJECT_ID, REGION
from gate.simulator.huawei.routes import ROUTES, Route
from gate.simulator.quota import Quota

FAULT_ID: Final = f"{0:032x}"
UNKNOWN: Final = "unknown"
OF_IAM: Final = frozenset({"projects", "CreateTokenWithIdToken", "CreateTemporaryAccessKeyByToken"})
FORBIDDEN: Final[Mapping[str, str]] = {
    **dict.fromkeys(("AssumeAgencyWithOIDC", "AssumeAgency"), "STS5.1001"),
    **dict.fromkeys(("CreateTokenWithIdToken", "CreateTemporaryAccessKeyByToken"), "IAM.0003"),
}
"""The error of a user without permission, by operation, where it is not that of HSS."""


def describe(url: str) -> dict[str, str]:
    """Endpoints, credentials, region and project for a client."""
    places = dict.fromkeys(("endpoint", "iam_endpoint", "registry_endpoint"), url)
    return {**places, **CREDENTIALS, "region": REGION, "project_id": PROJECT_ID}


def describe_sign_in(url: str) -> dict[str, str]:
    """Endpoints, agencies and providers for a client that signs in without keys."""
    return {
        **dict.fromkeys(("sts_endpoint", "iam_endpoint", "metadata_endpoint"), url),
        "agency_urn": sts.AGENCY_URN,
        "oidc_provider_urn": sts.PROVIDER_URN,
        "assume_agency_urn": sts.ASSUMED_AGENCY_URN,
        "identity_provider_id": federation.PROVIDER_ID,
        "oidc_audience": sts.AUDIENCE,
    }


def claims(_request: HttpRequest) -> bool:
    """Every request: what Huawei does not know gets the 404 of its gateway."""
    return True


def operation(request: HttpRequest) -> str:
    """The name of the requested operation, from `ROUTES`, or `unknown`."""
    return next((name for name, route in ROUTES.items() if _path(route, request) is not None), UNKNOWN)


def is_poll(operation: str) -> bool:
    """Whether an operation returns the status of a scan task."""
    return operation == "tasks"


def is_exchange(operation: str) -> bool:
    """Whether an operation gives temporary keys for an OIDC token, or the token of IAM that leads to them."""
    return operation in {"AssumeAgencyWithOIDC", "CreateTokenWithIdToken"}


def gateway_error(request: HttpRequest, gateway: Gateway) -> ApiResponse | None:
    """The error with which the gateway rejects the request; None if it is routed and authenticated."""
    if (name := operation(request)) == UNKNOWN:
        return error("APIGW.0101")
    return None if ROUTES[name].is_public else identity.authentication_error(request, gateway)


def respond(request: HttpRequest, state: CloudState) -> ApiResponse:
    """The response of the operation."""
    name = operation(request)
    route, query = ROUTES[name], request.query
    path = _path(route, request) or {}
    if path.get("project", PROJECT_ID) != PROJECT_ID:
        return error("APIGW.0302")
    if problem := validation_error(query, _checks(route, state), route.required):
        return error("HSS.0001" if request.path.startswith("/v5/") else "SVCSTG.SWR.4000014", problem)
    values = {**route.defaults, **{parameter: given[0] for parameter, given in query.items()}}
    call = Call(
        path=path, query=values, names=query.get("name"), headers=request.headers, body=request.body, state=state
    )
    return route.respond(call)


def throttled(quota: Quota, wait: float) -> ApiResponse:
    """The gateway's error for a request over the rate limit; the window is given in minutes where that is exact."""
    headers = {"Retry-After": str(math.ceil(wait))} if quota.retry_after else {}
    number, unit = (quota.seconds // 60, "minute") if quota.seconds % 60 == 0 else (quota.seconds, "second")
    window = f"policy user over ratelimit,limit:{quota.calls},time:{number} {unit}"
    return replace(error("APIGW.0308", f"The throttling threshold has been reached: {window}"), headers=headers)


def forbidden(operation: str) -> ApiResponse:
    """The error of a service for a user without the permission; that of HSS is HTTP 400, like all of its errors."""
    return error(FORBIDDEN.get(operation, "HSS.0013"))


def to_http(operation: str, response: ApiResponse, request_id: str) -> HttpResponse:
    """Encodes a response as HTTP: IAM names its trace, and gateway and STS repeat the request id in their errors."""
    body = response.document
    if isinstance(body, str):
        return HttpResponse(status=response.status, headers={"Content-Type": "text/plain"}, body=body.encode())
    is_success = response.status in {HTTPStatus.OK, HTTPStatus.CREATED}
    if not is_success and body and body.get("error_code", "").startswith(("APIGW.", "STS5.")):
        body = {**body, "request_id": request_id}
    return HttpResponse(
        status=response.status,
        headers={
            "Server": "api-gateway",
            "Content-Type": "application/json",
            "X-IAM-Trace-Id" if operation in OF_IAM and is_success else "X-Request-Id": request_id,
            **response.headers,
        },
        body=b"" if body is None else json.dumps(body).encode(),
    )


def error_response(code: str, message: str | None = None) -> HttpResponse:
    """An error of HSS or of its gateway by its code, as a fault."""
    return to_http("tasks", error(code, message), FAULT_ID)


def error_in_200(code: str = "HSS.0010") -> HttpResponse:
    """The error of HSS with this code in a response with status 200."""
    return replace(error_response(code), status=HTTPStatus.OK)


def _checks(route: Route, state: CloudState) -> Mapping[str, Check]:
    takes_any = "limit" in route.checks and not state.account.unverified.refuses_small_pages
    return {**route.checks, "limit": between(1, 200)} if takes_any else route.checks


def _path(route: Route, request: HttpRequest) -> Mapping[str, str] | None:
    """The variable parts of the path; None if the request is not for this route."""
    found = route.path.fullmatch(request.path) if request.method == route.method else None
    return None if found is None else {name: unquote(part) for name, part in found.groupdict().items()}
