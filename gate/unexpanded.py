"""Recognises a value that was never filled in: a reference that nothing has replaced, kept quotes, and the like."""

from __future__ import annotations

import re
from pathlib import Path

_MACRO = re.compile(r"\$\([A-Za-z_][\w.-]*\)")
"""As Azure Pipelines leaves it where the variable does not exist (ci-hosts.md 4.3)."""
_REFERENCE = re.compile(
    r"\$\([^()]*\) | \$\{\{.*\}\} | \$\{[^{}]*\} | \$\[.*\] | \$[A-Za-z_]\w* | %[A-Za-z_]\w*% | \{\{.*\}\} | <[^<>]*>",
    re.VERBOSE,
)
_MISTAKES = {
    _REFERENCE: "it is a reference to a variable, such as ${NAME}, that nothing has replaced",
    re.compile(r"(['\"]).*\1"): "it is in quotes, which were kept as a part of it",
    # Of jq, JavaScript, Python and Go.
    re.compile(r"null|undefined|\[object Object\]|None|nil"): "a program writes this word where it has no value",
    re.compile(r"\*{3,}"): "it is the mask by which a log hides a secret",
    re.compile(r"""\{\s*".*\}|\[\s*["{].*\]""", re.DOTALL): "it is JSON, of which one value was meant",
    re.compile(r".*\\[rn]", re.DOTALL): r"it ends with a line break that was written as two characters, \r or \n",
}
"""What no value of anything looks like as a whole, and what it is."""
_REFERENCE_INSIDE = re.compile(
    r"\$\([A-Za-z_][\w.-]*\) | \$\{ | \$[A-Za-z_]\w* | %[A-Za-z_]\w*% | \{\{.*\}\}", re.VERBOSE
)


def is_macro(text: str) -> bool:
    """Whether the whole text is `$(NAME)`."""
    return bool(_MACRO.fullmatch(text.strip()))


def mistake_in(text: str) -> str:
    """Says what makes a text no value of anything, without the text itself, which may be secret; empty if nothing."""
    return next((mistake for pattern, mistake in _MISTAKES.items() if pattern.fullmatch(text)), "")


def mistake_inside(text: str) -> str:
    """The same for a text of which a part may be a reference too, such as the tag of an image."""
    if _REFERENCE_INSIDE.search(text):
        return "it contains a reference to a variable, such as ${NAME}, that nothing has replaced"
    return mistake_in(text)


def mistake_in_path(path: str) -> str:
    """The same for the path of a file that may not exist yet."""
    mistake = mistake_inside(path)
    if not mistake and path.startswith("~"):
        return "only a shell replaces a ~, and only at the start of a word"
    return mistake


def path_of(text: str) -> Path:
    """Parses the path of a file that may not exist yet.

    Raises:
        ValueError: It was never filled in.
    """
    if mistake := mistake_in_path(text):
        raise ValueError(f"{text!r} is no path: {mistake}")
    return Path(text)
