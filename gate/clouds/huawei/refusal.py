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
# The gateway writes the same numbers with either name.
_GATEWAY = re.compile(r"^APIG\.")
_NO_ERROR: tuple[object, ...] = (None, False, 0, "", "0", [], {})
_DEEPEST = 20
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
_OK, _UNAUTHORISED, _FORBIDDEN, _TOO_MANY, _SERVER_ERROR, _CAPTIVE_PORTAL = 200, 401, 403, 429, 500, 511
_TOO_SOON = frozenset({408, 425})
_THROTTLED = "APIGW.0308"


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


def error_in(document: Mapping[str, Any], depth: int = 0) -> CloudError:
    """Finds the error object in a document, however deep; an empty one where there is none.

    Whatever calls itself an error is one, even beside data: half an answer is not an answer.
    """
    for key, value in document.items():
        if (key in _CODES or key.lower().startswith("error")) and value not in _NO_ERROR:
            inside = error_in(value, depth + 1) if isinstance(value, dict) and depth < _DEEPEST else CloudError()
            return inside if inside.code else _named(key, document)
    inner = (value for value in document.values() if isinstance(value, dict) and depth < _DEEPEST)
    return next((error for part in inner if (error := error_in(part, depth + 1)).code), CloudError())


def _named(key: str, document: Mapping[str, Any]) -> CloudError:
    value = document[key]
    part = value if isinstance(value, dict) else document
    code = next((str(part[name]) for name in _CODES if part.get(name) not in _NO_ERROR), key)
    message = next((str(part[name]) for name in _MESSAGES if part.get(name) not in _NO_ERROR), "")
    if not message and key not in _CODES and part is document:
        message = str(value)
    shown = one_line(_GATEWAY.sub("APIGW.", code), 60) or key
    return CloudError(code=shown, message=one_line(message, 300))


def _error_of(answer: Answer) -> CloudError:
    try:
        return error_in(json_object(answer))
    except GateError:
        return CloudError()


def _refusal(answer: Answer, error: CloudError) -> GateError:
    said = ", ".join(part for part in (f"HTTP {answer.status}", error.code) if part)
    said += f": {error.message}" if error.message else ""
    if answer.status == _TOO_MANY or error.code == _THROTTLED:
        return _throttled(answer, error, said)
    if answer.status in {_UNAUTHORISED, _FORBIDDEN} or error.code in _REMEDIES:
        return NotAuthorised(
            f"Huawei Cloud does not accept these credentials for this ({said}).",
            means="They are wrong, expired, of another region, or their user lacks a permission.",
            remedy=_REMEDIES.get(error.code, "Check the credentials, and the permissions of their user."),
        )
    if (answer.status >= _SERVER_ERROR and answer.status != _CAPTIVE_PORTAL) or answer.status in _TOO_SOON:
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
