"""Names what is asked of Alibaba Cloud again and again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gate.simulator import Simulator

if TYPE_CHECKING:
    from gate.simulator import SimulatedTask
    from tests.simulator.conftest import Act, Clock

LAST = "GetLastOnceTaskInfo"
RESULT = "GetOnceTaskResultInfo"
LEAVES = "DescribeOnceTaskLeafRecordPage"
INSTANCES = "DescribeImageInstances"

SCAN = {"TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}
PAGE = {"TaskType": "IMAGE_SCAN", "CurrentPage": 1, "PageSize": 50, "RelateInfo": "true"}
OURS = json.dumps([{"name": "repoNamespace", "value": "shop"}])
"""Criteria that only the images of tasks meet."""
START = 1_790_000_000_000
"""When a simulator starts on a test's clock, in milliseconds."""


def holding(*tasks: SimulatedTask, clock: Clock) -> Simulator:
    """A cloud that holds exactly these tasks."""
    simulator = Simulator("empty", now=clock)
    simulator.tasks.extend(tasks)
    return simulator


def leaves(act: Act, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The leaves on a page."""
    listed: list[dict[str, Any]] = act(simulator, LEAVES, **{**PAGE, **query}).document["OnceTasks"]
    return listed


def rows(act: Act, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The images on a long page, those of the tasks unless the test says otherwise."""
    simulator.page_cap = 1000
    asked = {"Criteria": OURS, "PageSize": 1000, **query}
    listed: list[dict[str, Any]] = act(simulator, INSTANCES, **asked).document["ImageInstanceList"]
    return listed
