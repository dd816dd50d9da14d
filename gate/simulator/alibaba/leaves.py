"""Writes the sub-tasks of a task as DescribeOnceTaskLeafRecordPage does (alibaba-security-center.md 2.1)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from gate.simulator.alibaba.identity import REGION
from gate.simulator.alibaba.images import Fate, Image, images
from gate.simulator.alibaba.parameters import LEAF_TYPES, Asked
from gate.simulator.alibaba.tasks import STATUS, is_called, milliseconds, source
from gate.simulator.task import DONE, Snapshot

# How a scan of an image ends: status, and result. Success is said in each way that a client has to take for one (2.3).
SCANNED: Final = (("SUCCESS", "SUCCESS"), ("SUCCESS", ""), ("SUCCESS", None))
ENDINGS: Final[dict[Fate, tuple[str, str | None]]] = {
    # FAIL is documented for siblings of this action only (1.2).
    "broken": ("FAIL", None),
    "timed-out": ("TIMEOUT", None),
    "unsupported": ("SUCCESS", "TASK_NOT_SUPPORT_REGION"),
}
CODES: Final = {"INIT": 0, "START": 1, "SUCCESS": 2, "FAIL": 3, "TIMEOUT": 4}
"""Those of DescribeOnceTask; this action shows an example and no list."""
STEPS: Final = ("vul", "scaVul", "baseline", "binary", "script", "sensitiveFile", "webshell")


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """A sub-task: the scan of one image, or the repository that all of them are in."""

    root: Snapshot
    number: int
    status: str
    result: str | None = None
    image: Image | None = None

    @property
    def over(self) -> bool:
        """Whether it is done, well or not."""
        return self.status not in {"INIT", "START"}


def wanted(tasks: Iterable[Snapshot], asked: Asked) -> list[Leaf]:
    """The leaves that are asked for, in the order of their tasks.

    TaskId is that of the root, and the two times are an inclusive window on the start: both are the likelier readings.
    """
    kind = LEAF_TYPES[asked["TaskType"][0]]
    roots = [seen for seen in tasks if seen.task.kind == kind and _asked_for(seen, asked)]
    statuses = asked.get("StatusList")
    return [leaf for seen in roots for leaf in leaves(seen) if statuses is None or leaf.status in statuses]


def leaves(seen: Snapshot) -> Iterator[Leaf]:
    """The leaves of a task: first that of the repository, then those of its images."""
    yield Leaf(root=seen, number=0, status=STATUS[seen.stage.state])
    ends = [image for image in images(seen.task) if image.fate != "unfinished"]
    over = {image.number for image in ends[: len(ends) * seen.percent // DONE]}
    waiting = count()
    for image in images(seen.task):
        if image.number in over:
            status, result = ENDINGS.get(image.fate, SCANNED[image.number % len(SCANNED)])
        else:
            # Every other one is at work, unless the task itself is not.
            status, result = "INIT" if next(waiting) % 2 or seen.stage.state == "queued" else "START", None
        yield Leaf(root=seen, number=image.number + 1, status=status, result=result, image=image)


def document(leaf: Leaf, *, related: bool) -> dict[str, Any]:
    """One element of OnceTasks, without the fields that have nothing to say."""
    started, ended = milliseconds(leaf.root.started), leaf.root.ended or leaf.root.at
    task_type = next(name for name, kind in LEAF_TYPES.items() if kind == leaf.root.task.kind)
    everything = {
        "TaskId": uuid5(NAMESPACE_URL, f"{leaf.root.task.id}/{leaf.number}").hex,
        "TaskName": task_type,
        "TaskType": task_type,
        "Target": _digest(leaf.image) if leaf.image else "crr-simulated",
        "TargetType": "IMAGE" if leaf.image else "IMAGE_REPO",
        "StatusText": leaf.status,
        "Status": str(CODES.get(leaf.status, leaf.status)),
        "Finish": int(leaf.over),
        "Progress": DONE if leaf.over else 0,
        # Texts, unlike the counts of the page (2.1).
        "FinishCount": str(int(leaf.over)),
        "TotalCount": "1",
        "ResultInfo": leaf.result,
        "StartTime": started,
        "EndTime": milliseconds(ended) if leaf.over else None,
        "RealRunTime": started,
        "TaskImageInfo": _related(leaf.image, milliseconds(ended)) if related and leaf.image else None,
    }
    return {name: value for name, value in everything.items() if value is not None}


def _asked_for(seen: Snapshot, asked: Asked) -> bool:
    started = milliseconds(seen.started)
    return (
        ("TaskId" not in asked or is_called(seen.task, asked["TaskId"][0]))
        and ("Source" not in asked or source(seen.task) == asked["Source"][0])
        and ("StartTime" not in asked or started >= int(asked["StartTime"][0]))
        and ("EndTime" not in asked or started <= int(asked["EndTime"][0]))
    )


def _digest(image: Image) -> str:
    # Bare in one document, with its algorithm in another; where a leaf writes one, the list of images writes the other.
    return image.digest if image.number % 2 else f"sha256:{image.digest}"


def _related(image: Image, at: int) -> dict[str, str]:
    return {
        "Digest": _digest(image),
        "Tag": image.tags[0],
        "RepoName": image.repository,
        "RepoNamespace": image.namespace,
        "RepoId": f"crr-{image.namespace}-{image.repository}",
        "RepoRegionId": REGION,
        "RegionId": REGION,
        "RegistryType": "acr",
        "Image": f"{image.namespace}/{image.repository}:{image.tags[0]}",
        "CostTimeInfo": json.dumps(dict.fromkeys(STEPS, at)),
    }
