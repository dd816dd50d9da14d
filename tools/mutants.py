"""Mutation testing of the modules that judge, wait and translate: lists every change that no test noticed.

`python -m tools.mutants` works on a copy of the checkout, takes some minutes, and prints each survivor as a diff.
What is mutated and by which tests it must be found stands in pyproject.toml under `tool.mutmut`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
_MUTMUT = [str(Path(sys.executable).with_name("mutmut"))]


def main() -> int:
    """Runs it; returns 1 where something survived, so that somebody looks."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "mutants", "__pycache__"))
        subprocess.run([*_MUTMUT, "run"], cwd=copy, check=True, stdout=subprocess.DEVNULL)
        results = _said(copy, "results", "--all", "true")
        lines = [line.strip().rpartition(": ") for line in results.splitlines() if ": " in line]
        survivors = [name for name, _, fate in lines if fate in {"survived", "no tests"}]
        for name in survivors:
            print(name, *_changes(_said(copy, "show", name)), sep="\n", end="\n\n")
        print(f"{len(lines)} mutants, {len(lines) - len(survivors)} killed, {len(survivors)} survived")
        return 1 if survivors or not lines else 0


def _said(folder: Path, *arguments: str) -> str:
    return subprocess.run([*_MUTMUT, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def _changes(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line[:2] in {"- ", "+ "}]


if __name__ == "__main__":
    sys.exit(main())
