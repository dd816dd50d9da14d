"""What must hold of any run whatever, and of any two that belong together."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

from gate.ci import github
from gate.errors import ExitCode
from gate.log import Log
from gate.policy import Decision
from gate.reports import REPORTS, plain
from tests.builders import NOW
from tests.github_runner import as_the_runner_reads
from tests.properties.answers import HARMLESS_WORDS
from tests.properties.oracle import NoProof, proof
from tests.properties.sequences import carried_out, with_policy
from tests.reports.reading import READERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Event, Outcome
    from tests.properties.sequences import Run, Sequence
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
    elif before is Decision.BLOCKED and after is not before and worsening.is_plain:
        yield f"a block became no verdict with worse answers: {worsening.name}"
    yield from (f"with worse answers, {worsening.name}: {what}" for what in violations(worse))


def _task_of(run: Run) -> tuple[str, object]:
    task = run.outcome.task
    return (task.id, task.began_at) if task else ("", None)


@dataclass
class Sinks:
    """Everything that one run shows to somebody."""

    log: StringIO = field(default_factory=StringIO)

    def hear(self, event: Event) -> None:
        """Writes the log, as talkative as it gets."""
        Log(self.log, verbosity=1).hear(event)

    def texts(self, outcome: Outcome) -> dict[str, str]:
        """By the name of the place: reports, the log, the outputs of a job."""
        is_undecided = outcome.verdict.decision is Decision.UNDECIDED
        reports = {
            name: report.render(outcome)
            for name, report in REPORTS.items()
            if not (is_undecided and report.needs_a_verdict)
        }
        return {
            **reports,
            "log": self.log.getvalue(),
            "plain": plain.render(outcome),
            "outputs": github.outputs(outcome),
        }


def sink_violations(sequence: Sequence) -> Iterator[str]:
    """What a run shows that no place may show, or that differs from the same run in harmless words but for words."""
    hostile, harmless = Sinks(), Sinks()
    outcome = carried_out(sequence, hear=hostile.hear).outcome
    shown = hostile.texts(outcome)
    for place, text in shown.items():
        yield from (f"{place} {what}" for what in _forged(text))
        if place in READERS and READERS[place].verdict(text) != outcome.verdict.decision:
            yield f"{place} does not agree with the verdict"
    if as_the_runner_reads(shown["outputs"])["verdict"] != outcome.verdict.decision:
        yield "the outputs do not agree with the verdict"
    if sequence.calm:
        twin = harmless.texts(carried_out(sequence, words=HARMLESS_WORDS, hear=harmless.hear).outcome)
        for place in shown.keys() & READERS.keys():
            if READERS[place].structure(shown[place]) != READERS[place].structure(twin[place]):
                yield f"{place} has another structure than with harmless words"


def _forged(text: str) -> Iterator[str]:
    if {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\n"}:
        yield "holds characters that nobody can see"
    if any(line.lstrip().startswith("::") for line in text.split("\n")):
        yield "holds a command at the begin of a line"
    if re.search(r"##\w*\[", text):
        yield "holds a command within a line"
