"""The request timeouts of stalls, which take real time, and faults that are removed after one request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.matrix.fault import Fault

SHORT, LONGER = ("--request-timeout", "0.05s"), ("--request-timeout", "0.5s")
"""A stall costs as much real time as the request timeout."""
SHORT_BY_PROXY = ("--request-timeout", "0.15s")
"""Through a proxy, a request also takes a tunnel and a handshake."""
SHORT_TIMEOUTS = frozenset({SHORT, SHORT_BY_PROXY})


def once(fault: Fault) -> Fault:
    """The same fault for one request; with a longer timeout, so that later requests succeed on a busy machine too."""
    arguments = LONGER if fault.arguments in SHORT_TIMEOUTS else fault.arguments
    return replace(fault, name=f"{fault.name}-once", is_permanent=False, arguments=arguments)
