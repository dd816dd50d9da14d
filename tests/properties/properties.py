"""Checks the properties that every run must have, and those of two related runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gate.errors import ExitCode
from gate.policy import Decision
from tests.builders import NOW
from tests.properties.oracle import MissingEvidence, find_evidence
from tests.properties.sequences import execute, with_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.properties.sequences import Run
    from tests.properties.worse_responses import Worsening

_TOLERANCE = 0.05
"""In seconds, for rounding errors."""
_UNDECIDED_CODES = range(ExitCode.CLOUD_UNAVAILABLE, ExitCode.NOTHING_TO_JUDGE + 1)


def violations(run: Run) -> Iterator[str]:
    """Violations of the properties of one run: evidence for its verdict, its deadline, and its exit code."""
    settings = run.sequence.settings
    yield from _evidence_violations(run)
    if run.elapsed > settings.timeout + settings.request_timeout + _TOLERANCE:
        yield f"the run ended after {run.elapsed} s"
    if any(exchange.started_at > settings.timeout + _TOLERANCE for exchange in run.exchanges):
        yield "a request was sent after the deadline"
    yield from exit_code_violations(run)


def exit_code_violations(run: Run) -> Iterator[str]:
    """An exit code that is not that of the verdict, nor a warning that the policy allows."""
    settings, outcome = run.sequence.settings, run.outcome
    code = outcome.verdict.exit_code
    is_warning = (code == ExitCode.BLOCKED and settings.policy.warn_only) or (
        code in _UNDECIDED_CODES and settings.policy.warn_undecided
    )
    if outcome.exit_code != (ExitCode.PASSED if is_warning else code):
        yield f"the verdict has exit code {code}, and the gate exits with {outcome.exit_code}"


def _evidence_violations(run: Run) -> Iterator[str]:
    settings, outcome = run.sequence.settings, run.outcome
    code = outcome.verdict.exit_code
    # Of a task without images, a missing count leaves nothing that is known.
    has_images = settings.cloud == "huawei" or "task-type" not in settings.for_cloud
    codes = [reason.code for reason in outcome.verdict.reasons]
    is_for_want_of_counts = codes == ["counts-missing"] and has_images
    if code not in {ExitCode.PASSED, ExitCode.BLOCKED} and not is_for_want_of_counts:
        return

    def wall_clock(elapsed: float) -> datetime:
        return datetime.fromtimestamp(NOW.timestamp() + run.sequence.clock_error + elapsed, UTC)

    try:
        evidence = find_evidence(settings, run.exchanges, outcome.task.id if outcome.task else "", wall_clock)
    except MissingEvidence as missing:
        if is_for_want_of_counts:
            return
        yield f"exit code {code} without evidence in the responses: {missing}"
        return
    policy = settings.policy
    exceeds_limits = evidence.failed > policy.max_failed or evidence.risky > policy.max_risky
    is_pass, is_blocked = code == ExitCode.PASSED, code == ExitCode.BLOCKED
    if exceeds_limits != is_blocked or (is_pass and not (evidence.is_complete and evidence.is_consistent)):
        yield f"exit code {code} with {evidence}"


def stricter_policy_violations(run: Run) -> Iterator[str]:
    """Stricter policies with which a blocked run passes on the same responses.

    Where a stricter policy lets the gate ask otherwise, as for a task that may be too old, the responses are not those.
    """
    policy = run.sequence.settings.policy
    stricter_limits: list[dict[str, Any]] = [
        {"max_failed": 0, "max_risky": 0},
        {"max_failed": policy.max_failed // 2},
        {"max_age": policy.max_age / 2 if policy.max_age else datetime.resolution * 3_600_000_000},
        {"started_after": NOW},
    ]
    if run.outcome.verdict.decision is not Decision.BLOCKED:
        return
    for limits in stricter_limits:
        stricter = execute(with_policy(run.sequence, **limits))
        asked, before = ([exchange.request for exchange in one.exchanges] for one in (stricter, run))
        # A pass with --started-after reads the list once more.
        has_same_responses = asked[: len(before)] == before and len(asked) <= len(before) + ("started_after" in limits)
        if has_same_responses and stricter.outcome.verdict.decision is Decision.PASSED:
            yield f"a blocked run passes with {limits}"


def worse_responses_violations(run: Run, worsening: Worsening, worse: Run) -> Iterator[str]:
    """Violations of a run on worse responses than those of another one.

    Both runs get the same tasks in the same order, so that no other task can be judged. A worse run that ends earlier
    has not seen what the other was judged by: two polls that differed may agree once both are worse. It needs evidence
    of its own, like every run.
    """
    before, after = run.outcome.verdict.decision, worse.outcome.verdict.decision
    ends_earlier = len(worse.exchanges) < len(run.exchanges)
    if after is Decision.PASSED and not ends_earlier:
        yield f"a run that was {before} passes with worse responses: {worsening.name}"
    # A task with less progress may be polled later, up to the timeout.
    is_in_step = (len(worse.exchanges), worse.elapsed) == (len(run.exchanges), run.elapsed)
    if is_in_step and worsening.is_explicit and before is Decision.BLOCKED and after is Decision.UNDECIDED:
        yield f"a blocked run becomes undecided with worse responses: {worsening.name}"
    yield from (f"with worse responses, {worsening.name}: {violation}" for violation in violations(worse))
