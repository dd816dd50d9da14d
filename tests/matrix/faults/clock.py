"""Faults of time: wrong clocks, cached responses, and a deadline between two requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gate.simulator import HttpResponse
from tests.matrix.fault import Fault, has_affected_responses, response_fault
from tests.matrix.faults.api_errors import between_requests
from tests.matrix.faults.responses import JSON_TYPE
from tests.matrix.injection_points import DAY, TASK_ID, TASKS, TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.matrix.fault import FaultContext

HOUR = 3600.0


def state_fault(
    name: str, do: Callable[[FaultContext], object], is_active: Callable[[FaultContext], bool], **attributes: Any
) -> Fault:
    """A fault that changes no response itself; it was effective if a response was sent while it was active."""

    def inject(context: FaultContext) -> None:
        def count_response(_operation: str, true: Any) -> Any:
            context.affected_responses += is_active(context)
            return true

        do(context)
        context.gate.simulator.rewrite = count_response

    return Fault(name=name, inject=inject, was_effective=has_affected_responses, **attributes)


def _set_clock(offset: float) -> Callable[[FaultContext], None]:
    def inject(context: FaultContext) -> None:
        context.gate.time.step, context.gate.time.step_from = offset, context.gate.time.elapsed

    return inject


def _correct_clock(context: FaultContext) -> None:
    context.gate.time.step = 0.0


def _set_cloud_clock(context: FaultContext) -> None:
    # The gate's own clock shows the same time as before: only that of the cloud changes.
    context.gate.time.at += timedelta(seconds=HOUR)
    context.gate.time.step -= HOUR


def _is_clock_wrong(context: FaultContext) -> bool:
    return context.gate.time.wall() != context.gate.time.true_wall()


def _was_rejected(context: FaultContext) -> bool:
    return any(request.status >= HTTPStatus.BAD_REQUEST for request in context.gate.simulator.requests)


# At FIRST_REQUEST, the clock is wrong from the start; at all other points, it is set during the run.
CLOCK_AN_HOUR_AHEAD = state_fault("clock-an-hour-ahead", _set_clock(HOUR), _is_clock_wrong, remove=_correct_clock)
CLOCK_AN_HOUR_BEHIND = state_fault("clock-an-hour-behind", _set_clock(-HOUR), _is_clock_wrong, remove=_correct_clock)
CLOUD_CLOCK_AN_HOUR_AHEAD = Fault(
    name="cloud-clock-an-hour-ahead", inject=_set_cloud_clock, was_effective=_was_rejected
)


def _cached(context: FaultContext, operation: str, true: Any) -> Any:
    if operation != TASKS:
        return true
    age = 2 * DAY
    sent_at = datetime.fromtimestamp(context.gate.time.true_wall() - age, UTC)
    complete = {"task_status": 100, "total_num": 3, "success_num": 3, "failed_num": 0, "risky_num": 0}
    rows = [
        {**row, **complete, "begin_time": row["begin_time"] - round(age * 1000)}
        for row in true["data_list"]
        if row["task_id"] == TASK_ID
    ]
    headers = {**JSON_TYPE, "Date": format_datetime(sent_at, usegmt=True), "Age": f"{age:.0f}"}
    return HttpResponse(headers=headers, body=json.dumps({"data_list": rows, "total_num": 1}).encode())


CACHED_RESPONSE = response_fault("cached-response-of-two-days-ago", _cached)


def _reach_deadline(context: FaultContext) -> None:
    context.gate.time.elapsed = max(context.gate.time.elapsed, TIMEOUT)


DEADLINE_BETWEEN_REQUESTS = between_requests("deadline-between-requests", _reach_deadline)
