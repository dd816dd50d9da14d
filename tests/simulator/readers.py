"""Reads each simulated cloud as its documents say, into words that belong to none: so a cloud is a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.simulator import Simulator
    from tests.simulator.conftest import Act, AskTasks, Seen

STATUS = {"INIT": "running", "START": "running", "SUCCESS": "complete", "TIMEOUT": "ended badly", "FAIL": "ended badly"}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a task stands."""

    id: str
    state: str
    progress: int | None
    began: int
    """Milliseconds since the epoch."""
    total: int


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a task has found."""

    total: int
    succeeded: int
    risky: int | None


class Reader(Protocol):
    """A client of one cloud, as good as the cloud's documents allow."""

    @property
    def forbidden(self) -> tuple[int, str]:
        """Status and code for a user who may not look."""
        ...

    @property
    def throttled(self) -> tuple[int, str]:
        """The same for one call too many."""
        ...

    @property
    def lagging(self) -> int | None:
        """How many risky images a scan without any is known to have while its results lag behind."""
        ...

    def poll(self, simulator: Simulator) -> Seen:
        """Asks for the newest scan."""
        ...

    def code(self, seen: Seen) -> str:
        """The code of an error."""
        ...

    def newest(self, seen: Seen) -> Standing | None:
        """The newest scan in the answer to a look."""
        ...

    def findings(self, simulator: Simulator, standing: Standing) -> Findings:
        """What a scan has found."""
        ...

    def older(self, simulator: Simulator) -> list[Findings]:
        """What older scans had found."""
        ...


class Huawei:
    """One list tells everything."""

    forbidden = (400, "HSS.0013")
    throttled = (429, "APIGW.0308")
    lagging = 0

    def __init__(self, ask_tasks: AskTasks) -> None:
        self._ask = ask_tasks

    def poll(self, simulator: Simulator) -> Seen:
        return self._ask(simulator, limit=200)

    def code(self, seen: Seen) -> str:
        return str(seen.document["error_code"])

    def newest(self, seen: Seen) -> Standing | None:
        listed = seen.document["data_list"]
        if not listed:
            return None
        task = max(listed, key=lambda task: int(task["begin_time"]))
        status = task["task_status"]
        state = "complete" if status == 100 else "running" if 0 <= status < 100 else "ended badly"
        return Standing(
            id=task["task_id"],
            state=state if -3 <= status <= 100 else "unknown",
            progress=status,
            began=task["begin_time"],
            total=task["total_num"],
        )

    def findings(self, simulator: Simulator, standing: Standing) -> Findings:
        (task,) = self._ask(simulator, task_id=standing.id).document["data_list"]
        return _counts(task)

    def older(self, simulator: Simulator) -> list[Findings]:
        listed = self._ask(simulator, task_name="scheduled").document["data_list"]
        return [_counts(task) for task in listed]


class Alibaba:
    """The task says how it stands, its leaves which images there are, and the images of the account what was found."""

    forbidden = (403, "NoPermission")
    throttled = (400, "Throttling.User")
    lagging = None

    def __init__(self, act: Act) -> None:
        self._act = act

    def poll(self, simulator: Simulator) -> Seen:
        return self._act(simulator, "GetLastOnceTaskInfo", TaskType="IMAGE_SCAN", TaskName="IMAGE_SCAN")

    def code(self, seen: Seen) -> str:
        return str(seen.document["Code"])

    def newest(self, seen: Seen) -> Standing | None:
        task = seen.document
        if task["TaskInfo"]["Result"] == "TASK_NOT_EXISTS":
            return None
        return Standing(
            id=task["TaskId"],
            state=STATUS.get(task["TaskInfo"]["Status"], "unknown"),
            progress=task["TaskInfo"]["Progress"],
            began=task["CollectTime"],
            total=task["TotalCount"],
        )

    def findings(self, simulator: Simulator, standing: Standing) -> Findings:
        return self._found(simulator, [*self._leaves(simulator, TaskId=standing.id)], standing.began)

    def older(self, simulator: Simulator) -> list[Findings]:
        listed = [*self._leaves(simulator, Source="schedule")]
        began = sorted({leaf["StartTime"] for leaf in listed})
        return [self._found(simulator, [leaf for leaf in listed if leaf["StartTime"] == at], at) for at in began]

    def _found(self, simulator: Simulator, leaves: list[dict[str, Any]], began: int) -> Findings:
        good = [
            leaf for leaf in leaves if (leaf["StatusText"], leaf.get("ResultInfo") or "SUCCESS") == ("SUCCESS",) * 2
        ]
        ours = {_bare(leaf["Target"]) for leaf in good}
        rows = [row for row in self._images(simulator) if _bare(row["Digest"]) in ours and row["LastScanTime"] >= began]
        risks = {_bare(row["Digest"]): row.get("RiskStatus") for row in rows}
        risky = [*risks.values()].count("YES") if {*map(risks.get, ours)} <= {"YES", "NO"} else None
        return Findings(total=len(leaves), succeeded=len(good), risky=risky)

    def _leaves(self, simulator: Simulator, **query: object) -> Iterator[dict[str, Any]]:
        asked = {"TaskType": "IMAGE_SCAN", "RelateInfo": "true", **query}
        for leaf in self._pages(simulator, "DescribeOnceTaskLeafRecordPage", "OnceTasks", **asked):
            if leaf["TargetType"] == "IMAGE":
                yield leaf

    def _images(self, simulator: Simulator) -> Iterator[dict[str, Any]]:
        for row in self._pages(simulator, "DescribeImageInstances", "ImageInstanceList"):
            if "LastScanTime" in row:
                yield row

    def _pages(self, simulator: Simulator, action: str, rows: str, **query: object) -> Iterator[dict[str, Any]]:
        number = 1
        while (page := self._act(simulator, action, CurrentPage=number, PageSize=100, **query).document)[rows]:
            yield from page[rows]
            number += 1


def _counts(task: dict[str, Any]) -> Findings:
    return Findings(total=task["total_num"], succeeded=task["success_num"], risky=task.get("risky_num"))


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")
