"""The requests of a survey of Security Center: reading alone, each once, and at most 4 a run to one operation.

No quota is documented for them; others of the product allow 10 calls a second (alibaba-security-center.md 5). No
request is repeated after a refusal.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.connect import connect
from gate.clouds.alibaba.images.names import bare_digest, namespace_and_name
from gate.clouds.alibaba.security_center import BATCH_SIZE, PAGE_SIZE, criteria, digest_criteria, digest_of
from gate.clouds.alibaba.selection import IMAGE_SCAN, Selection
from gate.clouds.alibaba.translate import normalise_digest
from gate.clouds.survey import usable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.clouds.interface import Connection
    from gate.clouds.survey import Exchanges, Row
    from gate.image import ImageRef

LATEST = "the latest task"
BY_ID = "this task by its id"
LEAVES = "its sub-tasks by the id of the task"
LEAVES_BY_LEAF = "its sub-tasks by the id of one of them"
ALL_LEAVES = "the sub-tasks of all tasks"
IMAGES = "the images"
IMAGES_OF_TASK = "the images of this task by their digests"
IMAGES_BY_DIGEST = "the images with one digest"
IMAGES_BY_PART = "the images with the start of this digest"
NUMBERS = "the numbers of vulnerabilities of one image"
VULNERABILITIES = "the vulnerabilities of one image"
UNHANDLED = "the vulnerabilities of one image that nobody has handled"
LIBRARIES = "the vulnerabilities of libraries of one image"
TAG = "what the tag of an image stands for"
PROBES = frozenset(
    {
        *(LATEST, BY_ID, LEAVES, LEAVES_BY_LEAF, ALL_LEAVES, IMAGES, IMAGES_OF_TASK, IMAGES_BY_DIGEST),
        *(IMAGES_BY_PART, NUMBERS),
        *(VULNERABILITIES, UNHANDLED, LIBRARIES, TAG),
    }
)
LEAF_ROWS, IMAGE_ROWS, VULNERABILITY_ROWS = "OnceTasks", "ImageInstanceList", "VulRecords"
_LEAF_PAGE, _IMAGE_PAGE = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"
_REGISTRY = ("ListInstance", "GetRepository", "GetRepoTag")
_FIRST_PAGE = {"CurrentPage": "1", "PageSize": str(PAGE_SIZE)}
_DIGEST = re.compile("[0-9a-f]{64}")
_MAX_ID = 2**63
_PART = 16
"""Digits of a digest; two images have none so long in common."""


def ask(connection: Connection, exchanges: Exchanges) -> None:
    """Sends all requests: those about the latest task, and those about the images that were asked for, if any were."""
    cloud, settings = connect(connection), connection.settings
    selection = Selection.from_options(settings.for_cloud)
    names = {"TaskType": selection.task_type, "TaskName": selection.task_name}
    source = {"Source": selection.source} if selection.source else {}
    _send(cloud.sas, exchanges, LATEST, "GetLastOnceTaskInfo", {**names, **source})
    if task_id := latest_id(exchanges):
        _send(cloud.sas, exchanges, BY_ID, "GetOnceTaskResultInfo", {"TaskId": task_id, **names})
    _ask_for_leaves(cloud.sas, exchanges, task_id)
    _ask_for_images(cloud.sas, exchanges, settings.images)
    if images := settings.images:
        resolve = partial(cloud.image_scans().resolve, images[0])
        exchanges.ask(TAG, {action: action for action in _REGISTRY}, resolve)
        rows = exchanges.rows(IMAGES_BY_DIGEST, IMAGE_ROWS) + exchanges.rows(IMAGES, IMAGE_ROWS)
        exchanges.wanted = [_rows_of(image, rows) for image in images]


def latest_id(exchanges: Exchanges) -> str:
    """The id of the latest task, which may be a number; empty if there is none, which the sample shows as 0."""
    found = exchanges.of(LATEST)
    stated = (found.document or {}).get("TaskId") if found else None
    id_ = str(stated) if type(stated) is int and 0 < stated < _MAX_ID else usable(stated)
    return id_ if id_.strip("0") else ""


def leaf_digests(exchanges: Exchanges) -> list[str]:
    """The digests of the images of the latest task, without prefix."""
    targets = (normalise_digest(row.get("Target")) for row in exchanges.rows(LEAVES, LEAF_ROWS))
    return [*dict.fromkeys(digest for digest in targets if _DIGEST.fullmatch(digest))]


def _ask_for_leaves(sas: SecurityCenter, exchanges: Exchanges, task_id: str) -> None:
    page = {"TaskType": IMAGE_SCAN, **_FIRST_PAGE, "RelateInfo": "true"}
    if task_id:
        _send(sas, exchanges, LEAVES, _LEAF_PAGE, {**page, "TaskId": task_id})
    leaves = exchanges.rows(LEAVES, LEAF_ROWS)
    if not leaves:
        _send(sas, exchanges, ALL_LEAVES, _LEAF_PAGE, page)
        leaves = exchanges.rows(ALL_LEAVES, LEAF_ROWS)
    if leaf_id := usable(leaves[-1].get("TaskId")) if leaves else "":
        _send(sas, exchanges, LEAVES_BY_LEAF, _LEAF_PAGE, {**page, "TaskId": leaf_id})


def _ask_for_images(sas: SecurityCenter, exchanges: Exchanges, images: tuple[ImageRef, ...]) -> None:
    _send(sas, exchanges, IMAGES, _IMAGE_PAGE, _FIRST_PAGE)
    if digests := leaf_digests(exchanges)[:BATCH_SIZE]:
        _send(sas, exchanges, IMAGES_OF_TASK, _IMAGE_PAGE, {**digest_criteria(digests), **_FIRST_PAGE})
    rows = exchanges.rows(IMAGES, IMAGE_ROWS)
    digest = bare_digest(images[0]) if images else next(filter(None, map(usable, map(digest_of, rows))), "")
    if digest:
        exact, part = (criteria([("digest", value)], "AND") for value in (digest, digest[:_PART]))
        _send(sas, exchanges, IMAGES_BY_DIGEST, _IMAGE_PAGE, {**exact, **_FIRST_PAGE})
        _send(sas, exchanges, IMAGES_BY_PART, _IMAGE_PAGE, {**part, **_FIRST_PAGE})
    found = exchanges.rows(IMAGES_BY_DIGEST, IMAGE_ROWS)
    if images and found:
        if uuid := usable(found[0].get("Uuid")):
            numbers = {"Uuids": uuid, "ImageVul": "true"}
            _send(sas, exchanges, NUMBERS, "DescribeUuidVulNumClassifyStatistic", numbers)
        of_image = {"Digest": digest, **_FIRST_PAGE}
        _send(sas, exchanges, VULNERABILITIES, "DescribeImageVulList", {"Type": "cve", **of_image})
        _send(sas, exchanges, UNHANDLED, "DescribeImageVulList", {"Type": "cve", "Dealed": "n", **of_image})
        _send(sas, exchanges, LIBRARIES, "DescribeImageVulList", {"Type": "sca", **of_image})


def _send(sas: SecurityCenter, exchanges: Exchanges, probe: str, action: str, query: Mapping[str, str]) -> None:
    def call() -> dict[str, Any]:
        return sas.call(action, query, is_retried=False)

    exchanges.ask(probe, {action: action}, call)


def _rows_of(image: ImageRef, rows: list[Row]) -> list[Row]:
    """The rows with the digest of an image, its own tag first; without a digest, those with exactly its names."""
    namespace, name = namespace_and_name(image)
    names = {"RepoNamespace": namespace, "RepoName": name, "Tag": image.tag}
    digest = bare_digest(image)
    found = [row for row in rows if digest_of(row) == digest] if digest else rows
    named = [row for row in found if {**row, **names} == row]
    return [*named, *(row for row in found if row not in named)] if digest else named
