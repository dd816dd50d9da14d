"""Simulates Huawei Cloud HSS, SWR and the project lookup of IAM, from the published facts alone.

Read `routes` (which request is for which operation), then what responds to it: `hss` with `rows`, `registries`,
`scans`, `vulnerabilities` and `findings`, `swr`, `swr_enterprise` and `iam`; the facts are in huawei-hss.md and
huawei-images.md.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from gate.simulator.cloud import ApiResponse, CloudState, HttpRequest
from gate.simulator.fault import HttpResponse
from gate.simulator.huawei import identity
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import validation_error
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.identity import CREDENTIALS, PROJECT_ID, REGION
from gate.simulator.huawei.routes import ROUTES, Route
from gate.simulator.quota import Quota

FAULT_ID: Final = f"{0:032x}"
UNKNOWN: Final = "unknown"


def describe(url: str) -> dict[str, str]:
    """Endpoints, credentials, region and project for a client."""
    places = dict.fromkeys(("endpoint", "iam_endpoint", "registry_endpoint"), url)
    return {**places, **CREDENTIALS, "region": REGION, "project_id": PROJECT_ID}


def claims(_request: HttpRequest) -> bool:
    """Every request: what Huawei does not know gets the 404 of its gateway."""
    return True


def operation(request: HttpRequest) -> str:
    """The name of the requested operation, from `ROUTES`, or `unknown`."""
    return next((name for name, route in ROUTES.items() if _path(route, request) is not None), UNKNOWN)


def is_poll(operation: str) -> bool:
    """Whether an operation returns the status of a scan task."""
    return operation == "tasks"


def gateway_error(request: HttpRequest, now: float, expiry: float, _nonces: set[str]) -> ApiResponse | None:
    """The error with which the gateway rejects the request; None if it is routed and authenticated."""
    if operation(request) == UNKNOWN:
        return error("APIGW.0101")
    return identity.authentication_error(request, now, expiry)


def respond(request: HttpRequest, state: CloudState) -> ApiResponse:
    """The response of the operation."""
    name = operation(request)
    route, query = ROUTES[name], request.query
    path = _path(route, request) or {}
    if path.get("project", PROJECT_ID) != PROJECT_ID:
        return error("APIGW.0302")
    if problem := validation_error(query, route.checks, route.required):
        return error("HSS.0001" if request.path.startswith("/v5/") else "SVCSTG.SWR.4000014", problem)
    values = {**route.defaults, **{parameter: given[0] for parameter, given in query.items()}}
    return route.respond(Call(path=path, query=values, names=query.get("name"), body=request.body, state=state))


def throttled(quota: Quota, wait: float) -> ApiResponse:
    """The gateway's error for a request over the rate limit; the window is given in minutes where that is exact."""
    headers = {"Retry-After": str(math.ceil(wait))} if quota.retry_after else {}
    number, unit = (quota.seconds // 60, "minute") if quota.seconds % 60 == 0 else (quota.seconds, "second")
    window = f"policy user over ratelimit,limit:{quota.calls},time:{number} {unit}"
    return replace(error("APIGW.0308", f"The throttling threshold has been reached: {window}"), headers=headers)


def forbidden() -> ApiResponse:
    """The error of HSS for a user without the permission: HTTP 400, like all of its errors."""
    return error("HSS.0013")


def to_http(operation: str, response: ApiResponse, request_id: str) -> HttpResponse:
    """Encodes a response as HTTP: IAM names its trace, and the gateway repeats the request id in its own errors."""
    body = response.document
    if response.status != HTTPStatus.OK and body and body.get("error_code", "").startswith("APIGW."):
        body = {**body, "request_id": request_id}
    is_iam = operation == "projects" and response.status == HTTPStatus.OK
    return HttpResponse(
        status=response.status,
        headers={
            "Server": "api-gateway",
            "Content-Type": "application/json",
            "X-IAM-Trace-Id" if is_iam else "X-Request-Id": request_id,
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


def _path(route: Route, request: HttpRequest) -> Mapping[str, str] | None:
    """The variable parts of the path; None if the request is not for this route."""
    found = route.path.fullmatch(request.path) if request.method == route.method else None
    return None if found is None else {name: unquote(part) for name, part in found.groupdict().items()}
