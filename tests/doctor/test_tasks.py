"""The newest tasks, and the one that would be judged now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import SCENARIOS, Scenario, Stage
from gate.simulator.scenario import COMPLETE
from tests.doctor.reading import doctor
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.simulator import SimulatedTask
    from tests.harness import Gate

NEWEST = replace(SCENARIOS["clean"].tasks[0], stages=(COMPLETE,))


def of(*tasks: SimulatedTask) -> Scenario:
    return Scenario(name="tasks", summary="", expected_exit=0, tasks=tasks)


def staged(stage: Stage, **changes: object) -> Scenario:
    return of(replace(NEWEST, stages=(stage,), **changes))  # type: ignore[arg-type] # the fields of a task


def without_start(document: dict[str, Any]) -> dict[str, Any]:
    """The same response, with tasks that have not started."""
    rows = [{**row, "begin_time": None} for row in document.get("data_list", ())]
    return {**document, "CollectTime": None, **({"data_list": rows} if rows else {})}


@pytest.mark.parametrize(
    ("scenario", "ending", "words"),
    [
        (of(NEWEST), (0, "ok"), "is the newest that fits, and would be judged now: passed."),
        (of(replace(NEWEST, risky=2)), (0, "ok"), "would be judged now: blocked."),
        (staged(Stage(state="running", progress=50)), (0, "warning"), "a run waits until it is over"),
        (staged(Stage(state="unknown")), (7, "failure"), "would be followed, and not judged: "),
        (staged(Stage(state="failed")), (7, "failure"), "would be followed, and not judged: "),
        (of(replace(NEWEST, risky=None)), (7, "failure"), "would be followed, and not judged: "),
        (of(replace(NEWEST, started_ago=3 * 86_400.0)), (7, "failure"), "would be chosen, and not judged: "),
    ],
    ids=["clean", "risky", "running", "unknown", "failed", "uncounted", "stale"],
)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_task_that_would_be_judged_is_told_with_what_becomes_of_it(
    cloud: str, scenario: Scenario, ending: tuple[int, str], words: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in(scenario, cloud)

    told = doctor(gate)

    assert (told.code, told.state("task to judge")) == ending
    assert words in told.text("task to judge")
    assert told.state("newest tasks") == "ok"
    assert gate.time.slept == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_a_task_there_is_none_to_judge(cloud: str, gate_in: Callable[..., Gate]) -> None:
    told = doctor(gate_in("empty", cloud))

    assert (told.code, told.failures) == (7, ["newest tasks"])
    assert told.not_checked["task to judge"] == "there is none"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_queued_task_is_waited_for(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in(staged(Stage(state="queued")), cloud)
    gate.simulator.rewrite = lambda _operation, document: without_start(document)

    told = doctor(gate)

    assert (told.code, told.state("task to judge")) == (0, "warning")
    assert "is still queued: a run waits for it." in told.text("task to judge")


def test_on_alibaba_cloud_a_run_waits_for_results_that_are_late(gate_in: Callable[..., Gate]) -> None:
    told = doctor(gate_in(of(replace(NEWEST, started_ago=1.0, results_lag=60.0)), "alibaba"))

    assert (told.code, told.state("task to judge")) == (0, "warning")
    assert "a run waits for its last results" in told.text("task to judge")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_task_of_an_id_is_the_only_one(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)
    known = NEWEST.id if cloud == "huawei" else NEWEST.id.replace("-", "")

    assert doctor(gate, "--task-id", known).code == 0
    assert doctor(gate, "--task-id", "0f" * 16).code == 7


def test_a_task_that_vanishes_between_two_calls_is_a_failure(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean")
    gate.simulator.rewrite = lambda operation, document: (
        {"data_list": [], "total_num": 0} if gate.operations.count("tasks") == 2 and operation == "tasks" else document
    )

    told = doctor(gate)

    assert (told.code, told.failures) == (7, ["task to judge"])
    assert "is not found any more" in told.text("task to judge")


def test_the_five_newest_tasks_are_named_newest_first(gate_in: Callable[..., Gate]) -> None:
    text = doctor(gate_in("clean")).text("newest tasks")

    names = [part.split(":")[0] for part in text.split("; ")]
    assert names == [
        "scan task manual-image-scan",
        *(f"scan task scheduled-image-scan-{number}" for number in range(1, 5)),
    ]
    assert text.endswith("and 1 more")
