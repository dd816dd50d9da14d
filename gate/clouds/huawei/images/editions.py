"""Which of the registries that HSS knows an image can be in, by the host of its reference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from gate.image import ImageRef

BASIC = ("SwrPrivate", "SwrShared")
ENTERPRISE = ("SwrEnterprise",)
OTHERS = ("Harbor", "Jfrog", "Other")
EVERY_TYPE = (*BASIC, *ENTERPRISE, *OTHERS)
"""The words of `registry_type` (huawei-images.md 1.1)."""
_BASIC_HOST = re.compile(r"swr\.([a-z0-9-]+)\.(myhuaweicloud\.(?:com|eu))")
_ENTERPRISE_HOST = re.compile(r"[a-z0-9-]+\.swr-pro\.myhuaweicloud\.(?:com|eu)")


def registry_types(image: ImageRef) -> tuple[str, ...]:
    """The types of the registries that this image can be in; a domain of one's own can be that of any."""
    host = host_of(image.registry)
    if _BASIC_HOST.fullmatch(host):
        return BASIC
    return ENTERPRISE if _ENTERPRISE_HOST.fullmatch(host) else EVERY_TYPE


def named_swr_endpoint(image: ImageRef) -> str:
    """The address of the API of SWR in the region that the host of this image names; empty if it names none."""
    found = _BASIC_HOST.fullmatch(host_of(image.registry))
    return f"https://swr-api.{found[1]}.{found[2]}" if found else ""


def host_of(address: str) -> str:
    """The host in an address or in the registry of a reference, without its port, in lower case."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
