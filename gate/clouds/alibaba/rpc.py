"""Calls operations in the RPC style of Alibaba Cloud: parameters are in the query (alibaba-security-center.md 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.clouds.api_client import ApiClient


class RpcClient:
    """The operations of one product, of which a subclass states the version."""

    VERSION: ClassVar[str]

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def call(
        self,
        action: str,
        query: Mapping[str, str],
        bytes_kept: int = 0,
        *,
        method: str = "POST",
        is_repeatable: bool = True,
        is_retried: bool = True,
    ) -> dict[str, Any]:
        """Calls one operation; see `gate.clouds.api_client.ApiClient.call`."""
        # Older gateways of the vendor respond in XML unless JSON is requested.
        headers = {"Accept": "application/json", "x-acs-action": action, "x-acs-version": self.VERSION}
        return self._client.call(
            method,
            "/",
            query.items(),
            headers,
            operation=action,
            bytes_kept=bytes_kept,
            is_repeatable=is_repeatable,
            is_retried=is_retried,
        )
