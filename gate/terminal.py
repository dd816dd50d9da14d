"""The terminal: how many cells a text needs, how to cut it to a width, and whether to colour it."""

from __future__ import annotations

import os
import re
import unicodedata
from itertools import accumulate, dropwhile, takewhile
from typing import TYPE_CHECKING, TextIO

from gate.policy import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping

COLOR_CHOICES = ("auto", "always", "never")
_SGR_OF_DECISION = {Decision.PASSED: "1;32", Decision.BLOCKED: "1;31", Decision.UNDECIDED: "1;33"}
_SGR_RESET = "\x1b[0m"
_EMOJI_PRESENTATION = "\ufe0f"
_DEFAULT_COLUMNS = 80
_ELLIPSIS = "..."
"""ASCII: terminals disagree on the width of "\u2026", and not every encoding has it."""


def columns(stream: TextIO, environ: Mapping[str, str]) -> int:
    """Returns the width in cells of the terminal that the stream writes to; the variable COLUMNS overrides it."""
    stated = environ.get("COLUMNS", "")
    if re.fullmatch(r"[1-9][0-9]{0,4}", stated):
        return int(stated)
    try:
        # Not shutil.get_terminal_size(): it measures standard output, which may be a file.
        return os.get_terminal_size(stream.fileno()).columns or _DEFAULT_COLUMNS
    except (OSError, ValueError):
        return _DEFAULT_COLUMNS


def cell_width(text: str) -> int:
    """Returns how many cells a terminal needs at most for one printable line.

    It may be one too many for an emoji or a conjoining letter, which terminals draw differently: a line that is cut
    too early does no harm. East Asian Width and General_Category are those of this Python's Unicode version; newer
    characters are unassigned in it, and `gate.text.one_line` has replaced them.
    """
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if char == _EMOJI_PRESENTATION:
        # It makes the narrow character before it a wide emoji.
        return 1
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def shortened(text: str, width: int) -> str:
    """Cuts the middle out of a line that needs more cells than `width`, which is at least 3.

    Two thirds of what is kept are its end, which says how far a task is.
    """
    if cell_width(text) <= width:
        return text
    room = width - len(_ELLIPSIS)
    head = _fitting(text, room // 3)
    tail = reversed(_fitting(text[::-1], room - cell_width(head)))
    # A combining mark whose letter was cut off would combine with the ellipsis.
    return head + _ELLIPSIS + "".join(dropwhile(lambda char: _char_width(char) == 0, tail))


def _fitting(text: str, width: int) -> str:
    used = accumulate(map(_char_width, text))
    return "".join(char for char, _ in takewhile(lambda pair: pair[1] <= width, zip(text, used, strict=True)))


def wants_color(choice: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour what is printed on this stream.

    `always` and `never` override the environment. With `auto` the order is that of CPython's own tracebacks: NO_COLOR
    (no-color.org), FORCE_COLOR (force-color.org; 0 turns colours off, as in Node.js), TERM=dumb, then whether the
    stream is a terminal. An empty variable counts as unset.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if forced := environ.get("FORCE_COLOR"):
        return forced != "0"
    return environ.get("TERM") != "dumb" and stream.isatty()


def colored(text: str, decision: Decision) -> str:
    """Colours the first line of a rendered verdict: green if passed, red if blocked, yellow if undecided."""
    first, newline, rest = text.partition("\n")
    return f"\x1b[{_SGR_OF_DECISION[decision]}m{first}{_SGR_RESET}{newline}{rest}"
