"""Renders the sub-tasks of a task as DescribeOnceTaskLeafRecordPage does (alibaba-security-center.md 2.1)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from gate.simulator.alibaba.identity import REGION
from gate.simulator.alibaba.parameters import LEAF_TYPES, Parameters
from gate.simulator.alibaba.tasks import STATUS, has_id, milliseconds, source
from gate.simulator.task import DONE, Snapshot
from gate.simulator.task_images import Image, ImageResult, images

# StatusText and ResultInfo of a scanned image, in each form that a client has to accept as a success (2.3).
SCANNED: Final = (("SUCCESS", "SUCCESS"), ("SUCCESS", ""), ("SUCCESS", None))
FAILED: Final[dict[ImageResult, tuple[str, str | None]]] = {
    # FAIL is documented only for siblings of this action (1.2).
    "broken": ("FAIL", None),
    "timed-out": ("TIMEOUT", None),
    "unsupported": ("SUCCESS", "TASK_NOT_SUPPORT_REGION"),
}
CODES: Final = {"INIT": 0, "START": 1, "SUCCESS": 2, "FAIL": 3, "TIMEOUT": 4}
"""Those of DescribeOnceTask; this action documents an example and no list."""
STEPS: Final = ("vul", "scaVul", "baseline", "binary", "script", "sensitiveFile", "webshell")


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """A sub-task: the scan of one image, or of the repository with all images."""

    root: Snapshot
    number: int
    status: str
    result: str | None = None
    image: Image | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, successfully or not."""
        return self.status not in {"INIT", "START"}


def select(tasks: Iterable[Snapshot], parameters: Parameters) -> list[Leaf]:
    """The leaves that match the parameters, in the order of their tasks.

    TaskId is taken as the id of the root, and the two times as an inclusive window on the start time: the documents do
    not say, and these are the likelier readings.
    """
    kind = LEAF_TYPES[parameters["TaskType"][0]]
    roots = [snapshot for snapshot in tasks if snapshot.task.kind == kind and _matches(snapshot, parameters)]
    statuses = parameters.get("StatusList")
    return [leaf for root in roots for leaf in leaves(root) if statuses is None or leaf.status in statuses]


def leaves(root: Snapshot) -> Iterator[Leaf]:
    """The leaves of a task: first the repository, then the images."""
    yield Leaf(root=root, number=0, status=STATUS[root.stage.state])
    ending = [image for image in images(root.task) if image.result != "unfinished"]
    ended = {image.number for image in ending[: len(ending) * root.percent // DONE]}
    unfinished = count()
    for image in images(root.task):
        if image.number in ended:
            status, result = FAILED.get(image.result, SCANNED[image.number % len(SCANNED)])
        else:
            # Every other one is running, unless the task itself is queued.
            status, result = "INIT" if next(unfinished) % 2 or root.stage.state == "queued" else "START", None
        yield Leaf(root=root, number=image.number + 1, status=status, result=result, image=image)


def document(leaf: Leaf, *, with_image: bool) -> dict[str, Any]:
    """One element of OnceTasks, without empty fields."""
    started, ended = milliseconds(leaf.root.started), leaf.root.ended or leaf.root.at
    task_type = next(name for name, kind in LEAF_TYPES.items() if kind == leaf.root.task.kind)
    fields = {
        "TaskId": uuid5(NAMESPACE_URL, f"{leaf.root.task.id}/{leaf.number}").hex,
        "TaskName": task_type,
        "TaskType": task_type,
        "Target": _digest(leaf.image) if leaf.image else "crr-simulated",
        "TargetType": "IMAGE" if leaf.image else "IMAGE_REPO",
        "StatusText": leaf.status,
        "Status": str(CODES.get(leaf.status, leaf.status)),
        "Finish": int(leaf.has_ended),
        "Progress": DONE if leaf.has_ended else 0,
        # Strings, unlike the counts of the page (2.1).
        "FinishCount": str(int(leaf.has_ended)),
        "TotalCount": "1",
        "ResultInfo": leaf.result,
        "StartTime": started,
        "EndTime": milliseconds(ended) if leaf.has_ended else None,
        "RealRunTime": started,
        "TaskImageInfo": _image_info(leaf.image, milliseconds(ended)) if with_image and leaf.image else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _matches(root: Snapshot, parameters: Parameters) -> bool:
    started = milliseconds(root.started)
    return (
        ("TaskId" not in parameters or has_id(root.task, parameters["TaskId"][0]))
        and ("Source" not in parameters or source(root.task) == parameters["Source"][0])
        and ("StartTime" not in parameters or started >= int(parameters["StartTime"][0]))
        and ("EndTime" not in parameters or started <= int(parameters["EndTime"][0]))
    )


def _digest(image: Image) -> str:
    # The documents show it with and without the algorithm; where a leaf has one form, the image list has the other.
    return image.digest if image.number % 2 else f"sha256:{image.digest}"


def _image_info(image: Image, at: int) -> dict[str, str]:
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
