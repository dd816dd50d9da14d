"""Tests mutants of what is evaluated at import: tables, enumeration members, limits, and the exit codes of errors.

mutmut tests many mutants in one process, which has imported these already: here each mutant has its own process and
copy. The mutations are those of mutmut, and the worst ones for the gate in addition, in functions too: the state of
a complete task for any other state, and the exit code of a pass for any other code. A mutant that the type check
rejects, as `.ci/run` would, needs no test.
"""

from __future__ import annotations

import contextlib
import difflib
import multiprocessing
import os
import shutil
import subprocess
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

from tools.mutant import Mutant, module_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WORST = {"Decision": ("PASSED", "BLOCKED"), "ExitCode": ("PASSED", "BLOCKED"), "TaskState": ("COMPLETE", "RUNNING")}
"""By enumeration: the member that replaces every other one, and the member that replaces it."""
_PRELOADED = ["pytest", "requests", "click", "backoff", "tools.tables"]


@dataclass(frozen=True, kw_only=True)
class _Change:
    file: str
    place: str
    code: str


def tested(copy: Path, changed: Mapping[str, set[int]]) -> Iterator[Mutant]:
    """Tests every mutant of the statements on these lines of these files, in copies of this copy of the checkout.

    Raises:
        RuntimeError: The type check, or the tests of a file, fail without a mutant too, or cannot run, so that their
            failure would detect none.
    """
    changes = [change for file, lines in changed.items() for change in _changes(copy, file, lines)]
    if not changes:
        return
    if not _has_right_types(copy, "gate"):
        raise RuntimeError("The type check fails without any mutant.")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    with ProcessPoolExecutor(os.cpu_count(), context, max_tasks_per_child=1) as processes:
        files = {str(_arguments(copy, change.file)): change.file for change in changes}.values()
        for file, fails in zip(files, processes.map(partial(_is_detected, copy), files), strict=True):
            if fails:
                raise RuntimeError(f"The tests of {file} fail without any mutant.")
        statuses = processes.map(partial(_status, copy), changes)
        for change, status in zip(changes, statuses, strict=True):
            before = (copy / change.file).read_text()
            yield Mutant(place=change.place, changes=_difference(before, change.code), status=status)


def _changes(copy: Path, file: str, lines: set[int]) -> Iterator[_Change]:
    wrapper = MetadataWrapper(cst.parse_module((copy / file).read_text()))
    spans = wrapper.resolve(PositionProvider)
    module = module_of(file)
    for name, statement in _statements(wrapper.module.body):
        span = spans[statement]
        if lines & set(range(span.start.line, span.end.line + 1)):
            for node, other in _mutations(statement):
                mutated = cst.ensure_type(wrapper.module.deep_replace(node, other), cst.Module)
                yield _Change(file=file, place=f"{module}.{name}", code=mutated.code)


def _statements(body: Iterable[cst.CSTNode], owner: str = "") -> Iterator[tuple[str, cst.CSTNode]]:
    """All functions and assignments of the module and its classes, by name."""
    for statement in body:
        if isinstance(statement, cst.ClassDef):
            yield from _statements(statement.body.body, f"{statement.name.value}.")
        elif isinstance(statement, cst.FunctionDef):
            yield f"{owner}{statement.name.value}", statement
        elif isinstance(statement, cst.SimpleStatementLine):
            for part in statement.body:
                if isinstance(part, cst.Assign | cst.AnnAssign) and not _is_type_variable(part.value):
                    target = part.targets[0].target if isinstance(part, cst.Assign) else part.target
                    name = cst.Module([]).code_for_node(target)
                    # ruff finds what is in __all__ and nowhere else, and mypy what is missing in it.
                    if name != "__all__":
                        yield owner + name, part


def _is_type_variable(value: cst.BaseExpression | None) -> bool:
    return isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "TypeVar"


def _mutations(statement: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """The nodes that are replaced, each with its replacement; in functions, which mutmut mutates, members only."""
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


def _status(copy: Path, change: _Change) -> str:
    with tempfile.TemporaryDirectory(prefix="mutant-", dir=copy.parent) as folder:
        own = Path(folder, "copy")
        # With the bytecode and the types of the files without a mutant: both know by the time which one has changed.
        shutil.copytree(copy, own, copy_function=_copy)
        (own / change.file).unlink()
        (own / change.file).write_text(change.code)
        if not _has_right_types(own, change.file):
            return "caught by type check"
        return "killed" if _is_detected(own, change.file) else "survived"


def _copy(source: str, target: str) -> None:
    """Links a file, which is much faster than to copy it; the databases of mypy are written in place."""
    if Path(source).suffix == ".db":
        shutil.copy2(source, target)
    else:
        os.link(source, target)


def _has_right_types(copy: Path, path: str) -> bool:
    mypy = [sys.executable, "-m", "mypy", path]
    code = subprocess.run(mypy, cwd=copy, stdout=subprocess.DEVNULL, check=False).returncode
    if code not in {0, 1}:
        raise RuntimeError(f"The type check ended with {code}.")
    return code == 0


def _is_detected(copy: Path, file: str) -> bool:
    os.chdir(copy)
    sys.dont_write_bytecode = False
    with (
        Path(os.devnull).open("w") as devnull,
        contextlib.redirect_stdout(devnull),
        contextlib.redirect_stderr(devnull),
    ):
        is_detected = any(pytest.main(arguments) for arguments in _arguments(copy, file))
    if not str(sys.modules["gate"].__file__).startswith(str(copy)):
        raise RuntimeError("The tests imported another gate than that of the copy.")
    return is_detected


def _arguments(copy: Path, file: str) -> tuple[list[str], ...]:
    """The arguments of each run of pytest: the tests that mirror this file, which detect most, and the other ones."""
    tools = tomllib.loads((copy / "pyproject.toml").read_text())["tool"]
    mirrors = _mirrors(copy, Path(file).relative_to("gate").with_suffix(""))
    others = [test for test in tools["mutants"]["tests_of_tables"] if test not in mirrors]
    return tuple([*tools["mutmut"]["pytest_add_cli_args"], *tests] for tests in (mirrors, others) if tests)


def _mirrors(copy: Path, module: Path) -> list[str]:
    """The tests with the name of this module or of the nearest folder above it: a module of tests, or a folder."""
    for part in (module, *module.parents):
        for mirror in (Path("tests", part.parent, f"test_{part.name.strip('_')}.py"), Path("tests", part)):
            if part.name and (copy / mirror).exists():
                return [mirror.as_posix()]
    return []


def _difference(before: str, after: str) -> tuple[str, ...]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return tuple(f"{line[0]} {line[1:].strip()}" for line in [*lines][2:] if line[0] in "-+")
