"""The operations of HSS about images, in one project."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from gate.clouds.values import percent_encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gate.clouds.api_client import ApiClient


class Hss:
    """Calls operations whose path starts with that of the images of a project."""

    def __init__(self, client: ApiClient, find_project: Callable[[], str]) -> None:
        self._client = client
        self._find_project = find_project

    @property
    def project_id(self) -> str:
        """The id of the project; IAM is asked for it once where it was not given."""
        return self._find_project()

    def call(self, method: str, path: str, query: Iterable[tuple[str, str]] = (), **attributes: Any) -> dict[str, Any]:
        """Calls one operation; see `ApiClient.call` for the other arguments, and for what it raises."""
        return self._client.call(method, f"{self._path}/{path}", query, self._headers, **attributes)

    @cached_property
    def _path(self) -> str:
        return f"/v5/{percent_encoded(self.project_id)}/image"

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "X-Project-Id": self.project_id}
