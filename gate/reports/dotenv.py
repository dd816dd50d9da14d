"""The `dotenv` report: the outputs as variables for later GitLab jobs, `SCAN_VERDICT` and the like.

At most 20 variables and 5 KB, one line each, no quotes, since they would be kept (ci-hosts.md 4.2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gate.outcome import Outcome

PREFIX = "SCAN_"
"""Not SCAN_GATE_: in a later job, those would be options of the gate."""
_LONGEST = 255


def render(outcome: Outcome) -> str:
    """Renders one variable a line; what is not known is empty."""
    return "".join(
        f"{PREFIX}{name.upper().replace('-', '_')}={_harmless(value)}\n" for name, value in outcome.outputs.items()
    )


def _harmless(value: str) -> str:
    # Nothing that a shell or GitLab's own expansion of variables could take for more than a text.
    return re.sub(r"[^A-Za-z0-9._:/@+-]", "_", value[:_LONGEST])
