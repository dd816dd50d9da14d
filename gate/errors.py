"""Everything that can keep the gate from a verdict: one class a cause, each with its exit code and its name in reports.

GateError
├── UsageError          2  the run is not asked for in a way that can be carried out
├── NotAuthorised       3  no, wrong or insufficient credentials
├── Refused             4  the cloud understood the question and said no
├── NotUnderstood       4  an answer that is not what the cloud documents
├── TransientError        4  one of these, when it was still so after the last try:
│   ├── Unreachable           no answer, or that of a broken server
│   │   └── DeadlineExceeded         no time left for all the questions of one look
│   ├── Throttled             too many calls; tried again when the cloud says so
│   └── TruncatedResponse              an answer that stops in the middle
└── Bug                70  the gate itself is wrong
Interrupted      130, 143  a signal; no GateError, since nothing went wrong
"""

from __future__ import annotations

import signal
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process says when it ends; every code has one meaning, and all others are reserved."""

    PASSED = 0
    BLOCKED = 1
    USAGE = 2
    NOT_AUTHORISED = 3
    CLOUD_UNAVAILABLE = 4
    NOT_FINAL = 5
    TASK_ENDED_BADLY = 6
    NOTHING_TO_JUDGE = 7
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


class GateError(Exception):
    """Why there is no verdict: what happened, what it usually means, and what to do."""

    exit_code: ClassVar[ExitCode]
    code: ClassVar[str]
    """The name of this cause in reports."""

    def __init__(self, happened: str, *, means: str = "", remedy: str = "") -> None:
        super().__init__(happened)
        self.happened = happened
        self.means = means
        self.remedy = remedy

    def __str__(self) -> str:
        return " ".join(part for part in (self.happened, self.means, self.remedy) if part)


class UsageError(GateError):
    """The user meets it when an option, a variable or the file asks for something that cannot be done."""

    exit_code = ExitCode.USAGE
    code = "usage"


class NotAuthorised(GateError):
    """The user meets it when credentials are missing, wrong, expired or may not do what is asked."""

    exit_code = ExitCode.NOT_AUTHORISED
    code = "not-authorised"


class Refused(GateError):
    """The user meets it when the cloud answers that it will not do what is asked."""

    exit_code = ExitCode.CLOUD_UNAVAILABLE
    code = "refused"


class TransientError(GateError):
    """A fault that may be gone at the next try."""

    exit_code = ExitCode.CLOUD_UNAVAILABLE

    def __init__(self, happened: str, *, means: str = "", remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(happened, means=means, remedy=remedy)
        self.retry_after = retry_after
        """The pause that the cloud asks for, in s."""


class Unreachable(TransientError):
    """The user meets it when no answer, or only the answer of a broken server, came until the time was up."""

    code = "unreachable"


class DeadlineExceeded(Unreachable):
    """The user meets it when the time was up in the middle of a look that takes more than one request."""


class Throttled(TransientError):
    """The user meets it when the cloud's quota left no room for one more call until the time was up."""

    code = "throttled"

    def __init__(
        self,
        happened: str,
        *,
        means: str = "",
        remedy: str = "",
        retry_after: float | None = None,
        seconds_per_call: float | None = None,
    ) -> None:
        super().__init__(happened, means=means, remedy=remedy, retry_after=retry_after)
        self.seconds_per_call = seconds_per_call
        """The time, in s, in which the quota frees one call, where the cloud tells its size."""


class TruncatedResponse(TransientError):
    """The user meets it when an answer stops in the middle, again and again."""

    code = "not-understood"


class NotUnderstood(GateError):
    """The user meets it when an answer is not what the cloud documents: a login page, a redirect, another shape."""

    exit_code = ExitCode.CLOUD_UNAVAILABLE
    code = "not-understood"


class Bug(GateError):
    """The user meets it when the gate itself is wrong."""

    exit_code = ExitCode.BUG
    code = "bug"


class Interrupted(BaseException):
    """The user meets it after Ctrl-C, or when the CI host cancels the job."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)

    def __str__(self) -> str:
        return f"Interrupted by {self.signal.name}."

    @property
    def exit_code(self) -> ExitCode:
        """130 for SIGINT, 143 for SIGTERM."""
        return ExitCode.TERMINATED if self.signal == signal.SIGTERM else ExitCode.INTERRUPTED
