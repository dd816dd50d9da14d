"""Simulates the metadata service of an instance, as far as it gives the keys of its agency (sign-in.md 2.6)."""

from http import HTTPStatus
from typing import Final

from gate.simulator.cloud import ApiResponse
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.federation import PREFIX, credential

SESSION: Final = "huawei-metadata"
LONGEST_SESSION: Final = 6 * 3600
NO_AGENCY: Final = "Please configure Cloud Service Agency first"


def create_token(call: Call) -> ApiResponse:
    """A session token, unless the service is an old one."""
    if call.state.access.metadata_tokens == "unknown":
        return _text("404 Not Found", HTTPStatus.NOT_FOUND)
    seconds = call.headers.get("X-Metadata-Token-Ttl-Seconds", "")
    if not (seconds.isascii() and seconds.isdigit() and 1 <= int(seconds) <= LONGEST_SESSION):
        return _text("400 Bad Request", HTTPStatus.BAD_REQUEST)
    return _text(call.state.access.issue_token(SESSION, call.at + int(seconds)))


def security_key(call: Call) -> ApiResponse:
    """The keys of the instance's agency."""
    access, token = call.state.access, call.headers.get("X-Metadata-Token")
    is_required = access.metadata_tokens == "required" or (token and access.metadata_tokens != "unknown")
    if is_required and not access.knows_token(SESSION, token, call.at):
        return _text("401 Unauthorized", HTTPStatus.UNAUTHORIZED)
    if not access.has_instance_role:
        return _text(NO_AGENCY, HTTPStatus.UNAUTHORIZED)
    keys = access.issue_keys("huawei", call.at + access.instance_seconds, prefix=PREFIX)
    return ApiResponse(status=HTTPStatus.OK, document={"credential": credential(keys)})


def _text(text: str, status: int = HTTPStatus.OK) -> ApiResponse:
    return ApiResponse(status=status, document=text)
