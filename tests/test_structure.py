"""The structure of the code: how long a function is."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAX_LINES = 30
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
