"""Looks up tags in the registry that the reference of an image names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.images.editions import BASIC, ENTERPRISE, registry_types
from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.huawei.images.instances import Instances
    from gate.clouds.huawei.images.swr import Swr
    from gate.image import ImageRef, TaggedDigest


class TagResolver:
    """Asks SWR, in the edition of the registry."""

    def __init__(self, swr: Callable[[ImageRef], Swr], instances: Instances, *, is_always_basic: bool) -> None:
        self._swr = swr
        self._instances = instances
        self._is_always_basic = is_always_basic
        """Whether a registry whose edition is not known is the basic one, as the user gave the address of an API."""

    def resolve(self, image: ImageRef) -> TaggedDigest | None:
        """What the tag of this image stands for now; None if the registry does not know it.

        Raises:
            UsageError: It is not known which registry it is.
        """
        types = registry_types(image)
        is_unknown = types not in {BASIC, ENTERPRISE}
        if types == BASIC or not image.registry or (is_unknown and self._is_always_basic):
            return self._swr(image).tag(image)
        swr, instance_id = self._swr(image), self._instances.id_of(image)
        if instance_id is None:
            raise _unknown_registry(image)
        return swr.tag_of_instance(image, instance_id)


def _unknown_registry(image: ImageRef) -> UsageError:
    return UsageError(
        f"The tag of {image} cannot be looked up: HSS knows no instance of SWR Enterprise with the host "
        f"{image.registry}.",
        means="It is a registry of another vendor, or HSS lists no image of this organisation yet.",
        remedy="Give the digest of the image, which the push printed: @sha256:...",
    )
