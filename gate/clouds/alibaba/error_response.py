"""The error responses of Alibaba Cloud: of its gateway, of Security Center and of Container Registry.

They are documented in alibaba-security-center.md 5, and in alibaba-images.md 1.3 and 4. Rate limits and most
authentication errors arrive as HTTP 400, so the error code decides before the status does.
"""

from __future__ import annotations

import re
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
from gate.clouds.response import parse_json_object, retry_after
from gate.clouds.values import is_one_of, malformed, text
from gate.errors import NotAuthorised, Refused, ScanQuotaUsedUp, Throttled
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.clouds.response import Response
    from gate.errors import GateError

_NAME = "Alibaba Cloud"
_OK = 200
_NO_ERROR: tuple[object, ...] = (None, "", 200, "200", "OK", "Success", "success")
_FLAGS = {"success": "Success is false", "issuccess": "IsSuccess is false"}
_FAILED: tuple[object, ...] = (False, "false", "False")
_SHORTEST_PAUSE = 1.0
"""Seconds, as for Retry-After: the gate never sends a thousand requests per second, even if the cloud asks for it."""
# A retry has a new nonce.
_TRANSIENT = frozenset({"SignatureNonceUsed", "ServerError", "SystemError", "ServiceUnavailable", "InternalError"})
_FORBIDDEN = ("NoPermission", "NoPrivilege", "Forbidden")
_CHECK_CLOCK = "Correct the clock of this machine; it may differ from the cloud's by 15 minutes."
_CHECK_ID, _CHECK_SECRET = (
    f"Check the {part}; id, secret and security token have to be from the same key." for part in ("id", "secret")
)
_POLICIES = "docs/permissions.md has a policy for scan tasks, and docs/images.md one for images."
_REMEDIES = {
    "InvalidSecurityToken": "Get a new security token, with the id and the secret that belong to it.",
    "MissingSecurityToken": "Set the security token too; the key is a temporary one.",
    "InvalidTimeStamp": _CHECK_CLOCK,
    "IllegalTimestamp": _CHECK_CLOCK,
    "InvalidAccessKeyId.Inactive": "Enable the key in the console of RAM, or use another one.",
    "InvalidAccessKeyId": _CHECK_ID,
    "MissingAccessKeyId": _CHECK_ID,
    "SignatureDoesNotMatch": _CHECK_SECRET,
    "IncompleteSignature": _CHECK_SECRET,
}
"""What to do, by how the code begins, the longer one first."""
_AUTH_ERROR_PREFIXES = tuple(_REMEDIES)
_RETRY_AFTER = "x-acs-retry-after"
_WRONG_EDITION = "FreeVersionNotPermit"
_QUOTA = "BeyondQuata"
"""The vendor's own spelling."""
_TOO_MANY_TASKS = "CanCreate is false"
_NO_TASK_ID: tuple[object, ...] = (None, "", 0, "0")
_AEGIS = frozenset({"GetLastOnceTaskInfo", "GetOnceTaskResultInfo"})
REGISTRY_ACTIONS = {"GetRepoTag": "ListRepositoryTag"}
"""The actions of Container Registry that are not named like their operations (alibaba-images.md 9)."""
_UNKNOWN = "_NOT_EXIST"
"""How the codes for an instance, namespace, repository or tag that is not there end, by programs that call it."""


class ErrorBesideData(Refused):
    """Raised when a response has an error and data, so that it is neither a refusal nor an answer."""


class UnknownInRegistry(Refused):
    """Raised when Container Registry does not know what a request names."""


def read(response: Response) -> dict[str, Any]:
    """Reads a response of Security Center; see `gate.clouds.error_response.read_document`."""
    return read_document(response, find_error, _refusal)


def read_registry(response: Response) -> dict[str, Any]:
    """Reads a response of Container Registry, of which only one that says so is a success."""
    document = read_document(response, find_error, _refusal_of_registry)
    if document.get("IsSuccess") is not True:
        raise malformed("The response of Container Registry does not say whether the call succeeded.")
    return document


def find_error(document: Mapping[str, Any]) -> CloudError:
    """Finds the error in a document, at any depth; an empty one if there is none.

    A code may mean success; any other key that is named like an error is one, even beside data.
    """
    # Pairs, since a key may be there in two spellings, one with a success code and one without.
    named = [(key.lower(), value) for key, value in document.items()]
    codes = [value for name, value in named if name == "code" and not is_success_code(value)]
    message = next((text(value) for name, value in named if name == "message"), "")
    if codes:
        return _error(codes[0], message)
    inner = (value for _, value in named if isinstance(value, dict))
    signs = [(said, "") for name, value in named if (said := _FLAGS.get(name)) and value in _FAILED]
    signs += [(name, text(value)) for name, value in named if name.startswith("error") and value]
    signs += [(_TOO_MANY_TASKS, "")] if _has_no_slot(dict(named)) else []
    own = _error(signs[0][0], message or signs[0][1]) if signs else CloudError()
    return next((error for part in inner if (error := find_error(part)).code), own)


def action(api: str) -> str:
    """The RAM action that lets a user call an API of Security Center; two of them are under an older name (1.2)."""
    return f"yundun-aegis:{api}" if api in _AEGIS else f"yundun-sas:{api}"


