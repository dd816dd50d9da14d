"""Mutants of what is made while a module is loaded: tables of words, members, limits, and the exit codes of errors.

mutmut lets many mutants share one process, which is too late for these: here each has a process and a copy of its own.
What is changed, and how, is mutmut's. Added is the worst mistake that a word can be: a state taken for that of a
complete task, an exit code for a pass, in functions too.
"""

from __future__ import annotations

import contextlib
import difflib
import multiprocessing
import os
import shutil
import sys
import tempfile
import tomllib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from tools.mutant import Mutant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WORST = {"Decision": ("PASSED", "BLOCKED"), "ExitCode": ("PASSED", "BLOCKED"), "TaskState": ("COMPLETE", "RUNNING")}
"""By enumeration: what no member may be taken for, and what that one itself may not be."""
_LOADED_ONCE = ["pytest", "requests", "click", "backoff", "tools.tables"]


@dataclass(frozen=True, kw_only=True)
class _Change:
    file: str
    place: str
    code: str


def tried(copy: Path, changed: Mapping[str, set[int]]) -> Iterator[Mutant]:
    """Tries every mutant of what stands on these lines of these files, in copies of this copy of the checkout.

    Raises:
        RuntimeError: The tests fail without any mutant too, so that they would notice nothing.
    """
    changes = [change for file, lines in changed.items() for change in _changes(copy, file, lines)]
    if not changes:
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED_ONCE)
    with ProcessPoolExecutor(os.cpu_count(), context, max_tasks_per_child=1) as processes:
        if processes.submit(_is_noticed, copy, "").result():
            raise RuntimeError("The tests fail without any mutant.")
        fates = processes.map(partial(_fate, copy), changes)
        for change, fate in zip(changes, fates, strict=True):
            before = (copy / change.file).read_text()
            yield Mutant(place=change.place, changes=_difference(before, change.code), fate=fate)


def _changes(copy: Path, file: str, lines: set[int]) -> Iterator[_Change]:
    wrapper = MetadataWrapper(cst.parse_module((copy / file).read_text()))
    spans = wrapper.resolve(PositionProvider)
    module = file.removesuffix(".py").replace("/", ".")
    for name, statement in _statements(wrapper.module.body):
        span = spans[statement]
        if lines & set(range(span.start.line, span.end.line + 1)):
            for node, other in _mutations(statement):
                mutated = cst.ensure_type(wrapper.module.deep_replace(node, other), cst.Module)
                yield _Change(file=file, place=f"{module}.{name}", code=mutated.code)


def _statements(body: Iterable[cst.CSTNode], owner: str = "") -> Iterator[tuple[str, cst.CSTNode]]:
    """Everything that has a name, by it: functions, and what is assigned, in the module and in its classes."""
    for statement in body:
        if isinstance(statement, cst.ClassDef):
            yield from _statements(statement.body.body, f"{statement.name.value}.")
        elif isinstance(statement, cst.FunctionDef):
            yield f"{owner}{statement.name.value}", statement
        elif isinstance(statement, cst.SimpleStatementLine):
            for part in statement.body:
                if isinstance(part, cst.Assign | cst.AnnAssign) and not _is_for_types(part.value):
                    target = part.targets[0].target if isinstance(part, cst.Assign) else part.target
                    yield owner + cst.Module([]).code_for_node(target), part


def _is_for_types(value: cst.BaseExpression | None) -> bool:
    return isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "TypeVar"


def _mutations(statement: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """All that becomes something else, with what it becomes; of functions, which mutmut has, only members."""
    for node in _parts(statement):
        if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name) and node.value.value in _WORST:
            worst, instead = _WORST[node.value.value]
            yield node.attr, cst.Name(instead if node.attr.value == worst else worst)
        if not isinstance(statement, cst.FunctionDef):
            for kind, operator in mutation_operators:
                if isinstance(node, kind):
                    yield from ((node, other) for other in operator(node))


def _parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if not isinstance(node, cst.Annotation | cst.Decorator):
        yield node
        for child in node.children:
            yield from _parts(child)


def _fate(copy: Path, change: _Change) -> str:
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        own = Path(folder, "copy")
        # With what Python has compiled while there was no mutant: it knows by its time which file is another one.
        shutil.copytree(copy, own)
        (own / change.file).write_text(change.code)
        return "killed" if _is_noticed(own, change.file) else "survived"


def _is_noticed(copy: Path, file: str) -> bool:
    os.chdir(copy)
    sys.dont_write_bytecode = False
    with Path(os.devnull).open("w") as nobody, contextlib.redirect_stdout(nobody), contextlib.redirect_stderr(nobody):
        code = pytest.main(_arguments(copy, file))
    if not str(sys.modules["gate"].__file__).startswith(str(copy)):
        raise RuntimeError("The tests tried another gate than that of the copy.")
    return bool(code)


def _arguments(copy: Path, file: str) -> list[str]:
    """What pytest is told: the tests that mirror this file come first, since they are the first to notice."""
    tools = tomllib.loads((copy / "pyproject.toml").read_text())["tool"]
    module = Path(file.removeprefix("gate/"))
    mirror = Path("tests", module.parent, f"test_{module.stem.strip('_')}.py")
    mirrors = [mirror.as_posix()] if (copy / mirror).is_file() else []
    return [*tools["mutmut"]["pytest_add_cli_args"], *dict.fromkeys([*mirrors, *tools["mutants"]["tests_of_tables"]])]


def _difference(before: str, after: str) -> tuple[str, ...]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return tuple(f"{line[0]} {line[1:].strip()}" for line in [*lines][2:] if line[0] in "-+")
