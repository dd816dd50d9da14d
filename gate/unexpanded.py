"""Recognises a value that was never filled in: a reference that no program replaced, or quotes that were kept."""

from __future__ import annotations

import re

_MACRO = re.compile(r"\$\([A-Za-z_][\w.-]*\)")
"""As Azure Pipelines leaves it where the variable does not exist (ci-hosts.md 4.3)."""
_REFERENCE = re.compile(
    r"\$\([^()]*\) | \$\{\{.*\}\} | \$\{[^{}]*\} | \$\[.*\] | \$[A-Za-z_]\w* | %[A-Za-z_]\w*% | \{\{.*\}\} | <[^<>]*>",
    re.VERBOSE,
)
_QUOTED = re.compile(r"(['\"]).*\1")


def is_macro(text: str) -> bool:
    """Whether the whole text is `$(NAME)`."""
    return bool(_MACRO.fullmatch(text.strip()))


def mistake_in(text: str) -> str:
    """Says what makes a text no value of anything, without the text itself, which may be secret; empty if nothing."""
    if _REFERENCE.fullmatch(text):
        return "it is a reference to a variable, such as ${NAME}, that nothing has replaced"
    if _QUOTED.fullmatch(text):
        return "it is in quotes, which were kept as a part of it"
    return ""
