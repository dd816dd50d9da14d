"""The `markdown` report, for the job summary of a CI system: the verdict, then the counts, then the images."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from gate.baseline_messages import against_baseline
from gate.finding_messages import severity, title
from gate.image_description import details, moved, result, short_name
from gate.outcome import coverage
from gate.policy import Decision, failed_images
from gate.reports.context import context_rows
from gate.reports.images import left_out, named_images, passed_release, unmatched_names
from gate.reports.listed_findings import counts, listed
from gate.reports.size_limits import MAX_SUMMARY_SIZE, count_fitting, size
from gate.text import MAX_REASON_LENGTH, for_markdown, for_markdown_code
from gate.verdict_messages import format_time
from gate.waiver_messages import warnings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.image import ScannedImage
    from gate.outcome import Outcome
    from gate.reports.context import ContextRow
    from gate.reports.images import NamedImages
    from gate.scan import ScanTask

_MAX_FINDINGS, _MAX_REPOSITORIES = 10, 10
"""How many findings, and repositories with more of them, a summary names."""
_ICONS = {Decision.PASSED: "✅", Decision.BLOCKED: "⛔", Decision.UNDECIDED: "⚠️"}


def render(outcome: Outcome, max_size: int = MAX_SUMMARY_SIZE) -> Iterator[str]:
    """Renders a page of at most `max_size` bytes in UTF-8; empty where not even its head fits."""
    head = "\n".join((*_head(outcome), "", ""))
    max_size -= size(head)
    if max_size >= 0:
        yield head
        found = _findings(outcome)
        if size(found) <= max_size:
            yield found
            max_size -= size(found)
        yield from _images(named_images(outcome), max_size)


def _head(outcome: Outcome) -> Iterator[str]:
    verdict = outcome.verdict
    name = f" {for_markdown(outcome.name)}" if outcome.name else ""
    yield f"## {_ICONS[verdict.decision]} Image scan{name}: {verdict.decision}"
    yield ""
    if not outcome.enforced:
        yield "*This is a warning only: the policy lets the job continue.*"
        yield ""
    messages = [*(reason.message for reason in verdict.reasons), passed_release(outcome), unmatched_names(outcome)]
    messages += [against_baseline(outcome), *warnings(outcome)]
    lines = [f"- {for_markdown(message, MAX_REASON_LENGTH)}" for message in messages if message]
    yield from lines
    if lines:
        yield ""
    if outcome.task:
        yield from _counts(outcome, outcome.task)
        yield from _about(outcome.task)
    yield " · ".join(map(_context_row, context_rows(outcome)))
    yield ""
    code = f"Exit code {outcome.exit_code:d}" + ("" if outcome.enforced else f" in place of {verdict.exit_code:d}")
    cost = f"polls: {outcome.polls}, retries: {outcome.retries}, {outcome.seconds:.0f} s"
    yield f"{code} · {cost}"


def _context_row(row: ContextRow) -> str:
    value = for_markdown_code(row.value) if row.is_code else for_markdown(row.value)
    return f"{row.title}: " + (f"[{value}](<{row.url}>)" if row.url else value)


def _counts(outcome: Outcome, task: ScanTask) -> Iterator[str]:
    counts, policy = task.counts, outcome.policy
    yield f"| images | count{outcome.counts_note} | limit |"
    yield "| --- | ---: | ---: |"
    yield f"| in all | {_number(counts.total)} | |"
    yield f"| scanned | {_number(counts.succeeded)} | |"
    yield f"| failed | {_number(failed_images(task))} | {policy.max_failed} |"
    if task.risk_applies:
        yield f"| risky | {_number(counts.risky)} | {policy.max_risky} |"
    yield ""


def _about(task: ScanTask) -> Iterator[str]:
    started = f", started {format_time(task.started_at)}" if task.started_at else ""
    ended = format_time(task.ended_at) if task.ended_at else ""
    if task.asks_for_images:
        yield f"Images: {for_markdown(task.raw_state)}{f'; the last scan ended {ended}' if ended else ''}."
    else:
        name = f"{for_markdown_code(task.name)} ({for_markdown_code(task.id)})"
        yield f"Scan task {name}, {task.state}{started}{f', ended {ended}' if ended else ''}."
    yield ""
    yield " · ".join(f"{name}: {for_markdown(value)}" for name, value in coverage(task).items())
    yield ""


def _findings(outcome: Outcome) -> str:
    """The first findings that count, and how many more there are where; empty if none was listed."""
    counting = [pair for pair in listed(outcome) if counts(pair[1], outcome.policy.findings)]
    if not counting:
        return ""
    lines = ["### Findings", "", "| severity | finding | image |", "| --- | --- | --- |"]
    for image, finding in counting[:_MAX_FINDINGS]:
        cells = (
            for_markdown(severity(finding)),
            for_markdown(title(finding)),
            for_markdown_code(short_name(image.image)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    rest = Counter(image.image.repository for image, _ in counting[_MAX_FINDINGS:])
    if rest:
        where = [f"{count} in {for_markdown_code(name)}" for name, count in rest.most_common(_MAX_REPOSITORIES)]
        more = len(rest) - len(where)
        where += [f"others in {more} more repositories"] if more else []
        lines += ["", f"{rest.total()} more: {', '.join(where)}; the json report has them all."]
    return "\n".join((*lines, "", ""))


def _images(images: NamedImages, max_size: int) -> Iterator[str]:
    if not images:
        return
    head = "### Images\n\n| image | result | details |\n| --- | --- | --- |\n"
    tail = "\n{}\n"
    shown = count_fitting(map(_row, images), max_size - size(head) - size(tail.format(left_out(len(images)))))
    if shown:
        yield head
        yield from islice(map(_row, images), shown)
    rest = tail.format(left_out(len(images) - shown))
    if shown < len(images) and size(rest) <= max_size:
        yield rest


def _row(image: ScannedImage) -> str:
    name = for_markdown_code(short_name(image.image))
    about = for_markdown("; ".join(filter(None, (details(image), moved(image)))), MAX_REASON_LENGTH)
    return f"| {name} | {result(image)} | {about} |\n"


def _number(count: int | None) -> str:
    return "unknown" if count is None else str(count)
