"""The exchanges of STS: an OIDC token, or other credentials, for temporary credentials of a role.

AssumeRoleWithOIDC is not signed (sign-in.md 1.1): the token is in the form, as the vendor's Go clients send it, and
never in the address. AssumeRole is signed as any other operation (sign-in.md 1.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from requests.auth import AuthBase

from gate.clouds.alibaba.sign_in.errors import Asked, SessionTooLong, read
from gate.clouds.alibaba.signature import KeyPairAuth
from gate.clouds.api_client import Api, ApiClient
from gate.clouds.sign_in.errors import about_endpoint
from gate.clouds.sign_in.issued import Names, credentials_in, without_secrets
from gate.clouds.sign_in.lifetime import DEFAULT_SECONDS
from gate.clouds.sign_in.short_lived import short_lived
from gate.clouds.values import malformed, quoted, text
from gate.verdict_messages import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from requests import PreparedRequest

    from gate.clouds.credentials import Credentials
    from gate.clouds.interface import Connection, SignIn
    from gate.clouds.retry_loop import RetryLoop
    from gate.clouds.sign_in.lifetime import Lifetime

_VERSION = "2015-04-01"
_NAMES = Names(
    service="STS",
    container="Credentials",
    access_key_id="AccessKeyId",
    access_key_secret="AccessKeySecret",  # noqa: S106 - the name of a field
    security_token="SecurityToken",  # noqa: S106 - the name of a field
    expires_at="Expiration",
)
_SESSION_ARN = re.compile(r"acs:(?:ram|sts)::([0-9]+):(?:assumed-)?role/([^/]+)/[^/]+")
"""Of a session (sign-in.md 1.1)."""
_ENDPOINT = "--sts-endpoint"


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """Whose credentials are asked for, and what is asked for with them."""

    arn: str
    named_by: str
    """What names it, such as `--role-arn`."""
    session_name: str
    lifetime: Lifetime
    policy: str
    """The session policy, as JSON."""
    external_id: str = ""
    """What the trust policy of a role of another account may ask for."""

    def parameters(self, seconds: int) -> dict[str, str]:
        """The parameters of both operations."""
        external = {"ExternalId": self.external_id} if self.external_id else {}
        return {
            "RoleArn": self.arn,
            "RoleSessionName": self.session_name,
            "DurationSeconds": str(seconds),
            "Policy": self.policy,
            **external,
        }


class WithToken:
    """Exchanges an OIDC token for credentials of a role; see `TokenExchange`."""

    def __init__(self, connection: Connection, role: Role, *, provider: str, endpoint: str) -> None:
        """Sends nothing yet.

        Args:
            connection: What the cloud is connected with.
            role: Whose credentials to ask for.
            provider: The ARN of the OIDC provider that trusts the token.
            endpoint: The address of STS.
        """
        self._connection = connection
        self._role = role
        self._lifetime = role.lifetime
        self._provider = provider
        self._endpoint = endpoint

    def __call__(self, token: str, retries: RetryLoop) -> Credentials:
        """Sends one token once."""
        try:
            return self._assume(token, retries)
        except SessionTooLong:
            if not self._lifetime.may_be_shorter:
                raise
        refused, self._lifetime = self._lifetime, self._lifetime.shortened()
        self._connection.event_log.note(
            f"the role allows no session of {format_duration(refused.seconds)}; asking for "
            f"{format_duration(self._lifetime.seconds)}"
        )
        return self._assume(token, retries)

    def _assume(self, token: str, retries: RetryLoop) -> Credentials:
        seconds = self._lifetime.seconds
        asked = Asked(
            role=self._role.arn,
            named_by=self._role.named_by,
            provider=self._provider,
            token=token,
            seconds=seconds,
            now=self._connection.clock.now(),
        )
        auth = _Timestamp(self._connection.time_of_day.now)
        api = Api(base_url=self._endpoint, auth=auth, secrets=(token,), read=partial(read, asked=asked))
        query = {"Action": "AssumeRoleWithOIDC", "Format": "JSON", "Version": _VERSION}
        form = {**self._role.parameters(seconds), "OIDCProviderArn": self._provider, "OIDCToken": token}
        with about_endpoint(_ENDPOINT), short_lived(self._connection) as connection:
            document = ApiClient(api, connection, retries).call(
                "POST",
                "/",
                query.items(),
                {"Accept": "application/json"},
                form=form,
                operation=query["Action"],
                is_retried=False,
            )
            return _credentials_of(self._role, document, self._connection)


class WithOtherCredentials:
    """Assumes a role with the credentials of another way to sign in; the `exchange` of a `Session`."""

    def __init__(self, connection: Connection, role: Role, first: SignIn, *, endpoint: str) -> None:
        """Sends nothing yet.

        Args:
            connection: What the cloud is connected with.
            role: Whose credentials to ask for.
            first: The way to sign in whose credentials sign the request.
            endpoint: The address of STS.
        """
        self._connection = connection
        self._role = role
        self._first = first
        self._endpoint = endpoint

    def __call__(self, is_retried: bool) -> Credentials:  # noqa: FBT001 - the interface of an exchange
        """Signs in; see `Session`."""
        first = self._first.credentials(is_retried=is_retried)
        # A role of a role: an hour at most, whatever the role allows.
        longest = DEFAULT_SECONDS if first.security_token else self._role.lifetime.seconds
        seconds = min(self._role.lifetime.seconds, longest)
        asked = Asked(
            role=self._role.arn,
            named_by=self._role.named_by,
            by=self._first.description,
            seconds=seconds,
            now=self._connection.clock.now(),
        )
        headers = {"Accept": "application/json", "x-acs-action": "AssumeRole", "x-acs-version": _VERSION}
        with about_endpoint(_ENDPOINT), short_lived(self._connection) as connection:
            document = ApiClient(self._api(asked, first), connection).call(
                "POST",
                "/",
                self._role.parameters(seconds).items(),
                headers,
                operation="AssumeRole",
                is_retried=is_retried,
            )
            return _credentials_of(self._role, document, self._connection)

    def _api(self, asked: Asked, credentials: Credentials) -> Api:
        return Api(
            base_url=self._endpoint,
            auth=KeyPairAuth(credentials, self._connection.time_of_day.now),
            secrets=credentials.secrets,
            read=partial(read, asked=asked),
            sign_in=self._first,
            rebuild=partial(self._api, asked),
        )


class _Timestamp(AuthBase):
    """Adds the time to an unsigned request when it is sent, so that one that is sent anew has the corrected time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Adds the parameter to the address, which has others."""
        time = f"{self._now():%Y-%m-%dT%H:%M:%SZ}"
        r.url = f"{r.url}&Timestamp={quote(time, safe='')}"
        return r


def _credentials_of(role: Role, document: Mapping[str, Any], connection: Connection) -> Credentials:
    """The credentials in a response, which are those of this role.

    Raises:
        NotUnderstood: They are not, or not whole, or over.
    """
    user = document.get("AssumedRoleUser")
    arn = text(user.get("Arn")) if isinstance(user, dict) else ""
    session = _SESSION_ARN.fullmatch(arn)
    # RAM writes the names of roles in lower case in some places.
    assumed = f"acs:ram::{session[1]}:role/{session[2]}".lower() if session else ""
    if session is None or assumed != role.arn.lower():
        shown = quoted(without_secrets(arn, document, _NAMES))
        raise malformed(f"STS gives the credentials of {shown}, and not those of the role {role.arn}.")
    return replace(credentials_in(document, _NAMES, connection), account=session[1])
