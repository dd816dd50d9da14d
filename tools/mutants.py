"""Mutation testing of what judges, waits, translates and ends: fails for every change that no test noticed.

`python -m tools.mutants` works on copies of the checkout, and prints each survivor as a diff. With `--since REVISION`
it takes those functions and tables alone that have changed since, and with `--only MODULE` those of these modules.
What is mutated, and by which tests it must be found, stands in pyproject.toml under `tool.mutmut`; the survivors that
change nothing that matters, each with its reason, in `tools/survivors.toml`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tools import functions, tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.mutant import Mutant

ROOT = Path(__file__).parent.parent
KNOWN = Path(__file__).with_name("survivors.toml")
_Change = tuple[str, tuple[str, ...]]


def main() -> int:
    """Runs it; returns 1 where something survived without a reason, so that somebody looks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", metavar="REVISION", default="", help="only what has changed since")
    parser.add_argument("--only", metavar="MODULE", nargs="*", default=(), help="only these, such as gate.policy")
    wishes = parser.parse_args()
    files = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]
    wanted = [file for file in files if not wishes.only or file.removesuffix(".py").replace("/", ".") in wishes.only]
    changed = {file: lines for file in wanted if (lines := _lines(file, wishes.since))}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = [Path(folder, name) for name in ("functions", "tables")]
        for copy in copies:
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "mutants", "node_modules", "__pycache__"))
        tried = [*tables.tried(copies[1], changed), *functions.tried(copies[0], changed)]
    if wishes.since and not tried:
        print(f"nothing that is mutated has changed since {wishes.since}")
        return 0
    return _tell(tried)


def _tell(tried: Sequence[Mutant]) -> int:
    survivors = [mutant for mutant in tried if not mutant.was_noticed]
    reasons = _reasons({mutant.place for mutant in tried})
    found = {(mutant.place, mutant.changes) for mutant in survivors}
    for place, changes in [(mutant.place, mutant.changes) for mutant in survivors]:
        print(place, *changes, f"  {reasons.get((place, changes), 'NO REASON IS KNOWN')}", sep="\n", end="\n\n")
    stale = reasons.keys() - found
    for place, changes in stale:
        print(place, *changes, f"  no longer survives: take it out of {KNOWN.name}", sep="\n", end="\n\n")
    killed = len(tried) - len(survivors)
    share = 100 * killed / max(1, len(tried))
    print(f"{len(tried)} mutants, {killed} killed ({share:.2f} %), {len(survivors)} survived")
    print(*(f"{count} {fate}" for fate, count in Counter(mutant.fate for mutant in tried).items()), sep=", ")
    return 1 if stale or found - reasons.keys() or not tried else 0


def _reasons(places: set[str]) -> Mapping[_Change, str]:
    """Why those survive in these places that are known to, since nobody could tell them from the original."""
    rows = tomllib.loads(KNOWN.read_text())["survivor"]
    return {(row["in"], tuple(row["diff"].strip().splitlines())): row["why"] for row in rows if row["in"] in places}


def _lines(file: str, since: str) -> set[int]:
    """The numbers of the lines that have changed; all of them where nobody says since when."""
    if not since:
        return {*range(1, len((ROOT / file).read_text().splitlines()) + 1)}
    git = ["git", "diff", "-U0", since, "--", file]
    diff = subprocess.run(git, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {
        line
        for first, number in re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", diff, flags=re.MULTILINE)
        # Where lines were only taken out, the one before them stands for the function.
        for line in range(int(first), int(first) + max(1, int(number or 1)))
    }


if __name__ == "__main__":
    sys.exit(main())
