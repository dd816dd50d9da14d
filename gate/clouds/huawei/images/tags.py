"""Looks up tags in the registry that the reference of an image names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.images.editions import BASIC, ENTERPRISE, host_of, registry_types
from gate.clouds.huawei.images.names import namespace_and_name
from gate.clouds.values import text
from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.swr import Swr
    from gate.image import ImageRef, TaggedDigest

_OF_INSTANCE = ("image_type", "instance_image")


class TagResolver:
    """Asks SWR, in the edition of the registry."""

    def __init__(self, swr: Callable[[ImageRef], Swr], calls: ImageCalls, *, is_always_basic: bool) -> None:
        self._swr = swr
        self._calls = calls
        self._is_always_basic = is_always_basic
        """Whether a registry whose edition is not known is the basic one, as the user gave the address of an API."""
        self._instances: dict[str, str] = {}
        """The ids of instances that were found, by host."""

    def resolve(self, image: ImageRef) -> TaggedDigest | None:
        """What the tag of this image stands for now; None if the registry does not know it.

        Raises:
            UsageError: It is not known which registry it is.
        """
        types = registry_types(image)
        is_unknown = types not in {BASIC, ENTERPRISE}
        if types == BASIC or not image.registry or (is_unknown and self._is_always_basic):
            return self._swr(image).tag(image)
        return self._swr(image).tag_of_instance(image, self._instance_of(image))

    def _instance_of(self, image: ImageRef) -> str:
        """The id of the instance with the host of this image, by the images that HSS lists in its organisation."""
        host, (namespace, _) = host_of(image.registry), namespace_and_name(image)
        if host not in self._instances:
            rows = self._calls.image_rows(
                (("namespace", namespace), _OF_INSTANCE),
                lambda row: row.get("registry_type") in ENTERPRISE and host_of(text(row.get("instance_url"))) == host,
            )
            ids = {id_ for row in rows if (id_ := text(row.get("instance_id")))}
            if len(ids) != 1:
                raise _unknown_registry(image)
            self._instances[host] = ids.pop()
        return self._instances[host]


def _unknown_registry(image: ImageRef) -> UsageError:
    return UsageError(
        f"The tag of {image} cannot be looked up: HSS knows no instance of SWR Enterprise with the host "
        f"{image.registry}.",
        means="It is a registry of another vendor, or HSS lists no image of this organisation yet.",
        remedy="Give the digest of the image, which the push printed: @sha256:...",
    )
