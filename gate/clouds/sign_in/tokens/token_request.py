"""The request for an OIDC token that some CI systems take over HTTP, and what their responses mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.auth import AuthBase

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.endpoint import Endpoint
from gate.clouds.error_response import (
    AUTH_STATUSES,
    TOO_MANY_REQUESTS,
    CloudError,
    describe_error,
    is_transient,
    rate_limited,
    unreachable,
)
from gate.clouds.response import parse_json_object, through_proxy
from gate.clouds.sign_in.short_lived import short_lived
from gate.clouds.sign_in.tokens.check import without_tokens
from gate.errors import GateError, NotAuthorised, NotUnderstood, Refused, UsageError
from gate.settings import base_url
from gate.text import one_line
from gate.unexpanded import mistake_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest

    from gate.clouds.interface import Connection
    from gate.clouds.response import Response

_OK = 200
_REDIRECTS = range(300, 400)
_MESSAGES = ("message", "errorMessage", "error_description")
"""Where the CI systems put the message of an error; not verified, so that any may be absent."""
_MAX_MESSAGE_LENGTH = 200
_CHECK_PROXY = "Check the proxy settings of this runner."


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRequest:
    """One request for a token, with the bearer token that allows it."""

    vendor: str
    """The CI system, for messages."""
    method: str
    url: str
    """Its whole address; see `checked_url`."""
    bearer: str = field(repr=False)
    """See `checked_bearer`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str
    """Of the token in the JSON object of the response."""
    refusals: frozenset[int] = AUTH_STATUSES
    """The statuses with which the CI system refuses the bearer token."""
    means: str
    """What a refusal usually means."""
    remedy: str
    """What to do after one."""

    @property
    def endpoint(self) -> Endpoint:
        """The address without its path, which is for the request itself."""
        parts = urlsplit(self.url)
        return Endpoint(service=f"OIDC token of {self.vendor}", url=f"{parts.scheme}://{parts.netloc}")


class BearerAuth(AuthBase):
    """Sends a bearer token (RFC 6750, 2.1)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Adds the token's header."""
        r.headers["Authorization"] = f"Bearer {self._token}"
        return r


def checked_url(variable: str, url: str) -> str:
    """Returns the address in a variable without white space around it.

    Raises:
        UsageError: It is no address to which a token may be sent; the error does not show it.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        base_url(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        is_address = False
    else:
        is_address = bool(re.fullmatch(r"[!-~]+", url)) and "#" not in url
    if not is_address:
        raise UsageError(
            f"The variable {variable} is no address to which a token may be sent.",
            means="The CI system sets it to an https address; plain http is for loopback addresses only.",
            remedy="Do not set it yourself.",
        )
    return url


def checked_bearer(variable: str, token: str) -> str:
    """Returns the bearer token in a variable without white space around it.

    Raises:
        NotAuthorised: It cannot be one; the error does not show it.
    """
    token = token.strip()
    mistake = mistake_in(token) or ("" if re.fullmatch(r"[!-~]+", token) else "no HTTP header can carry its characters")
    if mistake:
        raise NotAuthorised(
            f"The value of {variable} is no token: {mistake}.",
            means="The CI system sets it, and something has replaced it.",
            remedy="Pass on the variable as the CI system sets it.",
        )
    return token


def request_token(connection: Connection, request: TokenRequest, *, is_retried: bool) -> str:
    """Sends the request and returns what the response has in place of a token, unchecked; see `TokenSource.token`.

    Each time with a client of its own: what one has been accepted for before says nothing of a later token.
    """
    parts = urlsplit(request.url)
    connection.mask((request.bearer,))
    api = Api(
        base_url=request.endpoint.url,
        auth=BearerAuth(request.bearer),
        secrets=(request.bearer,),
        read=partial(_read, request),
        signs_the_time=False,
    )
    path = f"{parts.path}?{parts.query}"
    with short_lived(connection) as short:
        document = ApiClient(api, short).call(
            request.method, path, headers=request.headers, operation=request.endpoint.service, is_retried=is_retried
        )
    token = document.get(request.key)
    if not isinstance(token, str):
        raise NotUnderstood(
            f"The response of {request.vendor} has no OIDC token: there is no text under {request.key!r}.",
            means="The response came from something other than the CI system.",
            remedy=_CHECK_PROXY,
        )
    return token


def _read(request: TokenRequest, response: Response) -> dict[str, Any]:
    """Returns the JSON object of a response with status 200, or raises what another one means."""
    vendor, error = request.vendor, _error_in(response)
    if response.status in request.refusals:
        raise NotAuthorised(
            f"{vendor} refuses to issue an OIDC token ({describe_error(response, error)}).{through_proxy(response)}",
            means=request.means,
            remedy=request.remedy,
        )
    if response.status == TOO_MANY_REQUESTS:
        raise rate_limited(vendor, response)
    if is_transient(response):
        raise unreachable(vendor, response, error)
    if response.status != _OK:
        raise _not_issued(request, response, error)
    try:
        return parse_json_object(response)
    except GateError as error_of_json:
        error_of_json.remedy = _CHECK_PROXY
        raise


def _not_issued(request: TokenRequest, response: Response, error: CloudError) -> GateError:
    described = describe_error(response, error)
    if response.status in _REDIRECTS:
        return NotUnderstood(
            f"{request.vendor} redirects the request for an OIDC token ({described}).{through_proxy(response)}",
            means="The gate follows no redirect, with which its token would go along; a proxy may ask to sign in.",
            remedy=_CHECK_PROXY,
        )
    return Refused(
        f"{request.vendor} issues no OIDC token ({described}).{through_proxy(response)}",
        means="It does not take the audience or another part of the request, or a proxy answered in its place.",
        remedy="Check --oidc-audience, and the proxy settings of this runner.",
    )


def _error_in(response: Response) -> CloudError:
    try:
        document = parse_json_object(response) if response.status != _OK else {}
    except GateError:
        document = {}
    message = next((document[key] for key in _MESSAGES if isinstance(document.get(key), str)), "")
    # Whole tokens before the text is shortened: of a part of one, nothing would be found.
    return CloudError(message=one_line(without_tokens(message), _MAX_MESSAGE_LENGTH))
