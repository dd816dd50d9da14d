"""What it means that a cloud says no, as far as all clouds say it alike; the rest is in each cloud's own folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.clouds.response import parse_json_object, retry_after
from gate.errors import GateError, NotUnderstood, Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.clouds.response import Response

_OK, _SERVER_ERROR, _CAPTIVE_PORTAL = 200, 500, 511
_RETRYABLE_STATUSES = frozenset({408, 425})
AUTH_STATUSES = frozenset({401, 403})
TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudError:
    """An error object of a cloud; one without a code is none."""

    code: str = ""
    message: str = ""


def read_document(
    response: Response,
    error_in: Callable[[Mapping[str, Any]], CloudError],
    refusal: Callable[[Response, CloudError], GateError],
) -> dict[str, Any]:
    """Reads an answer: its JSON object, if it is a plain 200 without an error in it.

    Args:
        response: What came back.
        error_in: Finds the cloud's error in a document.
        refusal: What the cloud means by an error, or by an answer that has no status 200 and no error either.

    Raises:
        GateError: What the cloud means, or what else stands where its answer should.
    """
    if response.status != _OK:
        raise refusal(response, _error_beside(response, error_in))
    document = parse_json_object(response)
    error = error_in(document)
    if error.code:
        raise refusal(response, error)
    return document


def describe_error(response: Response, error: CloudError) -> str:
    """What the cloud said, in brackets for a message: status, code and words."""
    status = ", ".join(part for part in (f"HTTP {response.status}", error.code) if part)
    return status + (f": {error.message}" if error.message else "")


def is_transient(response: Response) -> bool:
    """Whether the status alone says that another try may go better."""
    is_broken = response.status >= _SERVER_ERROR and response.status != _CAPTIVE_PORTAL
    return is_broken or response.status in _RETRYABLE_STATUSES


def unreachable(vendor: str, response: Response, error: CloudError) -> Unreachable:
    """The fault when the cloud itself is broken for the moment."""
    return Unreachable(
        f"{vendor} cannot answer at the moment ({describe_error(response, error)}).",
        means="The service, or the gateway in front of it, has a fault.",
        remedy="Try again later; the cloud's status page may know more.",
        retry_after=retry_after(response),
    )


def refused(vendor: str, response: Response, error: CloudError, *, remedy: str) -> Refused | NotUnderstood:
    """The fault when the cloud will not do what is asked; without an error of the cloud, it was not the cloud."""
    if error.code:
        return Refused(
            f"{vendor} refuses the request ({describe_error(response, error)}).",
            means="A parameter does not fit, or the endpoint does not offer this API.",
            remedy=remedy,
        )
    return NotUnderstood(
        f"Something answered that is not the API ({describe_error(response, error)}).",
        means="A redirect, an empty answer or a web page: a proxy, or an endpoint that is no API.",
        remedy="Check --endpoint, the region and the proxy settings of this runner.",
    )


def _error_beside(response: Response, error_in: Callable[[Mapping[str, Any]], CloudError]) -> CloudError:
    try:
        return error_in(parse_json_object(response))
    except GateError:
        return CloudError()
