"""Lists the findings of single images, and doubts each list that may not be all of it (huawei-images.md 3, 8.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.clouds.huawei.images.calls import image_names
from gate.clouds.huawei.images.finding_doubts import doubts_of_image, doubts_of_list, why_unlisted
from gate.clouds.huawei.images.finding_pages import ListedRows, read_pages
from gate.clouds.huawei.images.finding_rows import LISTS, kept, parsed
from gate.clouds.huawei.lists import Page
from gate.clouds.values import identity, percent_encoded, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.finder import RowFinder
    from gate.clouds.huawei.images.finding_rows import FindingList
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.clouds.huawei.selection import Filters
    from gate.finding import Finding
    from gate.image import ImageRef, ScannedImage
    from gate.scan import ScanScope

_UNHANDLED, _HANDLED = "unhandled", "handled"
_GONE = "HSS has no row of it any more"
_CHANGED = "its row in HSS changed while its findings were listed"


class FindingLister:
    """The lists of findings of the images of one run.

    A list is asked for with parts of the row of one tag, although the digest may have more tags: the result is that of
    the digest, and the numbers of the image are the highest of all its rows, so that a row that states more than the
    list has leaves a doubt.
    """

    def __init__(self, calls: ImageCalls, finder: RowFinder, row_of: Callable[[ImageRef], ImageRow | None]) -> None:
        self._calls = calls
        self._finder = finder
        self._row_of = row_of

    def with_findings(self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.with_findings`.

        Raises:
            GateError: A list could not be read: an error is no empty list.
        """
        rows = [self._row_of(image.image) for image in images]
        listed = [self._listed(image, row, kinds) for image, row in zip(images, rows, strict=True)]
        asked = {
            one.image
            for one, image in zip(listed, images, strict=True)
            # An empty list may be that of another image as well; one that is in doubt has nothing to lose.
            if _lists_of(image, kinds) and (one.findings or not one.findings_doubt)
        }
        if asked:
            # The lists have no scan time, and their key names a tag: another scan or image shows in the row alone.
            self._finder.find([image.image for image in listed if image.image in asked])
        return tuple(
            self._unless_changed(image, row) if image.image in asked else image
            for image, row in zip(listed, rows, strict=True)
        )

    def _listed(self, image: ScannedImage, row: ImageRow | None, kinds: frozenset[ScanScope]) -> ScannedImage:
        if row is None:
            return replace(image, findings=(), findings_doubt=_GONE)
        findings: list[Finding] = []
        doubts: list[str] = []
        for one in _lists_of(image, kinds):
            found, listed = self._read(one, row)
            findings += found
            doubts += doubts_of_list(one, listed, image)
        doubts += doubts_of_image(image, findings, kinds)
        return replace(image, findings=tuple(findings), findings_doubt="; ".join(doubts))

    def _read(self, of: FindingList, row: ImageRow) -> tuple[list[Finding], ListedRows]:
        if problem := why_unlisted(of, row):
            return [], ListedRows(rows=(), doubt=problem)
        path = of.path.format(image_id=percent_encoded(text(row.raw.get("image_id"))))
        if not of.has_handle_status:
            listed = self._pages(of, path, key_of(of, row))
            return parsed(of, listed.rows), listed
        unhandled, handled = (
            self._pages(of, path, (*key_of(of, row), ("handle_status", status))) for status in (_UNHANDLED, _HANDLED)
        )
        # What was handled in between is on both lists.
        of_handled = {identity(one) for one in handled.rows}
        still = tuple(one for one in unhandled.rows if identity(one) not in of_handled)
        findings = [
            *parsed(of, still),
            *(replace(finding, handled=_HANDLED) for finding in parsed(of, handled.rows)),
        ]
        doubt = unhandled.doubt or handled.doubt
        return findings, ListedRows(rows=(*still, *handled.rows), doubt=doubt)

    def _pages(self, of: FindingList, path: str, filters: Filters) -> ListedRows:
        def fetch(offset: int) -> Page:
            page = self._calls.finding_page(path, filters, offset)
            return Page(rows=[kept(of, row) for row in page.rows], total=page.total)

        return read_pages(fetch)

    def _unless_changed(self, image: ScannedImage, before: ImageRow | None) -> ScannedImage:
        after = self._finder.rows_of(image.image).by_id(before.id) if before else None
        if before and after and _state(before) == _state(after):
            return image
        return replace(image, findings_doubt="; ".join(filter(None, (image.findings_doubt, _CHANGED))))


def _lists_of(image: ScannedImage, kinds: frozenset[ScanScope]) -> list[FindingList]:
    """The lists to ask for: what the rows say is not there needs no call; they say nothing of sensitive information."""
    return [one for one in LISTS if one.kind in kinds and image.kinds.get(one.kind) != 0]


def key_of(of: FindingList, row: ImageRow) -> Filters:
    """The parameters that name the image; those of an enterprise instance only where the row has one."""
    more = [*(["image_id"] if of.has_id_parameter else []), *(["instance_id"] if of.has_instance_parameter else [])]
    return image_names(row.raw, tag=of.tag_parameter, **{name: name for name in more})


def _state(row: ImageRow) -> tuple[object, ...]:
    return row.digest, row.tag, row.raw.get("image_id"), row.state, row.scanned_at, row.kinds, row.highest
