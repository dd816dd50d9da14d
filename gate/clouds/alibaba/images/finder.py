"""Finds the rows of images in Security Center, with few requests, and by their exact digests alone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gate.clouds.alibaba.images.names import bare_digest, full_digest, namespace_and_name
from gate.clouds.alibaba.images.rows import parse_row
from gate.clouds.alibaba.security_center import batches, criteria, digest_criteria, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gate.clouds.alibaba.images.rows import ImageRow
    from gate.clouds.alibaba.pages import Row
    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.image import ImageRef

_MEMORY_PER_ROW = 2_000
"""Bytes."""


class RowFinder:
    """The rows of the images of one run.

    That the API joins criteria with OR is documented, and was not verified; one criterion has no other meaning. So if
    a list of digests finds nothing at all, the first of them is asked for alone, and if that finds it, so are all. An
    image that stays missing is asked for by its name once, which also shows what else its tag stands for.
    """

    def __init__(self, sas: SecurityCenter) -> None:
        self._sas = sas
        self._rows: Mapping[str, Sequence[ImageRow]] = {}
        self._joins_digests: bool | None = None
        """Whether a list of digests finds the rows of each; None if that is not known yet."""
        self._missing: set[str] = set()
        self._named: dict[ImageRef, bool] = {}
        """The images that were asked for by their names, and whether the digest was found only so."""
        self._others: dict[ImageRef, str] = {}

    def find(self, images: Sequence[ImageRef]) -> None:
        """Reads the rows of these images, which have digests."""
        wanted = {bare_digest(image) for image in images}
        found = self._by_digests(sorted(wanted))
        for image in images:
            if bare_digest(image) not in found and self._is_to_name(image):
                found.update(self._by_name(image))
        self._missing = wanted - found.keys()
        self._rows = found

    def rows_of(self, image: ImageRef) -> Sequence[ImageRow]:
        """The rows of this image that were found last."""
        return self._rows.get(bare_digest(image), ())

    def rows_of_digest(self, digest: str) -> Sequence[ImageRow]:
        """The same, by the digest without its prefix."""
        return self._rows.get(digest, ())

    def other_digest(self, image: ImageRef) -> str:
        """The other digest that the tag of this image was seen to have; empty if none was."""
        return self._others.get(image, "")

    def has_other_digest(self, image: ImageRef, digest: str) -> None:
        """Notes that the tag of this image stands for another digest, which is without its prefix."""
        self._others[image] = full_digest(digest)

    def _by_digests(self, digests: Sequence[str]) -> dict[str, list[ImageRow]]:
        if len(digests) == 1 or self._joins_digests is False:
            return self._one_by_one(digests)
        found: dict[str, list[ImageRow]] = {}
        for batch in batches(digests):
            found.update(self._search(digest_criteria(batch), batch, len(found)))
        if found:
            self._joins_digests = True
        elif self._joins_digests is None and self._one_by_one(digests[:1]):
            self._joins_digests = False
            return self._one_by_one(digests)
        return found

    def _one_by_one(self, digests: Iterable[str]) -> dict[str, list[ImageRow]]:
        found: dict[str, list[ImageRow]] = {}
        for digest in digests:
            found.update(self._search(criteria([("digest", digest)], "AND"), [digest], len(found)))
        return found

    def _search(self, sent: Mapping[str, str], digests: Sequence[str], rows_kept: int = 0) -> dict[str, list[ImageRow]]:
        return self._grouped(sent, lambda row: digest_of(row) in digests, rows_kept)

    def _is_to_name(self, image: ImageRef) -> bool:
        is_named = bool(image.tag and all(namespace_and_name(image)))
        return is_named and self._named.get(image, bare_digest(image) in self._missing)

    def _by_name(self, image: ImageRef) -> dict[str, list[ImageRow]]:
        namespace, name = namespace_and_name(image)
        sent = criteria([("repoNamespace", namespace), ("repoName", name), ("tag", image.tag)], "AND")
        stated = {"RepoNamespace": namespace, "RepoName": name, "Tag": image.tag}
        found = self._grouped(sent, lambda row: {**row, **stated} == row)
        rows = found.get(bare_digest(image), [])
        self._named[image] = bool(rows)
        if rows:
            return {bare_digest(image): rows}
        for digest in found:
            self.has_other_digest(image, digest)
        return {}

    def _grouped(
        self, sent: Mapping[str, str], is_needed: Callable[[Row], object], rows_kept: int = 0
    ) -> dict[str, list[ImageRow]]:
        """The rows by digest; those that are no row of an image, having none, are left out."""
        found = defaultdict(list)
        for row in self._sas.image_rows(sent, is_needed, rows_kept * _MEMORY_PER_ROW):
            if digest := digest_of(row):
                found[digest].append(parse_row(row))
        return dict(found)
