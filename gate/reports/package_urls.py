"""The package URLs of images in reports."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from gate.image import ImageRef


def package_url(image: ImageRef, *, with_tag: bool = False) -> str:
    """The package URL of an image, whose name is the last part of its repository (attestations.md 2).

    Args:
        image: The image.
        with_tag: Whether it has the tag too, if the image has one: two tags of one digest are told apart by it.
    """
    name = _quoted(image.name.rpartition("/")[2].lower())
    version = f"@{_quoted(image.digest)}" if image.digest else ""
    tag = f"&tag={_quoted(image.tag)}" if with_tag and image.tag else ""
    return f"pkg:oci/{name}{version}?repository_url={_quoted(image.repository, safe='/')}{tag}"


def _quoted(text: str, safe: str = "") -> str:
    return quote(text.encode(errors="replace"), safe=safe)
