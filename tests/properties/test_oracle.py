"""The oracle has teeth: of a run that passed, it takes no pass whose answers were any worse."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import ExitCode
from tests.properties.answers import as_bytes
from tests.properties.properties import violations
from tests.properties.sequences import CLOUDS, carried_out, drawn, unhurried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.properties.answers import Document
    from tests.properties.sequences import Run

DAY = 86_400_000
FAILED_REPOSITORY = {"Target": "crr-2", "TargetType": "IMAGE_REPO", "StatusText": "FAIL"}


@cache
def passes(cloud: str) -> tuple[Run, ...]:
    """Some runs over images that passed a policy without leniency."""

    def found() -> Iterator[Run]:
        for number in count():
            sequence = drawn(f"teeth:{number}", cloud=cloud)
            policy, is_scan = sequence.settings.policy, sequence.settings.for_cloud.keys() <= {"project-id"}
            if not is_scan or policy.max_age is None or policy.max_failed or policy.max_risky:
                continue
            run = carried_out(sequence)
            if run.outcome.verdict.exit_code == ExitCode.PASSED:
                yield run

    with unhurried():
        return tuple(islice(found(), 8))


def tampered(run: Run, change: Callable[[Document], object]) -> Run:
    """The same run, had the answers been otherwise."""

    def rewritten(body: bytes) -> bytes:
        try:
            document = json.loads(body)
            change(document)
        except (ValueError, LookupError, TypeError, AttributeError):
            return body
        return as_bytes(document)

    said = [
        replace(one, answer=one.answer and replace(one.answer, body=rewritten(one.answer.body))) for one in run.said
    ]
    return replace(run, said=said)


def rows(key: str, **fields: Any) -> Callable[[Document], None]:
    """Changes all rows of a list."""

    def change(document: Document) -> None:
        for row in document[key]:
            row |= {name: value(row[name]) if callable(value) else value for name, value in fields.items()}

    return change


HUAWEI = {
    "running": rows("data_list", task_status=99),
    "stopped": rows("data_list", task_status=-1),
    "a text": rows("data_list", task_status="100"),
    "stale": rows("data_list", begin_time=lambda begin: begin - 2 * DAY),
    "from tomorrow": rows("data_list", begin_time=lambda begin: begin + DAY),
    "without a begin": rows("data_list", begin_time=None),
    "risky": rows("data_list", risky_num=1),
    "without risks": rows("data_list", risky_num=None),
    "failed": rows("data_list", failed_num=1),
    "without failures": rows("data_list", failed_num=True),
    "with images that failed": rows("data_list", failed_images=[{}]),
    "without results": rows("data_list", success_num=0),
    "empty": rows("data_list", total_num=0),
    "contradictory": rows("data_list", success_num=1000),
    "another": rows("data_list", task_id="another"),
    "gone": lambda document: document["data_list"].clear(),
}
ALIBABA = {
    "running": lambda document: document["TaskInfo"].update(Status="START"),
    "elsewhere": lambda document: document["TaskInfo"].update(Result="TASK_NOT_SUPPORT_REGION"),
    "stale": lambda document: document.update(CollectTime=document["CollectTime"] - 2 * DAY),
    "without a begin": lambda document: document.update(CollectTime=None),
    "another": lambda document: document.update(TaskId="another") if "TaskInfo" in document else None,
    "larger": lambda document: document.update(TotalCount=document["TotalCount"] + 1),
    "smaller": lambda document: document.update(TotalCount=document["TotalCount"] - 1),
    "without a total": lambda document: document.update(TotalCount="1"),
    "failed": rows("OnceTasks", StatusText="FAIL"),
    "with a bad result": rows("OnceTasks", ResultInfo="bad"),
    "with a repository that failed": lambda document: document["OnceTasks"].append(FAILED_REPOSITORY),
    "without leaves": lambda document: document["OnceTasks"].clear(),
    "risky": rows("ImageInstanceList", RiskStatus="YES"),
    "neither risky nor not": rows("ImageInstanceList", RiskStatus=None),
    "told before it began": rows("ImageInstanceList", LastScanTime=lambda told: told - 2 * DAY),
    "told tomorrow": rows("ImageInstanceList", LastScanTime=lambda told: told + DAY),
    "about other images": rows("ImageInstanceList", Digest="f" * 64),
    "without results": lambda document: document["ImageInstanceList"].clear(),
}
CASES = [("huawei", name, change) for name, change in HUAWEI.items()]
CASES += [("alibaba", name, change) for name, change in ALIBABA.items()]


@pytest.mark.parametrize(
    ("cloud", "change"),
    [(cloud, change) for cloud, _, change in CASES],
    ids=[f"{cloud}, {name}" for cloud, name, _ in CASES],
)
def test_a_pass_over_a_task_that_is_any_worse_is_noticed(cloud: str, change: Callable[[Document], object]) -> None:
    assert all(list(violations(tampered(run, change))) for run in passes(cloud))


def looked_before(run: Run, change: Callable[[Document], object]) -> Run:
    """The same run, had it looked once more before its last look, and had the answers been otherwise then."""
    called = [one.question.called for one in run.said]
    at = len(called) - called[::-1].index("GetOnceTaskResultInfo") - 1
    before = replace(run, said=run.said[at:])
    return replace(run, said=[*run.said[:at], *tampered(before, change).said, *run.said[at:]])


def test_a_pass_over_images_that_are_no_longer_named_is_noticed() -> None:
    named_otherwise = rows("OnceTasks", TaskImageInfo={"Digest": "f" * 64})

    assert all(list(violations(looked_before(run, named_otherwise))) for run in passes("alibaba"))
    assert not any(list(violations(looked_before(run, lambda _: None))) for run in passes("alibaba"))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_pass_over_its_own_answers_is_none(cloud: str) -> None:
    assert not any(list(violations(tampered(run, lambda _: None))) for run in passes(cloud))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_pass_over_no_answer_is_noticed(cloud: str) -> None:
    silent = [replace(run, said=[replace(one, answer=None) for one in run.said]) for run in passes(cloud)]

    assert all(list(violations(run)) for run in silent)
    assert all(list(violations(replace(run, elapsed=99_999.0))) for run in passes(cloud))
