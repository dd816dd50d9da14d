"""Names the actions of Alibaba Cloud and their usual parameters, and calls the two that return lists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gate.simulator import Simulator

if TYPE_CHECKING:
    from gate.simulator import SimulatedTask
    from tests.simulator.conftest import CallAction, Clock

LAST = "GetLastOnceTaskInfo"
RESULT = "GetOnceTaskResultInfo"
LEAVES = "DescribeOnceTaskLeafRecordPage"
INSTANCES = "DescribeImageInstances"

SCAN = {"TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}
PAGE = {"TaskType": "IMAGE_SCAN", "CurrentPage": 1, "PageSize": 50, "RelateInfo": "true"}
TASK_IMAGES_ONLY = json.dumps([{"name": "repoNamespace", "value": "shop"}])
"""Criteria that only the images of tasks match."""
SIMULATOR_STARTED = 1_790_000_000_000
"""When a simulator on a test's clock starts, in milliseconds since the epoch."""


def simulator_with(*tasks: SimulatedTask, clock: Clock) -> Simulator:
    """A simulator with exactly these tasks."""
    simulator = Simulator("empty", now=clock)
    simulator.tasks.extend(tasks)
    return simulator


def leaves(call: CallAction, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The leaves on a page."""
    rows: list[dict[str, Any]] = call(simulator, LEAVES, **{**PAGE, **query}).document["OnceTasks"]
    return rows


def image_rows(call: CallAction, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The images on one long page; only those of tasks unless the query has other criteria."""
    simulator.page_cap = 1000
    parameters = {"Criteria": TASK_IMAGES_ONLY, "PageSize": 1000, **query}
    rows: list[dict[str, Any]] = call(simulator, INSTANCES, **parameters).document["ImageInstanceList"]
    return rows
