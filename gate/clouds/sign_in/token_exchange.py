"""The exchange of an OIDC token for credentials: each attempt has a token of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.api_client import retry_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.credentials import Credentials
    from gate.clouds.interface import Connection
    from gate.clouds.retry_loop import RetryLoop
    from gate.clouds.sign_in.tokens import TokenSource


class TokenExchange:
    """Gets a token and exchanges it, as the `exchange` of a `Session`."""

    def __init__(
        self, connection: Connection, source: TokenSource, exchange: Callable[[str, RetryLoop], Credentials]
    ) -> None:
        """Sends nothing yet.

        Args:
            connection: What the cloud is connected with.
            source: Where the token comes from.
            exchange: Sends one token once, with an `ApiClient` that takes part in this retry loop.
        """
        self._connection = connection
        self._source = source
        self._exchange = exchange

    def __call__(self, is_retried: bool) -> Credentials:  # noqa: FBT001 - the interface of an exchange
        """Signs in; see `Session`."""
        retries = retry_loop(self._connection)

        def attempt() -> Credentials:
            # A token lives for minutes, and may have ended while the gate waited for this attempt.
            token = self._source.token(is_retried=False)
            return self._exchange(token, retries)

        return retries.run(attempt) if is_retried else attempt()
