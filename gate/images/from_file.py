"""The images that a file names: one reference a line, or the metadata file of `docker buildx build` or `bake`.

What a metadata file contains is in image-references.md 2.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from gate.images.reference import image_reference
from gate.reading import read_text
from gate.unexpanded import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.image import ImageRef

_MAX_SIZE = 4_000_000
"""Bytes; a bake of many targets writes some thousands for each, and more with full provenance."""
_IS_JSON = re.compile(r'\s*(?:\{|\[\s*["{\[\]])')
"""A reference may start with a bracket too, in which an IPv6 address follows."""
_COMMENT = re.compile(r"(?:^|\s)#.*")
_DIGEST = "containerimage.digest"
_DESCRIPTOR = "containerimage.descriptor"
_CONFIG_DIGEST = "containerimage.config.digest"
_NAMES = "image.name"
_NO_NAME = "moby-dangling@"
"""The start of the name that Docker gives an image without one."""
_REFERENCE_TYPE = "vnd.docker.reference.type"
_INDEXES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
_MANIFESTS = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedImage:
    """One image that a file names."""

    image: ImageRef
    is_index: bool = False
    """Whether the file says that this digest is an index of several manifests, which no cloud judges as one image."""


class _NotMetadata(ValueError):
    """Raised for what no metadata file of an image that was pushed contains; completes a message for the user."""


def images_from(path: str) -> tuple[ListedImage, ...]:
    """Reads the images that a file names, each once, in the order of the file; at least one.

    Raises:
        ValueError: The file cannot be read, or names no image, or anything in it is no reference.
    """
    text = _read(path)
    try:
        images = tuple(dict.fromkeys(_of_metadata(text) if _IS_JSON.match(text) else _of_lines(text)))
    except ValueError as error:
        raise ValueError(f"the file {path!r} does not name images: {error}") from None
    if not images:
        raise ValueError(f"the file {path!r} names no image")
    return images


def _read(path: str) -> str:
    file = path_of(path)
    try:
        return read_text(file, max_size=_MAX_SIZE)
    except UnicodeDecodeError as error:
        why = f"it is not text in UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8"
    except (OSError, ValueError) as error:
        why = str(error.strerror if isinstance(error, OSError) else error)
    raise ValueError(f"the file {path!r} cannot be read: {why}")


def _of_lines(text: str) -> Iterator[ListedImage]:
    for number, line in enumerate(StringIO(text, newline=None), 1):
        reference = _COMMENT.sub("", line).strip()
        if reference:
            try:
                yield ListedImage(image=image_reference(reference))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None


def _of_metadata(text: str) -> Iterator[ListedImage]:
    """The images of a build, which stands in the file itself, or of each target of a bake that made one."""
    file = _parse(text)
    if not isinstance(file, dict):
        raise _NotMetadata("it is a list in JSON; only the object that `docker buildx --metadata-file` writes is read")
    targets = {f"the target {name!r}": result for name, result in file.items() if isinstance(result, dict)}
    results = {"the build": file, **targets}
    for whose, result in results.items():
        if not result.keys().isdisjoint({_DIGEST, _DESCRIPTOR, _NAMES}):
            try:
                yield from _of_result(result)
            except ValueError as error:
                raise ValueError(f"{whose}: {error}") from None


def _parse(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object_without_duplicates)
    except json.JSONDecodeError as error:
        raise _NotMetadata(f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _NotMetadata("it is JSON that is nested too deeply") from None


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _NotMetadata("it is JSON in which an object has the same key twice")
    return document


def _of_result(result: dict[str, Any]) -> Iterator[ListedImage]:
    digest, is_index = _digest_of(result)
    names = result.get(_NAMES, "")
    if not isinstance(names, str):
        raise _NotMetadata(f"its {_NAMES} is not a text")
    named = [name for name in names.split(",") if not name.startswith(_NO_NAME)]
    if named in ([], [""]):
        why = "as without a tag, or from a builder of several nodes"
        raise _NotMetadata(f"it has no {_NAMES}, {why}; give the image by its name and digest instead")
    for name in named:
        image = image_reference(name if "@" in name else f"{name}@{digest}")
        if image.digest != digest:
            raise _NotMetadata(f"its {_NAMES} has another digest than its {_DIGEST}: {name!r}, {digest!r}")
        yield ListedImage(image=image, is_index=is_index)


def _digest_of(result: dict[str, Any]) -> tuple[str, bool]:
    """The digest of what was built, and whether it is an index."""
    descriptor = result.get(_DESCRIPTOR, {})
    if not isinstance(descriptor, dict):
        raise _NotMetadata(f"its {_DESCRIPTOR} is not an object")
    digest = result.get(_DIGEST, descriptor.get("digest"))
    if not isinstance(digest, str):
        raise _NotMetadata(f"it has no {_DIGEST}")
    if descriptor.get("digest", digest) != digest:
        raise _NotMetadata(f"its {_DESCRIPTOR} has another digest than its {_DIGEST}")
    if result.get(_CONFIG_DIGEST) == digest:
        raise _NotMetadata(f"its {_DIGEST} is the id of a local image, which no registry knows; build with --push")
    return digest, bool(descriptor) and _is_index(descriptor)


def _is_index(descriptor: dict[str, Any]) -> bool:
    kind = str(descriptor.get("mediaType"))
    annotations = descriptor.get("annotations")
    if isinstance(annotations, dict) and annotations.get(_REFERENCE_TYPE) == "attestation-manifest":
        raise _NotMetadata(f"its {_DESCRIPTOR} is that of an attestation, not of an image")
    if kind not in _INDEXES | _MANIFESTS:
        raise _NotMetadata(f"the media type {kind!r} in its {_DESCRIPTOR} is not that of an image")
    return kind in _INDEXES