def is_success_code(code: object) -> bool:
    """Whether a code says that the call succeeded; compared by type too."""
    return is_one_of(code, _NO_ERROR)


def _has_no_slot(document: Mapping[str, Any]) -> bool:
    # With an id of a task it says that this task was the last one that could be created (alibaba-images.md 1.3).
    return document.get("cancreate", True) in _FAILED and is_one_of(document.get("taskid"), _NO_TASK_ID)


def _error(code: object, message: str) -> CloudError:
    shown = one_line(str(code), 60) if isinstance(code, str | int | float) else ""
    return CloudError(code=shown or "code", message=one_line(message, 300))


def _refusal(response: Response, error: CloudError) -> GateError:
    if general := general_error(response, error):
        return general
    if error.code not in {_WRONG_EDITION, _QUOTA} and _states_data(response):
        return ErrorBesideData(
            f"{_NAME} answers {response.operation} with data and an error ({describe_error(response, error)}).",
            means="One of the two is wrong, or the API has changed.",
            remedy="Run the gate again; if this stays so, report it to the gate's project.",
        )
    if error.code.startswith(_FORBIDDEN):
        return NotAuthorised(
            f"{_NAME} does not let this user call {response.operation} ({describe_error(response, error)}).",
            means="No RAM policy of the user allows it. The actions that show a task start with yundun-aegis:, those "
            "that count its images with yundun-sas:, so a policy for one of the two is not enough.",
            remedy=f"Allow {action(response.operation)}; {_POLICIES}",
        )
    if error.code == _WRONG_EDITION:
        return Refused(
            f"This edition of Security Center does not have {response.operation} ({describe_error(response, error)}).",
            means="The account uses the free edition, or one without the scan of images.",
            remedy="Buy an edition with it, or give keys of the account that has it.",
        )
    if error.code == _QUOTA:
        return ScanQuotaUsedUp(
            f"Security Center scans no further image ({describe_error(response, error)}).",
            means="The account has used up the image scans that it has bought; each image takes one in every cycle.",
            remedy="Buy more image scans, or wait for the next cycle; --scan never takes the results that are there.",
        )
    return refused(_NAME, response, error, remedy="Check --region, --endpoint, --task-type, --task-name and --task-id.")


def _states_data(response: Response) -> bool:
    return response.status == _OK and bool(parse_json_object(response).get("Data"))


def _refusal_of_registry(response: Response, error: CloudError) -> GateError:
    if general := general_error(response, error):
        return general
    described = describe_error(response, error)
    if error.code.startswith(_FORBIDDEN):
        name = REGISTRY_ACTIONS.get(response.operation, response.operation)
        return NotAuthorised(
            f"{_NAME} does not let this user call {response.operation} of Container Registry ({described}).",
            means="No RAM policy of the user allows it, or not for this repository.",
            remedy=f"Allow cr:{name}; {_POLICIES}",
        )
    if error.code.endswith(_UNKNOWN):
        return UnknownInRegistry(
            f"Container Registry does not know what {response.operation} asks for ({described}).",
            means="The instance, the namespace, the repository or the tag is not there, or in another region.",
            remedy="Check the name of the image, --region and --registry-instance.",
        )
    return refused(_NAME, response, error, remedy="Check --region, --registry-endpoint and --registry-instance.")


def general_error(response: Response, error: CloudError) -> GateError | None:
    """The error that has the same meaning whatever was called; None for any other."""
    if response.status == TOO_MANY_REQUESTS or "Throttling" in error.code or _RETRY_AFTER in response.headers:
        return _throttled(response, error)
    if error.code == _TOO_MANY_TASKS:
        return Throttled(
            f"Security Center runs as many scan tasks as the account may have ({describe_error(response, error)}).",
            means="Other pipelines of the account are scanning too; by default there can be 10 tasks at once.",
            remedy="Run the gate again later, or let fewer pipelines scan at once.",
        )
    if error.code.startswith(_AUTH_ERROR_PREFIXES):
        return NotAuthorised(
            f"{_NAME} does not accept these credentials ({describe_error(response, error)}).",
            means="They are wrong, expired or disabled, or this machine's clock is wrong.",
            remedy=next(remedy for prefix, remedy in _REMEDIES.items() if error.code.startswith(prefix)),
        )
    # Before the status, which may be that of a server error for a permission too.
    is_known = error.code.startswith(_FORBIDDEN) or error.code == _WRONG_EDITION
    if not is_known and (is_transient(response) or error.code in _TRANSIENT):
        return unreachable(_NAME, response, error)
    return None


def _throttled(response: Response, error: CloudError) -> Throttled:
    if not error.code and _RETRY_AFTER not in response.headers:
        return rate_limited(_NAME, response)
    return Throttled(
        f"{_NAME}'s quota is used up ({describe_error(response, error)}).",
        means="All jobs of the account share the requests that the API allows.",
        remedy="Run fewer gates at once, or let them poll less often with --poll-interval.",
        retry_after=_pause(response),
    )


def _pause(response: Response) -> float | None:
    # Milliseconds, unlike Retry-After; the vendor's SDK ignores 0 too.
    requested = response.headers.get(_RETRY_AFTER, "").strip()
    if not re.fullmatch(r"[1-9][0-9]{0,11}", requested):
        return retry_after(response)
    return max(_SHORTEST_PAUSE, int(requested) / 1000)
