"""The `json` report, against the schema that ships with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gate.errors import Interrupted, UsageError
from gate.outcome import Event, EventKind
from gate.policy import Policy, undecided
from gate.reports import REPORTS, json_report
from gate.scan import TaskState
from gate.verdict_messages import too_many_failed, too_many_risky
from tests.builders import NOW, a_failed_image, a_task, an_outcome

if TYPE_CHECKING:
    from gate.outcome import Outcome

SCHEMA = json.loads(files("gate.reports").joinpath("report-1.schema.json").read_text())


def render(outcome: Outcome) -> str:
    return "".join(json_report.render(outcome))


def read(outcome: Outcome) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(outcome))
    Draft202012Validator(SCHEMA).validate(document)
    return document


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_pass_is_reported_completely() -> None:
    events = tuple(
        Event(kind=kind, at=0.0) for kind in (EventKind.POLL, EventKind.RETRY, EventKind.PAUSE, EventKind.POLL)
    )

    assert read(an_outcome(events=events)) == {
        "schema": "scan-gate/report/1",
        "verdict": "passed",
        "exit_code": 0,
        "enforced": True,
        "reasons": [],
        "name": None,
        "cloud": "huawei",
        "task": {
            "id": "task-1",
            "name": "nightly",
            "type": "manual",
            "scope": ["baseline", "malicious-file", "vulnerability"],
            "is_all": True,
            "image_type": "registry",
            "state": "complete",
            "raw_state": "100",
            "progress": None,
            "began_at": "2026-01-31T11:55:00.000Z",
            "ended_at": None,
        },
        "counts": {"total": 3, "succeeded": 3, "failed": 0, "risky": 0},
        "failed_images": [],
        "policy": {
            "max_failed": 0,
            "max_risky": 0,
            "max_age": 86400.0,
            "started_after": None,
            "required_scope": ["baseline", "malicious-file", "vulnerability"],
            "settle": 60.0,
            "warn_only": False,
            "on_undecided": "fail",
        },
        "wait": {"looks": 2, "retries": 1, "seconds": 61.5},
        "gate_version": "0.1.0",
        "generated_at": "2026-01-31T12:00:00.000Z",
    }


def test_a_block_says_why_with_numbers_and_names_every_failed_image() -> None:
    task = a_task(
        total=5, failed=1, succeeded=4, risky=4, failed_images=(a_failed_image("shop"), a_failed_image("till"))
    )

    document = read(an_outcome(task, policy=Policy(max_risky=1)))

    assert (document["verdict"], document["exit_code"], document["enforced"]) == ("blocked", 1, True)
    assert document["reasons"] == [
        {
            "code": "too-many-failed",
            "message": too_many_failed(2, 5, 0, stated=1, names_causes=True, is_judged_above=True),
            "actual": 2,
            "limit": 0,
        },
        {"code": "too-many-risky", "message": too_many_risky(4, 5, 1, is_judged_above=True), "actual": 4, "limit": 1},
    ]
    assert document["failed_images"][1] == {
        "registry": "swr",
        "namespace": "team",
        "name": "till",
        "tag": "1.0",
        "digest": "",
        "reason": "download_failed",
    }


def test_counts_are_those_of_the_cloud_and_null_where_it_gave_none() -> None:
    document = read(an_outcome(a_task(total=5, succeeded=3, failed=0, risky=None)))

    assert document["counts"] == {"total": 5, "succeeded": 3, "failed": 0, "risky": None}
    assert document["exit_code"] == 7


def test_a_block_made_a_warning_keeps_its_code_and_is_not_enforced() -> None:
    document = read(an_outcome(a_task(risky=1), policy=Policy(warn_only=True, warn_undecided=True)))

    assert (document["verdict"], document["exit_code"], document["enforced"]) == ("blocked", 1, False)
    assert document["policy"]["warn_only"] is True
    assert document["policy"]["on_undecided"] == "warn"


@pytest.mark.parametrize("cause", [UsageError("Wrong."), Interrupted(15)])
def test_without_a_task_there_is_still_a_report(cause: UsageError | Interrupted) -> None:
    document = read(replace(an_outcome(verdict=undecided(cause)), cloud=""))

    assert (document["verdict"], document["task"], document["cloud"]) == ("undecided", None, None)
    assert set(document["counts"].values()) == {None}


def test_times_are_utc_to_the_millisecond() -> None:
    started = datetime(2026, 1, 31, 11, 59, 59, 999_999, tzinfo=UTC)
    policy = Policy(started_after=NOW - timedelta(hours=1), max_age=None)

    document = read(an_outcome(a_task(started_at=started), policy=policy))

    assert document["task"]["began_at"] == "2026-01-31T11:59:59.999Z"
    assert document["policy"]["started_after"] == "2026-01-31T11:00:00.000Z"
    assert document["policy"]["max_age"] is None


@pytest.mark.parametrize("state", list(TaskState))
def test_every_state_is_one_of_the_schemas(state: TaskState) -> None:
    assert read(an_outcome(a_task(state=state)))["task"]["state"] == state


def test_hostile_text_is_unchanged_and_written_in_ascii() -> None:
    hostile = '"}],\n\x00\ud800\u202e<script>::error::'

    text = render(an_outcome(a_task(name=hostile, failed_images=(a_failed_image(hostile, hostile),))))

    assert text.isascii()
    assert json.loads(text)["task"]["name"] == hostile
    assert json.loads(text)["failed_images"][0]["name"] == hostile


def test_every_format_renders_every_kind_of_outcome() -> None:
    outcomes = [an_outcome(), an_outcome(a_task(risky=9)), an_outcome(verdict=undecided(Interrupted(2)))]

    assert {
        name: all(report.render(outcome) for outcome in outcomes) for name, report in REPORTS.items()
    } == dict.fromkeys(REPORTS, True)
