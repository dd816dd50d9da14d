"""Reads each simulated cloud as documented, into cloud-independent values, so that a cloud is a test parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.simulator import Simulator
    from tests.simulator.conftest import CallAction, ListTasks, Response

STATES = {"INIT": "running", "START": "running", "SUCCESS": "complete", "TIMEOUT": "ended badly", "FAIL": "ended badly"}


@dataclass(frozen=True, kw_only=True)
class TaskStatus:
    """The status of a task."""

    id: str
    state: str
    progress: int | None
    started: int
    """Milliseconds since the epoch."""
    total: int


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The counts of a task."""

    total: int
    succeeded: int
    risky: int | None


class CloudClient(Protocol):
    """A client of one cloud."""

    @property
    def forbidden(self) -> tuple[int, str]:
        """Status and error code for a user without permission."""
        ...

    @property
    def throttled(self) -> tuple[int, str]:
        """Status and error code for a request over the rate limit."""
        ...

    @property
    def risky_before_results(self) -> int | None:
        """The number of risky images of a complete clean scan whose results are not there yet."""
        ...

    def poll(self, simulator: Simulator) -> Response:
        """Requests the newest scan."""
        ...

    def error_code(self, response: Response) -> str:
        """The code of an error."""
        ...

    def newest(self, response: Response) -> TaskStatus | None:
        """The newest scan in the response to a poll."""
        ...

    def findings(self, simulator: Simulator, status: TaskStatus) -> Findings:
        """The counts of a scan."""
        ...

    def older_findings(self, simulator: Simulator) -> list[Findings]:
        """The counts of older scans."""
        ...


class HuaweiClient:
    """Reads everything from one list."""

    forbidden = (400, "HSS.0013")
    throttled = (429, "APIGW.0308")
    risky_before_results = 0

    def __init__(self, list_tasks: ListTasks) -> None:
        self._list_tasks = list_tasks

    def poll(self, simulator: Simulator) -> Response:
        return self._list_tasks(simulator, limit=200)

    def error_code(self, response: Response) -> str:
        return str(response.document["error_code"])

    def newest(self, response: Response) -> TaskStatus | None:
        rows = response.document["data_list"]
        if not rows:
            return None
        task = max(rows, key=lambda task: int(task["begin_time"]))
        status = task["task_status"]
        state = "complete" if status == 100 else "running" if 0 <= status < 100 else "ended badly"
        return TaskStatus(
            id=task["task_id"],
            state=state if -3 <= status <= 100 else "unknown",
            progress=status,
            started=task["begin_time"],
            total=task["total_num"],
        )

    def findings(self, simulator: Simulator, status: TaskStatus) -> Findings:
        (task,) = self._list_tasks(simulator, task_id=status.id).document["data_list"]
        return _counts(task)

    def older_findings(self, simulator: Simulator) -> list[Findings]:
        rows = self._list_tasks(simulator, task_name="scheduled").document["data_list"]
        return [_counts(task) for task in rows]


class AlibabaClient:
    """Reads the status from the task, its images from the leaves, and their risks from the images of the account."""

    forbidden = (403, "NoPermission")
    throttled = (400, "Throttling.User")
    risky_before_results = None

    def __init__(self, call: CallAction) -> None:
        self._call = call

    def poll(self, simulator: Simulator) -> Response:
        return self._call(simulator, "GetLastOnceTaskInfo", TaskType="IMAGE_SCAN", TaskName="IMAGE_SCAN")

    def error_code(self, response: Response) -> str:
        return str(response.document["Code"])

    def newest(self, response: Response) -> TaskStatus | None:
        task = response.document
        if task["TaskInfo"]["Result"] == "TASK_NOT_EXISTS":
            return None
        return TaskStatus(
            id=task["TaskId"],
            state=STATES.get(task["TaskInfo"]["Status"], "unknown"),
            progress=task["TaskInfo"]["Progress"],
            started=task["CollectTime"],
            total=task["TotalCount"],
        )

    def findings(self, simulator: Simulator, status: TaskStatus) -> Findings:
        return self._findings(simulator, [*self._leaves(simulator, TaskId=status.id)], status.started)

    def older_findings(self, simulator: Simulator) -> list[Findings]:
        leaves = [*self._leaves(simulator, Source="schedule")]
        starts = sorted({leaf["StartTime"] for leaf in leaves})
        return [
            self._findings(simulator, [leaf for leaf in leaves if leaf["StartTime"] == start], start)
            for start in starts
        ]

    def _findings(self, simulator: Simulator, leaves: list[dict[str, Any]], started: int) -> Findings:
        scanned = [
            leaf for leaf in leaves if (leaf["StatusText"], leaf.get("ResultInfo") or "SUCCESS") == ("SUCCESS",) * 2
        ]
        digests = {_bare(leaf["Target"]) for leaf in scanned}
        rows = [
            row for row in self._images(simulator) if _bare(row["Digest"]) in digests and row["LastScanTime"] >= started
        ]
        risks = {_bare(row["Digest"]): row.get("RiskStatus") for row in rows}
        risky = [*risks.values()].count("YES") if {*map(risks.get, digests)} <= {"YES", "NO"} else None
        return Findings(total=len(leaves), succeeded=len(scanned), risky=risky)

    def _leaves(self, simulator: Simulator, **query: object) -> Iterator[dict[str, Any]]:
        parameters = {"TaskType": "IMAGE_SCAN", "RelateInfo": "true", **query}
        for leaf in self._rows(simulator, "DescribeOnceTaskLeafRecordPage", "OnceTasks", **parameters):
            if leaf["TargetType"] == "IMAGE":
                yield leaf

    def _images(self, simulator: Simulator) -> Iterator[dict[str, Any]]:
        for row in self._rows(simulator, "DescribeImageInstances", "ImageInstanceList"):
            if "LastScanTime" in row:
                yield row

    def _rows(self, simulator: Simulator, action: str, key: str, **query: object) -> Iterator[dict[str, Any]]:
        number = 1
        while (page := self._call(simulator, action, CurrentPage=number, PageSize=100, **query).document)[key]:
            yield from page[key]
            number += 1


def _counts(task: dict[str, Any]) -> Findings:
    return Findings(total=task["total_num"], succeeded=task["success_num"], risky=task.get("risky_num"))


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")
