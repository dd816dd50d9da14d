"""The parts of an image's reference as the APIs of Alibaba Cloud take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.alibaba.translate import normalise_digest

if TYPE_CHECKING:
    from gate.image import ImageRef


def bare_digest(image: ImageRef) -> str:
    """The digest as Security Center's samples have it, without its prefix (alibaba-images.md 2)."""
    return normalise_digest(image.digest)


def full_digest(digest: str) -> str:
    """The digest as the gate has it, with its prefix."""
    return f"sha256:{normalise_digest(digest)}"


def namespace_and_name(image: ImageRef) -> tuple[str, str]:
    """The namespace and the name of the repository; only the name may have slashes."""
    namespace, _, name = "/".join(filter(None, (image.namespace, image.name))).partition("/")
    return namespace, name
