"""Simulates Security Center and Container Registry of Alibaba Cloud, from the published facts alone.

They are in alibaba-security-center.md and alibaba-images.md. Both products are on one port: a request names the
version of the API, which differs.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from uuid import UUID

from gate.simulator.alibaba import (
    errors,
    identity,
    image_tasks,
    instances,
    leaves,
    other_findings,
    registry,
    registry_scans,
    scans,
    tasks,
    vulnerabilities,
)
from gate.simulator.alibaba.actions import ACTIONS, CONTAINER_REGISTRY, GET_ONLY, PRODUCTS
from gate.simulator.alibaba.catalog import DEFAULT
from gate.simulator.alibaba.errors import body, error, invalid, missing
from gate.simulator.alibaba.identity import CREDENTIALS, REGION
from gate.simulator.alibaba.pages import page
from gate.simulator.alibaba.parameters import Parameters, is_true, read_parameters, validation_error
from gate.simulator.alibaba.responses import Action, ok
from gate.simulator.alibaba.signature import ALGORITHM
from gate.simulator.cloud import ApiResponse, CloudState, HttpRequest
from gate.simulator.fault import HttpResponse
from gate.simulator.quota import Quota

FAULT_ID: Final = f"{0:032x}"


def describe(url: str) -> dict[str, str]:
    """Endpoints, credentials, region and the instance of the registry for a client."""
    places = {
        "endpoint": url,
        "registry_endpoint": url,
        "registry_instance": DEFAULT.id,
    }
    return {**places, **CREDENTIALS, "region": REGION}


def claims(request: HttpRequest) -> bool:
    """Whether the request has headers or a signature algorithm of this cloud."""
    has_headers = any(name.lower().startswith("x-acs-") for name in request.headers)
    return has_headers or request.headers.get("Authorization", "").startswith(ALGORITHM)


def operation(request: HttpRequest) -> str:
    """The requested action by its own name, or `unknown`."""
    action = request.headers.get("x-acs-action", "")
    actions = PRODUCTS.get(request.headers.get("x-acs-version", ""), {})
    return action if request.path == "/" and action in actions else "unknown"


def is_poll(operation: str) -> bool:
    """Whether an operation returns the status of a scan task."""
    return operation in {"GetLastOnceTaskInfo", "GetOnceTaskResultInfo"}


def gateway_error(request: HttpRequest, now: float, expiry: float, nonces: set[str]) -> ApiResponse | None:
    """The error with which the gateway rejects the request; None if it is routed and authenticated."""
    return _routing_error(request) or identity.authentication_error(request, now, expiry, nonces)


def respond(request: HttpRequest, state: CloudState) -> ApiResponse:
    """The response of the action."""
    action = operation(request)
    parameters = read_parameters(ACTIONS[action], request)
    return validation_error(ACTIONS[action], parameters) or RESPONSES[action](parameters, state)


def throttled(quota: Quota, wait: float) -> ApiResponse:
    """The gateway's error for a request over the rate limit; the header says in milliseconds when to retry."""
    headers = {"x-acs-retry-after": str(math.ceil(wait * 1000))} if quota.retry_after else {}
    return replace(error("Throttling.User"), headers=headers)


def forbidden() -> ApiResponse:
    """The error for a user whose policies do not allow the action."""
    return error("NoPermission")


def to_http(operation: str, response: ApiResponse, request_id: str) -> HttpResponse:
    """Encodes a response as HTTP, with the request id in its document."""
    document, written_id = response.document, str(UUID(request_id)).upper()
    if response.status != HTTPStatus.OK:
        is_registry = operation in CONTAINER_REGISTRY
        response = errors.of_registry(response) if is_registry else response
        document = body(response, written_id, errors.CONTAINER_REGISTRY if is_registry else errors.SECURITY_CENTER)
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
    if request.headers["x-acs-version"] not in PRODUCTS:
        return invalid("Version")
    if (action := operation(request)) == "unknown":
        return error("InvalidApi.NotFound")
    methods = {"GET"} if action in GET_ONLY else {"GET", "POST"}
    return None if request.method in methods else error("UnsupportedHTTPMethod")


def _last_task(parameters: Parameters, state: CloudState) -> ApiResponse:
    matching = tasks.select(state.tasks, parameters)
    last = max(matching, key=lambda snapshot: snapshot.started, default=None)
    return ok(tasks.no_task_document(state.no_task)) if last is None else ok(tasks.last_task_info(last), last)


def _task_result(parameters: Parameters, state: CloudState) -> ApiResponse:
    for snapshot in tasks.select(state.tasks, parameters):
        if tasks.has_id(snapshot.task, parameters["TaskId"][0]):
            return ok(tasks.task_result_info(snapshot), snapshot)
    # This action documents no result code for a task that does not exist.
    return ok(tasks.no_task_document("empty"))


def _leaves(parameters: Parameters, state: CloudState) -> ApiResponse:
    selected = leaves.select(state.tasks, parameters, state.account.unverified)
    on_page, info = page(selected, parameters, state.page_cap)
    rows = [leaves.document(leaf, with_image=is_true(parameters, "RelateInfo")) for leaf in on_page]
    return ok({"OnceTasks": rows, "PageInfo": info})


RESPONSES: Final[Mapping[str, Action]] = {
    "GetLastOnceTaskInfo": _last_task,
    "GetOnceTaskResultInfo": _task_result,
    "DescribeOnceTaskLeafRecordPage": _leaves,
    "DescribeImageInstances": instances.list_images,
    "PublicSyncAndCreateImageScanTask": scans.sync_and_create,
    "PublicCreateImageScanTask": scans.create,
    "PublicPreCheckImageScanTask": scans.pre_check,
    "DescribeImageScanAuthCount": scans.quota,
    "ListUnfinishedOnceTask": image_tasks.unfinished,
    "CancelOnceTask": scans.cancel,
    "DescribeImageLatestScanTask": image_tasks.latest,
    "DescribeImage": instances.describe_image,
    "DescribeUuidVulNumClassifyStatistic": vulnerabilities.numbers_by_severity,
    "DescribeImageVulList": vulnerabilities.list_by_image,
    "DescribeImageGroupedVulList": vulnerabilities.list_grouped,
    "DescribeGroupedMaliciousFiles": other_findings.malicious_files,
    "DescribeImageBaselineCheckResult": other_findings.baseline,
    "DescribeImageSensitiveFileList": other_findings.sensitive_files,
    "ListInstance": registry.list_instances,
    "GetRepository": registry.get_repository,
    "GetRepoTag": registry.get_tag,
    "CreateRepoTagScanTask": registry_scans.of_image(registry_scans.create),
    "GetRepoTagScanStatus": registry_scans.of_image(registry_scans.get_status),
    "GetRepoTagScanSummary": registry_scans.of_image(registry_scans.get_summary),
    "ListRepoTagScanResult": registry_scans.of_image(registry_scans.list_result),
}
