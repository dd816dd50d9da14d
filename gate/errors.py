"""The errors that keep the gate from a verdict: one class per cause, each with its exit code and its name in reports.

GateError
├── UsageError               2  an option, a variable or the config file is wrong
├── NotAuthorised            3  credentials are missing, wrong or not sufficient
├── Refused                  4  the cloud rejected the request
│   ├── ScanQuotaUsedUp         no image may be scanned any more
│   ├── ScanNotStarted          the cloud did not start the scan that was asked for
│   └── ScanTooLarge            the cloud started a scan of other images too
├── NotUnderstood            4  the response is not what the cloud documents
│   └── ForeignResponse         it did not come from the API, such as a proxy's page
├── TransientError           4  one of these, if the last retry failed too:
│   ├── Unreachable             no response, or a server error
│   │   └── DeadlineExceeded    no time left for all the requests of one poll
│   ├── Throttled               rate limited; retried when the cloud allows it
│   └── TruncatedResponse       the response ends in the middle
├── OutOfMemory              4  the gate may not take as much memory as it needs
└── Bug                     70  a bug in the gate
Interrupted      129, 130, 143  a signal; not a GateError, since nothing went wrong
"""

from __future__ import annotations

import signal
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """The exit codes of the process; each has one meaning, and all others are reserved."""

    PASSED = 0
    BLOCKED = 1
    USAGE = 2
    NOT_AUTHORISED = 3
    CLOUD_UNAVAILABLE = 4
    NOT_FINAL = 5
    TASK_ENDED_BADLY = 6
    NOTHING_TO_JUDGE = 7
    BUG = 70
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class GateError(Exception):
    """The reason that there is no verdict: what happened, what it usually means, and what to do."""

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
    """Raised when an option, a variable or the config file is wrong, or asks for something that cannot be done."""

    exit_code = ExitCode.USAGE
    code = "usage"


class NotAuthorised(GateError):
    """Raised when credentials are missing, wrong, expired or not sufficient for the request."""

    exit_code = ExitCode.NOT_AUTHORISED
    code = "not-authorised"


class Refused(GateError):
    """Raised when the cloud rejects the request."""

    exit_code = ExitCode.CLOUD_UNAVAILABLE
    code = "refused"


class ScanQuotaUsedUp(Refused):
    """Raised when the account has no quota left for the scan of an image."""

    code = "scan-quota"


class ScanNotStarted(Refused):
    """Raised when the cloud accepts the request for a scan, and says that it does not scan."""

    code = "scan-not-started"


class ScanTooLarge(Refused):
    """Raised when the scan that was started has more images than were asked for; each may cost money."""

    code = "scan-too-large"


class TransientError(GateError):
    """Raised when a request failed in a way that a retry may fix."""

    exit_code = ExitCode.CLOUD_UNAVAILABLE

    def __init__(self, happened: str, *, means: str = "", remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(happened, means=means, remedy=remedy)
        self.retry_after = retry_after
        """The pause that the cloud asks for before a retry, in s."""


class Unreachable(TransientError):
    """Raised when the cloud could not be connected to, did not respond, or responded with a server error."""

    code = "unreachable"


class DeadlineExceeded(Unreachable):
    """Raised when the deadline came in the middle of a poll that takes more than one request."""


class Throttled(TransientError):
    """Raised when the cloud's rate limit rejected the request."""

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
        """The time, in s, in which the quota frees one request, if the cloud states its size."""


class TruncatedResponse(TransientError):
    """Raised when a response ends in the middle."""

    code = "not-understood"


class NotUnderstood(GateError):
    """Raised when a response is not what the cloud documents: a login page, a redirect, another structure."""

    exit_code = ExitCode.CLOUD_UNAVAILABLE
    code = "not-understood"


class ForeignResponse(NotUnderstood):
    """Raised when a response did not come from the API: a web page, a redirect, or an empty body."""


class OutOfMemory(GateError):
    """Raised when the gate cannot get as much memory as it needs."""

    exit_code = ExitCode.CLOUD_UNAVAILABLE
    code = "out-of-memory"


class Bug(GateError):
    """Raised when the gate itself fails."""

    exit_code = ExitCode.BUG
    code = "bug"


class Interrupted(BaseException):
    """Raised when a signal arrives: after Ctrl-C, or when the CI system cancels the job."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)

    def __str__(self) -> str:
        return (
            f"The run was interrupted by {self.signal.name} before it was complete. {_SENDERS[self.signal]} "
            "cancelled the job. Run the gate again; if the job has a time limit, it must be longer than --timeout."
        )

    @property
    def exit_code(self) -> ExitCode:
        """129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM."""
        return ExitCode(128 + self.signal)


_SENDERS = {
    signal.SIGINT: "Ctrl-C was pressed, or the CI system",
    signal.SIGTERM: "The CI system, or a timeout,",
    signal.SIGHUP: "The terminal was closed, or the CI system",
}
