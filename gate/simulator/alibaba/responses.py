"""Builds responses with status 200, and says what an action is."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias

from gate.simulator.alibaba.parameters import Parameters
from gate.simulator.cloud import JSON, ApiResponse, CloudState
from gate.simulator.task import Snapshot

Action: TypeAlias = Callable[[Parameters, CloudState], ApiResponse]
"""The response to a request with these parameters, which are valid."""


def ok(document: JSON, *shown_tasks: Snapshot) -> ApiResponse:
    """A success with this document, which shows these tasks."""
    return ApiResponse(status=HTTPStatus.OK, document=document, shown_tasks=shown_tasks)
