"""The OIDC token of a job of GitHub Actions (sign-in.md 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from gate.clouds.sign_in.tokens.check import TokenCheck
from gate.clouds.sign_in.tokens.token_request import TokenRequest, checked_bearer, checked_url, request_token

if TYPE_CHECKING:
    from gate.clouds.interface import Connection

URL, TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"


class GitHubActions:
    """Requests a token for every sign-in: one lives for minutes."""

    name = "GitHub Actions"
    is_fresh = True

    def __init__(self, connection: Connection, audience: str) -> None:
        """Reads the two variables.

        Raises:
            UsageError: The address is none to which a token may be sent.
            NotAuthorised: The request token is none.
        """
        self._connection = connection
        url = checked_url(URL, connection.environ.get(URL, ""))
        self._request = TokenRequest(
            vendor=self.name,
            method="GET",
            # The runner's address has parameters already.
            url=f"{url}{'&' if '?' in url else '?'}audience={quote(audience, safe='')}",
            bearer=checked_bearer(TOKEN, connection.environ.get(TOKEN, "")),
            headers={"Accept": "application/json"},
            key="value",
            means="The request token is only valid while its job runs, and only in a job with `id-token: write`.",
            remedy="Set `permissions: id-token: write` for this job, and pass on both variables of this very job.",
        )
        self.endpoints = (self._request.endpoint,)
        self._check = TokenCheck(
            connection, "the response of GitHub Actions", remedy="Check the proxy settings of this runner."
        )

    def token(self, *, is_retried: bool = True) -> str:
        """See `TokenSource.token`."""
        return self._check.checked(request_token(self._connection, self._request, is_retried=is_retried))


SOURCE = GitHubActions
