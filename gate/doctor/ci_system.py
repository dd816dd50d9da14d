"""What a run tells the CI system and writes, and whether it could: nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.doctor.check import ok, warning
from gate.writing import why_unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.ci import CISystem
    from gate.doctor.check import Check
    from gate.settings import Settings


def check_ci_system(ci_system: CISystem, name: str, settings: Settings) -> Iterator[Check]:
    """Yields the CI system, each thing that it is to be told by, and each report."""
    how = "by --ci" if settings.ci else "detected"
    known = f"{name} ({how})" if name != "none" else "none is detected" if not settings.ci else "none (by --ci)"
    identity = f"is called {ci_system.identity}" if ci_system.identity else "has no name"
    yield ok("CI system", f"{known}; the gate {identity}")
    for channel in ci_system.channels():
        yield _output(f"CI system, {channel.name}", channel.problem, channel.loss)
    for target in settings.reports:
        problem = why_unwritable(target.path, is_replaced=True)
        yield _output(f"report {target.format}", f"{target.path}: {problem}" if problem else "", "it will be missing")


def _output(name: str, problem: str, loss: str) -> Check:
    if not problem:
        return ok(name, "can be written")
    return warning(name, f"cannot be written ({problem}): {loss}.", "Correct the path or its permissions.")
