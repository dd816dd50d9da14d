"""Mutation testing of the modules that decide: fails for every mutant that no test detects.

`python -m tools.mutants` works on copies of the checkout, and prints each surviving mutant as a diff. With `--since
REVISION` it mutates only the functions and tables that have changed since then, with `--only MODULE` only those of
these modules. `tool.mutmut` in pyproject.toml says which files are mutated, as glob patterns, and by which tests each
mutant has to be detected; `tools/survivors.toml` lists the mutants that may survive, each with its reason.
"""

from __future__ import annotations

import argparse
import os
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
from tools.mutant import module_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.mutant import Mutant

ROOT = Path(__file__).parent.parent
SURVIVORS = Path(__file__).with_name("survivors.toml")
_Change = tuple[str, tuple[str, ...]]


def main() -> int:
    """Mutates and tests; returns 1 for a survivor without a reason, or a reason without a survivor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", metavar="REVISION", default="", help="mutate only what has changed since then")
    parser.add_argument("--only", metavar="MODULE", nargs="*", default=(), help="only these modules, as in gate.policy")
    options = parser.parse_args()
    # A mutant survives only if no row of a divided test notices it.
    os.environ["TEST_PARTS"] = "all"
    files = [file for file in mutated_files() if not options.only or module_of(file) in options.only]
    changed = {file: lines for file in files if (lines := _changed_lines(file, options.since))}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = [Path(folder, name) for name in ("functions", "tables")]
        for copy in copies:
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "mutants", "node_modules", "__pycache__"))
        mutants = [*tables.tested(copies[1], changed), *functions.tested(copies[0], changed)]
    if options.since and not mutants:
        print(f"nothing that is mutated has changed since {options.since}")
        return 0
    return _report(mutants)


def mutated_files() -> list[str]:
    """The files that match the patterns in pyproject.toml, relative to the root.

    Raises:
        ValueError: No file matches one of the patterns.
    """
    files = []
    for pattern in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]:
        matches = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))
        if not matches:
            raise ValueError(f"pyproject.toml: no file matches {pattern} of only_mutate")
        files += matches
    return files


def _report(mutants: Sequence[Mutant]) -> int:
    survivors = [mutant for mutant in mutants if not mutant.was_detected]
    reasons = _reasons({mutant.place for mutant in mutants})
    found = {(mutant.place, mutant.changes) for mutant in survivors}
    for place, changes in [(mutant.place, mutant.changes) for mutant in survivors]:
        print(place, *changes, f"  {reasons.get((place, changes), 'NO REASON IS KNOWN')}", sep="\n", end="\n\n")
    stale = reasons.keys() - found
    for place, changes in stale:
        print(place, *changes, f"  does not survive any more: remove it from {SURVIVORS.name}", sep="\n", end="\n\n")
    killed = len(mutants) - len(survivors)
    share = 100 * killed / max(1, len(mutants))
    print(f"{len(mutants)} mutants, {killed} killed ({share:.2f} %), {len(survivors)} survived")
    print(*(f"{count} {status}" for status, count in Counter(mutant.status for mutant in mutants).items()), sep=", ")
    return 1 if stale or found - reasons.keys() or not mutants else 0


def _reasons(places: set[str]) -> Mapping[_Change, str]:
    """The reasons for which mutants in these places may survive, by mutant."""
    rows = tomllib.loads(SURVIVORS.read_text())["survivor"]
    return {(row["in"], tuple(row["diff"].strip().splitlines())): row["why"] for row in rows if row["in"] in places}


def _changed_lines(file: str, since: str) -> set[int]:
    """The numbers of the lines that have changed since that revision; all lines without one."""
    if not since:
        return {*range(1, len((ROOT / file).read_text().splitlines()) + 1)}
    git = ["git", "diff", "-U0", since, "--", file]
    diff = subprocess.run(git, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {
        line
        for first, number in re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", diff, flags=re.MULTILINE)
        # Where lines were only removed, the line before them stands for the function.
        for line in range(int(first), int(first) + max(1, int(number or 1)))
    }


if __name__ == "__main__":
    sys.exit(main())
