"""The verdict for a person who reads the log: the last thing that the gate prints."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from gate.baseline_messages import against_baseline
from gate.image_description import sentence
from gate.outcome import coverage
from gate.policy import failed_images
from gate.reports.context import context_rows
from gate.reports.images import left_out, named_images, passed_release, unmatched_names
from gate.text import MAX_REASON_LENGTH, for_log
from gate.verdict_messages import format_time
from gate.waiver_messages import warnings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome
    from gate.policy import Policy
    from gate.scan import ScanTask

_MAX_IMAGES = 20
_PLACE = {"cloud", "region", "endpoint", "account"}


def render(outcome: Outcome) -> Iterator[str]:
    """Renders a few lines, the verdict first."""
    return (f"{line}\n" for line in _lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    verdict = outcome.verdict
    leniency = "" if outcome.enforced else f": the policy makes {verdict.exit_code:d} a warning"
    name = f" {outcome.name}" if outcome.name else ""
    yield f"scan-gate{name}: {verdict.decision.upper()} (exit {outcome.exit_code:d}{leniency})"
    messages = [*(reason.message for reason in verdict.reasons), passed_release(outcome), unmatched_names(outcome)]
    messages += [against_baseline(outcome), *warnings(outcome)]
    yield from (f"  {for_log(message, MAX_REASON_LENGTH)}" for message in messages if message)
    if outcome.task:
        yield from _about(outcome, outcome.task)
    place = [f"{row.title.lower()}: {for_log(row.value)}" for row in context_rows(outcome) if row.key in _PLACE]
    if place:
        yield f"  {'; '.join(place)}"
    yield f"  polls: {outcome.polls}, retries: {outcome.retries}, {outcome.seconds:.0f} s"


def _about(outcome: Outcome, task: ScanTask) -> Iterator[str]:
    if not task.asks_for_images:
        started = f", started {format_time(task.started_at)}" if task.started_at else ""
        yield f"  scan task {for_log(task.name)} ({for_log(task.id)}), {task.state}{started}"
    elif not passed_release(outcome):
        yield f"  {for_log(task.raw_state)}"
    yield "  " + "; ".join(f"{name.lower()}: {for_log(value)}" for name, value in coverage(task).items())
    yield f"  images{outcome.counts_note}: {_counts(task, outcome.policy)}"
    images = named_images(outcome)
    yield from (f"  {for_log(sentence(image), MAX_REASON_LENGTH)}" for image in islice(images, _MAX_IMAGES))
    if len(images) > _MAX_IMAGES:
        yield f"  ... and {left_out(len(images) - _MAX_IMAGES)}"


def _counts(task: ScanTask, policy: Policy) -> str:
    counts = {"in all": task.counts.total, "scanned": task.counts.succeeded, "failed": failed_images(task)}
    counts |= {"risky": task.counts.risky} if task.risk_applies else {}
    limits = {"failed": f" (limit {policy.max_failed})", "risky": f" (limit {policy.max_risky})"}
    known = ", ".join(f"{count} {name}{limits.get(name, '')}" for name, count in counts.items() if count is not None)
    unknown = ", ".join(name for name, count in counts.items() if count is None)
    return "; ".join(filter(None, (known, f"not known: {unknown}" if unknown else "")))
