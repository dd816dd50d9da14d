"""What must hold of any run whatever, and of any two that belong together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gate.errors import ExitCode
from gate.policy import Decision
from tests.builders import NOW
from tests.properties.oracle import NoProof, proof
from tests.properties.sequences import carried_out, with_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.properties.sequences import Run
    from tests.properties.worse import Worsening

_DUST = 0.05
_LENIENT = range(ExitCode.CLOUD_UNAVAILABLE, ExitCode.NOTHING_TO_JUDGE + 1)


def violations(run: Run) -> Iterator[str]:
    """What this run did that no run may do."""
    settings, outcome = run.sequence.settings, run.outcome
    code = outcome.verdict.exit_code
    yield from _unproven(run)
    if run.elapsed > settings.timeout + settings.request_timeout + _DUST:
        yield f"it ended after {run.elapsed} s"
    if any(one.began > settings.timeout + _DUST for one in run.said):
        yield "a question was asked after the deadline"
    excused = (code == ExitCode.BLOCKED and settings.policy.warn_only) or (
        code in _LENIENT and settings.policy.warn_undecided
    )
    if outcome.exit_code != (ExitCode.PASSED if excused else code):
        yield f"the verdict is {code} and the exit {outcome.exit_code}"


def _unproven(run: Run) -> Iterator[str]:
    settings, outcome = run.sequence.settings, run.outcome
    code = outcome.verdict.exit_code
    if code not in {ExitCode.PASSED, ExitCode.BLOCKED}:
        return

    def wall(at: float) -> datetime:
        return datetime.fromtimestamp(NOW.timestamp() + run.sequence.step + at, UTC)

    try:
        found = proof(settings, run.said, outcome.task.id if outcome.task else "", wall)
    except NoProof as missing:
        yield f"exit {code}, and no answer that it may rest on: {missing}"
        return
    policy = settings.policy
    is_over = found.failed > policy.max_failed or found.risky > policy.max_risky
    if is_over != (code == ExitCode.BLOCKED) or not (is_over or found.fits):
        yield f"exit {code} with {found}"


def pair_violations(run: Run) -> Iterator[str]:
    """What a stricter policy did that it may not do, before the same answers."""
    policy = run.sequence.settings.policy
    wishes: list[dict[str, Any]] = [
        {"max_failed": 0, "max_risky": 0},
        {"max_failed": policy.max_failed // 2},
        {"max_age": policy.max_age / 2 if policy.max_age else datetime.resolution * 3_600_000_000},
        {"started_after": NOW},
    ]
    if run.outcome.verdict.decision is not Decision.BLOCKED:
        return
    for wish in wishes:
        stricter = carried_out(with_policy(run.sequence, **wish))
        # A stricter age may let it wait for another task, which is then judged in its own right.
        is_same = _task_of(stricter) == _task_of(run)
        if is_same and stricter.outcome.verdict.decision is Decision.PASSED:
            yield f"a block became a pass with {wish}"


def worse_violations(run: Run, worsening: Worsening, worse: Run) -> Iterator[str]:
    """What a run made of answers that are worse than those of another, and may not make of them.

    Both hear of the same task in the same words, so there is no other one that could be judged in its own right.
    """
    before, after = run.outcome.verdict.decision, worse.outcome.verdict.decision
    if after is Decision.PASSED:
        yield f"{before} became a pass with worse answers: {worsening.name}"
    # A task that seems to be less far may be looked at so late that its time is up.
    keeps_step = (len(worse.said), worse.elapsed) == (len(run.said), run.elapsed)
    if keeps_step and worsening.is_plain and before is Decision.BLOCKED and after is Decision.UNDECIDED:
        yield f"a block became no verdict with worse answers: {worsening.name}"
    yield from (f"with worse answers, {worsening.name}: {what}" for what in violations(worse))


def _task_of(run: Run) -> tuple[str, object]:
    task = run.outcome.task
    return (task.id, task.started_at) if task else ("", None)
