"""The moments at which something goes wrong, and the run that they are moments of.

The scan has begun a minute before the run. The gate looks every ten seconds or so, and its time is up after sixty:

    0 s   10 s   20 s   30 s   40 s             60 s
    find  look   look   look   look             the last look

Without a fault the gate exits with 0, at the latest by the last look that can pass. On Huawei Cloud that is the look at
the deadline. On Alibaba Cloud a verdict takes three questions, and at the deadline there is time for one: there it is
the look before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from gate.simulator import Scenario, SimulatedTask, Stage

if TYPE_CHECKING:
    from gate.simulator.task import Kind

ALIBABA, HUAWEI = "alibaba", "huawei"
TASKS = "tasks"
"""Huawei Cloud's one operation for finding, looking and counting."""
LAST_TASK, RESULT = "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"
LEAVES, IMAGES = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"

TIMEOUT = 60.0
"""Seconds that the whole run may take."""
OPTIONS = ("-v", "--timeout", f"{TIMEOUT:g}s", "--appear-timeout", "20s", "--poll-interval", "10s")
DAY = 86400.0


class Moment(StrEnum):
    """When something goes wrong."""

    FINDING = "finding"
    """From the very first request."""
    FIRST = "first-look"
    """From the first look after the task was chosen."""
    MIDDLE = "in-the-middle"
    """From about a third of the wait."""
    LAST = "last-look"
    """At the last look that can pass, for which the task has just become complete."""
    COUNTING = "counting"
    """Once the task is complete: in the answer with the counts, or in that with the leaves of the task."""
    WEIGHING = "weighing"
    """On Alibaba Cloud, once the leaves are counted: in the answers with the risks of the images."""


@dataclass(frozen=True, kw_only=True)
class When:
    """What a moment is in one cloud."""

    begins: float
    """Seconds of the run after which the fault is there."""
    complete: float
    """Seconds of the run after which the scan is complete."""
    operations: frozenset[str] = frozenset()
    """What the fault is in the answers to; empty for all."""


_SOONER = {
    Moment.FINDING: When(begins=0, complete=5),
    Moment.FIRST: When(begins=1, complete=15),
    Moment.MIDDLE: When(begins=15, complete=28),
}
WHEN = {
    HUAWEI: {
        **_SOONER,
        Moment.LAST: When(begins=48, complete=50),
        Moment.COUNTING: When(begins=15, complete=15),
    },
    ALIBABA: {
        **_SOONER,
        Moment.LAST: When(begins=36, complete=38),
        Moment.COUNTING: When(begins=15, complete=15, operations=frozenset({LEAVES})),
        Moment.WEIGHING: When(begins=15, complete=15, operations=frozenset({IMAGES})),
    },
}

OURS = "ours"
_COMPLETE = Stage(state="complete", progress=100)
# Whoever takes it for ours passes what is stale, or blocks what is clean.
_STALE = SimulatedTask(id="stale", name="stale", started_ago=3 * DAY, stages=(_COMPLETE,), risky=2)
IMAGE_SCAN: Kind = "image_scan"
OTHER_KIND: dict[str, tuple[Kind, tuple[str, ...]]] = {
    HUAWEI: ("image_sync", ("--type", "image_sync")),
    ALIBABA: ("assets_collection", ("--task-type", "ASSETS_COLLECTION")),
}
"""A kind of task that is no scan and has no risks, and the options that ask for it."""
_SET_OFF_BY: dict[Kind, str] = {"image_sync": "manualSync"}


def scenario(when: When, kind: Kind = IMAGE_SCAN) -> Scenario:
    """What the cloud holds: the task that the run is about, clean, and another one that is stale and risky."""
    half = when.complete / 2
    stages = (Stage(state="running", progress=25, seconds=half), Stage(state="running", progress=60, seconds=half))
    ours = SimulatedTask(id=OURS, name=OURS, started_ago=60, stages=(*stages, _COMPLETE))
    tasks = tuple(replace(task, kind=kind, task_type=_SET_OFF_BY.get(kind, "manual")) for task in (ours, _STALE))
    return Scenario(name="matrix", summary="One clean task goes its way.", expected_exit=0, tasks=tasks)
