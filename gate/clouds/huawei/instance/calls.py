"""The calls to one instance of SWR Enterprise about the scan of one image, by its digest (huawei-images.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.error_response import UnknownInRegistry
from gate.clouds.huawei.images.swr import artifacts_path, headers_of, organisation_path
from gate.clouds.values import percent_encoded
from gate.errors import Refused

if TYPE_CHECKING:
    from gate.clouds.api_client import ApiClient
    from gate.image import ImageRef

_WITH_OVERVIEW = (("with_scan_overview", "true"),)
_MEANS = (
    "The instance may be of a version before v25.7.20, which has no scan of its own, or its edition or region has none."
)
_REMEDY = "Check the instance in the console of SWR, or give --swr-enterprise-scanner hss."


class ArtifactCalls:
    """The operations of the instances of one region, in one project."""

    def __init__(self, client: ApiClient, project_id: str) -> None:
        self._client = client
        self._project_id = project_id

    def show(self, image: ImageRef, instance_id: str) -> dict[str, Any] | None:
        """Reads ShowInstanceArtifact with the overview of its last scan; None if the instance has no such digest.

        Raises:
            Refused: The instance refuses it, as one without a scan of its own may do.
        """
        path = self._path(image, instance_id)
        try:
            return self._fetch("GET", path, "ShowInstanceArtifact", query=_WITH_OVERVIEW)
        except UnknownInRegistry:
            return None
        except Refused as error:
            raise Refused(error.happened, means=_MEANS, remedy=_REMEDY) from None

    def start_scan(self, image: ImageRef, instance_id: str) -> None:
        """Starts a scan of this image, which may be charged for; the response is empty.

        Raises:
            TransientError: It may have been started all the same.
            Refused: It was not started.
        """
        path = f"{self._path(image, instance_id)}/scan"
        self._fetch("POST", path, "StartManualScanning", may_be_empty=True, is_repeatable=False)

    def vulnerabilities(self, image: ImageRef, instance_id: str) -> dict[str, Any] | None:
        """Reads ListInstanceArtifactVulnerabilities, the whole report on one page; None if there is none."""
        path = f"{self._path(image, instance_id)}/vulnerabilities"
        try:
            return self._fetch("GET", path, "ListInstanceArtifactVulnerabilities")
        except UnknownInRegistry:
            return None

    def organisation(self, image: ImageRef, instance_id: str) -> dict[str, Any]:
        """Reads ShowInstanceNamespace once, without retries: the organisation of an image, with its allowlist."""
        path = organisation_path(image, self._project_id, instance_id)
        return self._fetch("GET", path, "ShowInstanceNamespace", is_retried=False)

    def _path(self, image: ImageRef, instance_id: str) -> str:
        return f"{artifacts_path(image, self._project_id, instance_id)}/{percent_encoded(image.digest)}"

    def _fetch(
        self, method: str, path: str, operation: str, *, query: tuple[tuple[str, str], ...] = (), **attributes: Any
    ) -> dict[str, Any]:
        headers = headers_of(self._project_id)
        return self._client.call(method, path, query, headers, operation=operation, **attributes)
