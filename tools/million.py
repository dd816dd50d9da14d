"""Runs the gate on very many generated sequences of responses, and checks every run against the properties.

`python -m tools.million --sequences 1000000 --seed 1 --workers 2` prints the shares of exit codes, and how often each
property was checked; with `--mode images`, of sequences of pushes, moved tags, scans and responses in image mode. At
the first violation it prints the seed and the number of the sequence, and exits with 1; Ctrl-C ends it earlier.
`--only N` repeats one sequence and prints its requests and responses.
`tests/properties/sequences.py` generates the responses; `properties.py` has the properties of one run and of two,
`worse_responses.py` repeats a run with worse responses, `changed_values.py` one that passes with one value changed, and
`outputs.py` has the properties of everything it writes.
Those of image mode are in the files beside them whose names start with `image_`.
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

from tests.properties.changed_values import changed_runs
from tests.properties.image_properties import image_violations, worse_image_violations
from tests.properties.image_sequences import ImageRun, execute_images, generate_images
from tests.properties.image_worse import worse_image_runs
from tests.properties.outputs import (
    FAST_OUTPUTS,
    OUTPUTS,
    RunOutputs,
    hostile_text_violations,
    output_violations,
    replay_violations,
)
from tests.properties.properties import stricter_policy_violations, violations, worse_responses_violations
from tests.properties.sequences import execute, generate, without_real_sleeps
from tests.properties.worse_responses import worse_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.properties.sequences import Run
    from tests.properties.worse_responses import AnyRun

_CHUNK = 1000
_PROGRESS_EVERY = 50_000
_WORSENINGS = 2
"""The number of ways in which the responses of one sequence are made worse."""
_UNDECIDED_EVERY = 40
"""Every blocked run is repeated with worse responses, and one in this many undecided runs."""
_ALL_OUTPUTS_EVERY = 20
"""Writing all reports of a run takes as long as two runs, most of it for the html report."""
_HOSTILE_TEXT_EVERY = 100
"""Writing and parsing the reports of one with hostile and with harmless text takes as long as ten runs."""


@dataclass(kw_only=True)
class Tally:
    """The results of some sequences."""

    endings: Counter[tuple[str, int]] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    violation: str = ""

    def add(self, other: Tally) -> None:
        """Adds the results of other sequences."""
        self.endings += other.endings
        self.checked += other.checked
        self.requests += other.requests
        self.violation = self.violation or other.violation


def main() -> int:
    """Runs all sequences; returns 1 at the first violation."""
    options = _options()
    print(f"seed {options.seed}, {options.sequences} sequences, {options.workers} workers", flush=True)
    if options.only is not None:
        return _print_run(options.seed, options.only, options.mode, options.changes)
    started, total = time.monotonic(), Tally()
    starts = range(options.first, options.sequences, _CHUNK)
    # Ctrl-C ends a long run, and its results so far are printed.
    with suppress(KeyboardInterrupt), Pool(options.workers, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        for chunk in pool.imap_unordered(
            partial(_chunk, options.seed, options.sequences, options.mode, options.changes), starts
        ):
            total.add(chunk)
            if chunk.violation:
                break
            if total.endings.total() % _PROGRESS_EVERY == 0:
                print(f"{time.monotonic() - started:6.0f} s: {total.endings.total()}", file=sys.stderr, flush=True)
    _print_totals(total, time.monotonic() - started)
    return 1 if total.violation else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.million", description=__doc__)
    parser.add_argument("--mode", choices=("tasks", "images"), default="tasks")
    parser.add_argument("--sequences", type=int, default=1_000_000)
    parser.add_argument("--seed", default=secrets.token_hex(4), help="[default: random]")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--changes", type=int, default=1, metavar="N", help="repeat each pass with N changed values")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="continue from this sequence")
    parser.add_argument("--only", type=int, metavar="N", help="repeat this sequence and print it")
    return parser.parse_args()


def _chunk(seed: str, sequences: int, mode: str, changes: int, start: int) -> Tally:
    with without_real_sleeps():
        return tally(seed, range(start, min(start + _CHUNK, sequences)), mode=mode, changes=changes)


def tally(seed: str, numbers: Iterable[int], *, mode: str = "tasks", changes: int = 1) -> Tally:
    """Runs these sequences of a seed, of scan tasks or of images, until one violates a property.

    Args:
        seed: The seed.
        numbers: The numbers of the sequences.
        mode: `tasks` or `images`.
        changes: How often each run that passes is repeated with one value changed.
    """
    found, check = Tally(), _violations if mode == "tasks" else _image_violations
    for number in numbers:
        try:
            violation = next(check(seed, number, found, changes), None)
        except Exception:  # noqa: BLE001 - an exception of the gate or of a property is a violation too
            violation = traceback.format_exc()
        if violation:
            found.violation = f"VIOLATION in sequence {number} of seed {seed}: {violation}"
            break
    return found


def _violations(seed: str, number: int, tally: Tally, changes: int) -> Iterator[str]:
    sequence = generate(f"{seed}:{number}")
    outputs = RunOutputs()
    run = execute(sequence, on_event=outputs.on_event)
    tally.endings[sequence.settings.cloud, int(run.outcome.verdict.exit_code)] += 1
    tally.requests += len(run.exchanges)
    yield from violations(run)
    tally.checked["a verdict has evidence, and the run ends in time"] += 1
    if run.outcome.verdict.exit_code == 1:
        yield from stricter_policy_violations(run)
        tally.checked["a block does not pass under stricter policies"] += 1
    yield from _violations_of_worse(run, number, tally)
    yield from _violations_of_changed(changed_runs(execute, run, changes), violations, tally)
    yield from _violations_in_outputs(run, number, outputs, tally)


def _image_violations(seed: str, number: int, tally: Tally, changes: int) -> Iterator[str]:
    outputs = RunOutputs()
    run = execute_images(generate_images(f"{seed}:{number}"), on_event=outputs.on_event)
    tally.endings[run.sequence.settings.cloud, int(run.outcome.verdict.exit_code)] += 1
    tally.requests += len(run.exchanges)
    yield from image_violations(run)
    tally.checked["a verdict has evidence of each image, and no other image is scanned"] += 1
    tally.checked["a pass is true in the history of its images"] += (
        run.is_truthful and run.outcome.verdict.exit_code == 0
    )
    if run.outcome.verdict.exit_code == 1 or number % _UNDECIDED_EVERY == 0:
        for worsening, worse_run in worse_image_runs(run, _WORSENINGS):
            yield from worse_image_violations(run, worsening.name, worse_run)
            tally.checked[f"a run that was {run.outcome.verdict.decision} does not pass with worse responses"] += 1
    yield from _violations_of_changed(changed_runs(execute_images, run, changes), image_violations, tally)
    if number % _ALL_OUTPUTS_EVERY == 0:
        texts = outputs.texts(run.outcome, OUTPUTS)
        yield from output_violations(run.outcome, texts)
        yield from replay_violations(run.outcome, texts["json"])
        tally.checked["all reports agree, and nothing in them is forged"] += 1


def _violations_of_worse(run: Run, number: int, tally: Tally) -> Iterator[str]:
    if run.outcome.verdict.exit_code == 1 or number % _UNDECIDED_EVERY == 0:
        for worsening, worse_run in worse_runs(run, _WORSENINGS):
            yield from worse_responses_violations(run, worsening, worse_run)
            tally.checked[
                f"a run that was {run.outcome.verdict.decision} does not pass with more failures or risk"
            ] += 1


def _violations_of_changed(
    runs: Iterable[tuple[str, AnyRun]], check: Callable[[AnyRun], Iterator[str]], tally: Tally
) -> Iterator[str]:
    for what, run in runs:
        yield from (f"with {what}: {violation}" for violation in check(run))
        tally.checked["a run that passes has evidence also if one value is changed"] += 1


def _violations_in_outputs(run: Run, number: int, outputs: RunOutputs, tally: Tally) -> Iterator[str]:
    in_all_outputs = number % _ALL_OUTPUTS_EVERY == 0
    texts = outputs.texts(run.outcome, OUTPUTS if in_all_outputs else FAST_OUTPUTS)
    yield from output_violations(run.outcome, texts)
    yield from replay_violations(run.outcome, texts["json"])
    tally.checked["judging the json report again by the same policy has the same verdict"] += 1
    tally.checked[f"the log and {', '.join(FAST_OUTPUTS)} agree, and nothing in them is forged"] += 1
    tally.checked["the same for all other reports and the output for CI systems"] += in_all_outputs
    if number % _HOSTILE_TEXT_EVERY == 0:
        yield from hostile_text_violations(replace(run.sequence, is_text_only=True))
        tally.checked["hostile text changes nothing but text, in every report"] += 1


def _print_run(seed: str, number: int, mode: str, changes: int) -> int:
    name = f"{seed}:{number}"
    with without_real_sleeps():
        run = execute_images(generate_images(name)) if mode == "images" else execute(generate(name))
        for exchange in run.exchanges:
            request = exchange.request
            body = f" {request.body}" if request.body else ""
            print(f"{exchange.started_at:9.2f} {exchange.ended_at:9.2f} {request.operation} {request.query}{body}")
            print(f"    {exchange.response}")
        print(run.sequence, run.outcome.verdict, run.outcome.task, sep="\n")
        if isinstance(run, ImageRun) and run.history:
            print(*run.history.tags, run.history.findings, run.history.hidden, sep="\n")
        check = _image_violations if mode == "images" else _violations
        found = list(check(seed, number, Tally(), changes))
        print(*found, sep="\n")
    return 1 if found else 0


def _print_totals(total: Tally, seconds: float) -> None:
    number = total.endings.total()
    print(f"{number} sequences with {total.requests} requests in {seconds:.0f} s: {number / seconds:.0f} a second")
    for (cloud, code), count in sorted(total.endings.items()):
        print(f"  {cloud:8} exit {code:3}: {count:8} ({count / number:6.2%})")
    for what, count in total.checked.items():
        print(f"  checked {count:8} times: {what}")
    print(total.violation or "no violation")


if __name__ == "__main__":
    sys.exit(main())
