"""Finds the sub-task of one image: ListUnfinishedOnceTask and DescribeImageLatestScanTask (alibaba-images.md 1.4)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from zlib import crc32

from gate.simulator.alibaba import leaves
from gate.simulator.alibaba.errors import error
from gate.simulator.alibaba.leaves import Leaf
from gate.simulator.alibaba.parameters import Parameters, value
from gate.simulator.alibaba.responses import ok
from gate.simulator.alibaba.tasks import milliseconds, source
from gate.simulator.cloud import ApiResponse, CloudState

BEIJING: Final = timezone(timedelta(hours=8))
WORDS: Final[Mapping[str, str]] = {"INIT": "MESSAGE_SEND", "START": "PROCESSING", "TIMEOUT": "TIMOUT"}
"""Statuses that have another word in DescribeImageLatestScanTask, one of them misspelt."""
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
    """The sub-task of a digest that started last, if there is one."""
    found = max(_leaves(value(parameters, "Digest"), state), key=lambda leaf: leaf.root.started, default=None)
    return ok({"Task": [] if found is None else [_document(found)]})


def _leaves(digest: str, state: CloudState) -> Iterator[Leaf]:
    """The sub-tasks with this digest, which has no algorithm."""
    for root in state.tasks:
        if root.task.kind == "image_scan":
            for leaf in leaves.leaves(root, state.account.unverified):
                if leaf.digest == digest:
                    yield leaf


def _with_numbers(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, **{name: int(document[name]) for name in NUMBERS}}


def _document(leaf: Leaf) -> dict[str, Any]:
    ended = leaf.ended if leaf.has_ended else None
    return {
        "TaskId": leaf.id,
        "Id": crc32(leaf.id.encode()),
        "Name": "IMAGE_SCAN",
        "TaskType": "IMAGE_SCAN",
        "Source": source(leaf.root.task),
        "Target": leaf.target.digest if leaf.target else "",
        "TargetType": "IMAGE",
        "Status": WORDS.get(leaf.status, leaf.status),
        "Finish": int(leaf.has_ended),
        "StartTime": milliseconds(leaf.root.started),
        # An empty value until the end.
        "FinishTime": "" if ended is None else milliseconds(ended),
        "Create": _text(leaf.root.started),
        "Modified": _text(leaf.root.started if ended is None else ended),
    }


def _text(seconds: float) -> str:
    """A time without a zone; that it is the time of Beijing is not verified."""
    return datetime.fromtimestamp(seconds, BEIJING).strftime("%Y-%m-%dT%H:%M:%S")
