"""Signing in as the agency of this instance, by the metadata service of ECS (sign-in.md 2.6).

The service is at a link-local address, to which no proxy leads and which no other machine has. A newer one has tokens
of its own; an older one does not know them, and is asked without.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.endpoint import Endpoint
from gate.clouds.error_response import (
    TOO_MANY_REQUESTS,
    CloudError,
    foreign,
    is_transient,
    rate_limited,
    unreachable,
)
from gate.clouds.huawei.sign_in.names import OF_METADATA
from gate.clouds.redaction import MIN_SECRET_LENGTH
from gate.clouds.response import parse_json_object
from gate.clouds.sign_in.issued import credentials_in
from gate.clouds.sign_in.metadata_service import ask_metadata_service
from gate.clouds.sign_in.session import Session
from gate.clouds.unsigned import Unsigned
from gate.clouds.values import malformed
from gate.errors import NotAuthorised

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.credentials import Credentials
    from gate.clouds.interface import Connection, SignIn
    from gate.clouds.response import Response
    from gate.clouds.retry_loop import RetryLoop
    from gate.errors import GateError

_ADDRESS = "http://169.254.169.254"
"""Link-local: no request to it leaves the machine, so that it may be plain http."""
_TOKEN, _KEY = "/meta-data/latest/api/token", "/openstack/latest/securitykey"
_TTL = {"X-Metadata-Token-Ttl-Seconds": "21600"}
_OK, _UNAUTHORISED = 200, 401
_WITHOUT_TOKENS = frozenset({404, 405, 503})
"""The statuses of a service that does not know tokens."""
_NO_AGENCY = b"Please configure Cloud Service Agency first"
_SERVICE = "The metadata service"
_REQUEST_TIMEOUT = 3.0
"""Seconds, as in the vendor's SDK (sign-in.md 2.6)."""


def with_instance(connection: Connection) -> SignIn:
    """Signs in as the agency of this instance; sends no request."""
    exchange, description = InstanceAgency(connection), "the agency of this instance"
    return Session(exchange, connection, description=description, endpoints=(exchange.endpoint,))


class InstanceAgency:
    """Asks the metadata service, as the `exchange` of a `Session`."""

    def __init__(self, connection: Connection) -> None:
        """Sends nothing yet."""
        self._connection = connection
        self._address = connection.settings.sign_in.metadata_endpoint or _ADDRESS
        self.endpoint = Endpoint(service="metadata service", url=self._address)

    def __call__(self, is_retried: bool) -> Credentials:  # noqa: FBT001 - the interface of an exchange
        """Signs in; see `Session`."""
        return ask_metadata_service(
            self._connection, self._attempt, request_timeout=_REQUEST_TIMEOUT, is_retried=is_retried
        )

    def _attempt(self, connection: Connection, retries: RetryLoop) -> Credentials:
        client = ApiClient(self._api(_read_token), connection, retries)
        token = client.call("PUT", _TOKEN, headers=_TTL, operation="a metadata token", is_retried=False)["token"]
        connection.mask((token,))
        client = ApiClient(self._api(_read_key, token), connection, retries)
        headers = {"X-Metadata-Token": token} if token else {}
        document = client.call("GET", _KEY, headers=headers, operation="the key of the agency", is_retried=False)
        return credentials_in(document, OF_METADATA, connection)

    def _api(self, read: Callable[[Response], dict[str, Any]], *secrets: str) -> Api:
        return Api(base_url=self._address, auth=Unsigned(), secrets=secrets, read=read, signs_the_time=False)


def _read_token(response: Response) -> dict[str, Any]:
    """The token of the metadata service under `token`; an empty one for a service that has none."""
    if response.status in _WITHOUT_TOKENS:
        return {"token": ""}
    if response.status != _OK:
        raise _failure(response)
    token = response.body.decode("ascii", "replace").strip()
    if not re.fullmatch(rf"[!-~]{{{MIN_SECRET_LENGTH},}}", token):
        raise malformed("The response of the metadata service is no token.")
    return {"token": token}


def _read_key(response: Response) -> dict[str, Any]:
    if response.status == _UNAUTHORISED and _NO_AGENCY in response.body:
        raise NotAuthorised(
            "This instance has no agency.",
            means="The metadata service gives credentials of an agency only to an instance that has one.",
            remedy="Set an agency for ECS in the settings of the instance, or sign in another way.",
        )
    if response.status == _UNAUTHORISED:
        raise NotAuthorised(
            "The metadata service of this instance refuses to give credentials (HTTP 401).",
            means="It requires a token that the gate could not get, as through more hops than it allows a container.",
            remedy="Run the gate on the instance itself, or with the network of the host.",
        )
    if response.status != _OK:
        raise _failure(response)
    return parse_json_object(response)


def _failure(response: Response) -> GateError:
    if response.status == TOO_MANY_REQUESTS:
        return rate_limited(_SERVICE, response)
    return unreachable(_SERVICE, response, CloudError()) if is_transient(response) else foreign(response)
