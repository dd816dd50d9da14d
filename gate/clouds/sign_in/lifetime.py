"""For how long temporary credentials are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.sign_in_options import LONGEST_SESSION, SHORTEST_SESSION

if TYPE_CHECKING:
    from gate.clouds.interface import Connection

DEFAULT_SECONDS = 3600
"""What every role allows, and what is asked for where the credentials can be renewed: the default of both clouds
(sign-in.md 1.1 and 2.1)."""
_MARGIN_SECONDS = 600
"""Beyond --timeout: for what follows the last poll, and so that the credentials are not renewed before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lifetime:
    """How long credentials are to be valid."""

    seconds: int
    may_be_shorter: bool = False
    """Whether less is asked for where this is refused."""

    def shortened(self) -> Lifetime:
        """What to ask for after this was refused."""
        return Lifetime(seconds=DEFAULT_SECONDS)


def lifetime(connection: Connection, *, is_renewable: bool, given: float | None = None) -> Lifetime:
    """Chooses how long credentials are to be valid.

    Args:
        connection: The settings.
        is_renewable: Whether they can be renewed; otherwise they are asked for as long as the run may take.
        given: Seconds that a variable of the vendor's tools names, which --session-duration overrides.
    """
    asked = connection.settings.sign_in.session_duration or given
    if asked:
        return Lifetime(seconds=round(asked))
    if is_renewable:
        return Lifetime(seconds=DEFAULT_SECONDS)
    needed = round(connection.settings.timeout) + _MARGIN_SECONDS
    seconds = min(max(needed, SHORTEST_SESSION), LONGEST_SESSION)
    return Lifetime(seconds=seconds, may_be_shorter=seconds > DEFAULT_SECONDS)
