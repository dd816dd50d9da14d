"""Finds the rows of images in HSS, with few requests, and by their exact names and digests alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.clouds.huawei.images.calls import ListTooLong
from gate.clouds.huawei.images.editions import registry_types
from gate.clouds.huawei.images.names import namespace_and_name, normalised_digest
from gate.clouds.huawei.images.rows import chosen_row, parse_row
from gate.clouds.values import as_text, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.clouds.huawei.lists import Row
    from gate.clouds.huawei.selection import Filters
    from gate.image import ImageRef

_MAX_TAG = 64
"""Characters of a tag by which rows can be found; a tag may have twice as many (huawei-images.md 1.2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRows:
    """The rows of one image."""

    with_digest: tuple[ImageRow, ...] = ()
    with_other_digest: tuple[ImageRow, ...] = ()
    """Those of its tag with another digest."""

    def by_id(self, id_: object) -> ImageRow | None:
        """The row with this id, as a number or as a text, whatever digest it has by now."""
        rows = (*self.with_digest, *self.with_other_digest)
        return next((row for row in rows if as_text(row.id) == as_text(id_)), None)


class RowFinder:
    """The rows of the images of one run.

    There is no filter by digest, and whether those by name find parts of names is not documented. So HSS is asked for
    the shortest list that has all rows in question, and rows are compared here. A namespace is read as one list if
    that takes no more calls than its repositories, and a repository if that takes no more than the tags.
    """

    def __init__(self, calls: ImageCalls) -> None:
        self._calls = calls
        self._found: dict[ImageRef, FoundRows] = {}
        self._pages: dict[Filters, int] = {}
        """How many pages the lists have that were too long to be read."""
        self.last_calls = 0
        """How many calls the last search took."""

    def find(self, images: Sequence[ImageRef]) -> None:
        """Reads the rows of these images, which have digests."""
        calls_before = self._calls.row_calls
        of_namespace: defaultdict[str, list[ImageRef]] = defaultdict(list)
        for image in images:
            of_namespace[namespace_and_name(image)[0]].append(image)
        for namespace, of_one in of_namespace.items():
            rows = self._in_namespace(namespace, of_one)
            self._found.update({image: _rows_of(image, rows) for image in of_one})
        self.last_calls = self._calls.row_calls - calls_before

    def rows_of(self, image: ImageRef) -> FoundRows:
        """The rows of this image that were found last."""
        return self._found.get(image, FoundRows())

    def _in_namespace(self, namespace: str, images: Sequence[ImageRef]) -> list[Row]:
        filters = (("namespace", namespace),)
        of_repository: defaultdict[str, list[ImageRef]] = defaultdict(list)
        for image in images:
            of_repository[namespace_and_name(image)[1]].append(image)
        if len(of_repository) > 1:
            rows = self._unless_longer(filters, images, max_pages=len(of_repository))
            if rows is not None:
                return rows
        found = (
            self._in_repository((*filters, ("image_name", name)), of_one) for name, of_one in of_repository.items()
        )
        return [row for rows in found for row in rows]

    def _in_repository(self, filters: Filters, images: Sequence[ImageRef]) -> list[Row]:
        tags = {self._tag_of(image) for image in images}
        has_tags = all(0 < len(tag) <= _MAX_TAG for tag in tags)
        rows = self._unless_longer(filters, images, max_pages=len(tags) if has_tags else None)
        if rows is not None:
            return rows
        of_tags = (self._read((*filters, ("image_version", tag)), images) for tag in sorted(tags))
        return [row for rows in of_tags for row in rows]

    def _tag_of(self, image: ImageRef) -> str:
        """The tag under which the image was found, else its own."""
        rows = self.rows_of(image).with_digest
        return chosen_row(image, rows).tag if rows else image.tag

    def _unless_longer(
        self, filters: Filters, images: Sequence[ImageRef], *, max_pages: int | None
    ) -> list[Row] | None:
        """The rows of a list; None if it has more pages than this."""
        if max_pages is not None and self._pages.get(filters, 1) > max_pages:
            return None
        try:
            return self._read(filters, images, max_pages=max_pages)
        except ListTooLong as error:
            self._pages[filters] = error.pages
            return None

    def _read(self, filters: Filters, images: Sequence[ImageRef], *, max_pages: int | None = None) -> list[Row]:
        names = {namespace_and_name(image) for image in images}
        digests = {image.digest for image in images}
        tags = {image.tag for image in images if image.tag}

        def is_needed(row: Row) -> bool:
            is_in_question = text(row.get("image_version")) in tags or _digest_of(row) in digests
            return is_in_question and _name_of(row) in names

        return self._calls.image_rows(filters, is_needed, max_pages=max_pages)


def _rows_of(image: ImageRef, rows: Iterable[Row]) -> FoundRows:
    """The rows of this image among those of its namespace."""
    types, name = registry_types(image), namespace_and_name(image)
    own = [parse_row(row) for row in rows if _name_of(row) == name and row.get("registry_type") in types]
    others = (row for row in own if row.digest != image.digest and image.tag and row.tag == image.tag)
    return FoundRows(
        with_digest=tuple(row for row in own if row.digest == image.digest), with_other_digest=tuple(others)
    )


def _name_of(row: Row) -> tuple[str, str]:
    return text(row.get("namespace")), text(row.get("image_name"))


def _digest_of(row: Row) -> str:
    return normalised_digest(row.get("image_digest"))
