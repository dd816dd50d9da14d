"""What the cloud has stated about a task counts until it states something else, also where a response leaves it out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.alibaba.leaves import ScanWindow
from gate.clouds.alibaba.statements import Statements
from gate.scan import TaskState

if TYPE_CHECKING:
    from gate.scan import ScanTask

NOON = 1_769_860_800_000
AT_NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = AT_NOON + timedelta(minutes=5)
IMAGE_SCAN = "IMAGE_SCAN"


def a_response(task_id: object = "ours", started: object = NOON, **info: object) -> dict[str, Any]:
    return {"TaskId": task_id, "CollectTime": started, "TotalCount": 3, "TaskInfo": {"Status": "SUCCESS", **info}}


def parsed(statements: Statements, response: dict[str, Any], requested_id: str = "") -> ScanTask:
    task = statements.parse_task(response, IMAGE_SCAN, requested_id=requested_id)
    assert task is not None
    return task


@pytest.mark.parametrize("status", ["SUCCESS", "START"])
@pytest.mark.parametrize("result", [False, True, 0, 0.0, "FAIL", "success", [], ["SUCCESS"], {}, 10**400], ids=str)
@pytest.mark.parametrize("later", [{}, {"Result": None}, {"Result": ""}], ids=str)
def test_a_result_that_is_no_success_counts_until_another_one_is_stated(
    status: str, result: object, later: dict[str, object]
) -> None:
    statements = Statements()
    parsed(statements, a_response(Status=status, Result=result))

    assert parsed(statements, a_response(**later), "ours").state is TaskState.UNKNOWN
    assert parsed(statements, a_response(task_id=0, **later), "ours").state is TaskState.UNKNOWN
    assert statements.has_another_result("ours")
    assert parsed(statements, a_response(Result="SUCCESS")).state is TaskState.COMPLETE
    assert parsed(statements, a_response(**later), "ours").state is TaskState.COMPLETE
    assert not statements.has_another_result("ours")


def test_a_result_of_another_task_does_not_count() -> None:
    statements = Statements()
    parsed(statements, a_response("theirs", Result="FAIL"))

    assert parsed(statements, a_response("ours")).state is TaskState.COMPLETE
    assert not statements.has_another_result("ours")


def test_a_task_that_does_not_exist_yet_may_do_so_later() -> None:
    statements = Statements()

    assert statements.parse_task(a_response(Result="TASK_NOT_EXISTS"), IMAGE_SCAN) is None
    assert parsed(statements, a_response()).state is TaskState.COMPLETE


def test_a_result_is_named_in_the_state_of_later_responses_in_at_most_200_characters() -> None:
    statements = Statements()
    parsed(statements, a_response(Result="X" * 300))

    assert parsed(statements, a_response(), "ours").raw_state == f"SUCCESS, {'X' * 200}"


@pytest.mark.parametrize("starts", [(NOON, NOON - 1000), (NOON - 1000, NOON), (NOON, 0, NOON - 1000)], ids=str)
def test_a_scan_can_have_run_since_the_starts_that_all_responses_about_its_task_state(starts: tuple[int, ...]) -> None:
    statements = Statements()
    for other in (NOON - 5000, NOON + 5000):
        parsed(statements, a_response("theirs", other))
    tasks = [parsed(statements, a_response(started=start)) for start in starts]

    assert statements.window(tasks[-1], LATER) == ScanWindow(
        since=AT_NOON, earliest=AT_NOON - timedelta(seconds=1), now=LATER
    )


def test_a_task_that_no_longer_states_its_start_has_none() -> None:
    statements = Statements()
    parsed(statements, a_response())

    assert statements.window(parsed(statements, a_response(started="noon")), LATER) == ScanWindow(now=LATER)
