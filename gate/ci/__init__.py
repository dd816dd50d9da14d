"""The CI hosts: which one the gate runs in, and what that host wants to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gate.ci.github import GitHub

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gate.outcome import Outcome


class Host(Protocol):
    """A CI host that shows more of an outcome than a log and an exit code."""

    def publish(self, outcome: Outcome) -> Iterable[str]:
        """Tells the host; yields what could not be told, in words for the log, and raises nothing for it."""
        ...


def detect(environ: Mapping[str, str]) -> Host | None:
    """Finds the host by the variables that it sets; None on a plain machine."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return GitHub(environ)
    return None
