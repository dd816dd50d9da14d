"""What the host of a registry says of the service behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RegistryEdition(StrEnum):
    """The edition of a cloud's registry service."""

    BASIC = "basic"
    """Shared by all users of the cloud, in the words of Huawei Cloud."""
    PERSONAL = "personal"
    """Shared by all users of the cloud, in the words of Alibaba Cloud."""
    ENTERPRISE = "enterprise"
    """An instance of its own."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryHost:
    """The host of a registry of one cloud; what it does not say is an empty string."""

    edition: RegistryEdition = RegistryEdition.UNKNOWN
    region: str = ""
    instance: str = ""
    """The name of the instance, of an enterprise edition."""
    refusal: str = ""
    """Why the cloud cannot scan its images, and what to do; for a message."""
