"""The environment: the variables of options and secrets, and a warning for those that resemble one."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from gate.errors import UsageError
from gate.options import OPTIONS, SECRETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PREFIX = "SCAN_GATE_"
_SIMILARITY = 0.8
_SERVICE_ADDRESS = re.compile("(tcp|udp|sctp)://")
"""Kubernetes sets SCAN_GATE_PORT in every pod beside a service with the name scan-gate, as Docker did for its links
(kubernetes.io/docs/concepts/services-networking/service, "Environment variables").
"""


def variable(name: str) -> str:
    """The gate's own variable for an option or a secret."""
    return f"{_PREFIX}{name.upper().replace('-', '_')}"


def input_variable(name: str) -> str:
    """The variable in which GitHub's runner passes an input of the action; it keeps hyphens (ci-hosts.md 4.1)."""
    return f"INPUT_{name.upper()}"


def variables(name: str) -> list[str]:
    """The variables of an option: the action's input, then the gate's own."""
    return [input_variable(name), variable(name)]


def is_action(environ: Mapping[str, str]) -> bool:
    """Whether the gate runs as the GitHub Action: the runner sets a variable for every input, given or not."""
    return input_variable("cloud") in environ


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yields a warning for each variable that has the gate's prefix and is not one of its own.

    Raises:
        UsageError: One is nearly the name of an option, which would be ignored silently.
    """
    ours = {variable(name) for name in (*(option.name for option in OPTIONS), *SECRETS, "config")}
    ours |= {f"{variable(name)}_FILE" for name in SECRETS}
    # Without the prefix, which alone would make any two names similar.
    own = [one.removeprefix(_PREFIX) for one in ours]
    for name, value in environ.items():
        if not name.startswith(_PREFIX) or name in ours:
            continue
        similar = difflib.get_close_matches(name.removeprefix(_PREFIX), own, n=1, cutoff=_SIMILARITY)
        if similar and not _SERVICE_ADDRESS.match(value):
            raise UsageError(
                f"The variable {name} is not one of the gate's; did you mean {_PREFIX}{similar[0]}?",
                means="It would be ignored silently.",
                remedy="Correct its name, or unset it.",
            )
        yield f"The variable {name} is not one of the gate's; it is ignored."
