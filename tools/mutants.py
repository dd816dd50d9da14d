"""Mutation testing of what judges, waits, translates and ends: lists every change that no test noticed.

`python -m tools.mutants` works on a copy of the checkout and prints each survivor as a diff. With `--since REVISION`
it takes the functions alone that have changed since. What is mutated, and by which tests it must be found, stands in
pyproject.toml under `tool.mutmut`.
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
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
_MUTMUT = [str(Path(sys.executable).with_name("mutmut"))]


def main() -> int:
    """Runs it; returns 1 where something survived, so that somebody looks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", metavar="REVISION", help="only functions that have changed since")
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
    survivors = [name for name, fate in tried if fate in {"survived", "no tests"}]
    for name in survivors:
        print(name, *_changes(_said(copy, "show", name)), sep="\n", end="\n\n")
    print(f"{len(tried)} mutants, {len(tried) - len(survivors)} killed, {len(survivors)} survived")
    return 1 if survivors or not tried else 0


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
            for line in range(int(first), int(first) + int(number or 1))
        }
        module = file.removesuffix(".py").replace("/", ".")
        for name, span in _functions(ast.parse((ROOT / file).read_text())):
            if lines & set(span):
                yield f"{module}.{name}__mutmut_*"


def _functions(tree: ast.Module) -> Iterator[tuple[str, range]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield f"x_{node.name}", range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    yield f"xǁ{node.name}ǁ{part.name}", range(part.lineno, (part.end_lineno or part.lineno) + 1)


def _said(folder: Path, *arguments: str) -> str:
    return subprocess.run([*_MUTMUT, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def _changes(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line[:2] in {"- ", "+ "}]


if __name__ == "__main__":
    sys.exit(main())
