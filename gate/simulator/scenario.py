"""Defines the scenarios by name: the state of the cloud, and the exit code that a gate must end with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from gate.simulator.access import Trust
from gate.simulator.fault import POLL, Fault, Forbidden, connection_reset, login_page, server_error, truncated_response
from gate.simulator.image import PushedImage
from gate.simulator.oidc.claims import Job
from gate.simulator.quota import Quota
from gate.simulator.task import SimulatedTask, Stage, State

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """The state of a simulated account, with faults and a rate limit."""

    name: str
    summary: str
    expected_exit: int
    """The exit code of a gate with default settings."""
    tasks: tuple[SimulatedTask, ...] = ()
    pushes: tuple[PushedImage, ...] = ()
    """The images that are pushed before the start of the simulator, or as many seconds after it as they say."""
    images: tuple[str, ...] = ()
    """The references that a check asks for, as for `--image`; empty for a scenario of scan tasks."""
    scans_left: int | None = None
    """How many images can still be scanned; None for no limit."""
    only_cloud: str = ""
    """The only cloud in which it can happen; empty if it can in all."""
    quota: Quota | None = None
    faults: tuple[Fault, ...] = ()
    trust: Trust = field(default_factory=Trust)
    """Which OIDC tokens the role of the account trusts."""
    job: Job = field(default_factory=Job)
    token_seconds: float | None = None
    """How long an OIDC token lives; None for as long as those of its CI system."""


RUNNING_POLLS: Final = (Stage(state="running", progress=20, polls=1), Stage(state="running", progress=70, polls=1))
COMPLETE: Final = Stage(state="complete", progress=100)
OLDER: Final = (1 * HOUR, 3 * HOUR, 9 * HOUR, 27 * HOUR, 81 * HOUR)


def _id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"scan-gate/{name}"))


NEWEST: Final = SimulatedTask(
    id=_id("newest"), name="manual-image-scan", started_ago=60, stages=(*RUNNING_POLLS, COMPLETE)
)
# Started after the newest scan, so that a client that does not filter by task type judges the wrong task.
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


def _with_older_tasks(
    name: str,
    summary: str,
    expected_exit: int,
    newest: SimulatedTask = NEWEST,
    *,
    quota: Quota | None = None,
    faults: tuple[Fault, ...] = (),
) -> Scenario:
    # The older tasks have the opposite result, so that a client that picks the wrong task gets the wrong exit code.
    tasks = _with_history(newest, risky=0 if expected_exit else 2)
    return Scenario(name=name, summary=summary, expected_exit=expected_exit, tasks=tasks, quota=quota, faults=faults)


def _with_stages(*stages: Stage) -> SimulatedTask:
    return replace(NEWEST, stages=stages)


def _ends_in(state: State) -> SimulatedTask:
    return _with_stages(RUNNING_POLLS[0], Stage(state=state, progress=40))


SLOW_TASK: Final = _with_stages(
    Stage(state="queued", seconds=1),
    *(Stage(state="running", progress=percent, seconds=1) for percent in (10, 30, 50, 70, 90)),
    COMPLETE,
)
THROTTLED_TASK: Final = _with_stages(
    *(Stage(state="running", progress=percent, polls=1) for percent in (20, 40, 60, 80)), COMPLETE
)
FLAKY_FAULTS: Final = (
    Fault(requests=frozenset({1}), operation=POLL, response=connection_reset()),
    Fault(requests=frozenset({2}), operation=POLL, response=server_error(HTTPStatus.BAD_GATEWAY)),
    Fault(requests=frozenset({3}), operation=POLL, response=truncated_response()),
    Fault(requests=frozenset({4}), operation=POLL, response=server_error(HTTPStatus.SERVICE_UNAVAILABLE)),
)

SCENARIOS: Final[Mapping[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        _with_older_tasks("clean", "Every image was scanned and none is risky.", 0),
        _with_older_tasks("risky", "Two of three images are risky.", 1, replace(NEWEST, risky=2)),
        _with_older_tasks("failed", "One image could not be scanned.", 1, replace(NEWEST, failed=1)),
        _with_older_tasks(
            "partial", "Two of five images have no result at all.", 1, replace(NEWEST, total=5, without_result=2)
        ),
        _with_older_tasks(
            "lagging",
            "On Alibaba Cloud, the results arrive four seconds after the scan ends; Huawei Cloud has no such lag.",
            0,
            replace(NEWEST, results_lag=4),
        ),
        _with_older_tasks("slow", "The scan takes six seconds.", 0, SLOW_TASK),
        _with_older_tasks(
            "stopped",
            "The scan is stopped by a user; Alibaba Cloud has no state for that, and calls it failed.",
            6,
            _ends_in("stopped"),
        ),
        _with_older_tasks("timed-out", "The scan times out in the cloud.", 6, _ends_in("timed-out")),
        _with_older_tasks("broken", "The scan fails in the cloud.", 6, _ends_in("failed")),
        _with_older_tasks(
            "stale",
            "The newest scan started three days ago.",
            7,
            replace(NEWEST, started_ago=3 * DAY, stages=(COMPLETE,)),
        ),
        Scenario(name="empty", summary="There is no scan task.", expected_exit=7),
        _with_older_tasks("no-images", "The scan is complete but contains no images.", 7, replace(NEWEST, total=0)),
        _with_older_tasks(
            "uncounted", "The scan is complete but has no count of risky images.", 7, replace(NEWEST, risky=None)
        ),
        _with_older_tasks("unknown", "The scan is in an undocumented state.", 5, _with_stages(Stage(state="unknown"))),
        _with_older_tasks(
            "stuck", "The scan never gets past sixty percent.", 5, _with_stages(Stage(state="running", progress=60))
        ),
        _with_older_tasks(
            "throttled",
            "The rate limit is two requests in three seconds.",
            0,
            THROTTLED_TASK,
            quota=Quota(calls=2, seconds=3),
        ),
        _with_older_tasks(
            "flaky", "The first four requests for a scan task fail, each in a different way.", 0, faults=FLAKY_FAULTS
        ),
        _with_older_tasks(
            "forbidden", "The user may not read scan tasks.", 3, faults=(Fault(operation=POLL, response=Forbidden()),)
        ),
        _with_older_tasks(
            "login-page",
            "A proxy responds to every request with its login page.",
            4,
            faults=(Fault(response=login_page()),),
        ),
    )
}
