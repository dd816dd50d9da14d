"""What a cloud is to the gate: three questions, and what it takes to ask them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gate.clouds.credentials import find_credentials
from gate.clouds.transport import MIN_SECRET_LENGTH, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gate.clock import Clock, Deadline
    from gate.clouds.credentials import Credentials, Source
    from gate.event_log import EventLog
    from gate.scan import ScanTask
    from gate.settings import Option, Settings


class Cloud(Protocol):
    """One cloud's scan tasks, in our vocabulary.

    Every method may raise `NotAuthorised`, `Refused`, `NotUnderstood` or, after the deadline, `TransientError`.
    """

    def newest_task(self) -> ScanTask | None:
        """Finds the task with the latest begin, whatever the order in which the cloud lists them."""
        ...

    def task_by_id(self, task_id: str) -> ScanTask | None:
        """Finds the task with exactly this id."""
        ...

    def poll(self, pinned: ScanTask) -> ScanTask | None:
        """Looks at the task again that was found before, and at no other; with its counts, once it is complete."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """What a cloud is given to be asked with."""

    settings: Settings
    environ: Mapping[str, str]
    clock: Clock
    deadline: Deadline
    """The end of the run: no request is tried again after it."""
    event_log: EventLog
    mask_secret: Callable[[str], object] = str
    """Is told every secret before it is used, for the CI host that keeps it out of its log."""
    transport: Callable[..., Transport] = Transport
    """Makes the way to a host; handed in like the clock, so that a test can be the other side without a socket."""

    def credentials(self, native: Iterable[Source], *, takes_token: bool = True) -> Credentials:
        """Finds the credentials, and hides them; see `find_credentials`."""
        found = find_credentials(self.environ, native, takes_token=takes_token)
        for secret in found.secrets:
            if len(secret) >= MIN_SECRET_LENGTH:
                self.mask_secret(secret)
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudProvider:
    """A cloud before it is connected: what its user may say, and how it is built."""

    title: str
    options: tuple[Option, ...]
    min_poll_interval: float
    """Seconds between two looks that the documented quota allows."""
    connect: Callable[[Connection], Cloud]
    """Raises UsageError or NotAuthorised where settings or credentials do not suffice; sends nothing yet."""
