"""Publishing an outcome: the reports, then the verdict in the log, then the CI system; no failure hides the others."""

from __future__ import annotations

import re
import traceback
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from gate.policy import Decision
from gate.reports import REPORTS, plain
from gate.reports.listed_findings import are_of_all_images
from gate.terminal import colored
from gate.writing import print_stdout, remove_stale, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.ci import CISystem
    from gate.log import Log
    from gate.outcome import Outcome
    from gate.reports import Report
    from gate.scan import ScanTask
    from gate.settings import ReportTarget

_DIGEST = re.compile("sha256:[0-9a-f]{64}")


def remove_stale_reports(targets: Iterable[ReportTarget], log: Log) -> None:
    """Removes the reports of an earlier run, so that none of them is taken for one of this run."""
    for target in targets:
        if not remove_stale(target.path):
            log.print_warning(f"{target.path} is left over from an earlier run and could not be deleted; ignore it.")


def publish(
    outcome: Outcome, targets: Iterable[ReportTarget], ci_system: CISystem, log: Log, *, color: bool = False
) -> None:
    """Writes the reports and publishes the verdict; a failure of one of them is a warning and changes no verdict."""
    for target in targets:
        report = REPORTS[target.format]
        if why_not := obstacle(report, outcome):
            log.print_warning(f"{target.path} is not written: {why_not}.")
            continue
        try:
            write_atomically(target.path, partial(report.render, outcome))
        except OSError as error:
            log.print_warning(
                f"{target.path} cannot be written ({error.strerror}). The verdict stands; check path and disk."
            )
        except Exception as error:  # noqa: BLE001 - a bug in one report may not prevent the others and the verdict
            log.print_warning(f"{target.path} is not written: {_explain(error)}. The verdict stands.")
    # Before the CI system, which could hang until the process is killed without a verdict in the log.
    verdict = "".join(plain.render(outcome))
    print_stdout(colored(verdict, outcome.verdict.decision) if color else verdict)
    for warning in publish_to_ci(ci_system, outcome):
        log.print_warning(warning)


def obstacle(report: Report, outcome: Outcome) -> str:
    """Why this report is not written; empty if it is."""
    if report.needs_a_verdict and outcome.verdict.decision is Decision.UNDECIDED:
        return report.needs_a_verdict
    if outcome.task is None or not outcome.task.asks_for_images:
        return report.needs_a_release or (report.needs_all_findings if _has_unknown_risks(outcome.task) else "")
    if report.needs_digests and not all(_DIGEST.fullmatch(image.image.digest) for image in outcome.task.images):
        return "an image has no digest by sha256, and a statement is about digests"
    return "" if are_of_all_images(outcome) else report.needs_all_findings


def _has_unknown_risks(task: ScanTask | None) -> bool:
    return task is not None and task.risk_applies and task.counts.risky is None


def publish_to_ci(ci_system: CISystem, outcome: Outcome) -> Iterator[str]:
    """Publishes to the CI system; yields a warning for each thing that could not be published."""
    try:
        yield from ci_system.publish(outcome)
    except Exception as error:  # noqa: BLE001 - the verdict stands, whatever fails in the CI system
        yield f"The outcome is not published to the CI system: {_explain(error)}. The verdict stands."


def _explain(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "the gate has run out of memory"
    with suppress(OSError):
        traceback.print_exception(error)
    return "a bug in the gate, to be reported"
