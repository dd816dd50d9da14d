"""Defines when a fault is injected, and the timeline of the run that it is injected into.

The scan starts a minute before the run. The gate polls every ten seconds or so, and its timeout is sixty seconds:

    0 s        10 s   20 s   30 s   40 s             60 s
    find task  poll   poll   poll   poll             last poll

Without a fault the gate exits with 0, at the latest after the last poll that leaves time for a verdict. On Huawei Cloud
this is the poll at the deadline. On Alibaba Cloud a verdict takes three requests, and only one can be sent at the
deadline: there it is the poll before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from gate.simulator import Scenario, SimulatedTask, Stage

if TYPE_CHECKING:
    from gate.simulator.task import Kind

ALIBABA, HUAWEI = "alibaba", "huawei"
TASKS = "tasks"
"""The only operation of Huawei Cloud: it finds the task, polls it, and returns its counts."""
LAST_TASK, RESULT = "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"
LEAVES, IMAGES = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"

TIMEOUT = 60.0
"""The timeout of the whole run, in seconds."""
OPTIONS = ("-v", "--timeout", f"{TIMEOUT:g}s", "--appear-timeout", "20s", "--poll-interval", "10s", "--settle", "0")
"""Counts are believed at first sight, so that the last poll can be enough for a verdict; own cells test `--settle`."""
DAY = 86400.0


class InjectionPoint(StrEnum):
    """When a fault is injected."""

    FIRST_REQUEST = "first-request"
    """Before the first request."""
    FIRST_POLL = "first-poll"
    """Before the first poll after the task was found."""
    MID_WAIT = "mid-wait"
    """After about a third of the wait."""
    LAST_POLL = "last-poll"
    """Before the last poll that leaves time for a verdict; the task becomes complete just before that poll."""
    COUNTS = "counts"
    """When the task becomes complete: in the response with its counts or, on Alibaba Cloud, with its leaves."""
    RISKS = "risks"
    """When the task becomes complete, on Alibaba Cloud: in the responses with the risks of its images."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The timing of an injection point in one cloud; times in seconds since the start of the run."""

    injected_at: float
    """When the fault is injected."""
    completed_at: float
    """When the scan becomes complete."""
    operations: frozenset[str] = frozenset()
    """The operations whose responses have the fault; empty for all."""
    first_call: int = 1
    """The first response of each of these operations that has the fault."""
    last_call: float = math.inf

    def affects(self, operation: str, call: int) -> bool:
        """Whether the response to this call of an operation has the fault; calls count from 1."""
        is_affected = not self.operations or operation in self.operations
        return is_affected and self.first_call <= call <= self.last_call


_COMMON_TIMINGS = {
    InjectionPoint.FIRST_REQUEST: Timing(injected_at=0, completed_at=5),
    InjectionPoint.FIRST_POLL: Timing(injected_at=1, completed_at=15),
    InjectionPoint.MID_WAIT: Timing(injected_at=15, completed_at=28),
}
TIMINGS = {
    HUAWEI: {
        **_COMMON_TIMINGS,
        InjectionPoint.LAST_POLL: Timing(injected_at=48, completed_at=50),
        InjectionPoint.COUNTS: Timing(injected_at=15, completed_at=15),
    },
    ALIBABA: {
        **_COMMON_TIMINGS,
        InjectionPoint.LAST_POLL: Timing(injected_at=36, completed_at=38),
        InjectionPoint.COUNTS: Timing(injected_at=15, completed_at=15, operations=frozenset({LEAVES})),
        InjectionPoint.RISKS: Timing(injected_at=15, completed_at=15, operations=frozenset({IMAGES})),
    },
}

TASK_ID = "checked"
"""The id of the task that the gate has to find and judge."""
_COMPLETE = Stage(state="complete", progress=100)
# A gate that picks this task passes a stale scan, or blocks a clean one.
_STALE = SimulatedTask(id="stale", name="stale", started_ago=3 * DAY, stages=(_COMPLETE,), risky=2)
IMAGE_SCAN: Kind = "image_scan"
OTHER_TYPE: dict[str, tuple[Kind, tuple[str, ...]]] = {
    HUAWEI: ("image_sync", ("--type", "image_sync")),
    ALIBABA: ("assets_collection", ("--task-type", "ASSETS_COLLECTION")),
}
"""A task type without risks, and the options that select it."""
_TRIGGERS: dict[Kind, str] = {"image_sync": "manualSync"}


def scenario(timing: Timing, kind: Kind = IMAGE_SCAN) -> Scenario:
    """An account with the task that the gate has to judge, which is clean, and a stale, risky task."""
    half = timing.completed_at / 2
    stages = (Stage(state="running", progress=25, seconds=half), Stage(state="running", progress=60, seconds=half))
    checked = SimulatedTask(id=TASK_ID, name=TASK_ID, started_ago=60, stages=(*stages, _COMPLETE))
    tasks = tuple(replace(task, kind=kind, task_type=_TRIGGERS.get(kind, "manual")) for task in (checked, _STALE))
    return Scenario(name="matrix", summary="One clean scan becomes complete.", expected_exit=0, tasks=tasks)
