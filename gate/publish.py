"""Publishing an outcome: first the files, then the words for a person, then the CI host; none of them hides another."""

from __future__ import annotations

import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from gate.policy import Decision
from gate.reports import REPORTS, plain
from gate.terminal import colored
from gate.writing import print_stdout, remove_stale, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.ci import CISystem
    from gate.log import Log
    from gate.outcome import Outcome
    from gate.settings import ReportTarget


def remove_stale_reports(targets: Iterable[ReportTarget], log: Log) -> None:
    """Takes the reports of an earlier run away, so that none of them is mistaken for one of this run."""
    for target in targets:
        if not remove_stale(target.path):
            log.print_warning(
                f"{target.path} is of an earlier run and cannot be taken away: it says nothing of this one."
            )


def publish(
    outcome: Outcome, targets: Iterable[ReportTarget], ci_system: CISystem, log: Log, *, color: bool = False
) -> None:
    """Writes every report that is wished for; what cannot be written is said in the log and changes no verdict."""
    for target in targets:
        report = REPORTS[target.format]
        if report.needs_a_verdict and outcome.verdict.decision is Decision.UNDECIDED:
            log.print_warning(f"{target.path} is not written: {report.needs_a_verdict}.")
            continue
        try:
            write_atomically(target.path, report.render(outcome))
        except OSError as error:
            log.print_warning(
                f"{target.path} cannot be written ({error.strerror}). The verdict stands; check path and disk."
            )
        except Exception:  # noqa: BLE001 - one report's fault may not take the others and the verdict with it
            with suppress(OSError):
                traceback.print_exc()
            log.print_warning(f"{target.path} is not written: a bug in the gate, to be reported. The verdict stands.")
    # Before the host is told, since one that hangs could end the process before a person had heard the verdict.
    verdict = plain.render(outcome)
    print_stdout(colored(verdict, outcome.verdict.decision) if color else verdict)
    for warning in publish_to_ci(ci_system, outcome):
        log.print_warning(warning)


def publish_to_ci(ci_system: CISystem, outcome: Outcome) -> Iterator[str]:
    """Tells the CI host; yields what could not be told."""
    try:
        yield from ci_system.publish(outcome)
    except Exception:  # noqa: BLE001 - the verdict stands, whatever becomes of the host's pages
        with suppress(OSError):
            traceback.print_exc()
        yield "The CI host could not be told: a bug in the gate, to be reported. The verdict stands."
