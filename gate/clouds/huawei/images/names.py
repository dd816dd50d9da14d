"""The parts of an image's reference as the APIs of Huawei Cloud take them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.clouds.values import text

if TYPE_CHECKING:
    from gate.image import ImageRef

_DIGEST = re.compile("(?:sha256:)?([0-9a-f]{64})")


def normalised_digest(value: object) -> str:
    """A digest as the gate has it; empty for anything else. HSS does not state its form (huawei-images.md 1.2)."""
    found = _DIGEST.fullmatch(text(value).lower())
    return f"sha256:{found[1]}" if found else ""


def namespace_and_name(image: ImageRef) -> tuple[str, str]:
    """The organisation and the repository in it; only the repository may have slashes."""
    namespace, _, name = "/".join(filter(None, (image.namespace, image.name))).partition("/")
    return namespace, name
