"""Escaping: hostile strings in every kind of place in which they can end up."""

from __future__ import annotations

import html
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gate.text import for_html, for_log, for_markdown, one_line
from tests.hostile import HOSTILE

hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def assert_one_visible_line(line: str) -> None:
    assert line.splitlines() in ([], [line])
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in line)
    line.encode("utf-8")


@hostile
def test_one_line_is_one_visible_line(text: str) -> None:
    assert_one_visible_line(one_line(text))
    assert len(one_line(text)) <= 501


@hostile
def test_a_log_line_holds_no_command_of_any_ci_system(text: str) -> None:
    line = for_log(text)

    assert_one_visible_line(line)
    assert "::" not in line
    assert "##" not in line


@hostile
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    """Rendered as on GitHub, the text is one cell without an element, a link or a mention."""
    html = MarkdownIt("gfm-like", {"linkify": False}).render(f"| image |\n| --- |\n| {for_markdown(text)} |\n")

    cells = re.findall(r"<td>(.*?)</td>", html, flags=re.DOTALL)
    assert len(cells) == 1
    assert "<" not in cells[0]
    assert _unescaped(cells[0]) == one_line(text)


@hostile
def test_markdown_source_holds_no_character_with_a_meaning(text: str) -> None:
    source = re.sub(r"&#[0-9]+;", "", for_markdown(text))

    assert not re.search(r"[^\w \-,;()%'=?]|_", source.replace("…", ""))


@hostile
def test_html_shows_the_text_and_nothing_else(text: str) -> None:
    assert html.unescape(for_html(text)) == one_line(text)
    assert not set(for_html(text)) & set("<>\"'")


def _unescaped(html: str) -> str:
    named = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"'}
    return re.sub(r"&(amp|lt|gt|quot);", lambda found: named[found[0]], html)


def test_a_long_text_is_cut_and_says_so() -> None:
    assert one_line("x" * 500) == "x" * 500
    assert one_line("x" * 501) == "x" * 500 + "…"
    assert one_line("abc", 2) == "ab…"
    assert for_html("a<b", 2) == "a&lt;…"


def test_white_space_becomes_spaces() -> None:
    assert one_line("a\nb\tc") == "a b c"


@given(st.text())
def test_no_text_breaks_out(text: str) -> None:
    assert_one_visible_line(one_line(text))
    assert "::" not in for_log(text)
    assert "##" not in for_log(text)
    assert not set(for_markdown(text)) & set("|<>@[]`*_~!:/.\\\n\r")
    assert not set(for_html(text)) & set("<>\"'")
    assert html.unescape(for_html(text)) == one_line(text)
