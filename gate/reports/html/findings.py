"""The single findings of the html page: a table that the page's script filters by words and sorts, whole without it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from gate.baseline_messages import against_baseline
from gate.finding import FindingStatus
from gate.finding_messages import severity, title, why_not_counted
from gate.image_description import short_name
from gate.reports.html.parts import counted
from gate.reports.listed_findings import are_complete, counts, listed
from gate.reports.size_limits import count_fitting
from gate.text import MAX_REASON_LENGTH, for_html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.finding import Finding, WaiverUse
    from gate.image import ScannedImage
    from gate.outcome import Outcome

MAX_FINDINGS = 5_000
"""Rows; a browser lays out so many in a second."""
_MAX_SIZE = 2_500_000
"""Bytes."""


def has_findings(outcome: Outcome) -> bool:
    """Whether the page has a section with findings: those of at least one image were asked for."""
    images = outcome.task.images if outcome.task else ()
    return any(image.findings is not None for image in images)


def findings(outcome: Outcome) -> Iterator[str]:
    """The section with the findings, those that count first."""
    found = [*listed(outcome)]
    yield from _notes(outcome, found)
    if not found:
        return
    shown = count_fitting((_row(*pair, outcome) for pair in islice(found, MAX_FINDINGS)), _MAX_SIZE)
    yield f"""<div class="filter" hidden>
<label for="finding-words">Filter by name, severity, image or status</label>
<input id="finding-words" type="search" autocomplete="off" spellcheck="false" aria-controls="findings">
<p role="status">{counted(shown, "finding")}</p>
</div>
<table class="images" id="findings" aria-labelledby="found-title">
<thead><tr><th scope="col">Finding</th><th scope="col">Severity</th><th scope="col">Where</th></tr></thead>
<tbody>
"""
    yield from (_row(*pair, outcome) for pair in islice(found, shown))
    yield "</tbody>\n</table>"
    if shown < len(found):
        more = counted(len(found) - shown, "more finding")
        yield f'\n<p class="left-out">{more} left out here; the json report has them all.</p>'


def _notes(outcome: Outcome, found: list[tuple[ScannedImage, Finding]]) -> Iterator[str]:
    number = {status: sum(finding.status is status for _, finding in found) for status in FindingStatus}
    words = ", ".join(f"{count:,} {status}" for status, count in number.items() if count)
    yield f'<p class="quiet">{words or "None"}.</p>\n'
    if changed := against_baseline(outcome):
        yield f'<p dir="auto">{for_html(changed, MAX_REASON_LENGTH)}</p>\n'
    if not are_complete(outcome):
        yield '<p class="left-out">The findings of some images are not listed, or not all of them.</p>\n'
    lines = [_waiver(use) for use in outcome.waivers]
    if lines:
        yield "\n".join(("<ul>", *lines, "</ul>\n"))


def _waiver(use: WaiverUse) -> str:
    waiver = use.waiver
    state = "expired" if use.is_expired else "ends soon" if use.ends_soon else "in force"
    until = f" until {waiver.until.isoformat()}" if waiver.until else ""
    who = f" by {for_html(waiver.owner)}" if waiver.owner else ""
    about = f"Waiver {for_html(waiver.id)}{until}{who}: {for_html(waiver.reason)}"
    return f'<li dir="auto">{about} ({state}, matches {counted(use.matches, "finding")})</li>'


def _row(image: ScannedImage, finding: Finding, outcome: Outcome) -> str:
    kind = ' class="is-bad"' if counts(finding, outcome.policy.findings) else ""
    remark = why_not_counted(finding)
    details = ". ".join(filter(None, (f"in {short_name(image.image)}", remark, _handled(finding))))
    return (
        f'<tr{kind}><th scope="row" dir="auto">{for_html(title(finding))}<small>{for_html(finding.id)}</small></th>'
        f'<td data-by="{finding.severity.rank}">{for_html(severity(finding))}</td>'
        f'<td><p dir="auto">{for_html(details)}</p><small>{finding.status}</small></td></tr>\n'
    )


def _handled(finding: Finding) -> str:
    return f"The cloud's console has it as {finding.handled}" if finding.handled else ""
