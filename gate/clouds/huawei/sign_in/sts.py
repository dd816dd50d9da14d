"""The exchanges of STS v5: an OIDC token, or other credentials, for temporary credentials of an agency.

`POST /v5/agencies/assume-with-oidc` is not signed (sign-in.md 2.1), and `POST /v5/agencies/assume` is (2.2). Neither
was verified against a live STS.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gate.clouds.api_client import Api, ApiClient, retry_loop
from gate.clouds.endpoint import Endpoint
from gate.clouds.huawei.sign_in.errors import Asked, read
from gate.clouds.huawei.signature import KeyPairAuth
from gate.clouds.sign_in.errors import about_endpoint
from gate.clouds.sign_in.issued import Names, credentials_in, without_secrets
from gate.clouds.sign_in.lifetime import DEFAULT_SECONDS
from gate.clouds.sign_in.short_lived import short_lived
from gate.clouds.unsigned import Unsigned
from gate.clouds.values import malformed, quoted, text
from gate.errors import NotAuthorised, TransientError, UsageError
from gate.verdict_messages import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gate.clouds.credentials import Credentials
    from gate.clouds.interface import Connection, SignIn
    from gate.clouds.retry_loop import RetryLoop
    from gate.clouds.sign_in.lifetime import Lifetime

_WITH_TOKEN, _WITH_KEY = "/v5/agencies/assume-with-oidc", "/v5/agencies/assume"
_OPERATIONS = {_WITH_TOKEN: "AssumeAgencyWithOIDC", _WITH_KEY: "AssumeAgency"}
_SESSION_URN = re.compile(r"sts::([^:]+)::?assumed-agency:(.+)/([^/]+)")
"""With one or two colons behind the account (sign-in.md 2.1)."""
_ENDPOINT = "--sts-endpoint"


_NAMES = Names(
    service="STS",
    container="credentials",
    access_key_id="access_key_id",
    access_key_secret="secret_access_key",  # noqa: S106 - the name of a field
    security_token="security_token",  # noqa: S106 - the name of a field
    expires_at="expiration",
)


def agency_name(urn: str) -> str:
    """Names an agency for a message; a log would part the two colons of its URN, `iam::<account id>:agency:<name>`."""
    _, _, account, _, name = urn.split(":", 4)
    return f"the agency {name} of the account {account}"


class Sts:
    """STS at the endpoint of one region and, after a transient error there, at that of another one."""

    def __init__(self, connection: Connection, endpoints: tuple[str, ...]) -> None:
        self._connection = connection
        self._endpoints = endpoints
        self._turn = 0

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """See `SignIn.endpoints`; one of two is enough."""
        is_needed = len(self._endpoints) == 1
        return [Endpoint(service="STS", url=url, is_needed=is_needed) for url in self._endpoints]

    def assume(
        self, path: str, body: Mapping[str, object], api: Callable[[str], Api], retries: RetryLoop
    ) -> Credentials:
        """Sends one request once, and returns the credentials of the agency in its response.

        Args:
            path: Which of both operations.
            body: Its JSON object.
            api: Returns the API at an address.
            retries: The retry loop of which the request is a part.

        Raises:
            NotUnderstood: The credentials are not those of this agency, or not whole.
            GateError: What `ApiClient.call` raises.
        """
        url = self._endpoints[self._turn % len(self._endpoints)]
        with about_endpoint(_ENDPOINT), short_lived(self._connection) as connection:
            try:
                document = ApiClient(api(url), connection, retries).call(
                    "POST", path, body=body, headers=_JSON, operation=_OPERATIONS[path], is_retried=False
                )
            except TransientError:
                self._use_other_region()
                raise
            _check_agency(document, text(body["agency_urn"]))
            return credentials_in(document, _NAMES, self._connection)

    def _use_other_region(self) -> None:
        self._turn += 1
        if len(self._endpoints) > 1:
            host = urlsplit(self._endpoints[self._turn % len(self._endpoints)]).hostname
            self._connection.event_log.note(f"asking {host} next, since any region's STS gives the same credentials")


_JSON = {"Content-Type": "application/json"}


class WithToken:
    """Exchanges an OIDC token for credentials of an agency; see `TokenExchange`."""

    def __init__(
        self, connection: Connection, sts: Sts, *, agency: str, fields: Mapping[str, object], lifetime: Lifetime
    ) -> None:
        """Sends nothing yet.

        Args:
            connection: What the cloud is connected with.
            sts: Where to exchange.
            agency: Its URN.
            fields: The other fields of the request, but the token and the duration.
            lifetime: How long the credentials are to be valid.
        """
        self._connection = connection
        self._sts = sts
        self._agency = agency
        self._fields = fields
        self._lifetime = lifetime

    def __call__(self, token: str, retries: RetryLoop) -> Credentials:
        """Sends one token once."""
        asked = self._lifetime.seconds
        try:
            return self._assume(token, asked, retries)
        except NotAuthorised:
            if not self._lifetime.may_be_shorter:
                raise
        # The code for a session that is too long is not known, so that any refusal may be about it.
        credentials = self._assume(token, DEFAULT_SECONDS, retries)
        self._lifetime = self._lifetime.shortened()
        self._connection.event_log.note(
            f"the agency allows no session of {format_duration(asked)}, and one of {format_duration(DEFAULT_SECONDS)}"
        )
        return credentials

    def _assume(self, token: str, seconds: int, retries: RetryLoop) -> Credentials:
        asked = Asked(
            service="STS",
            whom=agency_name(self._agency),
            option="agency-urn",
            token=token,
            seconds=seconds,
            now=self._connection.clock.now(),
        )
        body = {**self._fields, "agency_urn": self._agency, "id_token": token, "duration_seconds": seconds}
        return self._sts.assume(_WITH_TOKEN, body, partial(_unsigned, asked), retries)


class WithOtherCredentials:
    """Assumes an agency with the credentials of another way to sign in; the `exchange` of a `Session`."""

    def __init__(
        self, connection: Connection, sts: Sts, first: SignIn, *, agency: str, session_name: str, lifetime: Lifetime
    ) -> None:
        """Sends nothing yet.

        Args:
            connection: What the cloud is connected with.
            sts: Where to exchange.
            first: The way to sign in whose credentials sign the request.
            agency: The URN of the agency.
            session_name: For the audit log of the cloud.
            lifetime: How long the credentials are to be valid.
        """
        self._connection = connection
        self._sts = sts
        self._first = first
        self._agency = agency
        self._session_name = session_name
        self._lifetime = lifetime

    def __call__(self, is_retried: bool) -> Credentials:  # noqa: FBT001 - the interface of an exchange
        """Signs in; see `Session`."""
        # Not in the retry loop: the first way to sign in has its own.
        first = self._first.credentials(is_retried=is_retried)
        if not first.is_key_pair:
            raise UsageError(
                "An agency is assumed with an access key, and there is only the token of a user.",
                means="--assume-agency-urn signs a request, for which a token does not do.",
                remedy="Set an access key, or omit --assume-agency-urn.",
            )
        # An agency of an agency: an hour at most (sign-in.md 2.2).
        seconds = min(self._lifetime.seconds, DEFAULT_SECONDS) if first.security_token else self._lifetime.seconds
        asked = Asked(
            service="STS",
            whom=agency_name(self._agency),
            option="assume-agency-urn",
            seconds=seconds,
            now=self._connection.clock.now(),
        )
        body = {
            "agency_urn": self._agency,
            "agency_session_name": self._session_name,
            "duration_seconds": seconds,
        }
        retries = retry_loop(self._connection)
        attempt = partial(self._sts.assume, _WITH_KEY, body, partial(self._signed, asked, first), retries)
        return retries.run(attempt) if is_retried else attempt()

    def _signed(self, asked: Asked, credentials: Credentials, url: str) -> Api:
        return Api(
            base_url=url,
            auth=KeyPairAuth(credentials, self._connection.time_of_day.now),
            secrets=credentials.secrets,
            read=partial(read, asked=asked),
            sign_in=self._first,
            rebuild=lambda renewed: self._signed(asked, renewed, url),
        )


def _unsigned(asked: Asked, url: str) -> Api:
    read_response = partial(read, asked=asked)
    return Api(base_url=url, auth=Unsigned(), secrets=(asked.token,), read=read_response, signs_the_time=False)


def _check_agency(document: Mapping[str, Any], asked: str) -> None:
    """Checks that credentials are those of the agency that was asked for.

    Its URN in the response is that of the session or, by the description of the field, that of the agency itself
    (sign-in.md 2.1).

    Raises:
        NotUnderstood: They are not.
    """
    assumed = document.get("assumed_agency")
    urn = text(assumed.get("urn")) if isinstance(assumed, dict) else ""
    session = _SESSION_URN.fullmatch(urn)
    named = f"iam::{session[1]}:agency:{session[2]}" if session else urn
    if named != asked:
        shown = quoted(without_secrets(urn, document, _NAMES))
        raise malformed(f"STS gives the credentials of {shown}, and not those of {agency_name(asked)}.")
