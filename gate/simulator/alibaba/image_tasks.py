"""Finds the sub-task of one image: ListUnfinishedOnceTask and DescribeImageLatestScanTask (alibaba-images.md 1.4)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from zlib import crc32

from gate.simulator.alibaba import catalog, leaves
from gate.simulator.alibaba.errors import error
from gate.simulator.alibaba.leaves import FAILED, Leaf
from gate.simulator.alibaba.parameters import Parameters, value
from gate.simulator.alibaba.responses import ok
from gate.simulator.alibaba.tasks import milliseconds, source
from gate.simulator.cloud import ApiResponse, CloudState
from gate.simulator.listing import Scan

BEIJING: Final = timezone(timedelta(hours=8))
WORDS: Final[Mapping[str, str]] = {"INIT": "MESSAGE_SEND", "START": "PROCESSING", "TIMEOUT": "TIMOUT"}
"""Statuses that have another word in DescribeImageLatestScanTask, one of them misspelt."""
EARLIER_SECONDS: Final = 60.0
"""How long a scan took that is in no task."""
NUMBERS: Final = ("Status", "FinishCount", "TotalCount")
"""Texts in the leaf page, and numbers in the list of unfinished sub-tasks."""


def unfinished(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The sub-tasks of a digest that have not ended; without a target, an error with a code of its own."""
    if "Target" not in parameters:
        return error("-101")
    is_about_images = value(parameters, "TaskType") == "IMAGE_SCAN"
    found = [leaf for leaf in _leaves(value(parameters, "Target"), state) if is_about_images and not leaf.has_ended]
    return ok({"OnceTasks": [_with_numbers(leaves.document(leaf, with_image=True)) for leaf in found]})


def latest(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The sub-task of a digest that started last, if there is one; else its scan from before the simulator knew it."""
    digest = value(parameters, "Digest")
    found = max(_leaves(digest, state), key=lambda leaf: leaf.root.started, default=None)
    if found is not None:
        return ok({"Task": [_document(found)]})
    earlier = max(_earlier_scans(digest, state), key=lambda scan: scan.ended, default=None)
    return ok({"Task": [] if earlier is None else [_earlier_document(digest, earlier)]})


def _leaves(digest: str, state: CloudState) -> Iterator[Leaf]:
    """The sub-tasks with this digest, which has no algorithm."""
    for root in state.tasks:
        if root.task.kind == "image_scan":
            for leaf in leaves.leaves(root, state.account.unverified):
                if leaf.digest == digest:
                    yield leaf


def _earlier_scans(digest: str, state: CloudState) -> Iterator[Scan]:
    """The scans of this digest that are in no task."""
    if state.account.unverified.forgets_old_scans:
        return
    for shown in state.account.pushed(state.at):
        for one in (shown, *shown.platforms):
            scan = one.last_scan
            if scan is not None and scan.task is None and catalog.bare(one.image.digest) == digest:
                yield scan


def _with_numbers(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, **{name: int(document[name]) for name in NUMBERS}}


def _document(leaf: Leaf) -> dict[str, Any]:
    ended = leaf.ended if leaf.has_ended else None
    digest = leaf.target.digest if leaf.target else ""
    return _sub_task(
        leaf.id, digest, leaf.status, started_by=source(leaf.root.task), started=leaf.root.started, ended=ended
    )


def _earlier_document(digest: str, scan: Scan) -> dict[str, Any]:
    status = FAILED[scan.failure][0] if scan.failure else "SUCCESS"
    return _sub_task(
        digest[:32], digest, status, started_by="schedule", started=scan.ended - EARLIER_SECONDS, ended=scan.ended
    )


def _sub_task(
    id_: str, digest: str, status: str, *, started_by: str, started: float, ended: float | None
) -> dict[str, Any]:
    return {
        "TaskId": id_,
        "Id": crc32(id_.encode()),
        "Name": "IMAGE_SCAN",
        "TaskType": "IMAGE_SCAN",
        "Source": started_by,
        "Target": digest,
        "TargetType": "IMAGE",
        "Status": WORDS.get(status, status),
        "Finish": int(ended is not None),
        "StartTime": milliseconds(started),
        # An empty value until the end.
        "FinishTime": "" if ended is None else milliseconds(ended),
        "Create": _text(started),
        "Modified": _text(started if ended is None else ended),
    }


def _text(seconds: float) -> str:
    """A time without a zone; that it is the time of Beijing is not verified."""
    return datetime.fromtimestamp(seconds, BEIJING).strftime("%Y-%m-%dT%H:%M:%S")
