"""What a CI host is to the gate; a host that shows no more than a log and an exit code overrides nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from gate.outcome import Outcome


class CISystem:
    """A CI host, by the variables that it sets for a job."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @classmethod
    def is_detected(cls, environ: Mapping[str, str]) -> bool:  # noqa: ARG003 - for hosts that leave a sign
        """Whether these variables are those of a job of this host."""
        return True

    def remove_stale(self) -> None:
        """Takes away what an earlier run has left for the host, which would be mistaken for a word of this one."""

    def mask_command(self, secret: str) -> str:  # noqa: ARG002 - for hosts that can
        """The line that keeps a secret out of the host's log; empty where it would show it instead."""
        return ""

    def start_group(self, title: str, at: datetime) -> str:  # noqa: ARG002 - for hosts that can
        """The line from which on the host folds its log; empty where it does not."""
        return ""

    def end_group(self, at: datetime) -> str:  # noqa: ARG002 - for hosts that can
        """The line that ends what is folded."""
        return ""

    def publish(self, outcome: Outcome) -> Iterator[str]:  # noqa: ARG002 - for hosts that can
        """Tells the host, by its files and on standard output.

        Yields what could not be told, in words for the log, and raises nothing for it.
        """
        yield from ()
