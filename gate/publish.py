"""Publishing an outcome: first the files, then the words for a person, then the CI host; none of them hides another."""

from __future__ import annotations

import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from gate.policy import Decision
from gate.reports import REPORTS, plain
from gate.writing import forget, say, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.ci import Host
    from gate.log import Log
    from gate.outcome import Outcome
    from gate.settings import ReportWish


def make_way(wishes: Iterable[ReportWish], log: Log) -> None:
    """Takes the reports of an earlier run away, so that none of them is mistaken for one of this run."""
    for wish in wishes:
        if not forget(wish.path):
            log.complain(f"{wish.path} is of an earlier run and cannot be taken away: it says nothing of this one.")


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
        except Exception:  # noqa: BLE001 - one report's fault may not take the others and the verdict with it
            with suppress(OSError):
                traceback.print_exc()
            log.complain(f"{wish.path} is not written: a bug in the gate, to be reported. The verdict stands.")
    # Before the host is told, since one that hangs could end the process before a person had heard the verdict.
    say(plain.render(outcome))
    for complaint in told(host, outcome):
        log.complain(complaint)


def told(host: Host, outcome: Outcome) -> Iterator[str]:
    """Tells the CI host; yields what could not be told."""
    try:
        yield from host.publish(outcome)
    except Exception:  # noqa: BLE001 - the verdict stands, whatever becomes of the host's pages
        with suppress(OSError):
            traceback.print_exc()
        yield "The CI host could not be told: a bug in the gate, to be reported. The verdict stands."
