"""The images of the html page: a table with a bar of severities in each row, which the page's script filters and sorts.

It is whole without the script. The attribute `data-by` of a cell is what its column is sorted by, where that is not
the text of the cell: the worst image first.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from gate.image import Severity
from gate.image_description import details, moved, result, severities
from gate.reports.html.parts import counted, timestamp
from gate.reports.images import failed_check, left_out, named_images, rank, unmatched_names
from gate.reports.size_limits import count_fitting
from gate.text import MAX_REASON_LENGTH, for_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.image import ScannedImage
    from gate.outcome import Outcome

MAX_IMAGES = 5_000
"""Rows; a browser lays out so many in a second."""
_MAX_SIZE = 4_500_000
"""Bytes."""
_LEVELS = (Severity.UNKNOWN, Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
_MAX_COUNT = 99_999
"""Of one severity, in what rows are sorted by."""
_MIN_VISIBLE = 2.0
"""Per cent of the width, so that one finding of a thousand is still visible."""


def images(outcome: Outcome) -> Iterator[str]:
    """The section with the images, the most important first; it says so where the cloud names none."""
    named = named_images(outcome)
    if not named:
        yield '<p class="quiet">The cloud names none.</p>'
        return
    scale = _scale(islice(named, MAX_IMAGES))
    shown = count_fitting((_row(image, scale) for image in islice(named, MAX_IMAGES)), _MAX_SIZE)
    yield f"""<div class="filter" hidden>
<label for="words">Filter</label>
<input id="words" type="search" autocomplete="off" spellcheck="false" aria-controls="images">
<p id="shown" role="status">{counted(shown, "image")}</p>
</div>
<table class="images" id="images" aria-labelledby="named-title">
<thead><tr><th scope="col">Image</th><th scope="col">Result</th><th scope="col">Details</th></tr></thead>
<tbody>
"""
    yield from (_row(image, scale) for image in islice(named, shown))
    yield "</tbody>\n</table>"
    notes = [left_out(len(named) - shown) if shown < len(named) else "", unmatched_names(outcome)]
    yield from (f'\n<p class="left-out">{note}</p>' for note in notes if note)


def _row(image: ScannedImage, scale: int) -> str:
    tag, digest = (for_html(text) for text in (str(replace(image.image, digest="")), image.image.digest))
    name = f"{tag}<small>{'@' if digest else ''}{digest}</small>" if tag or digest else "unnamed<small></small>"
    kind = ' class="is-bad"' if failed_check(image) else ""
    return (
        f'<tr{kind}><th scope="row" dir="auto">{name}</th><td data-by="{rank(image)}">{result(image)}</td>'
        f'<td data-by="{_severity_order(image)}">{_bar(image, scale)}{_details(image)}</td></tr>\n'
    )


def _details(image: ScannedImage) -> str:
    about, note = (for_html(text, MAX_REASON_LENGTH) for text in (details(image), moved(image)))
    at = f"<small>scanned {timestamp(image.scanned_at)}</small>" if image.scanned_at else ""
    return f'<p dir="auto">{about}</p>{at}' + (f'<p class="moved" dir="auto">{note}</p>' if note else "")


def _bar(image: ScannedImage, scale: int) -> str:
    """The vulnerabilities by severity, all bars to one scale; the text beside it says the same."""
    if not image.severities:
        return ""
    counts = {severity: count for severity, count in _counts(image).items() if count}
    if not counts:
        return ""
    widths = {severity: max(100 * count / scale, _MIN_VISIBLE) for severity, count in counts.items()}
    shrink = min(1.0, 100 / sum(widths.values()))
    shapes, start = [], 0.0
    for severity, width in widths.items():
        place = f'x="{start * shrink:.2f}%" width="{width * shrink:.2f}%"'
        shapes.append(f'<rect class="level-{severity}" {place} height="100%"/>')
        start += width
    title = f"<title>Vulnerabilities: {severities(image)}</title>"
    return f'<svg class="bar" width="100%" height="8" role="img">{title}{"".join(shapes)}</svg>'


def _scale(shown: Iterable[ScannedImage]) -> int:
    """The largest number of vulnerabilities of one image."""
    return max((sum(_counts(image).values()) for image in shown if image.severities), default=0)


def _counts(image: ScannedImage) -> dict[Severity, int]:
    return {severity: image.severities.get(severity, 0) for severity in _LEVELS}


def _severity_order(image: ScannedImage) -> str:
    """Digits that are smaller for an image with more findings of a higher severity."""
    counts = _counts(image)
    if image.highest in counts:
        counts[image.highest] = max(counts[image.highest], 1)
    return "".join(f"{max(_MAX_COUNT - count, 0):05}" for count in (*counts.values(), sum(image.kinds.values())))
