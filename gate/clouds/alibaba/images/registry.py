"""The calls to Container Registry: the instance of an image, its repository, and what its tag stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.clouds.alibaba.error_response import UnknownInRegistry
from gate.clouds.alibaba.images.names import namespace_and_name
from gate.clouds.alibaba.images.registry_host import registry_host
from gate.clouds.alibaba.rpc import RpcClient
from gate.clouds.alibaba.translate import normalise_digest, parse_milliseconds
from gate.clouds.registry_host import RegistryHost
from gate.clouds.values import malformed, text
from gate.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.image import ImageRef

_DIGEST = re.compile("[0-9a-f]{64}")
_NORMAL = "NORMAL"
_PAGE_SIZE = "100"


class ContainerRegistry(RpcClient):
    """The operations of Container Registry in one region (alibaba-images.md 4)."""

    VERSION = "2018-12-01"


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """Where an image is stored."""

    region: str
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisteredTag:
    """What a tag stands for in its registry, with all that a scan of an image that is not listed needs."""

    instance: Instance
    repository_id: str
    namespace: str
    name: str
    tag: str
    digest: str
    """Without its prefix."""
    created: int | None
    """In ms since 1970."""
    updated: int | None


class TagResolver:
    """Looks up tags in Container Registry, and keeps what does not change during a run."""

    def __init__(self, client: Callable[[str], ContainerRegistry], *, region: str, instance_id: str) -> None:
        self._client = client
        self._region = region
        self._instance_id = instance_id
        self._instances: dict[tuple[str, str], Instance] = {}
        self._repositories: dict[tuple[Instance, str, str], str] = {}
        self._tags: dict[tuple[str, ...], RegisteredTag] = {}

    def resolve(self, image: ImageRef) -> RegisteredTag | None:
        """What the tag of this image stands for now; None if the registry does not know it, or deletes it.

        Raises:
            UsageError: Its reference does not name the instance of Container Registry, and no option does.
            Refused: These credentials see no such instance.
        """
        instance = self._instance(image)
        try:
            return self._tag(image, instance, self._repository(image, instance))
        except UnknownInRegistry:
            return None

    def last(self, image: ImageRef) -> RegisteredTag | None:
        """What the tag of this image stood for when it was last looked up; None if it never was, or was not there."""
        return self._tags.get(_key(image))

    def _instance(self, image: ImageRef) -> Instance:
        host = registry_host(image.registry.partition(":")[0].lower()) or RegistryHost()
        region = host.region or self._region
        if self._instance_id:
            return Instance(region=region, id=self._instance_id)
        if not host.instance:
            raise UsageError(
                f"Which instance of Container Registry has {image} is not known.",
                means="Only the host of an instance of the Enterprise Edition names it, such as "
                "NAME-registry.cn-hangzhou.cr.aliyuncs.com.",
                remedy="Give --registry-instance with its id, cri-..., or the digest of an image that Security Center "
                "already lists.",
            )
        key = region, host.instance
        if key not in self._instances:
            self._instances[key] = self._find_instance(*key)
        return self._instances[key]

    def _find_instance(self, region: str, name: str) -> Instance:
        query = {"InstanceName": name, "PageNo": "1", "PageSize": _PAGE_SIZE}
        rows = self._client(region).call("ListInstance", query).get("Instances")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise malformed("The response of ListInstance has no list of Instances.")
        # That the name is compared as a whole is not documented.
        ids = {text(row.get("InstanceId")) for row in rows if row.get("InstanceName") == name} - {""}
        if len(ids) != 1:
            raise Refused(
                f"Container Registry lists {len(ids)} instances with the name {name} in {region}.",
                means="It belongs to another account, or no RAM policy of the user allows cr:ListInstance for it.",
                remedy="Check the name of the image, or give the id of the instance with --registry-instance.",
            )
        return Instance(region=region, id=ids.pop())

    def _repository(self, image: ImageRef, instance: Instance) -> str:
        namespace, name = namespace_and_name(image)
        key = instance, namespace, name
        if key not in self._repositories:
            query = {"InstanceId": instance.id, "RepoNamespaceName": namespace, "RepoName": name}
            document = self._client(instance.region).call("GetRepository", query)
            stated = [document.get(field, value) for field, value in query.items()]
            repository = text(document.get("RepoId"))
            if stated != [*query.values()] or not repository:
                raise malformed("The response of GetRepository is about another repository, or has no id.")
            self._repositories[key] = repository
        return self._repositories[key]

    def _tag(self, image: ImageRef, instance: Instance, repository: str) -> RegisteredTag | None:
        self._tags.pop(_key(image), None)
        query = {"InstanceId": instance.id, "RepoId": repository, "Tag": image.tag}
        document = self._client(instance.region).call("GetRepoTag", query, method="GET")
        if document.get("Tag", image.tag) != image.tag:
            raise malformed("The response of GetRepoTag is about another tag than the requested one.")
        if document.get("Status") != _NORMAL or not document.get("Digest"):
            return None
        namespace, name = namespace_and_name(image)
        digest = normalise_digest(document["Digest"])
        if not _DIGEST.fullmatch(digest):
            raise malformed("The response of GetRepoTag has a Digest that is none.")
        found = RegisteredTag(
            instance=instance,
            repository_id=repository,
            namespace=namespace,
            name=name,
            tag=image.tag,
            digest=digest,
            created=parse_milliseconds(document.get("ImageCreate")),
            updated=parse_milliseconds(document.get("ImageUpdate")),
        )
        self._tags[_key(image)] = found
        return found


def as_sync_row(found: RegisteredTag) -> dict[str, object]:
    """The image as PublicSyncAndCreateImageScanTask takes it, in the form of the only published example (1.1).

    What the registry does not state is left out: which of the parts are needed is not documented.
    """
    parts = {
        "registryType": "acr",
        "repoId": found.repository_id,
        "instanceId": found.instance.id,
        "repoNamespace": found.namespace,
        "regionId": found.instance.region,
        "repoName": found.name,
        "digest": found.digest,
        "tag": found.tag,
        "createTime": found.created,
        "updateTime": found.updated,
    }
    return {name: value for name, value in parts.items() if value}


def _key(image: ImageRef) -> tuple[str, ...]:
    return image.registry, *namespace_and_name(image), image.tag
