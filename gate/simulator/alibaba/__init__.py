"""Simulates Security Center, Container Registry, STS and the metadata service of Alibaba Cloud, from published facts.

They are in alibaba-security-center.md, alibaba-images.md and sign-in.md. All products are on one port: a request
names the version of the API, which differs.
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
    metadata,
    other_findings,
    policy,
    registry,
    registry_scans,
    rpc,
    scans,
    sts,
    tasks,
    vulnerabilities,
    whitelists,
)
from gate.simulator.alibaba.actions import ACTIONS, CONTAINER_REGISTRY, GET_ONLY, PRODUCTS
from gate.simulator.alibaba.catalog import DEFAULT
from gate.simulator.alibaba.errors import body, error, invalid, missing
from gate.simulator.alibaba.identity import CREDENTIALS, REGION
from gate.simulator.alibaba.pages import page
from gate.simulator.alibaba.parameters import Parameters, is_true, read_parameters, validation_error
from gate.simulator.alibaba.responses import Action, ok
from gate.simulator.alibaba.signature import ALGORITHM
from gate.simulator.cloud import ApiResponse, CloudState, Gateway, HttpRequest
from gate.simulator.fault import HttpResponse
from gate.simulator.quota import Quota

FAULT_ID: Final = f"{0:032x}"
PRODUCT_OF: Final = {
    **dict.fromkeys(CONTAINER_REGISTRY, errors.CONTAINER_REGISTRY),
    **dict.fromkeys(sts.TABLES, errors.STS),
}
"""The product of an action, as errors name it, where it is not Security Center."""


def describe(url: str) -> dict[str, str]:
    """Endpoints, credentials, region and the instance of the registry for a client."""
    places = {
        "endpoint": url,
        "registry_endpoint": url,
        "registry_instance": DEFAULT.id,
    }
    return {**places, **CREDENTIALS, "region": REGION}


def describe_sign_in(url: str) -> dict[str, str]:
    """Endpoints, roles and the provider for a client that signs in without keys."""
    return {
        **dict.fromkeys(("sts_endpoint", "metadata_endpoint"), url),
        "role_arn": sts.ROLE_ARN,
        "oidc_provider_arn": sts.PROVIDER_ARN,
        "assume_role_arn": sts.ASSUMED_ROLE_ARN,
        "oidc_audience": sts.AUDIENCE,
    }


def claims(request: HttpRequest) -> bool:
    """Whether the request has headers, a signature algorithm, an action or a path of this cloud."""
    has_headers = any(name.lower().startswith("x-acs-") for name in request.headers)
    is_signed = request.headers.get("Authorization", "").startswith(ALGORITHM)
    has_action = request.path == "/" and bool(rpc.name(request, "Action"))
    return has_headers or is_signed or has_action or bool(metadata.operation(request))


def operation(request: HttpRequest) -> str:
    """The requested action by its own name, what the metadata service is asked for, or `unknown`."""
    if of_metadata := metadata.operation(request):
        return of_metadata
    action = rpc.name(request, "Action")
    actions = PRODUCTS.get(rpc.name(request, "Version"), {})
    return action if request.path == "/" and action in actions else "unknown"


def is_poll(operation: str) -> bool:
    """Whether an operation returns the status of a scan task."""
    return operation in {"GetLastOnceTaskInfo", "GetOnceTaskResultInfo"}


def is_exchange(operation: str) -> bool:
    """Whether an operation gives temporary keys for an OIDC token."""
    return operation == sts.UNSIGNED


def gateway_error(request: HttpRequest, gateway: Gateway) -> ApiResponse | None:
    """The error with which the gateway rejects the request; None if it is routed, authenticated and allowed."""
    if metadata.operation(request):
        return None
    if problem := _routing_error(request):
        return problem
    if (action := operation(request)) == sts.UNSIGNED:
        return None
    if problem := identity.authentication_error(request, gateway):
        return problem
    return None if policy.allows(identity.session_policy(request, gateway), action) else forbidden(action)


def respond(request: HttpRequest, state: CloudState) -> ApiResponse:
    """The response of the action."""
    if metadata.operation(request):
        return metadata.respond(request, state)
    action = operation(request)
    parameters = read_parameters(ACTIONS[action], request)
    if token := request.headers.get("x-acs-security-token"):
        # Where the action and the signature are parameters, the token is one too.
        parameters = {**parameters, "SecurityToken": [token]}
    return validation_error(ACTIONS[action], parameters) or RESPONSES[action](parameters, state)


def throttled(quota: Quota, wait: float) -> ApiResponse:
    """The gateway's error for a request over the rate limit; the header says in milliseconds when to retry."""
    headers = {"x-acs-retry-after": str(math.ceil(wait * 1000))} if quota.retry_after else {}
    return replace(error("Throttling.User"), headers=headers)


def forbidden(operation: str) -> ApiResponse:
    """The error for a user whose policies do not allow the action, or for a token that the role does not trust."""
    return error("AuthenticationFail.NoPermission" if is_exchange(operation) else "NoPermission")


def to_http(operation: str, response: ApiResponse, request_id: str) -> HttpResponse:
    """Encodes a response as HTTP, with the request id in its document."""
    document, written_id = response.document, str(UUID(request_id)).upper()
    if isinstance(document, str):
        return HttpResponse(status=response.status, headers={"Content-Type": "text/plain"}, body=document.encode())
    if response.status != HTTPStatus.OK:
        response = errors.of_registry(response) if operation in CONTAINER_REGISTRY else response
        document = body(response, written_id, PRODUCT_OF.get(operation, errors.SECURITY_CENTER))
    elif isinstance(document, dict) and operation not in metadata.OPERATIONS:
        document = {**document, "RequestId": written_id}
    headers = {"Content-Type": "application/json;charset=utf-8", **response.headers}
    return HttpResponse(status=response.status, headers=headers, body=json.dumps(document).encode())


def error_response(code: str, message: str | None = None) -> HttpResponse:
    """An error by its code, as a fault."""
    return to_http("", error(code, message), FAULT_ID)


def _routing_error(request: HttpRequest) -> ApiResponse | None:
    for parameter in ("Action", "Version"):
        if not rpc.name(request, parameter):
            return missing(parameter)
    if rpc.name(request, "Version") not in PRODUCTS:
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
    "DescribeImageVulWhiteList": whitelists.list_whitelist,
    "ListInstance": registry.list_instances,
    "GetRepository": registry.get_repository,
    "GetRepoTag": registry.get_tag,
    "CreateRepoTagScanTask": registry_scans.of_image(registry_scans.create),
    "GetRepoTagScanStatus": registry_scans.of_image(registry_scans.get_status),
    "GetRepoTagScanSummary": registry_scans.of_image(registry_scans.get_summary),
    "ListRepoTagScanResult": registry_scans.of_image(registry_scans.list_result),
    **sts.RESPONSES,
}
