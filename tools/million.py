"""Runs the gate through very many generated sequences of answers, and holds every run against the properties.

`python -m tools.million --sequences 1000000 --seed 1 --workers 2` tells the shares of exit codes, and how often each
property was held. At the first violation it prints the seed and the number of the sequence, and exits with 1; Ctrl-C
ends it before.
`--only N` runs one sequence again, and shows what was said.
What is generated is described in `tests/properties/answers.py`, what must hold in `tests/properties/properties.py` of
a run and of two, in `worse.py` of answers that are worse, and in `sinks.py` of what a run shows.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import Pool
from typing import TYPE_CHECKING

from tests.properties.properties import pair_violations, violations, worse_violations
from tests.properties.sequences import carried_out, drawn, unhurried
from tests.properties.sinks import PLACES, QUICK, Sinks, sink_violations, twin_violations
from tests.properties.worse import worse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.properties.sequences import Run

_CHUNK = 1000
_NEWS_EVERY = 50_000
_WORSE = 2
"""In so many ways the answers of one sequence are made worse."""
_UNDECIDED_EVERY = 40
"""A block is held before worse answers always; of what was not decided, one in so many."""
_EVERY_PLACE_EVERY = 20
"""To show a run in every place takes as long as two runs, most of it for the html report."""
_TWINS_EVERY = 100
"""To show one in hostile and in harmless words, and to read the structure of both, as long as ten."""


@dataclass(kw_only=True)
class Tally:
    """What some sequences came to."""

    endings: Counter[tuple[str, int]] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    questions: int = 0
    violation: str = ""

    def add(self, other: Tally) -> None:
        """Adds what others came to."""
        self.endings += other.endings
        self.held += other.held
        self.questions += other.questions
        self.violation = self.violation or other.violation


def main() -> int:
    """Runs them; returns 1 at the first violation."""
    wishes = _wishes()
    print(f"seed {wishes.seed}, {wishes.sequences} sequences, {wishes.workers} workers", flush=True)
    if wishes.only is not None:
        return _shown(wishes.seed, wishes.only)
    began, total = time.monotonic(), Tally()
    starts = range(wishes.first, wishes.sequences, _CHUNK)
    # Ctrl-C ends a long run, and what it came to until then is told all the same.
    with suppress(KeyboardInterrupt), Pool(wishes.workers, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        for some in pool.imap_unordered(partial(_chunk, wishes.seed, wishes.sequences), starts):
            total.add(some)
            if some.violation:
                break
            if total.endings.total() % _NEWS_EVERY == 0:
                print(f"{time.monotonic() - began:6.0f} s: {total.endings.total()}", file=sys.stderr, flush=True)
    _tell(total, time.monotonic() - began)
    return 1 if total.violation else 0


def _wishes() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.million", description=__doc__)
    parser.add_argument("--sequences", type=int, default=1_000_000)
    parser.add_argument("--seed", default=secrets.token_hex(4), help="by default another one each time")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, metavar="N", help="go on with this one")
    parser.add_argument("--only", type=int, metavar="N", help="run this one again and show it")
    return parser.parse_args()


def _chunk(seed: str, sequences: int, start: int) -> Tally:
    with unhurried():
        return tally(seed, range(start, min(start + _CHUNK, sequences)))


def tally(seed: str, numbers: Iterable[int]) -> Tally:
    """Runs these sequences of a seed until one violates a property."""
    found = Tally()
    for number in numbers:
        try:
            broken = next(_broken(seed, number, found), None)
        except Exception:  # noqa: BLE001 - a bug of the gate, or of what holds it to account, is a finding too
            broken = traceback.format_exc()
        if broken:
            found.violation = f"VIOLATION in sequence {number} of seed {seed}: {broken}"
            break
    return found


def _broken(seed: str, number: int, tally: Tally) -> Iterator[str]:
    sequence = drawn(f"{seed}:{number}")
    sinks = Sinks()
    run = carried_out(sequence, hear=sinks.on_event)
    tally.endings[sequence.settings.cloud, int(run.outcome.verdict.exit_code)] += 1
    tally.questions += len(run.said)
    yield from violations(run)
    tally.held["a verdict has its proof, the run its end"] += 1
    if run.outcome.verdict.exit_code == 1:
        yield from pair_violations(run)
        tally.held["a block stays no pass under stricter policies"] += 1
    yield from _broken_before_worse(run, number, tally)
    yield from _broken_in_places(run, number, sinks, tally)


def _broken_before_worse(run: Run, number: int, tally: Tally) -> Iterator[str]:
    if run.outcome.verdict.exit_code == 1 or number % _UNDECIDED_EVERY == 0:
        for worsening, worse_run in worse(run, _WORSE):
            yield from worse_violations(run, worsening, worse_run)
            tally.held[f"what was {run.outcome.verdict.decision} is no pass with more failures or risk"] += 1


def _broken_in_places(run: Run, number: int, sinks: Sinks, tally: Tally) -> Iterator[str]:
    is_whole = number % _EVERY_PLACE_EVERY == 0
    yield from sink_violations(run.outcome, sinks.texts(run.outcome, PLACES if is_whole else QUICK))
    tally.held[f"the log and {', '.join(QUICK)} agree and forge nothing"] += 1
    tally.held["so do all other reports, and what CI hosts are told"] += is_whole
    if number % _TWINS_EVERY == 0:
        yield from twin_violations(replace(run.sequence, calm=True))
        tally.held["hostile words change nothing but words, in every place"] += 1


def _shown(seed: str, number: int) -> int:
    with unhurried():
        run = carried_out(drawn(f"{seed}:{number}"))
        for one in run.said:
            print(f"{one.began:9.2f} {one.ended:9.2f} {one.question.called} {one.question.query}\n    {one.answer}")
        print(run.sequence, run.outcome.verdict, run.outcome.task, sep="\n")
        broken = list(_broken(seed, number, Tally()))
        print(*broken, sep="\n")
    return 1 if broken else 0


def _tell(total: Tally, seconds: float) -> None:
    number = total.endings.total()
    print(f"{number} sequences with {total.questions} questions in {seconds:.0f} s: {number / seconds:.0f} a second")
    for (cloud, code), many in sorted(total.endings.items()):
        print(f"  {cloud:8} exit {code:3}: {many:8} ({many / number:6.2%})")
    for what, many in total.held.items():
        print(f"  held {many:8} times: {what}")
    print(total.violation or "no violation")


if __name__ == "__main__":
    sys.exit(main())
