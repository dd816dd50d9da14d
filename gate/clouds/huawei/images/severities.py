"""How many vulnerabilities risky images have by severity, by lists of them: rows do not say it (huawei-images.md 3).

It explains a verdict. So an image whose findings were listed is not asked for again, each request is sent once, and
there are no more of them than the quota allows in a minute.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from gate.clouds.huawei.images.calls import CALLS_PER_MINUTE, PAGE_SIZE
from gate.clouds.huawei.images.finding_rows import NO_ID
from gate.clouds.huawei.severity_words import REPAIRS
from gate.clouds.values import as_text, text
from gate.errors import GateError
from gate.image import ImageState, Severity
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.finder import RowFinder
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.clouds.huawei.lists import Row
    from gate.event_log import EventLog
    from gate.image import ImageRef, ScannedImage


def with_severities(
    images: Sequence[ScannedImage], finder: RowFinder, calls: ImageCalls, event_log: EventLog
) -> tuple[ScannedImage, ...]:
    """The same images; those with vulnerabilities have them by severity, as far as that is worth the calls.

    The most severe images come first, and of those the ones with the fewest vulnerabilities, which take fewer calls.
    """
    wanted = sorted((one for one in images if _number(one)), key=_urgency)
    reader = _Reader(calls)
    found: dict[ImageRef, Mapping[Severity, int]] = {}
    why = "the calls of a minute are used up, or a list does not add up to its count"
    try:
        for image in wanted:
            severities = _of_findings(image) if _is_listed(image) else reader.read(image, _row_of(image, finder))
            if severities:
                found[image.image] = severities
    except GateError as error:
        why = error.happened
    if missing := len(wanted) - len(found):
        event_log.note(f"vulnerabilities by severity are not known of {missing} of {len(wanted)} risky images: {why}")
    return tuple(replace(one, severities=found[one.image]) if one.image in found else one for one in images)


class _Reader:
    """Reads lists of vulnerabilities while there are calls left."""

    def __init__(self, calls: ImageCalls) -> None:
        self._calls = calls
        self._left = CALLS_PER_MINUTE

    def read(self, image: ScannedImage, row: ImageRow | None) -> Mapping[Severity, int] | None:
        """The vulnerabilities of this row, which counts as many as the image; None if that takes too many calls."""
        if row is None or -(-_number(image) // PAGE_SIZE) > self._left:
            return None
        found: list[tuple[str, Severity]] = []
        while self._left:
            self._left -= 1
            page = self._calls.vulnerabilities(row.raw, offset=len(found))
            found += [(text(one.get("vul_id")), _severity(one)) for one in page.rows]
            if page.total is None or not page.rows or len(found) >= page.total:
                return _counted(found, _number(image)) if len(found) == page.total else None
        return None


def _is_listed(image: ScannedImage) -> bool:
    return image.findings is not None and not image.findings_doubt


def _of_findings(image: ScannedImage) -> Mapping[Severity, int] | None:
    """The same for an image whose findings were listed; the count of its row has none that was handled."""
    vulnerabilities = [
        ("" if finding.id == NO_ID else finding.id, finding.severity)
        for finding in image.findings or ()
        if finding.kind is ScanScope.VULNERABILITY and not finding.handled
    ]
    return _counted(vulnerabilities, _number(image))


def _counted(rows: Sequence[tuple[str, Severity]], number: int) -> Mapping[Severity, int] | None:
    """How many there are of each severity: of ids, or of rows if these are as many as the image counts.

    A vulnerability may have a row for each package that has it, and which of both is counted is not documented.
    """
    of_id: dict[str, Severity] = {}
    for id_, severity in rows:
        of_id[id_] = min(severity, of_id.get(id_, severity), key=_rank)
    found = Counter(of_id.values()) if len(of_id) == number else Counter(severity for _, severity in rows)
    if "" in of_id or found.total() != number:
        return None
    return {severity: found[severity] for severity in (*found, *REPAIRS.values())}


def _severity(row: Row) -> Severity:
    return REPAIRS.get(as_text(row.get("repair_necessity")), Severity.UNKNOWN)


def _number(image: ScannedImage) -> int:
    return image.kinds.get(ScanScope.VULNERABILITY, 0) if image.state is ImageState.SCANNED else 0


def _urgency(image: ScannedImage) -> tuple[int, int]:
    return _rank(image.highest or Severity.UNKNOWN), _number(image)


def _rank(severity: Severity) -> int:
    return severity.rank


def _row_of(image: ScannedImage, finder: RowFinder) -> ImageRow | None:
    """The row of the image that has so many vulnerabilities, and can be asked for them."""
    rows = (row for row in finder.rows_of(image.image).with_digest if row.state is ImageState.SCANNED)
    counted = (row for row in rows if row.kinds.get(ScanScope.VULNERABILITY) == _number(image))
    return next((row for row in counted if text(row.raw.get("image_id"))), None)
