"""Turns error responses into the gate's errors, as far as this is the same for all clouds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.clouds.response import parse_json_object, retry_after, through_proxy, title_of
from gate.errors import ForeignResponse, GateError, Refused, Throttled, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.clouds.response import Response

_OK, _SERVER_ERROR, _CAPTIVE_PORTAL = 200, 500, 511
_DONE = frozenset({_OK, 201, 202, 204})
_RETRYABLE_STATUSES = frozenset({408, 425})
AUTH_STATUSES = frozenset({401, 403})
TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudError:
    """The error in a response; without a code there is none."""

    code: str = ""
    message: str = ""


def read_document(
    response: Response,
    find_error: Callable[[Mapping[str, Any]], CloudError],
    to_gate_error: Callable[[Response, CloudError], GateError],
) -> dict[str, Any]:
    """Returns the JSON object of a response with status 200 and without an error in it.

    An operation that is documented to respond without a body may do so with another status of success too; {} stands
    for that.

    Args:
        response: The response.
        find_error: Finds the cloud's error in a JSON object.
        to_gate_error: Returns the gate's error for the cloud's error, or for a status other than 200 without one.

    Raises:
        GateError: The response has an error, another status, or a body that is not a JSON object.
    """
    if response.status != _OK and not (response.may_be_empty and response.status in _DONE):
        raise to_gate_error(response, _find_error_in_body(response, find_error))
    if response.may_be_empty and not response.body.strip():
        return {}
    document = parse_json_object(response)
    error = find_error(document)
    if error.code:
        raise to_gate_error(response, error)
    return document


def describe_error(response: Response, error: CloudError) -> str:
    """Status, error code and message in one line, to be put in brackets; without a code the title of a web page."""
    title = "" if error.code else title_of(response)
    page = f"a page with the title {title!r}" if title else ""
    status = ", ".join(part for part in (f"HTTP {response.status}", error.code, page) if part)
    return status + (f": {error.message.rstrip('. ')}" if error.message else "")


def is_transient(response: Response) -> bool:
    """Whether the status alone marks the error as transient."""
    is_broken = response.status >= _SERVER_ERROR and response.status != _CAPTIVE_PORTAL
    return is_broken or response.status in _RETRYABLE_STATUSES


def unreachable(vendor: str, response: Response, error: CloudError) -> Unreachable:
    """The error for a fault of the cloud itself, or of a proxy: a response without an error of the cloud may be its."""
    described = describe_error(response, error)
    if error.code:
        return Unreachable(
            f"{vendor} is unavailable at the moment ({described}).",
            means="The service, or the gateway in front of it, has a fault.",
            remedy="Try again later; the cloud's status page may know more.",
            retry_after=retry_after(response),
        )
    return Unreachable(
        f"{vendor}, or a proxy on the way to it, is unavailable at the moment ({described}).{through_proxy(response)}",
        means="The service, a gateway or a proxy has a fault; the response has no error code of the cloud.",
        remedy="Try again later, and check the proxy settings of this runner if this error comes again.",
        retry_after=retry_after(response),
    )


def rate_limited(vendor: str, response: Response) -> Throttled:
    """The error for a response that says by its status alone that there were too many requests."""
    return Throttled(
        f"{vendor}'s quota is used up, or a proxy on the way limits the requests "
        f"({describe_error(response, CloudError())}).{through_proxy(response)}",
        means="The response has no error code of the cloud.",
        remedy="Run fewer gates at once, and check the proxy settings of this runner if this error comes again.",
        retry_after=retry_after(response),
    )


def refused(vendor: str, response: Response, error: CloudError, *, remedy: str) -> Refused | ForeignResponse:
    """The error for a refused request; a response without an error of the cloud did not come from the cloud.

    One with an error that is in no table may have come from a proxy too, which is named.
    """
    if not error.code:
        return foreign(response)
    if response.status in AUTH_STATUSES:
        return Refused(
            f"{vendor} does not allow the request ({describe_error(response, error)}).{through_proxy(response)}",
            means="By its status, it is about access: a permission, the state of the account, or its edition.",
            remedy="Look the error code up in the cloud's documentation.",
        )
    return Refused(
        f"{vendor} refuses the request ({describe_error(response, error)}).{through_proxy(response)}",
        means="A parameter is wrong, or the endpoint does not offer this API.",
        remedy=remedy,
    )


def foreign(response: Response) -> ForeignResponse:
    """The error for a response without an error of the cloud, whatever its status: a proxy sends any of them too."""
    described = describe_error(response, CloudError())
    return ForeignResponse(
        f"The response did not come from the API ({described}).{through_proxy(response)}",
        means="It is a redirect, an empty response or a web page, from a proxy or a wrong endpoint.",
        remedy="Check --endpoint, the region and the proxy settings of this runner.",
    )


def _find_error_in_body(response: Response, find_error: Callable[[Mapping[str, Any]], CloudError]) -> CloudError:
    try:
        return find_error(parse_json_object(response))
    except GateError:
        return CloudError()
