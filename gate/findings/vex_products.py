"""The products of a statement of OpenVEX: the images and packages that their identifiers name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PURL = re.compile(r"pkg:(?P<type>[a-z0-9.+-]+)/(?P<path>[^@?#]+)(?:@(?P<version>[^?#]*))?(?:\?(?P<qualifiers>[^#]*))?")
_REFERENCE = re.compile(
    r"(?P<repository>(?:[a-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9._/-]+?)(?::(?P<tag>[\w][\w.-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REPOSITORY = re.compile(r"(?:[a-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9._/-]+")
"""No character of it has a meaning in the scope of a waiver."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """A product of a statement, as far as it can be an image."""

    repository: str = ""
    tag: str = ""
    digest: str = ""
    is_partial: bool = False
    """Whether it is not all images of that name, such as those of one platform."""


def identifiers(product: Mapping[str, Any]) -> Iterator[str]:
    """The names of a product or a component: its own one, then its package URL."""
    others = product.get("identifiers")
    purl = others.get("purl") if isinstance(others, dict) else None
    yield from (text for text in (product.get("@id"), purl) if isinstance(text, str))


def scope_of(identifier: str) -> Scope | None:
    """The image that an identifier names; None if it can be none."""
    if purl := _PURL.fullmatch(identifier):
        return _scope_of_purl(purl) if purl["type"] == "oci" else None
    reference = _REFERENCE.fullmatch(identifier)
    if not reference or "/" not in reference["repository"]:
        return None
    return Scope(repository=reference["repository"], tag=reference["tag"] or "", digest=reference["digest"] or "")


def _scope_of_purl(purl: re.Match[str]) -> Scope | None:
    """The image of `pkg:oci/NAME@DIGEST?repository_url=REGISTRY/NAMESPACE/NAME`, whose digest may be left out."""
    qualifiers = parse_qs(purl["qualifiers"] or "")
    repository, tag, digest = (
        *(qualifiers.get(name, [""])[0] for name in ("repository_url", "tag")),
        unquote(purl["version"] or ""),
    )
    if digest:
        return Scope(digest=digest) if _DIGEST.fullmatch(digest) else None
    is_partial = bool(qualifiers.keys() - {"repository_url", "tag"})
    return Scope(repository=repository, tag=tag, is_partial=is_partial) if _REPOSITORY.fullmatch(repository) else None


def package_of(identifier: str) -> tuple[str, str] | None:
    """The name of the package that a package URL names, and its version, which may be empty; None if it names none."""
    purl = _PURL.fullmatch(identifier)
    name = unquote(purl["path"].rpartition("/")[2]) if purl else ""
    return (name, unquote(purl["version"] or "")) if purl and name else None
