"""Runs the image mode in very many random worlds, and checks every verdict against what is true in its world.

`python -m tools.worlds --worlds 1000000 --workers 2` prints how often each exit code came; at the first violation it
prints the number of the world, and exits with 1. `tests/images/world.py` makes the worlds, `truth.py` has the checks.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from functools import partial
from multiprocessing import Pool

from tests.images.truth import judged, violations

_CHUNK = 1000


def main() -> int:
    """Runs all worlds; returns 1 at the first violation."""
    parser = argparse.ArgumentParser(prog="python -m tools.worlds", description=__doc__)
    parser.add_argument("--worlds", type=int, default=1_000_000)
    parser.add_argument("--seed", default="world")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    codes: Counter[int] = Counter()
    with Pool(options.workers) as pool:
        starts = range(0, options.worlds, _CHUNK)
        for found, wrong in pool.imap_unordered(partial(_chunk, options.seed, options.worlds), starts):
            codes += found
            if wrong:
                print(wrong)
                return 1
    print(f"{codes.total()} worlds of seed {options.seed}, by exit code: {dict(sorted(codes.items()))}; no violation")
    return 0


def _chunk(seed: str, worlds: int, start: int) -> tuple[Counter[int], str]:
    codes: Counter[int] = Counter()
    for number in range(start, min(start + _CHUNK, worlds)):
        run = judged(f"{seed}:{number}")
        codes[run.code] += 1
        if wrong := violations(run):
            return codes, f"VIOLATION in world {number} of seed {seed}: {wrong}"
    return codes, ""


if __name__ == "__main__":
    sys.exit(main())
