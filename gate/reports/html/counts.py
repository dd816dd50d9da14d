"""The counts of the html page: a table with a bar in each row, which shows where the limit lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.policy import Decision, failed_images
from gate.reports.html.parts import counted, number
from gate.scan import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome
    from gate.scan import ScanTask

_MIN_VISIBLE = 0.8
"""Per cent of the width, so that one image of ten thousand is still visible."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    name: str
    count: int | None
    limit: int | None = None
    note: str = ""
    counts_note: str


def counts(outcome: Outcome) -> str:
    """The section with the counts; without a task it says that there are none."""
    if outcome.task is None:
        return '<p class="quiet">No scan task was seen, so there is nothing to count.</p>'
    rows = list(_rows(outcome, outcome.task))
    scale = max(row.count or 0 for row in rows)
    body = "\n".join(_table_row(row, scale) for row in rows)
    notes = "".join(f'\n<p class="quiet">{note}</p>' for note in _notes(outcome, outcome.task))
    return f"""<table class="counts" aria-labelledby="counts-title">
<thead><tr><th scope="col">Images</th><th scope="col" class="number">Count{outcome.counts_note}</th>\
<th scope="col" class="number">Limit</th><th scope="col">Against the limit</th></tr></thead>
<tbody>
{body}
</tbody>
</table>{notes}"""


def _rows(outcome: Outcome, task: ScanTask) -> Iterator[_Row]:
    given, policy, counts_note, failed = task.counts, outcome.policy, outcome.counts_note, failed_images(task)
    yield _Row(name="In all", count=given.total, counts_note=counts_note)
    yield _Row(name="Scanned", count=given.succeeded, counts_note=counts_note)
    stated = f"the cloud states {number(given.failed)}" if failed != given.failed else ""
    yield _Row(name="Failed", count=failed, limit=policy.max_failed, note=stated, counts_note=counts_note)
    if task.risk_applies:
        yield _Row(name="Risky", count=given.risky, limit=policy.max_risky, counts_note=counts_note)


def _notes(outcome: Outcome, task: ScanTask) -> Iterator[str]:
    if not task.risk_applies:
        yield "Tasks of this kind do not search for risks, so there is no count of risky images."
    if task.state is TaskState.COMPLETE and task.results_pending is None:
        yield "Whether the results of all images are there has not been polled yet."
    elif task.state is TaskState.COMPLETE and task.results_pending:
        yield f"Results are still missing: {counted(task.results_pending, 'image')} without one."
    if outcome.verdict.decision is Decision.UNDECIDED:
        yield "These are the counts of the last poll; the gate did not judge by them."


def _table_row(row: _Row, scale: int) -> str:
    note = "; ".join(part for part in (_standing(row), row.note) if part)
    shown = f'\n<span class="note">{note}</span>' if note else ""
    over = ' class="is-over"' if _is_over(row) else ""
    return f"""<tr{over}><th scope="row">{row.name}</th><td class="number">{number(row.count)}</td>\
<td class="number">{"" if row.limit is None else number(row.limit)}</td><td>{_bar(row, scale)}{shown}</td></tr>"""


def _standing(row: _Row) -> str:
    if row.limit is None:
        return ""
    if row.count is None:
        return "not known"
    if row.count > row.limit:
        return f"{row.count - row.limit:,} over the limit{row.counts_note}"
    return "not judged" if row.counts_note else "within the limit"


def _is_over(row: _Row) -> bool:
    return row.count is not None and row.limit is not None and row.count > row.limit


def _bar(row: _Row, scale: int) -> str:
    """A bar as wide as its cell; all lengths are percentages of it.

    Some servers that show artifacts forbid even a page's own style, so that `fill="none"` stands here.
    """
    limit = "" if row.limit is None else f", limit {number(row.limit)}"
    title = f"{row.name}{row.counts_note}: {number(row.count)}{limit}"
    return (
        f'<svg class="bar" width="100%" height="14" role="img"><title>{title}</title>'
        f'<rect class="track{" unknown" if row.count is None else ""}" width="100%" height="100%" rx="3" fill="none"/>'
        f"{''.join(_shapes(row, scale))}</svg>"
    )


def _shapes(row: _Row, scale: int) -> Iterator[str]:
    count = row.count or 0
    within = count if row.limit is None else min(count, row.limit)
    if within:
        yield f'<rect class="within" width="{_share(within, scale):.2f}%" height="100%" rx="3"/>'
    if count > within:
        start = _share(within, scale)
        width = max(_share(count, scale) - start, _MIN_VISIBLE)
        yield f'<rect class="over" x="{start:.2f}%" width="{width:.2f}%" height="100%" rx="3"/>'
    # A limit above every count is outside of the bar; the column beside it shows the number.
    if row.limit is not None and row.limit <= scale:
        at = f"{_share(row.limit, scale):.2f}%"
        yield f'<line class="limit" x1="{at}" x2="{at}" y1="-4" y2="18"/>'


def _share(count: int, scale: int) -> float:
    return max(100 * count / scale, _MIN_VISIBLE) if count else 0.0
