"""The documentation of permissions lists every operation that the code calls, for scan tasks and for images."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parent.parent
reads_source = pytest.mark.skipif(
    "mutants" in ROOT.parts, reason="in the copy of mutmut, all mutants stand beside each other in the source"
)
SENDERS = {"call", "_create", "_fetch", "_get"}
"""The names of the functions that send a request, one of whose texts names the operation or its path."""
TASKS = (ROOT / "docs" / "permissions.md").read_text()
IMAGES = (ROOT / "docs" / "images.md").read_text().partition("## Permissions\n")[2]
ACTION = re.compile("[a-z-]+:([A-Za-z]+)")
EXPLAINS = "registries/images"
"""The operation about images that names the risky images of a scan task, where a cloud needs one for that."""
OF_HSS = "/v5/{}/image/"


def folder(cloud: str) -> Path:
    return ROOT / "gate" / "clouds" / cloud


def operations(paths: Iterable[Path]) -> set[str]:
    """The operations or paths in all calls of these modules; what a path is made of is `{}`."""
    trees = [ast.parse(path.read_text()) for path in paths]
    found = {name for tree in trees for call in calls(tree) if (name := operation(call))}
    return {name for name in found if re.search("[a-z]", name)} | {name for tree in trees for name in listed_in(tree)}


def listed_in(tree: ast.AST) -> Iterator[str]:
    """The operations of lists that one function reads, by their names or paths in a table."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and re.fullmatch("Describe[A-Za-z]+", str(node.value)):
            yield str(node.value)
        elif isinstance(node, ast.keyword) and node.arg == "path" and (text := as_text(node.value)):
            yield re.sub(r"\{\w*\}", "{}", text)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SENDERS:
            yield node


def operation(call: ast.Call) -> str:
    texts = [text for argument in call.args if (text := as_text(argument)) and text not in {"GET", "POST", "PUT"}]
    return texts[-1] if texts else ""


def as_text(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_path":
        # The path of something that one image has.
        return "{}/" + as_text(node.args[-1])
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def with_imports(cloud: str) -> set[Path]:
    """The modules about images of a cloud, and those of its other modules that they import."""
    own = {path for name in ("images", "instance") for path in (folder(cloud) / name).glob("*.py")}
    names = re.compile(rf"from gate\.clouds\.{cloud}\.(\w+) import")
    return own | {folder(cloud) / f"{name}.py" for path in own for name in names.findall(path.read_text())}


def documented(text: str) -> set[str]:
    """The operations in the first column of the tables of a text."""
    columns = re.findall(r"^\| `(?:[A-Z]+ )?([^`]+)`", text, flags=re.MULTILINE)
    return {re.sub(r"\{\w*\}", "{}", name).removeprefix(OF_HSS) for name in columns}


def about(cloud: str, text: str) -> str:
    """The part of a text about one cloud, which has the name of the cloud in the line before it."""
    return re.split(r"^(?:### Permissions on|On) ", text, flags=re.MULTILINE)[1 + CLOUDS.index(cloud)]


def actions(text: str) -> set[str]:
    """The actions of the policy in a text."""
    (policy,) = re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)
    return {action for statement in json.loads(policy)["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_permissions_for_images_list_every_operation_that_is_called_for_images_and_no_other(cloud: str) -> None:
    listed = documented(about(cloud, IMAGES))

    assert sorted(operations(with_imports(cloud)) - listed) == []
    assert sorted(listed - operations(folder(cloud).rglob("*.py"))) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_permissions_for_a_scan_task_list_every_operation_that_is_called_for_one_and_no_other(cloud: str) -> None:
    text = about(cloud, TASKS)
    named = {ACTION.fullmatch(action)[1] for action in actions(text)} if "```json" in text else set()  # type: ignore[index] # it matches

    assert (documented(text) | named) - {EXPLAINS} == operations(folder(cloud).glob("*.py"))
    assert (EXPLAINS in documented(text)) is (folder(cloud) / "images" / "risky.py").exists()


def test_the_policy_for_images_has_the_actions_of_the_table_but_one_that_an_option_makes_unnecessary() -> None:
    rows = [row for row in about("alibaba", IMAGES).splitlines() if row.startswith("| `")]
    needed = {action[0] for row in rows for action in ACTION.finditer(row.split("|")[2])}

    assert needed - actions(IMAGES) == {"cr:ListInstance"}
    assert actions(IMAGES) <= needed
