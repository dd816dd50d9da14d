"""Simulates Huawei Cloud HSS and the project lookup of IAM, from the published facts alone (huawei-hss.md)."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from gate.simulator.cloud import ApiResponse, CloudState, HttpRequest, out_of_order
from gate.simulator.fault import HttpResponse
from gate.simulator.huawei import identity
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.identity import CREDENTIALS, PROJECT_ID, REGION
from gate.simulator.huawei.parameters import DEFAULTS, select, validation_error
from gate.simulator.huawei.rendering import document
from gate.simulator.quota import Quota
from gate.simulator.task import Snapshot

TASKS: Final = re.compile(r"/v5/([^/]+)/image/tasks")
PROJECTS: Final = "/v3/projects"
DOMAIN_ID: Final = "fedcba9876543210fedcba9876543210"
# The name of a sub-project starts with the name of its region: a client that compares prefixes finds two projects.
PROJECT_IDS: Final = {REGION: PROJECT_ID, f"{REGION}_team": "00112233445566778899aabbccddeeff"}
FAULT_ID: Final = f"{0:032x}"


def describe(url: str) -> dict[str, str]:
    """Endpoints, credentials, region and project for a client."""
    return {"endpoint": url, "iam_endpoint": url, **CREDENTIALS, "region": REGION, "project_id": PROJECT_ID}


def claims(_request: HttpRequest) -> bool:
    """Every request: what Huawei does not know gets the 404 of its gateway."""
    return True


def operation(request: HttpRequest) -> str:
    """The requested operation: `tasks`, `projects`, or `unknown`."""
    if request.method != "GET":
        return "unknown"
    if TASKS.fullmatch(request.path):
        return "tasks"
    return "projects" if request.path == PROJECTS else "unknown"


def is_poll(operation: str) -> bool:
    """Whether an operation returns the status of a scan task."""
    return operation == "tasks"


def gateway_error(request: HttpRequest, now: float, expiry: float, _nonces: set[str]) -> ApiResponse | None:
    """The error with which the gateway rejects the request; None if it is routed and authenticated."""
    if operation(request) == "unknown":
        return error("APIGW.0101")
    return identity.authentication_error(request, now, expiry)


def respond(request: HttpRequest, state: CloudState) -> ApiResponse:
    """The list of tasks or of projects."""
    if (found := TASKS.fullmatch(request.path)) is None:
        return _projects(request.query.get("name"))
    if unquote(found[1]) != PROJECT_ID:
        return error("APIGW.0302")
    if problem := validation_error(request.query):
        return error("HSS.0001", problem)
    return _tasks({**DEFAULTS, **{name: values[0] for name, values in request.query.items()}}, state.tasks)


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
    if response.status != HTTPStatus.OK and body["error_code"].startswith("APIGW."):
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
        body=json.dumps(body).encode(),
    )


def error_response(code: str, message: str | None = None) -> HttpResponse:
    """An error of HSS or of its gateway by its code, as a fault."""
    return to_http("tasks", error(code, message), FAULT_ID)


def error_in_200(code: str = "HSS.0010") -> HttpResponse:
    """The error of HSS with this code in a response with status 200."""
    return replace(error_response(code), status=HTTPStatus.OK)


def _tasks(query: Mapping[str, str], tasks: Sequence[Snapshot]) -> ApiResponse:
    matching = out_of_order(select(query, tasks))
    start = int(query["offset"])
    on_page = tuple(matching[start : start + int(query["limit"])])
    body = {"data_list": [document(snapshot) for snapshot in on_page], "total_num": len(matching)}
    return ApiResponse(status=HTTPStatus.OK, document=body, shown_tasks=on_page)


def _projects(names: Sequence[str] | None) -> ApiResponse:
    projects = [
        {
            "id": project_id,
            "name": name,
            "domain_id": DOMAIN_ID,
            "parent_id": DOMAIN_ID,
            "enabled": True,
            "is_domain": False,
        }
        for name, project_id in PROJECT_IDS.items()
        if names is None or name in names
    ]
    return ApiResponse(status=HTTPStatus.OK, document={"projects": projects})
