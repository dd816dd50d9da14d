"""Mutation testing of what judges, waits, translates and ends: fails for every change that no test noticed.

`python -m tools.mutants` works on a copy of the checkout, and prints each survivor as a diff. With `--since REVISION`
it takes the functions alone that have changed since. What is mutated, and by which tests it must be found, stands in
pyproject.toml under `tool.mutmut`; the survivors that change nothing, each with its reason, in `tools/survivors.toml`.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
KNOWN = Path(__file__).with_name("survivors.toml")
_MUTMUT = [str(Path(sys.executable).with_name("mutmut"))]
_KILLED = ("killed", "timeout")
_NAME = re.compile(r"(?P<module>.+)\.x(?:_|ǁ(?P<owner>\w+)ǁ)(?P<function>\w+)__mutmut_\d+")


@dataclass(frozen=True, kw_only=True)
class Survivor:
    """One change that no test noticed: where, and the lines of its diff."""

    function: str
    changes: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((self.function, *self.changes))


def main() -> int:
    """Runs it; returns 1 where something survived without a reason, so that somebody looks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", metavar="REVISION", default="", help="only functions that have changed since")
    since = parser.parse_args().since
    names = list(_changed(since)) if since else []
    if since and not names:
        print(f"nothing that is mutated has changed since {since}")
        return 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "mutants", "node_modules", "__pycache__"))
        subprocess.run([*_MUTMUT, "run", *names], cwd=copy, check=True, stdout=subprocess.DEVNULL)
        return _tell(copy)


def _tell(copy: Path) -> int:
    results = _said(copy, "results", "--all", "true")
    fates = [line.strip().rpartition(": ") for line in results.splitlines() if ": " in line]
    tried = [(name, fate) for name, _, fate in fates if fate != "not checked"]
    survivors = [_survivor(name, _said(copy, "show", name)) for name, fate in tried if fate not in _KILLED]
    reasons = _reasons({_function(name) for name, _ in tried})
    for survivor in survivors:
        print(survivor, f"  {reasons.get(survivor, 'NO REASON IS KNOWN')}", sep="\n", end="\n\n")
    stale = reasons.keys() - set(survivors)
    for survivor in stale:
        print(survivor, f"  no longer survives: take it out of {KNOWN.name}", sep="\n", end="\n\n")
    killed = len(tried) - len(survivors)
    share = 100 * killed / max(1, len(tried))
    print(f"{len(tried)} mutants, {killed} killed ({share:.2f} %), {len(survivors)} survived")
    print(*(f"{count} {fate}" for fate, count in Counter(fate for _, fate in tried).items()), sep=", ")
    return 1 if stale or set(survivors) - reasons.keys() or not tried else 0


def _reasons(functions: set[str]) -> dict[Survivor, str]:
    """Why those survive in these functions that are known to, since nobody could tell them from the original."""
    rows = tomllib.loads(KNOWN.read_text())["survivor"]
    known = {Survivor(function=row["in"], changes=tuple(row["diff"].strip().splitlines())): row["why"] for row in rows}
    return {survivor: why for survivor, why in known.items() if survivor.function in functions}


def _survivor(name: str, diff: str) -> Survivor:
    changes = re.findall(r"^([-+])(?!--|\+\+)(.*)", diff, flags=re.MULTILINE)
    return Survivor(function=_function(name), changes=tuple(f"{sign} {line.strip()}" for sign, line in changes))


def _function(mutant: str) -> str:
    parts = _NAME.fullmatch(mutant)
    if not parts:
        raise ValueError(f"mutmut names its mutants in another way now: {mutant}")
    return ".".join(part for part in parts.groups() if part)


def _changed(since: str) -> Iterator[str]:
    """The patterns of mutmut's names for all mutants in functions that have changed."""
    files = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]
    for file in files:
        diff = subprocess.run(
            ["git", "diff", "-U0", since, "--", file], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
        lines = {
            line
            for first, number in re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", diff, flags=re.MULTILINE)
            # Where lines were only taken out, the one before them stands for the function.
            for line in range(int(first), int(first) + max(1, int(number or 1)))
        }
        module = file.removesuffix(".py").replace("/", ".")
        for name, span in _functions(ast.parse((ROOT / file).read_text())):
            if lines & set(span):
                yield f"{module}.{name}__mutmut_*"


def _functions(tree: ast.Module) -> Iterator[tuple[str, range]]:
    """All that mutmut takes: neither what is decorated, properties among it, nor what is in no function."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.decorator_list:
            yield f"x_{node.name}", range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and not part.decorator_list:
                    yield f"xǁ{node.name}ǁ{part.name}", range(part.lineno, (part.end_lineno or part.lineno) + 1)


def _said(folder: Path, *arguments: str) -> str:
    return subprocess.run([*_MUTMUT, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
