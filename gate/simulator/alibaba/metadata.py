"""Simulates the metadata service of an instance, as far as it gives the keys of its role.

The facts are in sign-in.md 1.4.
"""

from http import HTTPStatus
from typing import Final

from gate.simulator.alibaba.sts import PREFIX, credentials, timestamp
from gate.simulator.cloud import ApiResponse, CloudState, HttpRequest

SESSION: Final = "alibaba-metadata"
LONGEST_SESSION: Final = 21600
TOKEN_PATH: Final = "/latest/api/token"  # noqa: S105 - a path
ROLES_PATH: Final = "/latest/meta-data/ram/security-credentials/"
ROLE: Final = "scan-gate-runner"
OPERATIONS: Final = frozenset({"MetadataToken", "MetadataRoles", "MetadataSecurityCredentials"})
NOT_FOUND: Final = "404 - Not Found"


def operation(request: HttpRequest) -> str:
    """What a request asks the metadata service for; empty if it asks for something else."""
    if request.path == TOKEN_PATH and request.method == "PUT":
        return "MetadataToken"
    if request.path.startswith(ROLES_PATH) and request.method == "GET":
        return "MetadataSecurityCredentials" if request.path != ROLES_PATH else "MetadataRoles"
    return ""


def respond(request: HttpRequest, state: CloudState) -> ApiResponse:
    """The session token, the name of the role, or its keys."""
    if request.path == TOKEN_PATH:
        return _token(request, state)
    access, token = state.access, request.headers.get("X-aliyun-ecs-metadata-token")
    is_required = access.metadata_tokens == "required" or (token and access.metadata_tokens != "unknown")
    if is_required and not access.knows_token(SESSION, token, state.at):
        return _text("403 - Forbidden", HTTPStatus.FORBIDDEN)
    if not access.has_instance_role:
        return _text(NOT_FOUND, HTTPStatus.NOT_FOUND)
    name = request.path.removeprefix(ROLES_PATH)
    if not name:
        return _text(ROLE)
    return _keys(state) if name == ROLE else _text(NOT_FOUND, HTTPStatus.NOT_FOUND)


def _token(request: HttpRequest, state: CloudState) -> ApiResponse:
    if state.access.metadata_tokens == "unknown":
        return _text(NOT_FOUND, HTTPStatus.NOT_FOUND)
    seconds = request.headers.get("X-aliyun-ecs-metadata-token-ttl-seconds", "")
    if not (seconds.isascii() and seconds.isdigit() and 1 <= int(seconds) <= LONGEST_SESSION):
        return _text("400 - Bad Request", HTTPStatus.BAD_REQUEST)
    return _text(state.access.issue_token(SESSION, state.at + int(seconds)))


def _keys(state: CloudState) -> ApiResponse:
    keys = state.access.issue_keys("alibaba", int(state.at + state.access.instance_seconds), prefix=PREFIX)
    document = {"Code": "Success", "LastUpdated": timestamp(state.at), **credentials(keys)}
    return ApiResponse(status=HTTPStatus.OK, document=document)


def _text(text: str, status: int = HTTPStatus.OK) -> ApiResponse:
    return ApiResponse(status=status, document=text)
