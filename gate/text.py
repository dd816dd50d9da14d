"""Escaping of untrusted text: one function for each kind of place in which it can end up.

Anybody who can push an image or start a task chooses image names, reasons and task names. No such string may act as a
command of the CI system, end an output early, or be read as Markdown or HTML.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_LENGTH = 500
MAX_REASON_LENGTH = 4000
"""Characters: the gate itself writes a reason, has cut what it quotes, and says at its end what to do."""
_MARKDOWN = re.compile(
    r"""
    [\\`*~\[\]!<>&|\#$^{}@]               # code, emphasis, links, images, tags, cells, mathematics, addresses
    | ^[-+=:] | ^[0-9](?=[0-9]{0,8}[.)])  # at the start: a list, a numbered list, a line
    | (?<![A-Za-z0-9])_ | _(?![A-Za-z0-9])    # emphasis, unless it is inside a word
    | \.(?=[^\W\d_]) | (?<=[wW]{3})\.       # a domain, which some dialects make a link
    | :(?=[/:]) | (?<=:): | /(?=/)        # an address, and the command of a CI system
    """,
    re.VERBOSE,
)
"""The characters that have a meaning in Markdown where they stand."""
_MAX_STEM_LENGTH = 60
"""Characters."""
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_line(text: str, max_length: int = _MAX_LENGTH) -> str:
    """For a place where a line is a record: no line breaks, controls, bidi marks or lone surrogates."""
    head = text[: max_length + 1]
    # The quick way for most names: nothing that Python calls printable is in one of these categories.
    visible = head.strip() if head.isprintable() else _visible(head).strip()
    return visible if len(text) <= max_length else visible[:max_length] + "…"


def first_of(texts: Sequence[str], most: int, separator: str = ", ") -> str:
    """The first so many texts, each one line, and how many more there are: `a, b and 3 more`."""
    shown = separator.join(map(one_line, texts[:most]))
    return f"{shown} and {len(texts) - most} more" if len(texts) > most else shown


def _visible(text: str) -> str:
    return "".join(" " if unicodedata.category(char) in _INVISIBLE else char for char in text)


def for_log(text: str, max_length: int = _MAX_LENGTH) -> str:
    """For a log that a CI system parses, or an output that may be printed to one: no workflow command can start in it.

    GitHub takes `::name::` at the start of a line and `##[name]` anywhere in it, Azure `##vso[` (ci-hosts.md 4.1, 4.3).
    """
    return re.sub(r"([:#])(?=\1)", r"\1 ", one_line(text, max_length))


def for_markdown(text: str, max_length: int = _MAX_LENGTH) -> str:
    """For Markdown: every character that has a meaning where it stands becomes a character reference.

    A character reference is never structure in CommonMark, so that no character can end a table cell or be part of a
    tag, a link or an emphasis. Dialects that link addresses look for an `@` in the text that results, so a comment
    parts the text there.
    """
    source = _MARKDOWN.sub(_character_reference, one_line(text, max_length))
    return source.replace("&#64;", "&#64;<!-- -->")


def for_markdown_code(text: str, max_length: int = _MAX_LENGTH) -> str:
    """For a name in Markdown, also in a table: as it is between backticks, in which nothing has a meaning.

    A name with a character that has one there, or that could become a command in a log, is escaped in a `<code>`.
    """
    name = one_line(text, max_length)
    is_plain = name and not re.search(r"[`|\\<&]|##|::", name)
    return f"`{name}`" if is_plain else f"<code>{for_markdown(name, max_length)}</code>"


def _character_reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def for_html(text: str, max_length: int = _MAX_LENGTH) -> str:
    """For HTML and SVG, between tags and inside a quoted attribute; never inside a script, a style or a comment.

    Every character that could end the text, the attribute or a character reference becomes a character reference.
    """
    import html  # noqa: PLC0415 - its table of 2,231 character names is for the html report alone

    return escape_commands_in_markup(html.escape(one_line(text, max_length), quote=True))


def file_stem(identity: str, prefix: str = "scan-gate") -> str:
    """Names a file, a folder or a context after a gate, differently for any two identities: `scan-gate-staging`."""
    if not identity:
        return prefix
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", identity)[:_MAX_STEM_LENGTH]
    # Two names that differ only in what was replaced must not meet.
    return f"{prefix}-{plain}" if plain == identity else f"{prefix}-{plain}-{_short_hash(identity)}"


def distinct_name(identity: str) -> str:
    """Names a gate where capitals and punctuation are lost, differently for any two identities: `eu.1-7f5c0d0a`.

    One of small letters, digits and dashes is that name.
    """
    is_plain = re.fullmatch(f"[a-z0-9-]{{0,{_MAX_STEM_LENGTH}}}", identity)
    return identity if is_plain else f"{identity[:_MAX_STEM_LENGTH]}-{_short_hash(identity)}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def as_json(document: object) -> str:
    """Renders JSON in ASCII, indented and with an end of line; no string in it is a command of the CI system."""
    return escape_commands_in_json(json.dumps(document, indent=1)) + "\n"


def escape_commands_in_markup(markup: str) -> str:
    """Rewrites HTML or XML, without changing its meaning, so that no CI system finds a command `##[name]` in it."""
    return markup.replace("##", "#&#35;")


def escape_commands_in_json(document: str) -> str:
    """Rewrites JSON, without changing its meaning, so that no CI system finds a command `##[name]` in it."""
    return document.replace("##", r"#\u0023")
