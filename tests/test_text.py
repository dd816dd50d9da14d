"""Escaping: hostile strings in every kind of place in which they can end up."""

from __future__ import annotations

import html
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.text import for_html, for_log, for_markdown, for_markdown_code, one_line
from tests.hostile import HOSTILE
from tests.markdown import DIALECTS, Rendered

if TYPE_CHECKING:
    from collections.abc import Callable

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


ADDRESSES = (
    "a@b.example",
    "mailto:a@b.example",
    "xmpp:a@b.example/room",
    "www.evil.example",
    "WWW.evil.example",
    "http://evil.example",
    "https://10.0.0.1/x",
    "ftp://evil.example",
    "//10.0.0.1",
    "evil.example.com/path",
    "<https://evil.example>",
    "<a@b.example>",
    "(www.evil.example)",
    "*www.evil.example",
)
STRUCTURE = (
    *(
        "- x",
        "+ x",
        "* x",
        "1. x",
        "123) x",
        "# x",
        "> x",
        "---",
        "- - -",
        "===",
        "***",
        "___",
        "    code",
        "x  ",
        "\\",
    ),
    *("a\\|b", "|", "`", "``", "\\`", "[x]: y", "[^1]", "- [ ] x", "&amp;", "&#64;", "$x$", ":---", "__a__", "a_b_c"),
    *("_a_", "~a~", "<b>", "</code>", "<!-- x -->", "<?x?>", "<![CDATA[x]]>", "!", "~~~", "```"),
)
text_with_meaning = st.lists(
    st.sampled_from([*ADDRESSES, *STRUCTURE, *"@.:/_-+*`|\\<>[]()!#~&;0aAé  "]) | st.text(max_size=3), max_size=8
).map("".join)
markdown = pytest.mark.parametrize("escaped", [for_markdown, for_markdown_code])
dialects = pytest.mark.parametrize("dialect", DIALECTS)


def assert_only_text(text: str, escaped: Callable[[str], str], dialect: str) -> None:
    """Rendered as an item of a list and as a cell, the text is there as it is, and nothing else."""

    def page(text: str) -> Rendered:
        source = f"- {escaped(text)}\n\n| a | b |\n| --- | --- |\n| {escaped(text)} | {escaped(text)} |\n"
        return Rendered(source, dialect)

    shown = one_line(text)
    assert page(text).elements == page("shop").elements
    assert page(text).texts == [*filter(None, [shown, "a", "b", shown, shown])]


@hostile
@markdown
@dialects
def test_markdown_shows_the_text_and_nothing_else(text: str, escaped: Callable[[str], str], dialect: str) -> None:
    assert_only_text(text, escaped, dialect)


@pytest.mark.parametrize("text", [*ADDRESSES, *STRUCTURE])
@markdown
@dialects
def test_no_address_becomes_a_link_and_no_text_a_format(text: str, escaped: Callable[[str], str], dialect: str) -> None:
    assert_only_text(text, escaped, dialect)
    assert_only_text(f"x {text} y", escaped, dialect)


@dialects
def test_addresses_are_links_without_escaping(dialect: str) -> None:
    """Otherwise the tests above could not fail."""
    linked = [text for text in ADDRESSES if "a href" in Rendered(f"see {text}", dialect).elements]

    assert len(linked) >= {"GitHub": 9, "CommonMark with tables": 2, "with links for domains": 8}[dialect]


@markdown
@dialects
@settings(deadline=None)  # A busy machine is no failure.
@given(text=text_with_meaning)
def test_no_text_from_outside_becomes_a_link_a_tag_or_a_format(
    text: str, escaped: Callable[[str], str], dialect: str
) -> None:
    assert_only_text(text, escaped, dialect)


@pytest.mark.parametrize(
    "name",
    [
        "swr.cn-north-4.myhuaweicloud.com/team/shop:1.0",
        "registry-vpc.cn-hangzhou.cr.aliyuncs.com/team/shop@sha256:0e719c2a",
        "manual-image-scan",
        "a_b__c *d*",
    ],
)
def test_a_plain_name_is_readable_in_the_source(name: str) -> None:
    assert for_markdown_code(name) == f"`{name}`"


def test_a_plain_sentence_is_readable_in_the_source() -> None:
    sentence = "2 of 3 images are risky (65.5 %); --max-risky allows 0. Fix them, or raise max_risky. It's 12:30 + 1/2."

    assert for_markdown(sentence) == sentence


@hostile
def test_html_shows_the_text_and_nothing_else(text: str) -> None:
    assert html.unescape(for_html(text)) == one_line(text)
    assert not set(for_html(text)) & set("<>\"'")


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
    assert not set(for_html(text)) & set("<>\"'")
    assert html.unescape(for_html(text)) == one_line(text)
