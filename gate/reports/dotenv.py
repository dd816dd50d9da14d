"""The `dotenv` report: the outputs as variables for later GitLab jobs, such as `SCAN_VERDICT`.

At most 20 variables and 5 KB, one line each, and no quotes but those of JSON: GitLab keeps them (ci-hosts.md 4.2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.reports.images_output import images_output
from gate.text import distinct_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome

PREFIX = "SCAN_"
"""Not SCAN_GATE_: in a later job, those would be options of the gate."""
_MAX_LENGTH = 255
_MAX_SIZE = 5 * 1024 - 1
"""Bytes of the file; GitLab takes less than 5 KB (report-readers.md 4)."""


def render(outcome: Outcome) -> Iterator[str]:
    """Renders one variable a line; unknown values are empty.

    The gate's name, else that of its job, ends the names of its variables, as in `SCAN_VERDICT_STAGING`: a later job
    that gets those of two gates has one value of each name, and could read that of the other gate.
    """
    own = f"-{distinct_name(outcome.own_name)}" if outcome.own_name else ""
    size = 0
    for name, value in outcome.outputs.items():
        line = f"{PREFIX}{_as_variable(f'{name}{own}')}={_sanitize(value)}\n"
        size += len(line)
        yield line
    start = f"{PREFIX}{_as_variable(f'images{own}')}="
    room = _MAX_SIZE - size - len(f"{start}\n")
    yield f"{start}{images_output(outcome, room, _sanitize)}\n"


def _as_variable(name: str) -> str:
    return re.sub("[^A-Z0-9]", "_", name.upper())


def _sanitize(value: str) -> str:
    # No character that a shell or GitLab's own expansion of variables gives a meaning.
    return re.sub(r"[^A-Za-z0-9._:/@+-]", "_", value[:_MAX_LENGTH])
