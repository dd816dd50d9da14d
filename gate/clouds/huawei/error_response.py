"""The error responses of Huawei Cloud's gateway, of HSS, of IAM and of SWR (huawei-hss.md 5, huawei-images.md 4).

Permission errors of HSS arrive as HTTP 400, so the error code decides before the status does.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.error_response import (
    TOO_MANY_REQUESTS,
    CloudError,
    describe_error,
    is_transient,
    rate_limited,
    read_document,
    refused,
    unreachable,
)
from gate.clouds.response import retry_after
from gate.clouds.values import as_text
from gate.errors import NotAuthorised, Refused, ScanQuotaUsedUp, Throttled
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.clouds.response import Response
    from gate.errors import GateError

_UNITS = {"second": 1, "minute": 60, "hour": 3600}
# The gateway writes the same numbers with either prefix, APIG. or APIGW.
_GATEWAY = re.compile(r"^APIG\.")
_NO_ERROR: tuple[object, ...] = (None, False, 0, "", "0", [], {})
_CODES = ("error_code", "errorCode", "code")
_MESSAGES = ("error_msg", "errorMsg", "errorMessage", "error_description", "message")
_SWR = "SVCSTG.SWR."
_SUCCESSES, _NOT_FOUND = range(200, 300), 404
_OF_SCANS = frozenset({"ListInstanceArtifactVulnerabilities", "ShowInstanceArtifact", "StartManualScanning"})
"""Those of the own scan of an instance of SWR Enterprise."""
SWR_OPERATIONS = frozenset({"ListInstanceArtifacts", "ShowRepoTag"}) | _OF_SCANS
"""Called by these names, since their paths have the names of images in them."""
_START_SCAN = "/image/image-scan/tasks"
_NO_QUOTA = frozenset({"HSS.0014", "HSS.1002"})
"""Which of them says that no scan is left or paid for is not verified (huawei-images.md 9)."""
_READ_HSS = "Grant the user read access to HSS (the policy HSS ReadOnlyAccess) in this project."
_WRITE_HSS = "Grant the user write access to HSS in this project, or give --scan never to let others scan."
_READ_SWR = "Grant the user read access to SWR, or give the digest of the image, so that no tag is looked up."
_SCAN_IN_SWR = (
    "Grant the user access to this instance of SWR Enterprise, with swr:repository:startManualScanning unless --scan "
    "never is given; or give --swr-enterprise-scanner hss."
)
_LIST_PROJECTS = "Allow the user to list projects in IAM, or give --project-id, which makes this call unnecessary."
_RENEW = "Get a new token; one from a regional IAM endpoint is valid in that region only."
_REMEDIES = {
    "APIGW.0301": "Check that id and secret are from the same key, that a temporary key has its security token, "
    "and that this machine's clock is right to 15 minutes.",
    "APIGW.0307": _RENEW,
}
_THROTTLED = "APIGW.0308"
_WRONG_CREDENTIALS = frozenset({"APIGW.0301", "APIGW.0303", "APIGW.0305", "APIGW.0307", "IAM.0001"})
_FORBIDDEN = frozenset(
    {"HSS.0010", "HSS.0013", "IAM.0003"}
    | {f"APIGW.{number}" for number in ("0302", "0306", "0310", "0401", "0402", "0802")}
)
"""No other code is taken for one of credentials, whatever its status."""
_PROJECTS, _IAM_UNAUTHORISED, _IAM_FORBIDDEN = "/v3/projects", "401", "403"
"""The codes of IAM's version 3 are mere statuses, which any gateway or proxy may write into its JSON."""


class UnknownInRegistry(Refused):
    """Raised when SWR does not know an image, its repository or its organisation."""


def read(response: Response, *, by_token: bool = False) -> dict[str, Any]:
    """Reads a response of HSS, IAM or SWR; see `gate.clouds.error_response.read_document`.

    Args:
        response: The response.
        by_token: Whether the request was authenticated by an X-Auth-Token, and not by a key pair.
    """
    return read_document(_with_object(response), find_error, partial(_refusal, by_token=by_token))


def find_error(document: Mapping[str, Any]) -> CloudError:
    """Finds the error object in a document, at any depth; an empty one if there is none.

    Any key that is named like an error is one, even beside data: a partial response is not a response.
    """
    for key, value in document.items():
        if (key in _CODES or key.lower().startswith("error")) and value not in _NO_ERROR:
            # SWR writes a list of its errors.
            parts = value if isinstance(value, list) else [value]
            inside = next((find_error(part) for part in parts if isinstance(part, dict)), CloudError())
            return inside if inside.code else _named(key, document)
    inner = (value for value in document.values() if isinstance(value, dict))
    return next((error for part in inner if (error := find_error(part)).code), CloudError())


