"""Mutants of functions, by mutmut: what is mutated, and by which tests, stands in pyproject.toml under `tool.mutmut`.

mutmut passes over decorated functions, and with them over properties and the commands. So the decorators are taken off
before it comes, and what they make of the function is written below it, which is what the language says they mean.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.mutant import Mutant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MUTMUT = [str(Path(sys.executable).with_name("mutmut"))]
_NAME = re.compile(r"(?P<module>.+)\.x(?:_|ǁ(?P<owner>\w+)ǁ)(?P<function>\w+)__mutmut_\d+")


def tried(copy: Path, changed: Mapping[str, set[int]]) -> Iterator[Mutant]:
    """Runs mutmut in this copy of the checkout, for the functions that stand on these lines of these files."""
    patterns = [pattern for file, lines in changed.items() for pattern in _patterns(copy, file, lines)]
    if not patterns:
        return
    for file in changed:
        (copy / file).write_text(undecorated((copy / file).read_text()))
    _said(copy, "run", *patterns)
    for line in _said(copy, "results", "--all", "true").splitlines():
        name, _, fate = line.strip().rpartition(": ")
        if name and fate != "not checked":
            mutant = Mutant(place=_place(name), fate=fate)
            yield mutant if mutant.was_noticed else _shown(copy, name, fate)


def undecorated(source: str) -> str:
    """The same module with each decorator called below its function: `@property` becomes `name = property(name)`."""
    lines = source.splitlines()
    for _, function in sorted(_functions(ast.parse(source)), key=lambda one: one[1].lineno, reverse=True):
        value = function.name
        for decorator in reversed(function.decorator_list):
            value = f"{ast.get_source_segment(source, decorator)}({value})"
        if function.decorator_list:
            lines.insert(function.end_lineno or 0, f"{' ' * function.col_offset}{function.name} = {value}")
            del lines[function.decorator_list[0].lineno - 1 : function.lineno - 1]
    return "\n".join((*lines, ""))


def _patterns(copy: Path, file: str, lines: set[int]) -> Iterator[str]:
    """The patterns of mutmut's names for all mutants in functions that stand on these lines."""
    module = file.removesuffix(".py").replace("/", ".")
    for name, function in _functions(ast.parse((copy / file).read_text())):
        if lines & set(range(function.lineno, (function.end_lineno or function.lineno) + 1)):
            yield f"{module}.{name}__mutmut_*"


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """All that mutmut takes, by its names for them."""
    yield from (("x_" + one.name, one) for one in _defined(tree.body))
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef):
            yield from ((f"xǁ{owner.name}ǁ{one.name}", one) for one in _defined(owner.body))


def _defined(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef]:
    return (one for one in body if isinstance(one, ast.FunctionDef))


def _shown(copy: Path, name: str, fate: str) -> Mutant:
    changes = re.findall(r"^([-+])(?!--|\+\+)(.*)", _said(copy, "show", name), flags=re.MULTILINE)
    return Mutant(place=_place(name), changes=tuple(f"{sign} {line.strip()}" for sign, line in changes), fate=fate)


def _place(mutant: str) -> str:
    parts = _NAME.fullmatch(mutant)
    if not parts:
        raise ValueError(f"mutmut names its mutants in another way now: {mutant}")
    return ".".join(part for part in parts.groups() if part)


def _said(folder: Path, *arguments: str) -> str:
    """What mutmut answers.

    Raises:
        RuntimeError: It failed, and this is what it said at the end.
    """
    ending = subprocess.run([*_MUTMUT, *arguments], cwd=folder, check=False, capture_output=True, text=True)
    if ending.returncode:
        raise RuntimeError(f"mutmut failed: {ending.stdout[-2000:]} {ending.stderr[-2000:]}")
    return ending.stdout
