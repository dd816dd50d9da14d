"""What a command connects to a cloud with: the settings, the environment, the clock and the log of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clock import RunDeadline
from gate.clouds import CLOUDS, Connection
from gate.event_log import EventLog
from gate.time_of_day import TimeOfDay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.clock import Clock
    from gate.log import Log
    from gate.settings import Settings


def connection_of(
    settings: Settings,
    environ: Mapping[str, str],
    clock: Clock,
    log: Log,
    *,
    mask_secret: Callable[[str], object] = str,
) -> Connection:
    """What the cloud of the settings is connected with; sends no request.

    Args:
        settings: Those of the run.
        environ: The environment.
        clock: Starts with the run.
        log: Prints its events.
        mask_secret: As in `Connection`; by default nothing is masked, for a command whose output is often captured: a
            command that masks a secret contains it.
    """
    return Connection(
        settings=settings,
        environ=environ,
        clock=clock,
        time_of_day=TimeOfDay(clock),
        deadline=RunDeadline(clock, settings.timeout),
        event_log=EventLog(clock, log.on_event),
        other_sources={
            provider.vendor: provider.credential_sources for name, provider in CLOUDS.items() if name != settings.cloud
        },
        mask_secret=mask_secret,
    )
