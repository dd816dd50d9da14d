"""Tests the oracle: for a run that passed, it rejects every change that makes the responses worse."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from functools import cache
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.response import Response
from gate.errors import ExitCode
from tests.builders import NOW
from tests.properties.mutations import as_bytes
from tests.properties.oracle_clock import SKEW, reference_clock
from tests.properties.properties import violations
from tests.properties.sequences import CLOUDS, execute, generate, without_real_sleeps
from tests.properties.transport import ApiRequest, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.properties.mutations import Document
    from tests.properties.sequences import Run

DAY = 86_400_000
"""In milliseconds."""
FAILED_REPOSITORY = {"Target": "crr-2", "TargetType": "IMAGE_REPO", "StatusText": "FAIL"}


def passed_scans(cloud: str, name: str, fits: Callable[[Run], bool]) -> Iterator[Run]:
    return scans(cloud, name, fits, ExitCode.PASSED)


def scans(cloud: str, name: str, fits: Callable[[Run], bool], exit_code: ExitCode) -> Iterator[Run]:
    """Image scans that ended so by a policy with limits of 0, without the id of a task, and fit; without an end."""
    for number in count():
        sequence = generate(f"{name}:{number}", cloud=cloud)
        settings, is_scan = sequence.settings, sequence.settings.for_cloud.keys() <= {"project-id"}
        # With an id, no other task can be meant.
        if not is_scan or settings.task_id or settings.policy.max_failed or settings.policy.max_risky:
            continue
        run = execute(sequence)
        if run.outcome.verdict.exit_code == exit_code and fits(run):
            yield run


@cache
def passed_runs(cloud: str) -> tuple[Run, ...]:
    """Some of them with a maximum age."""
    with without_real_sleeps():
        return tuple(islice(passed_scans(cloud, "teeth", has_max_age), 8))


@cache
def runs_with_a_later_list(cloud: str) -> tuple[Run, ...]:
    """Some of them with --started-after, for which the list was read once more after the last poll."""
    with without_real_sleeps():
        return tuple(islice(passed_scans(cloud, "later", has_later_list), 3))


def has_max_age(run: Run) -> bool:
    return run.sequence.settings.policy.max_age is not None


def has_later_list(run: Run) -> bool:
    by_id = ["task_id" in one.request.query or "TaskId" in one.request.query for one in run.exchanges]
    return run.sequence.settings.policy.started_after is not None and any(by_id) and not by_id[-1]


def tampered(run: Run, change: Callable[[Document], object]) -> Run:
    """The same run with changed responses and the same verdict."""

    def changed(body: bytes) -> bytes:
        try:
            document = json.loads(body)
            change(document)
        except (ValueError, LookupError, TypeError, AttributeError):
            return body
        return as_bytes(document)

    exchanges = [
        replace(one, response=one.response and replace(one.response, body=changed(one.response.body)))
        for one in run.exchanges
    ]
    return replace(run, exchanges=exchanges)


def in_rows(key: str, **fields: Any) -> Callable[[Document], None]:
    """Changes fields in all rows of a list."""

    def change(document: Document) -> None:
        for row in document[key]:
            row |= {name: value(row[name]) if callable(value) else value for name, value in fields.items()}

    return change


def scanned(later: int) -> Callable[[Document], None]:
    """Moves the scan times of all images, in either spelling, by this many milliseconds."""

    def change(document: Document) -> None:
        for row in document["ImageInstanceList"]:
            row |= {name: time + later for name, time in row.items() if name.lower() == "lastscantime"}

    return change


def with_another_task(later: int, task_type: str | None = "manual") -> Callable[[Document], None]:
    """Adds a copy of the newest task with another id, which started this many milliseconds later."""

    def change(document: Document) -> None:
        newest = max(document["data_list"], key=lambda row: row["begin_time"] or 0)
        another = {**newest, "task_id": "another", "task_type": task_type, "begin_time": newest["begin_time"] + later}
        document["data_list"].append(another)

    return change


HUAWEI = {
    "running": in_rows("data_list", task_status=99),
    "stopped": in_rows("data_list", task_status=-1),
    "with a status as text": in_rows("data_list", task_status="100"),
    "stale": in_rows("data_list", begin_time=lambda start: start - 2 * DAY),
    "with a future start time": in_rows("data_list", begin_time=lambda start: start + DAY),
    "without a start time": in_rows("data_list", begin_time=None),
    "risky": in_rows("data_list", risky_num=1),
    "without a risky count": in_rows("data_list", risky_num=None),
    "failed": in_rows("data_list", failed_num=1),
    "without a failed count": in_rows("data_list", failed_num=True),
    "with failed images": in_rows("data_list", failed_images=[{}]),
    "without results": in_rows("data_list", success_num=0),
    "without images": in_rows("data_list", total_num=0),
    "with contradictory counts": in_rows("data_list", success_num=1000),
    "with another id": in_rows("data_list", task_id="another"),
    "removed": lambda document: document["data_list"].clear(),
    "with a scope of nothing": in_rows("data_list", scan_scope=0),
    "with a scope without vulnerabilities": in_rows("data_list", scan_scope=0x0000FF00),
    "with a reason of a failure": in_rows("data_list", failed_reason="out of disk"),
    "with a remaining time": in_rows("data_list", remain_min=1),
    "with an end before its start": in_rows("data_list", end_time=1),
    "with an end in the future": in_rows("data_list", end_time=lambda end: end + DAY),
    "with a reason that is not a text": in_rows("data_list", failed_reason=["out of disk"]),
    "with a remaining time as text": in_rows("data_list", remain_min="1"),
    "with an end in microseconds": in_rows("data_list", end_time=lambda end: end * 1000),
    "of another list type": in_rows("data_list", task_type="autoSync"),
    "without a trigger": in_rows("data_list", task_type=None),
    "with a trigger of an unknown kind": in_rows("data_list", task_type="event"),
    "with another one that started at the same time": with_another_task(0),
    "with a newer one": with_another_task(1),
    "with a newer one without a trigger": with_another_task(1, task_type=None),
}
ALIBABA = {
    "running": lambda document: document["TaskInfo"].update(Status="START"),
    "in an unsupported region": lambda document: document["TaskInfo"].update(Result="TASK_NOT_SUPPORT_REGION"),
    "stale": lambda document: document.update(CollectTime=document["CollectTime"] - 2 * DAY),
    "without a start time": lambda document: document.update(CollectTime=None),
    "with another id": lambda document: document.update(TaskId="another") if "TaskInfo" in document else None,
    "with a larger total": lambda document: document.update(TotalCount=document["TotalCount"] + 1),
    "without a total": lambda document: document.update(TotalCount="1"),
    "failed": in_rows("OnceTasks", StatusText="FAIL"),
    "failed by its number": in_rows("OnceTasks", Status="3"),
    "finished in part": in_rows("OnceTasks", FinishCount="0", TotalCount="1"),
    "before its start": in_rows("OnceTasks", StartTime=1, EndTime=2, RealRunTime=1),
    "with a bad result": in_rows("OnceTasks", ResultInfo="bad"),
    "with a failed repository": lambda document: document["OnceTasks"].append(FAILED_REPOSITORY),
    "without leaves": lambda document: document["OnceTasks"].clear(),
    "risky": in_rows("ImageInstanceList", RiskStatus="YES"),
    "with unknown risk": in_rows("ImageInstanceList", RiskStatus=None),
    "with results before its start": scanned(-2 * DAY),
    "with future results": scanned(DAY),
    "with results of other images": in_rows("ImageInstanceList", Digest="f" * 64),
    "without results": lambda document: document["ImageInstanceList"].clear(),
}
CASES = [("huawei", name, change) for name, change in HUAWEI.items()]
CASES += [("alibaba", name, change) for name, change in ALIBABA.items()]


@pytest.mark.parametrize(
    ("cloud", "change"),
    [(cloud, change) for cloud, _, change in CASES],
    ids=[f"{cloud}, {name}" for cloud, name, _ in CASES],
)
def test_a_pass_with_worse_responses_is_a_violation(cloud: str, change: Callable[[Document], object]) -> None:
    assert all(list(violations(tampered(run, change))) for run in passed_runs(cloud))


@pytest.mark.parametrize(
    ("cloud", "stale"),
    [(cloud, change) for cloud, name, change in CASES if name == "stale"],
    ids=CLOUDS,
)
def test_a_block_by_a_stale_task_is_a_violation(cloud: str, stale: Callable[[Document], object]) -> None:
    with without_real_sleeps():
        blocked_runs = list(islice(scans(cloud, "blocked", has_max_age, ExitCode.BLOCKED), 8))

    assert not any(list(violations(run)) for run in blocked_runs)
    assert all(list(violations(tampered(run, stale))) for run in blocked_runs)


def with_earlier_poll(run: Run, change: Callable[[Document], object]) -> Run:
    """The same run with one more poll before the last one, whose responses are changed."""
    operations = [exchange.request.operation for exchange in run.exchanges]
    at = len(operations) - operations[::-1].index("GetOnceTaskResultInfo") - 1
    last_poll = replace(run, exchanges=run.exchanges[at:])
    return replace(run, exchanges=[*run.exchanges[:at], *tampered(last_poll, change).exchanges, *run.exchanges[at:]])


def test_a_pass_without_the_images_of_an_earlier_poll_is_a_violation() -> None:
    other_images = in_rows("OnceTasks", TaskImageInfo={"Digest": "f" * 64})

    assert all(list(violations(with_earlier_poll(run, other_images))) for run in passed_runs("alibaba"))
    assert not any(list(violations(with_earlier_poll(run, lambda _: None))) for run in passed_runs("alibaba"))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_pass_with_its_own_responses_is_not_a_violation(cloud: str) -> None:
    assert not any(list(violations(tampered(run, lambda _: None))) for run in passed_runs(cloud))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_pass_without_responses_or_after_the_deadline_is_a_violation(cloud: str) -> None:
    without_responses = [
        replace(run, exchanges=[replace(exchange, response=None) for exchange in run.exchanges])
        for run in passed_runs(cloud)
    ]

    assert all(list(violations(run)) for run in without_responses)
    assert all(list(violations(replace(run, elapsed=99_999.0))) for run in passed_runs(cloud))


@pytest.mark.parametrize(
    ("cloud", "change"),
    [
        ("huawei", in_rows("data_list", failed_num=1)),
        ("huawei", in_rows("data_list", risky_num=1)),
        ("huawei", in_rows("data_list", task_status=-2)),
        ("huawei", in_rows("data_list", failed_reason="out of disk")),
        ("huawei", in_rows("data_list", task_type="autoSync")),
        ("huawei", in_rows("data_list", total_num=0, success_num=0)),
        ("alibaba", lambda document: document["TaskInfo"].update(Status="TIMEOUT")),
    ],
    ids=["more failed", "more risky", "timed out", "a failure", "of another list", "fewer", "Alibaba Cloud"],
)
def test_a_pass_of_a_task_that_a_later_list_shows_otherwise_is_a_violation(
    cloud: str, change: Callable[[Document], object]
) -> None:
    for run in runs_with_a_later_list(cloud):
        *before, last = run.exchanges
        later = tampered(replace(run, exchanges=[last]), change)

        assert not list(violations(run))
        assert list(violations(replace(run, exchanges=[*before, *later.exchanges])))


@pytest.mark.parametrize(
    ("code", "is_forward"),
    [("APIGW.0308", True), ("APIG.0308", True), ("Throttling.User", True), ("APIGW.0301", False)],
)
def test_the_date_of_throttling_tells_the_time_whatever_its_status(code: str, *, is_forward: bool) -> None:
    headers = {"date": format_datetime(NOW + timedelta(minutes=10), usegmt=True)}
    refusal = Response(status=302, headers=headers, body=json.dumps({"error_code": code}).encode())
    request = ApiRequest(operation="tasks", query={})
    exchange = Exchange(request=request, started_at=0, ended_at=1, response=refusal)

    clock = reference_clock([exchange], lambda elapsed: NOW + timedelta(seconds=elapsed))

    assert clock(61) - NOW == timedelta(minutes=11 if is_forward else 1, seconds=0 if is_forward else 1)


def test_a_task_without_an_id_was_not_chosen_by_a_response_about_another_one() -> None:
    def is_polled_twice(run: Run) -> bool:
        return run.outcome.task is not None and "collected" in run.outcome.task.id and len(run.exchanges) > 1

    with without_real_sleeps():
        sequences = (generate(f"collection:{number}", cloud="alibaba") for number in count())
        runs = (execute(sequence) for sequence in sequences if "task-type" in sequence.settings.for_cloud)
        run = next(run for run in runs if run.outcome.verdict.exit_code == ExitCode.PASSED and is_polled_twice(run))
    first, *later = run.exchanges
    assert first.response is not None
    other = {"CollectTime": round(NOW.timestamp() * 1000), "TaskInfo": {}}
    about_another = replace(first.response, headers={}, body=as_bytes(other))
    between = replace(first, started_at=first.ended_at, ended_at=later[0].started_at, response=about_another)
    started = json.loads(first.response.body)["CollectTime"] / 1000
    just_fresh = timedelta(seconds=NOW.timestamp() + first.ended_at - started)
    settings = run.sequence.settings
    settings = replace(settings, policy=replace(settings.policy, max_age=just_fresh))

    run = replace(run, sequence=replace(run.sequence, settings=settings), exchanges=[first, between, *later])

    assert not list(violations(run))


def test_a_task_was_not_chosen_by_a_response_that_shows_no_task() -> None:
    with without_real_sleeps():
        sequences = (generate(f"by id:{number}", cloud="alibaba") for number in count())
        asked = (one for one in sequences if one.settings.task_id == "task-1" and not one.settings.for_cloud)
        run = next(run for run in map(execute, asked) if run.outcome.verdict.exit_code == ExitCode.PASSED)
    first = next(one for one in run.exchanges if one.request.operation == "GetOnceTaskResultInfo")
    without_task = {"TaskId": -3, "CollectTime": round(NOW.timestamp() * 1000) - 1000}
    before = replace(first, response=Response(status=200, headers={}, body=as_bytes(without_task)))

    assert not list(violations(replace(run, exchanges=[before, *run.exchanges])))


def test_a_task_is_as_old_as_the_earliest_start_that_it_had_when_it_was_chosen() -> None:
    """By a clock that is behind, the later start alone would be too far in the future."""

    def is_followed(run: Run) -> bool:
        return ["task_id" in one.request.query for one in run.exchanges][:2] == [False, True]

    with without_real_sleeps():
        run = next(passed_scans("huawei", "followed", is_followed))
    listed, *polls = (
        replace(one, response=one.response and replace(one.response, headers={})) for one in run.exchanges
    )
    earlier = tampered(replace(run, exchanges=[listed]), in_rows("data_list", begin_time=lambda start: start - 60_000))
    assert listed.response is not None
    assert polls[-1].response is not None
    date = format_datetime(NOW + timedelta(seconds=polls[-1].ended_at), usegmt=True)
    polls[-1] = replace(polls[-1], response=replace(polls[-1].response, headers={"date": date}))
    started = max(row["begin_time"] for row in json.loads(listed.response.body)["data_list"]) / 1000
    sequence = replace(run.sequence, clock_error=started - (SKEW.total_seconds() + 30) - NOW.timestamp())

    def with_lists(*lists: Exchange) -> Run:
        return replace(run, sequence=sequence, exchanges=[*lists, *polls])

    assert not list(violations(with_lists(*earlier.exchanges, listed)))
    assert list(violations(with_lists(listed)))
