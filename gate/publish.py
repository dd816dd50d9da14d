"""Publishing an outcome: first the files, then the CI host, then the words for a person; none of them hides another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.policy import Decision
from gate.reports import REPORTS, plain
from gate.writing import say, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.ci import Host
    from gate.log import Log
    from gate.outcome import Outcome
    from gate.settings import ReportWish


def publish(outcome: Outcome, wishes: Iterable[ReportWish], host: Host, log: Log) -> None:
    """Writes every report that is wished for; what cannot be written is said in the log and changes no verdict."""
    for wish in wishes:
        report = REPORTS[wish.format]
        if report.needs_a_verdict and outcome.verdict.decision is Decision.UNDECIDED:
            log.complain(f"{wish.path} is not written: {report.needs_a_verdict}.")
            continue
        try:
            write_whole(wish.path, report.render(outcome))
        except OSError as error:
            log.complain(f"{wish.path} cannot be written ({error.strerror}). The verdict stands; check path and disk.")
    for complaint in host.publish(outcome):
        log.complain(complaint)
    say(plain.render(outcome))
