"""The registry of an image that was asked for: whether the cloud of the run can have it, and what its host says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds import CLOUDS

if TYPE_CHECKING:
    from gate.clouds.registry_host import RegistryHost
    from gate.image import ImageRef


def registry_of(image: ImageRef, cloud: str) -> RegistryHost | None:
    """What the host of its registry says to this cloud; None without a registry, or for a custom domain.

    Raises:
        ValueError: It is a registry of another cloud, or one whose images this cloud does not scan.
    """
    host = image.registry.partition(":")[0].lower()
    for name, provider in CLOUDS.items():
        registry = provider.registry_host(host)
        if registry is None:
            continue
        if name != cloud:
            whose = f"{image.registry} is a registry of {provider.vendor}, and the cloud of this run is {cloud}"
            raise ValueError(f"{str(image)!r} cannot be judged: {whose}; did you mean --cloud {name}?")
        if registry.refusal:
            raise ValueError(f"{str(image)!r} cannot be judged: {registry.refusal}")
        return registry
    return None
