"""The calls to SWR: what a tag stands for in its registry now (huawei-images.md 4, 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.error_response import UnknownInRegistry
from gate.clouds.huawei.images.names import namespace_and_name, normalised_digest
from gate.clouds.values import datetime_from_text, is_one_of, malformed, percent_encoded, text
from gate.image import TaggedDigest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gate.clouds.api_client import ApiClient
    from gate.image import ImageRef

_IMAGE: tuple[object, ...] = (None, 0)
"""The values of `tag_type` that stand for no index (4)."""
_TAG_NAMES = ("tag", "Tag")
"""The second spelling is that of the list of tags (4)."""
_PAGE_SIZE = 100
_MAX_PAGES = 100
"""Of the tags that contain a tag; a repository has fewer."""
_INDEX_WORDS = ("index", "manifest.list")
"""In the media type of an index, by OCI and by Docker."""


class Swr:
    """The registries of one region."""

    def __init__(self, client: ApiClient, project_id: str) -> None:
        self._client = client
        self._project_id = project_id

    def tag(self, image: ImageRef) -> TaggedDigest | None:
        """What a tag of the basic edition stands for; None if SWR does not know it."""
        namespace, name = namespace_and_name(image)
        # A slash of the repository is written as `$` (4).
        place = f"namespaces/{percent_encoded(namespace)}/repos/{percent_encoded(name.replace('/', '$'))}"
        try:
            document = self._get(f"/v2/manage/{place}/tags/{percent_encoded(image.tag)}", "ShowRepoTag")
        except UnknownInRegistry:
            return None
        if any(document.get(name, image.tag) != image.tag for name in _TAG_NAMES):
            raise malformed("The response of ShowRepoTag is about another tag than the requested one.")
        is_index = not is_one_of(document.get("tag_type"), _IMAGE)
        pushed_at = datetime_from_text(document.get("updated"))
        return TaggedDigest(digest=_digest(document, image), is_index=is_index, pushed_at=pushed_at)

    def tag_of_instance(self, image: ImageRef, instance_id: str) -> TaggedDigest | None:
        """What a tag in an instance of the enterprise edition stands for; None if the instance does not know it."""
        try:
            found = [one for one in self._artifacts(image, instance_id) if _has_tag(one, image.tag)]
        except UnknownInRegistry:
            return None
        digests = {_digest(one, image) for one in found}
        if len(digests) > 1:
            raise malformed(f"SWR lists the tag {image.tag} for {len(digests)} images of one repository.")
        return TaggedDigest(digest=digests.pop(), is_index=any(map(is_index, found))) if digests else None

    def _artifacts(self, image: ImageRef, instance_id: str) -> Iterator[Mapping[str, Any]]:
        """The images of a repository whose tags contain that of the image."""
        path = artifacts_path(image, self._project_id, instance_id)
        for page in range(_MAX_PAGES):
            query = (("tags", image.tag), ("limit", str(_PAGE_SIZE)), ("offset", str(page * _PAGE_SIZE)))
            rows = self._get(path, "ListInstanceArtifacts", query).get("artifacts")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise malformed("The response has no list of artifacts.")
            yield from rows
            if len(rows) < _PAGE_SIZE:
                return
        raise malformed("The list of artifacts in the responses does not end.")

    def _get(self, path: str, operation: str, query: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
        return self._client.call("GET", path, query, headers_of(self._project_id), operation=operation)


def artifacts_path(image: ImageRef, project_id: str, instance_id: str) -> str:
    """The path of the images of a repository in an instance of the enterprise edition."""
    _, name = namespace_and_name(image)
    # The vendor's SDK encodes the repository twice (5).
    repository = percent_encoded(percent_encoded(name) if "/" in name else name)
    return f"{organisation_path(image, project_id, instance_id)}/repositories/{repository}/artifacts"


def organisation_path(image: ImageRef, project_id: str, instance_id: str) -> str:
    """The path of the organisation of an image in an instance of the enterprise edition."""
    namespace, _ = namespace_and_name(image)
    instance = f"/v2/{percent_encoded(project_id)}/instances/{percent_encoded(instance_id)}"
    return f"{instance}/namespaces/{percent_encoded(namespace)}"


def headers_of(project_id: str) -> dict[str, str]:
    """The headers of a request to SWR, beside those of its signature."""
    return {"Content-Type": "application/json", "X-Project-Id": project_id}


def is_index(artifact: Mapping[str, Any]) -> bool:
    """Whether an artifact of an instance is an index of several images, by its media type."""
    return any(word in text(artifact.get("manifest_media_type")) for word in _INDEX_WORDS)


def _digest(document: Mapping[str, Any], image: ImageRef) -> str:
    digest = normalised_digest(document.get("digest"))
    if not digest:
        raise malformed(f"SWR states no digest for {image}.")
    return digest


def _has_tag(artifact: Mapping[str, Any], tag: str) -> bool:
    tags = artifact.get("tags")
    return isinstance(tags, list) and any(isinstance(one, dict) and one.get("name") == tag for one in tags)
