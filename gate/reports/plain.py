"""The verdict for a person who reads the log: the last thing that the gate prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.policy import failed_images
from gate.text import MAX_REASON_LENGTH, for_log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome
    from gate.scan import FailedImage, ScanTask

_MAX_IMAGES = 20


def render(outcome: Outcome) -> Iterator[str]:
    """Renders a few lines, the verdict first."""
    return (f"{line}\n" for line in _lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    verdict = outcome.verdict
    leniency = "" if outcome.enforced else f": the policy makes {verdict.exit_code:d} a warning"
    yield f"scan-gate: {verdict.decision.upper()} (exit {outcome.exit_code:d}{leniency})"
    yield from (f"  {for_log(reason.message, MAX_REASON_LENGTH)}" for reason in verdict.reasons)
    if outcome.task:
        yield from _about(outcome, outcome.task)
    yield f"  polls: {outcome.polls}, retries: {outcome.retries}, {outcome.seconds:.0f} s"


def _about(outcome: Outcome, task: ScanTask) -> Iterator[str]:
    counts, policy = task.counts, outcome.policy
    started = f", started {task.started_at:%Y-%m-%d %H:%M:%S} UTC" if task.started_at else ""
    yield f"  scan task {for_log(task.name)} ({for_log(task.id)}), {task.state}{started}"
    risky = f", {_number(counts.risky)} risky (limit {policy.max_risky})" if task.risk_applies else ""
    failed = f"{_number(failed_images(task))} failed (limit {policy.max_failed})"
    total, scanned = f"{_number(counts.total)} in all", f"{_number(counts.succeeded)} scanned"
    yield f"  images{outcome.so_far}: {total}, {scanned}, {failed}{risky}"
    yield from (_failed_image(failed) for failed in task.failed_images[:_MAX_IMAGES])
    left_out = len(task.failed_images) - _MAX_IMAGES
    if left_out > 0:
        yield f"  ... and {left_out} more failed images; the json report has them all"


def _failed_image(failed: FailedImage) -> str:
    return f"  not scanned: {for_log(str(failed.image))}: {for_log(failed.reason or 'no reason given')}"


def _number(count: int | None) -> str:
    return "?" if count is None else str(count)
