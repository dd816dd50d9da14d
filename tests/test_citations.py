"""Every citation leads somewhere: to a numbered section of docs/facts, to a file of the repository, to a heading.

Only prose is read: docstrings and comments of Python, Markdown outside of its code blocks, and the comments and
descriptions of other files. Names of files in code, such as a report that a test writes, are no citations.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
READ = (
    *("gate", "tests", "tools", "benchmarks", "docs", "templates", ".github", ".ci", "action.yml", "Dockerfile"),
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "pyproject.toml"),
)
SUFFIXES = {".py", ".md", ".yml", ".toml", ".sh", ""}
NOT_READ = {"golden", "node_modules", "__pycache__"}
FACTS = "docs/facts/"

NUMBER = r"\d+(?:\.\d+)*"
SECTIONS = rf"{NUMBER}(?:(?:,|,? and| to) {NUMBER})*"
CITATION = re.compile(
    # huawei-hss.md 4.1, also with the name in backticks or as the text of a link
    rf"(?<![\w=./-])(?P<name>(?:[\w.-]+/)*[\w-]+\.md)(?:[`\]]?,? (?P<named>{SECTIONS})(?![\w.]*\w))?"
    # (4.1) and "section 4": of the document that was cited last
    rf"|\((?P<bare>\d+\.\d+(?:(?:,|,? and| to) {NUMBER})*)\)|\b[Ss]ections? (?P<worded>{SECTIONS})"
)
LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]*))?\)")
FENCED = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", flags=re.MULTILINE)


class Cited(NamedTuple):
    """What a text cites: a file, and perhaps one section of it."""

    name: str
    section: str = ""


@cache
def repository() -> dict[str, str]:
    """The text of every file that is read, by its path."""
    paths = (path for top in READ for path in ([ROOT / top] if (ROOT / top).is_file() else (ROOT / top).rglob("*")))
    return {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for path in sorted(paths)
        if path.is_file() and path.suffix in SUFFIXES and not NOT_READ.intersection(path.parts)
    }


@cache
def prose(path: str, text: str) -> str:
    """What a person reads in a file, in its order, each part on one line."""
    match PurePosixPath(path).suffix:
        case ".py":
            parts = _docstrings_and_comments(text)
        case ".md":
            parts = [FENCED.sub("", text)]
        case _:
            parts = re.findall(r"(?:^|\s)#(.*)$|^\s*description:(.*)$", text, flags=re.MULTILINE)
            parts = ["".join(part) for part in parts]
    return "\n".join(" ".join(part.split()) for part in parts)


def _docstrings_and_comments(text: str) -> list[str]:
    strings = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr))
    parts = {
        node.lineno: node.value.value
        for node in strings
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            line = token.start[0]
            # A comment that goes on in the next line is one text.
            parts[line] = f"{parts.pop(last, '')} {token.string.lstrip('#')}" if line == last + 1 else token.string
            last = line
    return [parts[line] for line in sorted(parts)]


def citations(path: str, text: str, sections: Mapping[str, set[str]]) -> Iterator[Cited]:
    """The files and sections that a text cites; without a document before it, "(4.1)" is no citation."""
    last = PurePosixPath(path).name if path.startswith(FACTS) else ""
    for found in CITATION.finditer(prose(path, text)):
        name = found["name"]
        if name:
            yield Cited(name)
            last = PurePosixPath(name).name if PurePosixPath(name).name in sections or found["named"] else last
        numbers = found["named"] or found["bare"] or found["worded"] or ""
        if last and (not name or PurePosixPath(name).name == last):
            yield from (Cited(last, number) for number in _listed(numbers, sections.get(last, set())))


def _listed(numbers: str, known: set[str]) -> Iterator[str]:
    """The numbers in "1, 3 to 5 and 7", those between 3 and 5 as far as they are known."""
    yield from re.findall(NUMBER, numbers)
    for first, last in re.findall(rf"({NUMBER}) to ({NUMBER})", numbers):
        yield from (number for number in known if _order(first) < _order(number) < _order(last))


def _order(number: str) -> list[int]:
    return [int(part) for part in number.split(".")]


def documents(files: Mapping[str, str]) -> dict[str, set[str]]:
    """The numbers of the sections of each document of facts, by its name."""
    numbered = {
        PurePosixPath(path).name: set(re.findall(rf"^#+ ({NUMBER})\.? ", text, flags=re.MULTILINE))
        for path, text in files.items()
        if path.startswith(FACTS)
    }
    return {name: sections for name, sections in numbered.items() if sections}


def dead(files: Mapping[str, str]) -> list[str]:
    """Every citation and link in these files that leads nowhere, with the file in which it stands."""
    sections = documents(files)
    names = {PurePosixPath(path).name for path in files} | files.keys()
    found = []
    for path, text in files.items():
        for cited in citations(path, text, sections):
            if not cited.section and cited.name not in names and _beside(path, cited.name) not in files:
                found.append(f"{path}: there is no {cited.name}")
            elif cited.section and cited.section not in sections.get(cited.name, {cited.section}):
                found.append(f"{path}: {cited.name} has no section {cited.section}")
        if path.endswith(".md"):
            found += [f"{path}: {problem}" for problem in _dead_links(path, text, files)]
    return found


def _dead_links(path: str, text: str, files: Mapping[str, str]) -> Iterator[str]:
    for link in LINK.finditer(re.sub(r"`[^`\n]*`", "", FENCED.sub("", text))):
        target = _beside(path, link["path"]) if link["path"] else path
        if target not in files and not (ROOT / target).exists():
            yield f"the link to {target} leads nowhere"
        elif link["anchor"] and target in files and link["anchor"] not in _anchors(files[target]):
            yield f"{target} has no heading for #{link['anchor']}"


def _beside(path: str, name: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / name).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def _anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of the headings of a page."""
    headings = HEADING.findall(FENCED.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def uncited(files: Mapping[str, str]) -> list[str]:
    """The sections of the documents of facts that nothing outside of them cites, alone or by the section around it."""
    sections = documents(files)
    cited: dict[str, set[str]] = defaultdict(set)
    for path, text in files.items():
        if not path.startswith(FACTS):
            for name, section in citations(path, text, sections):
                cited[PurePosixPath(name).name].add(section)
    return [
        f"{name} {section}"
        for name, numbers in sections.items()
        for section in sorted(numbers)
        if not any(f"{one}.".startswith(f"{section}.") or f"{section}.".startswith(f"{one}.") for one in cited[name])
    ]


def test_every_citation_and_every_link_of_the_repository_leads_somewhere() -> None:
    assert dead(repository()) == []


def test_every_section_of_the_facts_is_cited_where_it_is_relied_on() -> None:
    assert uncited(repository()) == []


def test_the_repository_cites_its_facts_all_over() -> None:
    """A reader of files that finds few of them would find all of them alive."""
    files = repository()
    sections = documents(files)
    cited = {path for path, text in files.items() for one in citations(path, text, sections) if one.section}

    assert {path.partition("/")[0] for path in cited} >= {"gate", "tests", "docs"}
    assert len(cited) > 40
    assert sections.keys() == {
        "huawei-hss.md",
        "huawei-images.md",
        "alibaba-security-center.md",
        "alibaba-images.md",
        "ci-hosts.md",
        "report-readers.md",
        "image-references.md",
        "sign-in.md",
        "attestations.md",
    }


MADE_UP = {
    "docs/facts/cloud.md": "# Cloud\n\n## 1. Tasks\n\n### 1.1 Of a user\n\n## 2. Errors\n",
    "docs/page.md": "# A page\n\n## What is it?\n",
}


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("gate/a.py", '"""As documented (cloud.md 3)."""', "cloud.md has no section 3"),
        ("gate/a.py", '"""As documented (cloud.md 1.2 and 2)."""', "cloud.md has no section 1.2"),
        ("gate/a.py", '"""As documented (cloud.md 1 to 4)."""', "cloud.md has no section 4"),
        ("gate/a.py", '"""As documented (cloud.md 1.1, 1.3)."""', "cloud.md has no section 1.3"),
        ("gate/a.py", '"""As documented (cloud.md\n1.4)."""', "cloud.md has no section 1.4"),
        ("gate/a.py", "# As documented (cloud.md\n# 1.5).", "cloud.md has no section 1.5"),
        ("gate/a.py", '"""Of cloud.md 1."""\n# See (1.6).', "cloud.md has no section 1.6"),
        ("gate/a.py", '"""Of cloud.md. Sections 1 and 7."""', "cloud.md has no section 7"),
        ("gate/a.py", 'x = 1\n"""As documented (cloud.md 8)."""', "cloud.md has no section 8"),
        ("gate/a.py", '"""As documented (rain.md 1)."""', "there is no rain.md"),
        ("gate/a.py", "# See docs/rain.md.", "there is no docs/rain.md"),
        ("action.yml", "description: see docs/rain.md", "there is no docs/rain.md"),
        ("README.md", "See `cloud.md` 9.", "cloud.md has no section 9"),
        ("README.md", "See [cloud.md 9](docs/facts/cloud.md).", "cloud.md has no section 9"),
        ("README.md", "See [it](docs/rain.md).", "the link to docs/rain.md leads nowhere"),
        ("README.md", "See [it](docs/page.md#why).", "docs/page.md has no heading for #why"),
        ("docs/facts/more.md", "# More\n\n## 1. One\n\nAs in section 2.", "more.md has no section 2"),
    ],
)
def test_a_dead_citation_is_found(path: str, text: str, problem: str) -> None:
    assert f"{path}: {problem}" in dead({**MADE_UP, path: text})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("gate/a.py", '"""As documented (cloud.md 1.1, 2), in docs/page.md and cloud.md."""\n# And (1.1).'),
        ("gate/a.py", '"""Ratio (3.1) of section 5, before any document is cited."""'),
        ("gate/a.py", 'report = "page-of-a-test.md"'),
        (
            "README.md",
            "See [cloud.md 1.1](docs/facts/cloud.md#11-of-a-user), [it](docs/page.md#what-is-it), [a](#b).\n# B",
        ),
        ("README.md", "It may hold links, `[text](target)`."),
        ("README.md", "```sh\nscan-gate check --report markdown=scan.md\n```\n"),
        ("templates/a.yml", "default: markdown=scan.md # see docs/page.md"),
    ],
)
def test_a_citation_that_leads_somewhere_is_no_problem(path: str, text: str) -> None:
    assert dead({**MADE_UP, path: text}) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("See cloud.md 1 and 2.", []),
        ("See cloud.md 1.1 and 2.", []),
        ("See cloud.md 1.", ["cloud.md 2"]),
        ("See cloud.md 1 to 2.", []),
        ("See cloud.md.", ["cloud.md 1", "cloud.md 1.1", "cloud.md 2"]),
    ],
)
def test_a_section_that_nothing_cites_is_found(text: str, left: list[str]) -> None:
    assert uncited({**MADE_UP, "README.md": text}) == left


