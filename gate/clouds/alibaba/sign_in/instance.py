"""The role of an instance of ECS, whose metadata service gives credentials (sign-in.md 1.4 and 1.5)."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.credentials import first_variable
from gate.clouds.endpoint import Endpoint
from gate.clouds.error_response import CloudError, describe_error, is_transient, unreachable
from gate.clouds.response import parse_json_object
from gate.clouds.sign_in.issued import Names, credentials_in
from gate.clouds.sign_in.metadata_service import ask_metadata_service
from gate.clouds.sign_in.session import Session
from gate.clouds.unsigned import Unsigned
from gate.clouds.values import malformed, quoted
from gate.errors import GateError, NotAuthorised, NotUnderstood, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.credentials import Credentials
    from gate.clouds.interface import Connection, SignIn
    from gate.clouds.response import Response
    from gate.clouds.retry_loop import RetryLoop

_ADDRESS = "http://100.100.100.200"
"""Link-local in effect: no request to it leaves the machine, so that it may be plain http."""
_TOKEN, _ROLES = "/latest/api/token", "/latest/meta-data/ram/security-credentials/"
_SECONDS_OF_TOKEN = "21600"  # noqa: S105 - a number
_OK, _REFUSED, _NOT_FOUND = 200, frozenset({401, 403}), 404
_TEXT = re.compile(r"[!-~]{1,2000}")
_ROLE = re.compile(r"[A-Za-z0-9.@_-]{1,64}")
_REQUEST_TIMEOUT = 5.0
"""Seconds; the service is on the same machine, and where there is none, nothing answers."""
_NAMES = Names(
    service="the metadata service",
    container="",
    access_key_id="AccessKeyId",
    access_key_secret="AccessKeySecret",  # noqa: S106 - the name of a field
    security_token="SecurityToken",  # noqa: S106 - the name of a field
    expires_at="Expiration",
)


def instance_role(connection: Connection, role: str = "") -> SignIn:
    """Signs in with the role of this instance; sends no request.

    Args:
        connection: What the cloud is connected with.
        role: Its name, as a profile has it; empty for that of a variable of the vendor's tools, or the one there is.

    Raises:
        UsageError: Variables forbid it, or the name cannot be one.
    """
    if _is_true(connection, "ALIBABA_CLOUD_ECS_METADATA_DISABLED"):
        raise UsageError(
            "The role of this instance is asked for, and ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids it.",
            remedy="Unset the variable, or sign in in another way.",
        )
    source = "the profile"
    if not role and connection.settings.reads_variables:
        name, role = first_variable(connection.environ, ("ALIBABA_CLOUD_ECS_METADATA",))
        source = f"the variable {name}"
    if role and not _ROLE.fullmatch(role):
        raise UsageError(f"{quoted(role)}, from {source}, is not the name of a role.", remedy="Correct it.")
    named = f" {role}" if role else ""
    exchange, description = InstanceRole(connection, role), f"the role{named} of this instance"
    return Session(exchange, connection, description=description, endpoints=(exchange.endpoint,))


class InstanceRole:
    """Asks the metadata service, as the `exchange` of a `Session`."""

    def __init__(self, connection: Connection, role: str) -> None:
        """Sends nothing yet.

        Args:
            connection: What the cloud is connected with.
            role: The name of the role; empty for the one that the instance has.
        """
        self._connection = connection
        self._address = connection.settings.sign_in.metadata_endpoint or _ADDRESS
        self.endpoint = Endpoint(service="metadata service", url=self._address)
        self._role = role
        self._takes_no_token = not _is_true(connection, "ALIBABA_CLOUD_IMDSV1_DISABLED")

    def __call__(self, is_retried: bool) -> Credentials:  # noqa: FBT001 - the interface of an exchange
        """Signs in; see `Session`."""
        return ask_metadata_service(
            self._connection, self._ask, request_timeout=_REQUEST_TIMEOUT, is_retried=is_retried
        )

    def _ask(self, connection: Connection, retries: RetryLoop) -> Credentials:
        token = self._token(connection, retries)
        headers = {"X-aliyun-ecs-metadata-token": token} if token else {}
        client = partial(self._client, connection, retries, secrets=tuple(filter(None, (token,))))
        role = self._role
        if not role:
            named = client(_read_text).call(
                "GET", _ROLES, headers=headers, operation="the role of the instance", is_retried=False
            )
            role = str(named["text"])
        if not _ROLE.fullmatch(role):
            raise malformed(f"The metadata service names a role that cannot be one: {quoted(role)}.")
        document = client(_read_credentials).call(
            "GET", f"{_ROLES}{role}", headers=headers, operation="the credentials of the instance", is_retried=False
        )
        return credentials_in(document, _NAMES, connection)

    def _token(self, connection: Connection, retries: RetryLoop) -> str:
        """A token for the requests that follow; empty if there is none, and none is needed."""
        headers = {"X-aliyun-ecs-metadata-token-ttl-seconds": _SECONDS_OF_TOKEN}
        client = self._client(connection, retries, _read_text)
        try:
            document = client.call("PUT", _TOKEN, headers=headers, operation="a metadata token", is_retried=False)
        except GateError as error:
            # Of whatever kind: the response to this request may not even reach a container.
            if not self._takes_no_token:
                raise
            connection.event_log.note(f"asking the metadata service without a token: {error.happened}")
            return ""
        token = str(document["text"])
        connection.mask((token,))
        return token

    def _client(
        self,
        connection: Connection,
        retries: RetryLoop,
        read: Callable[[Response], dict[str, Any]],
        secrets: tuple[str, ...] = (),
    ) -> ApiClient:
        api = Api(base_url=self._address, auth=Unsigned(), secrets=secrets, read=read, signs_the_time=False)
        return ApiClient(api, connection, retries)


def _read_text(response: Response) -> dict[str, Any]:
    _check_status(response)
    found = response.body.decode("ascii", "replace").strip()
    if not _TEXT.fullmatch(found):
        raise malformed(f"The metadata service gives nothing that can be used, asked for {response.operation}.")
    return {"text": found}


def _read_credentials(response: Response) -> dict[str, Any]:
    _check_status(response)
    document = parse_json_object(response)
    if document.get("Code") != "Success":
        raise NotAuthorised(
            f"The metadata service gives no credentials: its Code is {quoted(document.get('Code'))}.",
            means="The role was detached from the instance, or does not trust the service ECS.",
            remedy="Check the role of the instance in the console of ECS.",
        )
    return document


def _check_status(response: Response) -> None:
    error = CloudError()
    described = f"asked for {response.operation} ({describe_error(response, error)})"
    if is_transient(response):
        raise unreachable("The metadata service", response, error)
    if response.status in _REFUSED:
        raise NotAuthorised(
            f"The metadata service refuses to answer, {described}.",
            means="It may answer requests with a token only, which the gate could not get.",
            remedy="Let the container use the network of the host, or allow one more hop for responses with a token.",
        )
    if response.status == _NOT_FOUND:
        raise NotAuthorised(
            f"The metadata service has nothing, {described}.",
            means="The instance has no role, or one of another name.",
            remedy="Attach a role to the instance, or correct its name.",
        )
    if response.status != _OK:
        raise NotUnderstood(
            f"What answered is not the metadata service, {described}.",
            means="A proxy or another program has its address.",
            remedy="Check --metadata-endpoint.",
        )


def _is_true(connection: Connection, variable: str) -> bool:
    return connection.environ.get(variable, "").strip().lower() == "true"
