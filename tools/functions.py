"""Tests mutants of functions, by mutmut.

mutmut skips decorated functions, and with them properties and commands. So this module removes the decorators first,
and applies each below its function instead, which is what the language defines them to mean.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.mutant import Mutant, module_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MUTMUT = [str(Path(sys.executable).with_name("mutmut"))]
_NAME = re.compile(r"(?P<module>.+)\.x(?:_|ǁ(?P<owner>\w+)ǁ)(?P<function>\w+)__mutmut_\d+")


def tested(copy: Path, changed: Mapping[str, set[int]]) -> Iterator[Mutant]:
    """Runs mutmut in this copy of the checkout, for the functions on these lines of these files."""
    patterns = [pattern for file, lines in changed.items() for pattern in _patterns(copy, file, lines)]
    if not patterns:
        return
    for file in changed:
        (copy / file).write_text(without_decorators((copy / file).read_text()))
    _mutate_only(copy / "pyproject.toml", changed)
    _run_mutmut(copy, "run", *patterns)
    for line in _run_mutmut(copy, "results", "--all", "true").splitlines():
        name, _, status = line.strip().rpartition(": ")
        if name and status != "not checked":
            mutant = Mutant(place=_place(name), status=status)
            yield mutant if mutant.was_detected else _with_changes(copy, name, status)


def _mutate_only(configuration: Path, files: Iterable[str]) -> None:
    # mutmut makes the mutants of all files that it may mutate, which takes longer than to test those of a few.
    names = ", ".join(f'"{file}"' for file in files)
    option = re.compile(r"^only_mutate = \[.*?^\]", flags=re.MULTILINE | re.DOTALL)
    configuration.write_text(option.sub(f"only_mutate = [{names}]", configuration.read_text()))


def without_decorators(source: str) -> str:
    """The same module with each decorator called below its function: `@property` becomes `name = property(name)`."""
    lines = source.splitlines()
    for _, function in sorted(_functions(ast.parse(source)), key=lambda each: each[1].lineno, reverse=True):
        value = function.name
        for decorator in reversed(function.decorator_list):
            value = f"{ast.get_source_segment(source, decorator)}({value})"
        if function.decorator_list:
            lines.insert(function.end_lineno or 0, f"{' ' * function.col_offset}{function.name} = {value}")
            del lines[function.decorator_list[0].lineno - 1 : function.lineno - 1]
    return "\n".join((*lines, ""))


def _patterns(copy: Path, file: str, lines: set[int]) -> Iterator[str]:
    """The patterns of mutmut's names for all mutants of the functions on these lines."""
    module = module_of(file)
    for name, function in _functions(ast.parse((copy / file).read_text())):
        if lines & set(range(function.lineno, (function.end_lineno or function.lineno) + 1)):
            yield f"{module}.{name}__mutmut_*"


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """All functions that mutmut mutates, by its names for them."""
    yield from (("x_" + function.name, function) for function in _functions_in(tree.body))
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef):
            yield from ((f"xǁ{owner.name}ǁ{function.name}", function) for function in _functions_in(owner.body))


def _functions_in(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef]:
    return (statement for statement in body if isinstance(statement, ast.FunctionDef))


def _with_changes(copy: Path, name: str, status: str) -> Mutant:
    changes = re.findall(r"^([-+])(?!--|\+\+)(.*)", _run_mutmut(copy, "show", name), flags=re.MULTILINE)
    return Mutant(place=_place(name), changes=tuple(f"{sign} {line.strip()}" for sign, line in changes), status=status)


def _place(mutant: str) -> str:
    parts = _NAME.fullmatch(mutant)
    if not parts:
        raise ValueError(f"mutmut names its mutants in another way now: {mutant}")
    return ".".join(part for part in parts.groups() if part)


def _run_mutmut(folder: Path, *arguments: str) -> str:
    """The output of mutmut.

    Raises:
        RuntimeError: It failed; the text has the end of its output.
    """
    ended = subprocess.run([*_MUTMUT, *arguments], cwd=folder, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(f"mutmut failed: {ended.stdout[-2000:]} {ended.stderr[-2000:]}")
    return ended.stdout
