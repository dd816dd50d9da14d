"""The `markdown` report, made for a CI host's job summary: the verdict first, then the counts, then what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.policy import Decision, failed_images
from gate.text import MAX_REASON_LENGTH, for_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome
    from gate.scan import FailedImage, ScanTask

BUDGET = 1_000_000
"""Bytes: GitHub drops a whole summary above 1,048,576 and has lost some near it (ci-hosts.md 4.1)."""
_MARKS = {Decision.PASSED: "✅", Decision.BLOCKED: "⛔", Decision.UNDECIDED: "⚠️"}


def render(outcome: Outcome, budget: int = BUDGET) -> str:
    """Renders a page of at most `budget` bytes in UTF-8; empty where not even its head has room."""
    head = "\n".join((*_head(outcome), "", ""))
    room = budget - _size(head)
    if room < 0:
        return ""
    failed = outcome.task.failed_images if outcome.task else ()
    return head + _failed_images(failed, room)


def _head(outcome: Outcome) -> Iterator[str]:
    verdict = outcome.verdict
    yield f"## {_MARKS[verdict.decision]} Image scan: {verdict.decision}"
    yield ""
    if not outcome.enforced:
        yield "*This is a warning only: the policy lets the job go on.*"
        yield ""
    yield from (f"- {for_markdown(reason.message, MAX_REASON_LENGTH)}" for reason in verdict.reasons)
    if verdict.reasons:
        yield ""
    if outcome.task:
        yield from _counts(outcome, outcome.task)
        yield from _about(outcome.task)
    code = f"Exit code {outcome.exit_code:d}" + ("" if outcome.enforced else f" in place of {verdict.exit_code:d}")
    cost = f"looks: {outcome.polls}, retries: {outcome.retries}, {outcome.seconds:.0f} s"
    parts = (code, for_markdown(outcome.cloud), cost, f"scan-gate {outcome.gate_version}")
    yield " · ".join(part for part in parts if part)


def _counts(outcome: Outcome, task: ScanTask) -> Iterator[str]:
    counts, policy = task.counts, outcome.policy
    yield "| images | count | limit |"
    yield "| --- | ---: | ---: |"
    yield f"| in all | {_number(counts.total)} | |"
    yield f"| scanned | {_number(counts.succeeded)} | |"
    yield f"| failed | {_number(failed_images(task))} | {policy.max_failed} |"
    if task.risk_applies:
        yield f"| risky | {_number(counts.risky)} | {policy.max_risky} |"
    yield ""


def _about(task: ScanTask) -> Iterator[str]:
    began = f", began {task.started_at:%Y-%m-%d %H:%M:%S} UTC" if task.started_at else ""
    ended = f", ended {task.ended_at:%Y-%m-%d %H:%M:%S} UTC" if task.ended_at else ""
    named = f"<code>{for_markdown(task.name)}</code> (<code>{for_markdown(task.id)}</code>)"
    yield f"Scan task {named}, {task.state}{began}{ended}."
    yield ""


def _failed_images(failed: tuple[FailedImage, ...], room: int) -> str:
    if not failed:
        return ""
    head = "### Failed images\n\n| image | reason |\n| --- | --- |\n"
    tail = "\n{} more failed images are left out here; the json report has them all.\n"
    left = room - _size(head) - _size(tail.format(len(failed)))
    rows: list[str] = []
    for row in map(_row, failed):
        left -= _size(row)
        if left < 0:
            break
        rows.append(row)
    left_out = tail.format(len(failed) - len(rows)) if len(rows) < len(failed) else ""
    text = head + "".join(rows) + left_out if rows else left_out
    return text if _size(text) <= room else ""


def _row(failed: FailedImage) -> str:
    reason = for_markdown(failed.reason) or "no reason given"
    return f"| <code>{for_markdown(str(failed.image))}</code> | {reason} |\n"


def _size(text: str) -> int:
    return len(text.encode())


def _number(count: int | None) -> str:
    return "unknown" if count is None else str(count)