def _with_object(response: Response) -> Response:
    """The response; an array of errors without an object around it, as a page of SWR shows it, gets one."""
    if response.status in _SUCCESSES or not response.body.lstrip().startswith(b"["):
        return response
    return replace(response, body=b'{"errors": %b}' % response.body)


def _named(key: str, document: Mapping[str, Any]) -> CloudError:
    value = document[key]
    part = value if isinstance(value, dict) else document
    code = next((as_text(part[name]) for name in _CODES if part.get(name) not in _NO_ERROR), key)
    message = next((as_text(part[name]) for name in _MESSAGES if part.get(name) not in _NO_ERROR), "")
    if not message and key not in _CODES and part is document:
        message = as_text(value)
    shown = one_line(_GATEWAY.sub("APIGW.", code), 60) or key
    return CloudError(code=shown, message=one_line(message, 300))


def _refusal(response: Response, error: CloudError, *, by_token: bool) -> GateError:
    is_iam = response.operation.endswith(_PROJECTS)
    if response.status == TOO_MANY_REQUESTS or error.code == _THROTTLED:
        return _throttled(response, error, is_iam=is_iam)
    if error.code in _FORBIDDEN or (is_iam and error.code == _IAM_FORBIDDEN):
        return _forbidden(response, error)
    if error.code in _WRONG_CREDENTIALS or (is_iam and error.code == _IAM_UNAUTHORISED):
        return NotAuthorised(
            f"Huawei Cloud does not accept these credentials ({describe_error(response, error)}).",
            means="They are wrong, expired or of another region.",
            remedy=_RENEW if by_token else _REMEDIES.get(error.code, "Check the credentials and the region."),
        )
    if is_transient(response):
        return unreachable("Huawei Cloud", response, error)
    remedy = "Check --region, --endpoint, --project-id and the options that select tasks."
    return _about_an_image(response, error) or refused("Huawei Cloud", response, error, remedy=remedy)


def _about_an_image(response: Response, error: CloudError) -> Refused | None:
    """The error for a code that has a meaning where an image is scanned or looked up."""
    if error.code in _NO_QUOTA and _starts_scan(response):
        return ScanQuotaUsedUp(
            f"Huawei Cloud does not start the scan ({describe_error(response, error)}).",
            means="The free scans of this month are used up, and pay-per-use scans of images are not switched on.",
            remedy="Switch them on in the console of HSS, or give --scan never to let others scan.",
        )
    if response.status == _NOT_FOUND and error.code.startswith(_SWR):
        return UnknownInRegistry(
            f"SWR does not know the image ({describe_error(response, error)}).",
            means="It was not pushed, or to another registry or region, or its tag was deleted.",
            remedy="Check the reference, or give the digest that the push printed.",
        )
    return None


def _forbidden(response: Response, error: CloudError) -> NotAuthorised:
    means = "The user lacks a permission, or may not use this project, region or network."
    if response.operation.endswith(_PROJECTS):
        remedy = _LIST_PROJECTS
    elif response.operation in SWR_OPERATIONS:
        remedy = _SCAN_IN_SWR if response.operation in _OF_SCANS else _READ_SWR
    else:
        remedy = _WRITE_HSS if response.operation.startswith(("POST", "PUT")) else _READ_HSS
    if _starts_scan(response):
        means = f"{means} It may also be that pay-per-use scans of images are not switched on."
    return NotAuthorised(
        f"Huawei Cloud does not let this user call {response.operation} ({describe_error(response, error)}).",
        means=means,
        remedy=remedy,
    )


def _starts_scan(response: Response) -> bool:
    return response.operation.endswith(_START_SCAN)


def _throttled(response: Response, error: CloudError, *, is_iam: bool) -> Throttled:
    if not error.code:
        return rate_limited("Huawei Cloud", response)
    size = re.search(r"limit:([0-9]{1,6}),time:([0-9]{1,6}) (second|minute|hour)", error.message)
    return Throttled(
        f"Huawei Cloud's quota is used up ({describe_error(response, error)}).",
        means="All jobs of the account share the requests that IAM allows."
        if is_iam
        else "A user may call this API 5 times a minute; all jobs of that user, or of one IP address, share it.",
        remedy="Run fewer gates at once, or give them users of their own.",
        retry_after=retry_after(response),
        seconds_per_call=int(size[2]) * _UNITS[size[3]] / max(1, int(size[1])) if size else None,
    )
