"""Simulates Alibaba Cloud Security Center, from the published facts alone (alibaba-security-center.md)."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from uuid import UUID

from gate.simulator.alibaba import identity, instances, leaves, tasks
from gate.simulator.alibaba.errors import body, error, invalid, missing
from gate.simulator.alibaba.identity import CREDENTIALS, REGION
from gate.simulator.alibaba.pages import page
from gate.simulator.alibaba.parameters import ACTIONS, Parameters, read_parameters, validation_error
from gate.simulator.alibaba.signature import ALGORITHM
from gate.simulator.cloud import ApiResponse, CloudState, HttpRequest
from gate.simulator.fault import HttpResponse
from gate.simulator.quota import Quota

VERSION: Final = "2018-12-03"
FAULT_ID: Final = f"{0:032x}"


def describe(url: str) -> dict[str, str]:
    """Endpoint, credentials and region for a client."""
    return {"endpoint": url, **CREDENTIALS, "region": REGION}


def claims(request: HttpRequest) -> bool:
    """Whether the request has headers or a signature algorithm of this cloud."""
    has_headers = any(name.lower().startswith("x-acs-") for name in request.headers)
    return has_headers or request.headers.get("Authorization", "").startswith(ALGORITHM)


def operation(request: HttpRequest) -> str:
    """The requested action by its own name, or `unknown`."""
    action = request.headers.get("x-acs-action", "")
    return action if request.path == "/" and action in ACTIONS else "unknown"


def is_poll(operation: str) -> bool:
    """Whether an operation returns the status of a scan task."""
    return operation in {"GetLastOnceTaskInfo", "GetOnceTaskResultInfo"}


def gateway_error(request: HttpRequest, now: float, expiry: float, nonces: set[str]) -> ApiResponse | None:
    """The error with which the gateway rejects the request; None if it is routed and authenticated."""
    return _routing_error(request) or identity.authentication_error(request, now, expiry, nonces)


def respond(request: HttpRequest, state: CloudState) -> ApiResponse:
    """The response of the action."""
    action = operation(request)
    parameters = read_parameters(action, request)
    return validation_error(action, parameters) or RESPONSES[action](parameters, state)


def throttled(quota: Quota, wait: float) -> ApiResponse:
    """The gateway's error for a request over the rate limit; the header says in milliseconds when to retry."""
    headers = {"x-acs-retry-after": str(math.ceil(wait * 1000))} if quota.retry_after else {}
    return replace(error("Throttling.User"), headers=headers)


def forbidden() -> ApiResponse:
    """The error for a user whose policies do not allow the action."""
    return error("NoPermission")


def to_http(_operation: str, response: ApiResponse, request_id: str) -> HttpResponse:
    """Encodes a response as HTTP, with the request id in its document."""
    document, written_id = response.document, str(UUID(request_id)).upper()
    if response.status != HTTPStatus.OK:
        document = body(response, written_id)
    elif isinstance(document, dict):
        document = {**document, "RequestId": written_id}
    headers = {"Content-Type": "application/json;charset=utf-8", **response.headers}
    return HttpResponse(status=response.status, headers=headers, body=json.dumps(document).encode())


def error_response(code: str, message: str | None = None) -> HttpResponse:
    """An error by its code, as a fault."""
    return to_http("", error(code, message), FAULT_ID)


def _routing_error(request: HttpRequest) -> ApiResponse | None:
    for parameter in ("Action", "Version"):
        if not request.headers.get(f"x-acs-{parameter}"):
            return missing(parameter)
    if request.headers["x-acs-version"] != VERSION:
        return invalid("Version")
    if operation(request) == "unknown":
        return error("InvalidApi.NotFound")
    return None if request.method in {"GET", "POST"} else error("UnsupportedHTTPMethod")


def _last_task(parameters: Parameters, state: CloudState) -> ApiResponse:
    matching = tasks.select(state.tasks, parameters)
    last = max(matching, key=lambda snapshot: snapshot.started, default=None)
    if last is None:
        return ApiResponse(status=HTTPStatus.OK, document=tasks.no_task_document(state.no_task))
    return ApiResponse(status=HTTPStatus.OK, document=tasks.last_task_info(last), shown_tasks=(last,))


def _task_result(parameters: Parameters, state: CloudState) -> ApiResponse:
    for snapshot in tasks.select(state.tasks, parameters):
        if tasks.has_id(snapshot.task, parameters["TaskId"][0]):
            document = tasks.task_result_info(snapshot)
            return ApiResponse(status=HTTPStatus.OK, document=document, shown_tasks=(snapshot,))
    # This action documents no result code for a task that does not exist.
    return ApiResponse(status=HTTPStatus.OK, document=tasks.no_task_document("empty"))


def _leaves(parameters: Parameters, state: CloudState) -> ApiResponse:
    on_page, info = page(leaves.select(state.tasks, parameters), parameters, state.page_cap)
    with_image = parameters["RelateInfo"][0].lower() == "true"
    rows = [leaves.document(leaf, with_image=with_image) for leaf in on_page]
    return ApiResponse(status=HTTPStatus.OK, document={"OnceTasks": rows, "PageInfo": info})


def _instances(parameters: Parameters, state: CloudState) -> ApiResponse:
    rows, info = page(instances.select(state.tasks, parameters), parameters, state.page_cap)
    return ApiResponse(status=HTTPStatus.OK, document={"ImageInstanceList": rows, "PageInfo": info})


RESPONSES: Final[Mapping[str, Callable[[Parameters, CloudState], ApiResponse]]] = {
    "GetLastOnceTaskInfo": _last_task,
    "GetOnceTaskResultInfo": _task_result,
    "DescribeOnceTaskLeafRecordPage": _leaves,
    "DescribeImageInstances": _instances,
}
