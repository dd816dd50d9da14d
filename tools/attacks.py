"""Attacks `scan-gate verify` with very many generated files, and compares each answer with that of an oracle.

`python -m tools.attacks --number 100000 --workers 2` prints how often each exit code was the answer, and each attack
with a wrong one, with its seed and number; then it exits with 1. `tests/verify/attacks.py` generates the
attacks: honest statements that are altered, replayed, mixed and damaged; `tests/verify/oracle.py` has the rules.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.verify.attacked import attacked

_CHUNK = 500
_PROGRESS_EVERY = 10_000


def main() -> int:
    """Runs all attacks; returns 1 if an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.attacks", description=__doc__)
    parser.add_argument("--number", type=int, default=100_000)
    parser.add_argument("--seed", default=secrets.token_hex(4), help="[default: random]")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.number} attacks, {options.workers} workers", flush=True)
    started, total, wrong = time.monotonic(), Counter[int](), False
    # Without `with`, which would end the processes by a signal: the command in them would take it for its own.
    pool = Pool(options.workers)
    for codes, found in pool.imap_unordered(
        partial(_chunk, options.seed, options.number), range(0, options.number, _CHUNK)
    ):
        total += codes
        if total.total() % _PROGRESS_EVERY == 0:
            print(f"{time.monotonic() - started:6.0f} s: {total.total()}", file=sys.stderr, flush=True)
        if found:
            print(found, flush=True)
            wrong = True
    pool.close()
    pool.join()
    for code, count in sorted(total.items()):
        print(f"exit code {code}: {count}")
    result = "wrong answers" if wrong else "no wrong answer"
    print(f"{result} to {total.total()} attacks in {time.monotonic() - started:.0f} s")
    return 1 if wrong else 0


def _chunk(seed: str, number: int, start: int) -> tuple[Counter[int], str]:
    with TemporaryDirectory() as folder:
        return attacked(seed, range(start, min(start + _CHUNK, number)), Path(folder))


if __name__ == "__main__":
    raise SystemExit(main())
