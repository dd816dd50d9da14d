"""Tells every situation a gate can meet, by name: what the cloud holds, and how the gate must end."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from gate.simulator.fault import POLL, Fault, Forbidden, cut_short, login_page, reset, server_error
from gate.simulator.quota import Quota
from gate.simulator.task import SimulatedTask, Stage, State

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A situation in the cloud."""

    name: str
    summary: str
    expected_exit: int
    """How a gate with default settings ends in it."""
    tasks: tuple[SimulatedTask, ...] = ()
    quota: Quota | None = None
    faults: tuple[Fault, ...] = ()


RUNNING_POLLS: Final = (Stage(state="running", progress=20, polls=1), Stage(state="running", progress=70, polls=1))
COMPLETE: Final = Stage(state="complete", progress=100)
OLDER: Final = (1 * HOUR, 3 * HOUR, 9 * HOUR, 27 * HOUR, 81 * HOUR)


def _id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"scan-gate/{name}"))


NEWEST: Final = SimulatedTask(
    id=_id("newest"), name="manual-image-scan", started_ago=60, stages=(*RUNNING_POLLS, COMPLETE)
)
# Younger than the newest scan, so that whoever forgets to ask for scans judges the wrong task.
SYNC: Final = SimulatedTask(
    id=_id("sync"), name="AutomaticImageAssetSynchronization", kind="image_sync", task_type="autoSync", started_ago=20
)


def _with_history(newest: SimulatedTask, *, risky: int) -> tuple[SimulatedTask, ...]:
    older = (
        SimulatedTask(
            id=_id(f"older-{number}"),
            name=f"scheduled-image-scan-{number}",
            task_type="cycle",
            started_ago=newest.started_ago + age,
            risky=risky,
        )
        for number, age in enumerate(OLDER, start=1)
    )
    return (newest, SYNC, *older)


def _ordinary(
    name: str,
    summary: str,
    expected_exit: int,
    newest: SimulatedTask = NEWEST,
    *,
    quota: Quota | None = None,
    faults: tuple[Fault, ...] = (),
) -> Scenario:
    # The older tasks would be judged the other way round, so that whoever picks the wrong task is found out.
    tasks = _with_history(newest, risky=0 if expected_exit else 2)
    return Scenario(name=name, summary=summary, expected_exit=expected_exit, tasks=tasks, quota=quota, faults=faults)


def _story(*scenes: Stage) -> SimulatedTask:
    return replace(NEWEST, stages=scenes)


def _ends(state: State) -> SimulatedTask:
    return _story(RUNNING_POLLS[0], Stage(state=state, progress=40))


SLOW: Final = _story(
    Stage(state="queued", seconds=1),
    *(Stage(state="running", progress=percent, seconds=1) for percent in (10, 30, 50, 70, 90)),
    COMPLETE,
)
THROTTLED: Final = _story(
    *(Stage(state="running", progress=percent, polls=1) for percent in (20, 40, 60, 80)), COMPLETE
)
FLAKY: Final = (
    Fault(on=frozenset({1}), operation=POLL, reply=reset()),
    Fault(on=frozenset({2}), operation=POLL, reply=server_error(HTTPStatus.BAD_GATEWAY)),
    Fault(on=frozenset({3}), operation=POLL, reply=cut_short()),
    Fault(on=frozenset({4}), operation=POLL, reply=server_error(HTTPStatus.SERVICE_UNAVAILABLE)),
)

SCENARIOS: Final[Mapping[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        _ordinary("clean", "Every image is scanned and none is risky.", 0),
        _ordinary("risky", "Two of three images are risky.", 1, replace(NEWEST, risky=2)),
        _ordinary("failed", "One image could not be scanned.", 1, replace(NEWEST, failed=1)),
        _ordinary(
            "partial", "Two of five images have no result at all.", 1, replace(NEWEST, total=5, without_result=2)
        ),
        _ordinary(
            "lagging", "What was found can be read four seconds after the scan.", 0, replace(NEWEST, results_lag=4)
        ),
        _ordinary("slow", "The scan takes six seconds.", 0, SLOW),
        _ordinary("stopped", "Somebody stops the scan.", 6, _ends("stopped")),
        _ordinary("timed-out", "The scan runs out of its own time in the cloud.", 6, _ends("timed-out")),
        _ordinary("broken", "The scan breaks down in the cloud.", 6, _ends("failed")),
        _ordinary(
            "stale",
            "The newest scan began three days ago.",
            7,
            replace(NEWEST, started_ago=3 * DAY, stages=(COMPLETE,)),
        ),
        Scenario(name="empty", summary="There is no task at all.", expected_exit=7),
        _ordinary("no-images", "The scan is complete and looked at no image.", 7, replace(NEWEST, total=0)),
        _ordinary(
            "uncounted", "The scan is complete, but risky images are not counted.", 7, replace(NEWEST, risky=None)
        ),
        _ordinary("unknown", "The scan is in a state that no document names.", 5, _story(Stage(state="unknown"))),
        _ordinary("stuck", "The scan stays at sixty percent for ever.", 5, _story(Stage(state="running", progress=60))),
        _ordinary(
            "throttled", "Two calls in three seconds are allowed.", 0, THROTTLED, quota=Quota(calls=2, seconds=3)
        ),
        _ordinary("flaky", "The first four calls fail, each in another way.", 0, faults=FLAKY),
        _ordinary(
            "forbidden", "The user may not read scan tasks.", 3, faults=(Fault(operation=POLL, reply=Forbidden()),)
        ),
        _ordinary(
            "login-page", "A proxy answers everything with its login page.", 4, faults=(Fault(reply=login_page()),)
        ),
    )
}
