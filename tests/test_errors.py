"""What errors say, and the exit codes that they carry."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from gate.errors import (
    Bug,
    DeadlineExceeded,
    ExitCode,
    Interrupted,
    NotAuthorised,
    NotUnderstood,
    OutOfMemory,
    Refused,
    ScanNotStarted,
    ScanQuotaUsedUp,
    ScanTooLarge,
    Throttled,
    TransientError,
    TruncatedResponse,
    Unreachable,
    UsageError,
)

if TYPE_CHECKING:
    from gate.errors import GateError


@pytest.mark.parametrize("kind", [UsageError, Unreachable, DeadlineExceeded, Throttled, TruncatedResponse])
def test_an_error_says_what_happened_what_it_means_and_what_to_do_as_far_as_it_is_known(kind: type[GateError]) -> None:
    assert str(kind("It rains.", means="The roof leaks.", remedy="Mend it.")) == "It rains. The roof leaks. Mend it."
    assert str(kind("It rains.", remedy="Mend it.")) == "It rains. Mend it."
    assert str(kind("It rains.")) == "It rains."


def test_a_passing_fault_knows_the_pause_that_was_asked_for() -> None:
    assert Throttled("Too many calls.", retry_after=12.0).retry_after == 12.0
    assert Throttled("Too many calls.").retry_after is None


def test_a_quota_that_is_used_up_knows_how_often_it_frees_a_call() -> None:
    assert Throttled("Too many calls.", seconds_per_call=12.0).seconds_per_call == 12.0
    assert Throttled("Too many calls.").seconds_per_call is None


@pytest.mark.parametrize(
    ("number", "code", "who"),
    [
        (signal.SIGINT, 130, "Ctrl-C was pressed, or the CI system cancelled the job."),
        (signal.SIGTERM, 143, "The CI system, or a timeout, cancelled the job."),
        (signal.SIGHUP, 129, "The terminal was closed, or the CI system cancelled the job."),
    ],
)
def test_an_interruption_says_which_signal_what_it_usually_means_and_what_to_do(
    number: signal.Signals, code: int, who: str
) -> None:
    interrupted = Interrupted(number)

    assert (interrupted.signal, interrupted.exit_code, interrupted.args) == (number, code, (number,))
    assert str(interrupted) == (
        f"The run was interrupted by {number.name} before it was complete. {who} "
        "Run the gate again; if the job has a time limit, it must be longer than --timeout."
    )


def test_every_exit_code_is_the_one_that_is_documented() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "PASSED": 0,
        "BLOCKED": 1,
        "USAGE": 2,
        "NOT_AUTHORISED": 3,
        "CLOUD_UNAVAILABLE": 4,
        "NOT_FINAL": 5,
        "TASK_ENDED_BADLY": 6,
        "NOTHING_TO_JUDGE": 7,
        "BUG": 70,
        "HUNG_UP": 129,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }


@pytest.mark.parametrize(
    ("kind", "exit_code", "code"),
    [
        (UsageError, 2, "usage"),
        (NotAuthorised, 3, "not-authorised"),
        (Refused, 4, "refused"),
        (Unreachable, 4, "unreachable"),
        (DeadlineExceeded, 4, "unreachable"),
        (ScanQuotaUsedUp, 4, "scan-quota"),
        (ScanNotStarted, 4, "scan-not-started"),
        (ScanTooLarge, 4, "scan-too-large"),
        (Throttled, 4, "throttled"),
        (TruncatedResponse, 4, "not-understood"),
        (NotUnderstood, 4, "not-understood"),
        (OutOfMemory, 4, "out-of-memory"),
        (Bug, 70, "bug"),
    ],
)
def test_every_cause_has_its_exit_code_and_its_name_in_reports(
    kind: type[GateError], exit_code: int, code: str
) -> None:
    assert (kind.exit_code, kind.code) == (exit_code, code)


def test_a_fault_that_does_not_pass_is_the_clouds() -> None:
    assert TransientError("It rains.").exit_code == 4
