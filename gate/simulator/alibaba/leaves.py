"""Renders the sub-tasks of a task as DescribeOnceTaskLeafRecordPage does (alibaba-security-center.md 2.1)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from gate.simulator.alibaba import catalog
from gate.simulator.alibaba.actions import LEAF_TYPES
from gate.simulator.alibaba.identity import REGION
from gate.simulator.alibaba.parameters import Parameters
from gate.simulator.alibaba.tasks import STATUS, has_id, milliseconds, source
from gate.simulator.image import PushedImage
from gate.simulator.task import DONE, Snapshot
from gate.simulator.task_images import Image, images
from gate.simulator.unverified import Unverified

Outcome: TypeAlias = tuple[str, str | None]
"""StatusText and ResultInfo of a sub-task that has ended."""

# In each form that a client has to accept as a success (2.3).
SCANNED: Final[tuple[Outcome, ...]] = (("SUCCESS", "SUCCESS"), ("SUCCESS", ""), ("SUCCESS", None))
FAILED: Final[Mapping[str, Outcome]] = {
    # FAIL is documented only for siblings of this action (1.2).
    "broken": ("FAIL", None),
    "timed-out": ("TIMEOUT", None),
    "unsupported": ("SUCCESS", "TASK_NOT_SUPPORT_REGION"),
    "download-failed": ("FAIL", ""),
    "oversized": ("FAIL", None),
    "repeated": ("FAIL", "forbid_create_repeat_task"),
}
CODES: Final = {"INIT": 0, "START": 1, "SUCCESS": 2, "FAIL": 3, "TIMEOUT": 4}
"""Those of DescribeOnceTask; this action documents an example and no list."""
STEPS: Final = ("vul", "scaVul", "baseline", "binary", "script", "sensitiveFile", "webshell")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The image that a leaf scans."""

    digest: str
    """As the leaf shows it."""
    namespace: str
    repository: str
    repo_id: str
    region: str
    tag: str
    registry_type: str = "acr"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """A sub-task: the scan of one image, or of the repository with all images."""

    root: Snapshot
    number: int
    status: str
    result: str | None = None
    target: Target | None = None
    ended: float | None = None
    """In seconds since the epoch."""

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, successfully or not."""
        return self.status not in {"INIT", "START"}

    @property
    def id(self) -> str:
        """Its id, which is not that of the whole task."""
        return uuid5(NAMESPACE_URL, f"{self.root.task.id}/{self.number}").hex

    @property
    def digest(self) -> str:
        """The digest of its image without the algorithm; empty for a repository."""
        return catalog.bare(self.target.digest) if self.target else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _ImageScan:
    target: Target
    outcome: Outcome | None
    ended: float | None


def select(tasks: Iterable[Snapshot], parameters: Parameters, unverified: Unverified) -> list[Leaf]:
    """The leaves that match the parameters, in the order of their tasks.

    `Unverified.leaf_ids` says whose id TaskId is. The two times are taken as an inclusive window on the start time: the
    documents do not say, and this is the likelier reading.
    """
    kind = LEAF_TYPES[parameters["TaskType"][0]]
    roots = [snapshot for snapshot in tasks if snapshot.task.kind == kind and _matches(snapshot, parameters)]
    statuses = parameters.get("StatusList")
    return [
        leaf
        for root in roots
        for leaf in leaves(root, unverified)
        if (statuses is None or leaf.status in statuses) and _has_id(leaf, parameters, unverified)
    ]


def leaves(root: Snapshot, unverified: Unverified) -> Iterator[Leaf]:
    """The leaves of a task: first the repository, then the images."""
    yield Leaf(root=root, number=0, status=STATUS[root.stage.state], ended=root.ended or root.at)
    scans = _pushed(root, unverified) if root.task.images else _generated(root)
    unfinished = count()
    for number, scan in enumerate(scans, start=1):
        # Every other one is running, unless the task itself is queued.
        status, result = scan.outcome or (
            "INIT" if next(unfinished) % 2 or root.stage.state == "queued" else "START",
            None,
        )
        yield Leaf(root=root, number=number, status=status, result=result, target=scan.target, ended=scan.ended)


def document(leaf: Leaf, *, with_image: bool) -> dict[str, Any]:
    """One element of OnceTasks, without empty fields."""
    started, ended = milliseconds(leaf.root.started), milliseconds(leaf.ended or leaf.root.at)
    task_type = next(name for name, kind in LEAF_TYPES.items() if kind == leaf.root.task.kind)
    fields = {
        "TaskId": leaf.id,
        "TaskName": task_type,
        "TaskType": task_type,
        "Target": leaf.target.digest if leaf.target else "crr-simulated",
        "TargetType": "IMAGE" if leaf.target else "IMAGE_REPO",
        "StatusText": leaf.status,
        "Status": str(CODES.get(leaf.status, leaf.status)),
        "Finish": int(leaf.has_ended),
        "Progress": DONE if leaf.has_ended else 0,
        # Strings, unlike the counts of the page (2.1).
        "FinishCount": str(int(leaf.has_ended)),
        "TotalCount": "1",
        "ResultInfo": leaf.result,
        "StartTime": started,
        "EndTime": ended if leaf.has_ended else None,
        "RealRunTime": started,
        "TaskImageInfo": _image_info(leaf.target, ended) if with_image and leaf.target else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _has_id(leaf: Leaf, parameters: Parameters, unverified: Unverified) -> bool:
    if "TaskId" not in parameters:
        return True
    wanted, ids = parameters["TaskId"][0], unverified.leaf_ids
    return (ids != "leaf ids" and has_id(leaf.root.task, wanted)) or (ids != "root ids" and leaf.id == wanted)


def _matches(root: Snapshot, parameters: Parameters) -> bool:
    started = milliseconds(root.started)
    return (
        ("Source" not in parameters or source(root.task) == parameters["Source"][0])
        and ("StartTime" not in parameters or started >= int(parameters["StartTime"][0]))
        and ("EndTime" not in parameters or started <= int(parameters["EndTime"][0]))
    )


def _generated(root: Snapshot) -> Iterator[_ImageScan]:
    """The images of a task that names none: they end in proportion to its progress, all at once."""
    ending = [image for image in images(root.task) if image.result != "unfinished"]
    ended = {image.number for image in ending[: len(ending) * root.percent // DONE]}
    for image in images(root.task):
        outcome = FAILED.get(image.result, SCANNED[image.number % len(SCANNED)])
        has_ended = image.number in ended
        yield _ImageScan(
            target=_generated_target(image), outcome=outcome if has_ended else None, ended=root.ended or root.at
        )


def _pushed(root: Snapshot, unverified: Unverified) -> Iterator[_ImageScan]:
    for position, image in enumerate(root.task.images):
        ended = root.image_ended(position)
        outcome = FAILED.get(image.failure or "", SCANNED[position % len(SCANNED)])
        yield _ImageScan(
            target=_pushed_target(image, unverified), outcome=None if ended is None else outcome, ended=ended
        )


def _generated_target(image: Image) -> Target:
    return Target(
        # The documents show it with and without the algorithm; where a leaf has one form, the image list has the other.
        digest=image.digest if image.number % 2 else f"sha256:{image.digest}",
        namespace=image.namespace,
        repository=image.repository,
        repo_id=f"crr-{image.namespace}-{image.repository}",
        region=REGION,
        tag=image.tags[0],
    )


def _pushed_target(image: PushedImage, unverified: Unverified) -> Target:
    return Target(
        digest=catalog.leaf_digest(image),
        namespace=image.namespace,
        repository=image.name,
        repo_id=catalog.row_ids(image, unverified).repo_id,
        region=(catalog.instance(image) or catalog.DEFAULT).region,
        tag=image.tag,
        registry_type=catalog.registry_type(image),
    )


def _image_info(target: Target, at: int) -> dict[str, str]:
    return {
        "Digest": target.digest,
        "Tag": target.tag,
        "RepoName": target.repository,
        "RepoNamespace": target.namespace,
        "RepoId": target.repo_id,
        "RepoRegionId": target.region,
        "RegionId": target.region,
        "RegistryType": target.registry_type,
        "Image": f"{target.namespace}/{target.repository}:{target.tag}",
        "CostTimeInfo": json.dumps(dict.fromkeys(STEPS, at)),
    }
