"""Which of the registries that HSS knows an image can be in, by the host of its reference."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gate.clouds.huawei.images.registry_host import registry_host
from gate.clouds.registry_host import RegistryEdition, RegistryHost

if TYPE_CHECKING:
    from gate.image import ImageRef

BASIC = ("SwrPrivate", "SwrShared")
ENTERPRISE = ("SwrEnterprise",)
EVERY_TYPE = (*BASIC, *ENTERPRISE, "Harbor", "Jfrog", "Other")
"""The words of `registry_type` (huawei-images.md 1.1)."""
_TYPES = {RegistryEdition.BASIC: BASIC, RegistryEdition.ENTERPRISE: ENTERPRISE}


def registry_types(image: ImageRef) -> tuple[str, ...]:
    """The types of the registries that this image can be in; a domain of one's own can be that of any."""
    return _TYPES.get(_registry(image).edition, EVERY_TYPE)


def registry_region(image: ImageRef) -> str:
    """The region that the host of this image names; empty if it names none."""
    return _registry(image).region


def host_of(address: str) -> str:
    """The host in an address or in the registry of a reference, without its port, in lower case."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _registry(image: ImageRef) -> RegistryHost:
    return registry_host(host_of(image.registry)) or RegistryHost()
