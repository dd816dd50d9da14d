"""Whether the user may call what a run calls: each operation by one harmless call, where there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.doctor.check import State, failed, not_checked, ok
from gate.errors import GateError, NotAuthorised
from gate.findings.ask import kinds_to_list
from gate.images.check import goes_by_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds.diagnosis import Probe
    from gate.doctor.check import Check
    from gate.doctor.examination import Examination


def check_permissions(examination: Examination) -> Iterator[Check]:
    """Yields for each operation whether it may be called, or why that was not tried."""
    settings = examination.settings
    scans = examination.scans if settings.images else None
    lists = kinds_to_list(settings) if scans and goes_by_findings(settings) else frozenset()
    for probe in examination.diagnosis.probes(scans, lists, lists_decide=settings.policy.findings.needs_lists):
        yield _made(probe)


def _made(probe: Probe) -> Check:
    name = f"permission {probe.operation}"
    if probe.call is None:
        return not_checked(name, f"{probe.unchecked}; it {probe.purpose}")
    try:
        probe.call()
    except GateError as error:
        check = failed(name, error)
        if probe.is_needed:
            return check
        why = "" if isinstance(error, NotAuthorised) else "could not be tried: "
        return replace(check, state=State.WARNING, text=f"{why}{check.text} A run goes on without it.")
    return ok(name, probe.purpose)
