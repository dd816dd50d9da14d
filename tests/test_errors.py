"""What errors say, and the exit codes that they carry."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from gate.errors import CutShort, Interrupted, OutOfTime, Throttled, Unreachable, UsageError

if TYPE_CHECKING:
    from gate.errors import GateError


@pytest.mark.parametrize("kind", [UsageError, Unreachable, OutOfTime, Throttled, CutShort])
def test_an_error_says_what_happened_what_it_means_and_what_to_do_as_far_as_it_is_known(kind: type[GateError]) -> None:
    assert str(kind("It rains.", means="The roof leaks.", remedy="Mend it.")) == "It rains. The roof leaks. Mend it."
    assert str(kind("It rains.", remedy="Mend it.")) == "It rains. Mend it."
    assert str(kind("It rains.")) == "It rains."


def test_a_passing_fault_knows_the_pause_that_was_asked_for() -> None:
    assert Throttled("Too many calls.", retry_after=12.0).retry_after == 12.0
    assert Throttled("Too many calls.").retry_after is None


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_is_named_by_its_signal(number: signal.Signals, code: int) -> None:
    interrupted = Interrupted(number)

    assert (interrupted.signal, interrupted.exit_code, interrupted.args) == (number, code, (number,))
