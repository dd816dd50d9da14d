"""One thing that was checked: its state, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gate.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.errors import GateError


class State(StrEnum):
    """Whether something is in place."""

    OK = "ok"
    WARNING = "warning"
    """A run may come to a verdict all the same; also for what was not checked."""
    FAILURE = "failure"
    """No run can come to a verdict as things stand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that was checked."""

    name: str
    state: State
    text: str
    """What was found."""
    remedy: str = ""
    """What to do; empty if there is nothing to do."""
    exit_code: ExitCode = ExitCode.PASSED
    """That of the whole command, if this is the first failure."""


def ok(name: str, text: str) -> Check:
    """What is in place."""
    return Check(name=name, state=State.OK, text=text)


def warning(name: str, text: str, remedy: str = "") -> Check:
    """What may cost something, and not the verdict."""
    return Check(name=name, state=State.WARNING, text=text, remedy=remedy)


def not_checked(name: str, why: str) -> Check:
    """What could not be checked: that is neither good nor bad."""
    return warning(name, f"not checked: {why}")


def failure(name: str, text: str, remedy: str = "", *, exit_code: ExitCode = ExitCode.NOTHING_TO_JUDGE) -> Check:
    """What keeps a run from its verdict."""
    return Check(name=name, state=State.FAILURE, text=text, remedy=remedy, exit_code=exit_code)


def failed(name: str, error: GateError) -> Check:
    """The failure that an error is."""
    text = f"{error.happened} {error.means}".rstrip()
    return failure(name, text, error.remedy, exit_code=error.exit_code)


def exit_code_of(checks: Iterable[Check]) -> ExitCode:
    """That of the first failure, at which a run would end; 0 if a run could come to a verdict."""
    return next((check.exit_code for check in checks if check.state is State.FAILURE), ExitCode.PASSED)
