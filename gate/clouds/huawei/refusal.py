"""What Huawei Cloud means when it does not answer: the errors of its gateway, of HSS and of IAM (huawei-hss.md 5).

Permission errors of HSS arrive as HTTP 400, so the error code decides before the status does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.clouds.answer import json_object, retry_after
from gate.errors import GateError, NotAuthorised, NotUnderstood, Refused, Throttled, Unreachable
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.clouds.answer import Answer

_UNITS = {"second": 1, "minute": 60, "hour": 3600}
_NO_ERROR = frozenset({"", "0", "None"})
_CODES = ("error_code", "errorCode", "code")
_MESSAGES = ("error_msg", "errorMsg", "error_description", "message")
_GRANT = "Grant its user read access to HSS (the policy HSS ReadOnlyAccess) in the project of the region."
_REMEDIES = {
    "HSS.0010": _GRANT,
    "HSS.0013": _GRANT,
    "APIGW.0301": "Check that id and secret are from the same key, that a temporary key comes with its security token, "
    "and that this machine's clock is right to 15 minutes.",
    "APIGW.0307": "Get a new token; one from a regional IAM endpoint is valid in that region only.",
}
_OK, _UNAUTHORISED, _FORBIDDEN, _TOO_MANY, _SERVER_ERROR = 200, 401, 403, 429, 500
_THROTTLED_CODES = frozenset({"APIGW.0308", "APIG.0308"})


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudError:
    """An error object of the cloud, in any of the shapes that are documented or were seen."""

    code: str = ""
    message: str = ""


def read(answer: Answer) -> dict[str, Any]:
    """Reads an answer of HSS or IAM: its JSON object, if it is a plain 200 without an error in it.

    Raises:
        GateError: What the cloud means, or what else stands where its answer should.
    """
    if answer.status != _OK:
        raise _refusal(answer, _error_of(answer))
    document = json_object(answer)
    error = error_in(document)
    if error.code:
        raise _refusal(answer, error)
    return document


def error_in(document: Mapping[str, Any]) -> CloudError:
    """Finds the error object in a document, at its top or one level down; an empty one where there is none."""
    for part in (document, *(value for value in document.values() if isinstance(value, dict))):
        code = next((str(part[key]) for key in _CODES if key in part), "")
        message = next((str(part[key]) for key in _MESSAGES if key in part), "")
        if code not in _NO_ERROR:
            return CloudError(code=one_line(code, 60), message=one_line(message, 300))
    return CloudError()


def _error_of(answer: Answer) -> CloudError:
    try:
        return error_in(json_object(answer))
    except GateError:
        return CloudError()


def _refusal(answer: Answer, error: CloudError) -> GateError:
    said = f"HTTP {answer.status}" + (f", {error.code}: {error.message}" if error.code else "")
    if answer.status == _TOO_MANY or error.code in _THROTTLED_CODES:
        return _throttled(answer, error, said)
    if answer.status in {_UNAUTHORISED, _FORBIDDEN} or error.code in _REMEDIES:
        return NotAuthorised(
            f"Huawei Cloud does not accept these credentials for this ({said}).",
            means="They are wrong, expired, of another region, or their user lacks a permission.",
            remedy=_REMEDIES.get(error.code, "Check the credentials, and the permissions of their user."),
        )
    if answer.status >= _SERVER_ERROR:
        return Unreachable(
            f"Huawei Cloud cannot answer at the moment ({said}).",
            means="The service, or the gateway in front of it, has a fault.",
            remedy="Try again later; the cloud's status page may know more.",
            retry_after=retry_after(answer),
        )
    if error.code:
        return Refused(
            f"Huawei Cloud refuses the request ({said}).",
            means="A parameter or the project id does not fit, or the endpoint does not offer this API.",
            remedy="Check --region, --project-id and the options that select tasks.",
        )
    return NotUnderstood(
        f"Something answered that is not the API ({said}).",
        means="A redirect, an empty answer or a web page: a proxy, or an endpoint that is no API.",
        remedy="Check --endpoint, the region and the proxy settings of this runner.",
    )


def _throttled(answer: Answer, error: CloudError, said: str) -> Throttled:
    wait = retry_after(answer)
    window = re.search(r"time:([0-9]{1,6}) (second|minute|hour)", error.message)
    if wait is None and window:
        wait = float(window[1]) * _UNITS[window[2]]
    return Throttled(
        f"Huawei Cloud's quota is used up ({said}).",
        means="A user may call this API 5 times a minute, and all jobs of that user, or of one address, share it.",
        remedy="Let fewer gates run at once, or give them users of their own.",
        retry_after=wait,
    )
