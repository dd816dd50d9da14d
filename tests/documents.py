"""The documents for users: their prose, their code, and the command lines in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
_PATHS = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "docs/*.md", "action.yml", "templates/*.yml")
_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", flags=re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(
    r"(?:^|(?<=[\s/(]))scan-gate(?::[\d.]+)? (?P<arguments>(?:[a-z]+|-h|-V|--help|--version)(?= |$).*)"
)
_END_OF_COMMAND = re.compile(r"[|&;<>()]+|\d?[<>]+&?\d?")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block of code."""

    path: str
    language: str
    text: str


@cache
def documents() -> dict[str, str]:
    """The text of every document, by its path; of the changelog, the part about today's version."""
    found = {path.relative_to(ROOT).as_posix(): path.read_text() for one in _PATHS for path in sorted(ROOT.glob(one))}
    _, start, rest = (ROOT / "CHANGELOG.md").read_text().partition("\n## [")
    return {**found, "CHANGELOG.md": start + rest.partition("\n## [")[0]}


def blocks(path: str, text: str) -> Iterator[Block]:
    """The fenced blocks of a page."""
    if path.endswith(".md"):
        for _, language, block in _FENCED.findall(text):
            yield Block(path=path, language=language, text=block)


def spans(path: str, text: str) -> list[str]:
    """What a page has as code within its sentences, without the backticks."""
    return re.findall(r"`([^`\n]+)`", _FENCED.sub("", text)) if path.endswith(".md") else []


def lines(text: str) -> list[str]:
    """The lines of a text, those that go on after a backslash as one."""
    return re.sub(r"\\\n\s*", " ", text).splitlines()


def command_lines(path: str, text: str) -> Iterator[list[str]]:
    """The arguments of every `scan-gate` in the blocks of a page, for readers to paste."""
    for block in blocks(path, text):
        for line in _shell_lines(block):
            yield from _arguments(line)


def mentioned_lines(path: str, text: str) -> Iterator[list[str]]:
    """The same in its sentences."""
    for span in spans(path, text):
        yield from _arguments(span)


def _shell_lines(block: Block) -> list[str]:
    """The lines of a block that a shell or a reader runs; what a command prints has none."""
    match block.language:
        case "yaml":
            return [line for script in _texts(yaml.safe_load(block.text)) for line in lines(script)]
        case "sh":
            return lines(block.text)
        case "groovy":
            return lines(block.text.replace("'''", "\n").replace("'", "\n"))
        case _:
            return [line.removeprefix("$ ") for line in lines(block.text) if line.startswith("$ ")]


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for value in part.values() if isinstance(part, dict) else part:
            yield from _texts(value)


def _arguments(line: str) -> Iterator[list[str]]:
    for found in _COMMAND.finditer(line):
        lexer = shlex.shlex(found["arguments"], posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = []
        for word in lexer:
            if _END_OF_COMMAND.fullmatch(word):
                break
            words.append(word)
        yield words


def mappings(part: object) -> Iterator[dict[str, Any]]:
    """All mappings in a parsed document, at any depth."""
    if isinstance(part, dict):
        yield part
    if isinstance(part, dict | list):
        for value in part.values() if isinstance(part, dict) else part:
            yield from mappings(value)
