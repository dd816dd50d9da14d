"""Defines a fault, and the context of one run that a fault is injected into."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.matrix.injection_points import OPTIONS, TASK_ID

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from gate.simulator import SimulatedTask, Simulator
    from tests.harness import Ending, Gate
    from tests.matrix.forwarder import Forwarder
    from tests.matrix.injection_points import Timing
    from tests.matrix.proxy import Proxy

Change: TypeAlias = "Callable[[FaultContext, str, Any], Any]"
"""Maps the operation and the document of a true response to another document, or to a complete response."""


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """The server side of TLS, with each of three certificates."""

    trusted: ssl.SSLContext
    untrusted: ssl.SSLContext
    """The gate does not trust this one."""
    misnamed: ssl.SSLContext
    """The gate trusts this one, but it is for another host."""
    bundle: Path
    """The CA bundle of the gate."""


@dataclass(kw_only=True)
class FaultContext:
    """Everything that a fault can change in one run: one gate, one simulated cloud, and a fake clock."""

    gate: Gate
    timing: Timing
    patch: pytest.MonkeyPatch
    forwarder: Forwarder | None = None
    proxy: Proxy | None = None
    certificates: Certificates | None = None
    redirect_target: Simulator | None = None
    """A server to which a fault redirects the gate; the gate must not follow."""
    memory: dict[str, Any] = field(default_factory=dict)
    """State that a fault keeps from one response to the next."""
    affected_responses: int = 0
    """The number of responses that a fault changed, or that were sent while it was in effect."""
    options: tuple[str, ...] = OPTIONS

    @cached_property
    def task(self) -> SimulatedTask:
        """The task that the gate has to judge."""
        return next(task for task in self.gate.simulator.tasks if task.id == TASK_ID)

    def run(self, fault: Fault, *arguments: str) -> Ending:
        """Runs the check, and injects the fault at its time."""
        if self.timing.injected_at:
            self.gate.time.at_elapsed(self.timing.injected_at, lambda: self._inject(fault))
        else:
            self._inject(fault)
        return self.gate.check(*self.options, *fault.arguments, *arguments)

    def _inject(self, fault: Fault) -> None:
        fault.inject(self)
        if not fault.is_permanent:
            # The gate sleeps before its next request, so that only the current one is affected.
            self.gate.time.at_elapsed(self.gate.time.elapsed + 0.001, lambda: fault.remove(self))


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault by name: how to inject and remove it, and the preconditions of the run."""

    name: str
    inject: Callable[[FaultContext], object]
    remove: Callable[[FaultContext], object] = str
    is_per_operation: bool = False
    """Whether it can be injected into the responses of one operation only."""
    is_permanent: bool = True
    """Whether it stays until the end of the run; otherwise it affects one request."""
    arguments: tuple[str, ...] = ("--request-timeout", "5s")
    scheme: str = ""
    """The URL scheme by which the gate reaches the forwarder; empty if it connects to the simulator directly."""
    host: str = "127.0.0.1"
    uses_proxy: bool = False
    """Whether the gate can reach the forwarder only through a proxy."""
    omitted_settings: tuple[str, ...] = ()
    """Settings of the simulator that are not passed on the command line, such as `project_id`."""
    is_other_type: bool = False
    """Whether the task is of a type without risks."""
    uses_auth_token: bool = False
    """Whether the gate authenticates with a user token, where a cloud has one, instead of temporary keys."""
    needs_retry: bool = False
    """Whether the gate can pass only after a retry."""
    was_effective: Callable[[FaultContext], object] = bool
    """Whether it affected the run, checked afterwards; always true where the exit code alone proves it."""
    needs_redirect_target: bool = False
    """Whether it redirects the gate to another server."""
    expected_words: tuple[str, ...] = ()
    """Texts that the reasons of the verdict have to contain."""


def response_fault(name: str, change: Change, **attributes: Any) -> Fault:
    """A fault that changes the responses of the operations of its injection point."""

    def inject(context: FaultContext) -> None:
        calls: Counter[str] = Counter()
        inner = context.gate.simulator.rewrite

        def rewrite(operation: str, document: Any) -> Any:
            calls[operation] += 1
            true = inner(operation, document) if inner else document
            is_affected = context.timing.affects(operation, calls[operation])
            changed = change(context, operation, true) if is_affected else true
            # Compared as text, since 1 == True in Python.
            context.affected_responses += repr(changed) != repr(true)
            return changed

        context.gate.simulator.rewrite = rewrite

    def remove(context: FaultContext) -> None:
        context.gate.simulator.rewrite = None

    return Fault(
        name=name,
        inject=inject,
        remove=remove,
        is_per_operation=True,
        was_effective=has_affected_responses,
        **attributes,
    )


def has_affected_responses(context: FaultContext) -> bool:
    """Whether a fault changed any response, or was in effect when one was sent."""
    return context.affected_responses > 0
