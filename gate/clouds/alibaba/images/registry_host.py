"""The hosts of the registries of Container Registry, by the forms that are known (image-references.md 3.2 and 9)."""

from __future__ import annotations

import re

from gate.clouds.registry_host import RegistryEdition, RegistryHost

_DOMAIN = re.compile(r".+\.aliyuncs\.com")
_ENTERPRISE = re.compile(r"([a-z0-9-]+)-registry(?:-vpc)?\.([a-z0-9-]+)\.cr\.aliyuncs\.com")
_PERSONAL = (
    re.compile(r"registry(?:-intl)?(?:-vpc|-internal)?(?:\.([a-z0-9-]+))?\.aliyuncs\.com"),
    re.compile(r"crpi-[a-z0-9-]+\.([a-z0-9-]+)\.personal\.cr\.aliyuncs\.com"),
)
_NOT_SCANNED = (
    "it is of the personal edition of Container Registry, whose images are not scanned; "
    "push the image to an instance of the Enterprise Edition"
)


def registry_host(host: str) -> RegistryHost | None:
    """The registry of Alibaba Cloud that has this host, without a port and in lower case; None if none has."""
    if found := _ENTERPRISE.fullmatch(host):
        return RegistryHost(edition=RegistryEdition.ENTERPRISE, instance=found[1], region=found[2])
    if found := next(filter(None, (form.fullmatch(host) for form in _PERSONAL)), None):
        return RegistryHost(edition=RegistryEdition.PERSONAL, region=found[1] or "", refusal=_NOT_SCANNED)
    return RegistryHost() if _DOMAIN.fullmatch(host) else None
