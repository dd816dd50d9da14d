"""Text from outside made harmless: one function for each kind of place in which it can end up.

Image names, reasons and task names are chosen by whoever pushes an image or names a task. No string of theirs may be
taken for a command of the CI host, for the end of an output, for Markdown or for HTML.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata

_LONGEST = 500
MAX_REASON_LENGTH = 4000
"""Characters: a reason is ours, with what it cites already cut, and its end says what to do."""
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_line(text: str, longest: int = _LONGEST) -> str:
    """For wherever a line is a record: no line breaks, controls, bidi marks or lone surrogates."""
    head = text[: longest + 1]
    # Python calls nothing printable that is in one of these categories, and most names are.
    visible = head.strip() if head.isprintable() else _visible(head).strip()
    return visible if len(text) <= longest else visible[:longest] + "…"


def _visible(text: str) -> str:
    return "".join(" " if unicodedata.category(char) in _INVISIBLE else char for char in text)


def for_log(text: str, longest: int = _LONGEST) -> str:
    """For a log that a CI host reads along, or an output that ends up in one: no workflow command can begin in it.

    GitHub takes `::name::` at the start of a line and `##[name]` anywhere in it, Azure `##vso[` (ci-hosts.md 4.1, 4.3).
    """
    return re.sub(r"([:#])(?=\1)", r"\1 ", one_line(text, longest))


def for_markdown(text: str, longest: int = _LONGEST) -> str:
    """For Markdown that becomes HTML: all but letters, digits and harmless marks turns into a character reference.

    A character reference can never be structure in CommonMark, so nothing is left that could be a table cell's end,
    a tag, a link, a mention or an emphasis.
    """
    return re.sub(r"[^\w \-,;()%'=?]|_", lambda found: f"&#{ord(found[0])};", one_line(text, longest))


def for_html(text: str, longest: int = _LONGEST) -> str:
    """For HTML and SVG, between tags and inside a quoted attribute; never inside a script, a style or a comment.

    What could end the text, the attribute or a character reference turns into a character reference itself.
    """
    return without_commands(html.escape(one_line(text, longest), quote=True), "#&#35;")


def as_json(document: object) -> str:
    """JSON in ASCII, indented and with an end of line; no string in it is a command of the CI host that prints it."""
    return without_commands(json.dumps(document, indent=1), r"#\u0023") + "\n"


def without_commands(markup: str, spelt: str) -> str:
    """Markup that means the same in its format, and nothing to a CI host that takes `##[name]` anywhere for a command.

    Args:
        markup: Of which the strings may hold anything.
        spelt: How two number signs are written there so that they do not stand side by side.
    """
    return markup.replace("##", spelt)
