"""The hosts of the registries of SWR, by the forms that are known (image-references.md 3.1 and 9)."""

from __future__ import annotations

import re

from gate.clouds.registry_host import RegistryEdition, RegistryHost

_DOMAIN = re.compile(r".+\.myhuaweicloud\.(?:com|eu)")
_BASIC = re.compile(r"swr\.([a-z0-9-]+)\.myhuaweicloud\.(?:com|eu)")
_ENTERPRISE = re.compile(r"[a-z0-9-]+\.swr-pro\.myhuaweicloud\.(?:com|eu)")


def registry_host(host: str) -> RegistryHost | None:
    """The registry of Huawei Cloud that has this host, without a port and in lower case; None if none has.

    The host of an enterprise instance names no region, and the name of the instance with a suffix.
    """
    if found := _BASIC.fullmatch(host):
        return RegistryHost(edition=RegistryEdition.BASIC, region=found[1])
    if _ENTERPRISE.fullmatch(host):
        return RegistryHost(edition=RegistryEdition.ENTERPRISE)
    return RegistryHost() if _DOMAIN.fullmatch(host) else None
