"""Markdown as several dialects render it: GitHub's own parser, CommonMark with tables, and one that links domains."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import cmarkgfm
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Callable

DIALECTS: dict[str, Callable[[str], str]] = {
    "GitHub": lambda text: str(cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)),
    "CommonMark with tables": MarkdownIt("gfm-like", {"linkify": False}).render,
    "with links for domains": MarkdownIt("gfm-like").render,
}
"""Each returns HTML, with the tags that are in the Markdown."""


class Rendered(HTMLParser):
    """What a reader of rendered Markdown sees."""

    def __init__(self, text: str, dialect: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        """The tags in order, with the names of their attributes; an empty comment is nothing."""
        self.texts: list[str] = []
        """The text of every paragraph, item of a list and cell of a table that has one, in order."""
        self._block = ""
        self.feed(DIALECTS[dialect](text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(" ".join([tag, *sorted(name for name, _ in attrs)]))

    def handle_endtag(self, tag: str) -> None:
        self.elements.append(f"/{tag}")
        if tag in {"p", "li", "td", "th", "h2", "h3"}:
            self.texts += [self._block.strip("\n")] if self._block.strip("\n") else []
            self._block = ""

    def handle_data(self, data: str) -> None:
        self._block += data

    def handle_comment(self, data: str) -> None:
        if data.strip():
            self.elements.append(f"!{data}")
