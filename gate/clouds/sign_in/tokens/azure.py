"""The OIDC token of a job of Azure Pipelines (sign-in.md 3.3; nothing of it was verified against Azure Pipelines)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.clouds.error_response import AUTH_STATUSES
from gate.clouds.sign_in.tokens.check import TokenCheck
from gate.clouds.sign_in.tokens.token_request import TokenRequest, checked_bearer, checked_url, request_token
from gate.errors import UsageError

if TYPE_CHECKING:
    from gate.clouds.interface import Connection

URL, TOKEN = "SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"
SERVICE_CONNECTION = "SCAN_GATE_SERVICE_CONNECTION_ID"
"""The id of a service connection, whose identity the token then has in place of the pipeline's."""
AUDIENCE = "api://AzureADTokenExchange"
_API_VERSION = "7.1"
_SIGN_IN_PAGES = frozenset({203, 302})
"""With these, Azure DevOps answers a token that it does not take (sign-in.md 9)."""


class AzurePipelines:
    """Requests a token for every sign-in."""

    name = "Azure Pipelines"
    is_fresh = True

    def __init__(self, connection: Connection, _audience: str) -> None:
        """Reads the variables.

        Raises:
            UsageError: The address is none to which a token may be sent, or the id of the service connection is none.
            NotAuthorised: The access token is none.
        """
        self._connection = connection
        environ = connection.environ
        url = checked_url(URL, environ.get(URL, "")).rstrip("/")
        self._request = TokenRequest(
            vendor=self.name,
            method="POST",
            url=f"{url}{'&' if '?' in url else '?'}api-version={_API_VERSION}{_service_connection(connection)}",
            bearer=checked_bearer(TOKEN, environ.get(TOKEN, "")),
            headers={"Content-Type": "application/json", "X-TFS-FedAuthRedirect": "Suppress"},
            key="oidcToken",
            refusals=AUTH_STATUSES | _SIGN_IN_PAGES,
            means="SYSTEM_ACCESSTOKEN is not the token of this job, or the job has ended.",
            remedy="Map it in the step, by `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`.",
        )
        self.endpoints = (self._request.endpoint,)
        self._check = TokenCheck(
            connection,
            "the response of Azure Pipelines",
            remedy="Check the proxy settings of this runner.",
            audience_from=f"Azure Pipelines lets nobody choose it; have the identity provider and the trust policy of "
            f"the role accept {AUDIENCE}",
        )

    def token(self, *, is_retried: bool = True) -> str:
        """See `TokenSource.token`."""
        return self._check.checked(request_token(self._connection, self._request, is_retried=is_retried))


def _service_connection(connection: Connection) -> str:
    given = connection.environ.get(SERVICE_CONNECTION, "").strip()
    if given and not re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", given):
        raise UsageError(
            f"The variable {SERVICE_CONNECTION} is not the id of a service connection.",
            means="It may be its name; the id is a GUID.",
            remedy="Copy the id from the address of its page (`resourceId`), or unset the variable.",
        )
    return f"&serviceConnectionId={given}" if given else ""


SOURCE = AzurePipelines
