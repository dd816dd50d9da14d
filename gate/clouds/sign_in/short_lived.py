"""Connections for one exchange: a run that waits for hours may need hundreds, and keeps the sockets of none."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds.interface import Connection

_BYTES_KEPT = 60_000_000
"""Of a list in whose middle the credentials are renewed, at most; a list of services with a token takes a few MB."""


@contextmanager
def short_lived(connection: Connection) -> Iterator[Connection]:
    """The same connection for small responses, of which the transports that are opened inside are closed at the end."""
    with ExitStack() as transports:
        yield replace(connection, open_transports=transports, bytes_kept=_BYTES_KEPT)