NAME = re.compile(r"`((?:gate|tools|tests)\.[A-Za-z_.]*[A-Za-z_])`")


def names_in(top: str) -> set[str]:
    """The names of modules, classes and functions that these sources or pages mention, as in `gate.scan.ScanTask`."""
    paths = [path for path in (ROOT / top).rglob("*") if path.suffix in {".py", ".md"}]
    return {name for path in paths for name in NAME.findall(path.read_text())}


def is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is a module without modules, or is not there
        return False


def is_there(name: str) -> bool:
    """Whether a module has this name, or a module, a class in it, or a class and a member."""
    module, attributes = name, list[str]()
    while module:
        if is_module(module):
            found: object = import_module(module)
            return all((found := getattr(found, attribute, None)) is not None for attribute in attributes)
        module, _, attribute = module.rpartition(".")
        attributes.insert(0, attribute)
    return False


@pytest.mark.parametrize("top", ["gate", "tests", "tools", "docs", "benchmarks"])
def test_every_name_that_a_docstring_mentions_is_there(top: str) -> None:
    """A function that has moved leaves its readers at a module that lacks it."""
    assert [name for name in sorted(names_in(top)) if not is_there(name)] == []


@pytest.mark.parametrize("name", ["gate.policy.staleness", "gate.nowhere", "gate.scan.ScanTask.nothing"])
def test_a_name_that_is_not_there_is_found(name: str) -> None:
    assert not is_there(name)
