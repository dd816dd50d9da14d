"""The structure of the code: how long a function is, where a cloud has to be named, and what is mutated."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from pathlib import Path

import pytest

from tests.harness import CLOUDS

ROOT = Path(__file__).parent.parent
MAX_LINES = 30
ANOTHER_CLOUD = (ROOT / "CONTRIBUTING.md").read_text().partition("\n### Another cloud\n")[2].partition("\n## ")[0]
PLACES = [
    path
    for cell in re.findall(r"^\| (`.*?) \|", ANOTHER_CLOUD, flags=re.MULTILINE)
    for path in re.findall(r"`([^`]+)`", cell)
]
"""The paths that have to exist for each cloud, or to name it, as CONTRIBUTING.md lists them."""
GENERATED = re.compile("<!-- options -->.*<!-- end of options -->", re.DOTALL)
WITH_CODE = ("gate", "tests", "tools", "benchmarks", ".github", ".ci")
_NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def code_lines(source: str) -> set[int]:
    """The numbers of the lines with code: without blank lines, comments and docstrings."""
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type not in _NO_CODE]
    code = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            code -= {*range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    return code


def long_functions(source: str) -> list[str]:
    """The functions with too many lines of code, with their numbers of lines."""
    code = code_lines(source)
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = [
        (function.name, len(code & {*range(function.lineno, (function.end_lineno or function.lineno) + 1)}))
        for function in functions
    ]
    return [f"{name}: {length} lines" for name, length in lengths if length > MAX_LINES]


def test_no_function_of_the_gate_has_more_than_thirty_lines_of_code() -> None:
    found = {
        str(module.relative_to(ROOT)): long_functions(module.read_text())
        for module in sorted((ROOT / "gate").rglob("*.py"))
    }

    assert found
    assert {module: functions for module, functions in found.items() if functions} == {}


def test_lines_of_code_are_counted_and_docstrings_comments_and_blank_lines_are_not() -> None:
    start = 'def function():\n    """One line.\n\n    And another.\n    """\n    # A comment.\n\n'
    body = "".join(f"    x = {number}\n" for number in range(MAX_LINES - 1))

    assert long_functions(start + body) == []
    assert long_functions(f"{start}{body}    y = 1\n") == ["function: 31 lines"]


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_is_in_each_path_of_the_list_for_contributors(cloud: str, path: str) -> None:
    """Another cloud in the registry fails here for each path that lacks it."""
    files = sorted(ROOT.glob(path.replace("NAME", cloud)))
    text = GENERATED.sub("", files[0].read_text()) if files else ""
    # In any spelling, but not only in the name of a document of facts.
    is_named = re.search(rf"{cloud}(?!-[a-z-]+\.md)", text, re.IGNORECASE)

    assert files, f"{path} is missing for {cloud}"
    assert is_named or "NAME" in path, f"{path} does not name {cloud}"


def test_no_other_line_lists_the_clouds() -> None:
    """A list belongs to the registry or, if it cannot be derived from it, to the list for contributors."""
    every_cloud = re.compile("".join(rf"(?=.*(?<![\w/.-]){cloud}(?![\w.-]))" for cloud in CLOUDS))
    files = [ROOT / "pyproject.toml", *(file for folder in WITH_CODE for file in (ROOT / folder).rglob("*"))]
    listed = {ROOT / path for path in PLACES}
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in files
        if file.suffix in {".py", ".toml", ".yml", ""} and file.is_file() and "node_modules" not in file.parts
        if file not in listed
        for line in file.read_text().splitlines()
        if every_cloud.match(line)
    ]

    assert "gate/clouds/__init__.py" in PLACES
    assert found == []


def test_every_pattern_of_mutated_files_matches_a_file() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]

    assert [pattern for pattern in patterns if not any(ROOT.glob(pattern))] == []


def test_every_known_survivor_changes_a_line_that_exists() -> None:
    """A row for other code is never compared with what mutation testing finds."""
    rows = tomllib.loads((ROOT / "tools" / "survivors.toml").read_text())["survivor"]
    unknown = [row["in"] for row in rows if not _removed_lines(row["diff"]) <= _lines_of(row["in"])]

    assert rows
    assert unknown == []


def _removed_lines(diff: str) -> set[str]:
    return {line.removeprefix("- ") for line in diff.splitlines() if line.startswith("- ")}


def _lines_of(place: str) -> set[str]:
    """The lines of the module that has this function, table or attribute; none if there is no such name in it."""
    folders = place.split(".")
    paths = [ROOT.joinpath(*folders[:count]) for count in range(len(folders), 0, -1)]
    files = [file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py")]
    source = next(file.read_text() for file in files if file.is_file())
    return {line.strip() for line in source.splitlines()} if re.search(rf"\b{folders[-1]}\b", source) else set()
