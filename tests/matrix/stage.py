"""The stage on which a fault appears at its moment: one gate before one cloud, on a clock that nobody waits for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.matrix.moments import OPTIONS, OURS

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from gate.simulator import SimulatedTask, Simulator
    from tests.harness import Ending, Gate
    from tests.matrix.door import Door
    from tests.matrix.moments import When
    from tests.matrix.proxy import Proxy

Change: TypeAlias = "Callable[[Stage, str, Any], Any]"
"""What becomes of a true answer, given the operation and the document: another document, or a whole reply."""


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """The server's side of TLS, with each of three certificates."""

    trusted: ssl.SSLContext
    stranger: ssl.SSLContext
    """One that the gate does not trust."""
    misnamed: ssl.SSLContext
    """One that the gate trusts, but for another host."""
    bundle: Path
    """What the gate is told to trust."""


@dataclass(kw_only=True)
class Stage:
    """Everything that a fault may take hold of."""

    gate: Gate
    when: When
    patch: pytest.MonkeyPatch
    door: Door | None = None
    proxy: Proxy | None = None
    certificates: Certificates | None = None
    elsewhere: Simulator | None = None
    """Where the gate may be led to, and must not go."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What a fault has to keep in mind from one answer to the next."""
    altered: int = 0
    """How many answers were not the true ones, or were given while something was not as it should be."""
    ours: SimulatedTask = field(init=False)

    def __post_init__(self) -> None:
        self.ours = next(task for task in self.gate.simulator.tasks if task.id == OURS)

    def run(self, trouble: Trouble, *arguments: str) -> Ending:
        """Runs the check, in which the trouble begins at its moment."""
        if self.when.begins:
            self.gate.time.at_elapsed(self.when.begins, lambda: self._begin(trouble))
        else:
            self._begin(trouble)
        return self.gate.check(*OPTIONS, *trouble.arguments, *arguments)

    def _begin(self, trouble: Trouble) -> None:
        trouble.begin(self)
        if not trouble.lasts:
            # The gate sleeps before it asks again, and by then all is well.
            self.gate.time.at_elapsed(self.gate.time.elapsed + 0.001, lambda: trouble.end(self))


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing that goes wrong, by name."""

    name: str
    begin: Callable[[Stage], object]
    end: Callable[[Stage], object] = str
    is_in_answers: bool = False
    """Whether it can be in the answers of one operation and not in those of another."""
    lasts: bool = True
    """Whether it stays until the end of the run, or is gone once the gate has met it."""
    arguments: tuple[str, ...] = ("--request-timeout", "5s")
    scheme: str = ""
    """How the gate comes to the cloud, where it does so through the door; empty where it does not."""
    host: str = "127.0.0.1"
    by_proxy: bool = False
    """Whether there is a proxy before the door, by which alone the cloud can be reached."""
    without: tuple[str, ...] = ()
    """What the command line does not say."""
    of_other_kind: bool = False
    """Whether the task is none of a scan."""
    by_token: bool = False
    """Whether the gate signs in with the token of a user, where a cloud takes one, and not with temporary keys."""
    is_retried: bool = False
    """Whether the gate cannot get over it without asking once more."""
    is_met: Callable[[Stage], object] = bool
    """Whether the gate has met it, of a stage after the run; always, where the exit code alone shows that."""
    leads_elsewhere: bool = False
    """Whether there is somebody else to whom the gate is sent."""
    says: tuple[str, ...] = ()
    """What the verdict has to say of it."""


def altered(name: str, change: Change, **others: Any) -> Trouble:
    """What goes wrong in the answers of the operations that the moment is about."""

    def begin(stage: Stage) -> None:
        def rewrite(operation: str, true: Any) -> Any:
            concerned = not stage.when.operations or operation in stage.when.operations
            told = change(stage, operation, true) if concerned else true
            # As text, since to Python 1 is true.
            stage.altered += repr(told) != repr(true)
            return told

        stage.gate.simulator.rewrite = rewrite

    def end(stage: Stage) -> None:
        stage.gate.simulator.rewrite = None

    return Trouble(name=name, begin=begin, end=end, is_in_answers=True, is_met=is_altered, **others)


def is_altered(stage: Stage) -> bool:
    """Whether any answer was not the true one, or was given while something was not as it should be."""
    return stage.altered > 0
