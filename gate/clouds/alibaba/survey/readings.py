"""Reads answers from the responses of a survey; `questions` has the questions, and every answer that there can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.alibaba.security_center import BATCH_SIZE, PAGE_SIZE, digest_of
from gate.clouds.alibaba.survey import probes
from gate.clouds.survey import NOT_SEEN, OTHER
from gate.clouds.survey_answers import listed_unasked
from gate.clouds.values import count, text

if TYPE_CHECKING:
    from gate.clouds.survey import Exchange, Exchanges, Row

TIME_FIELDS = ("LastScanTime", "lastScanTime")
PAGE_SIZES = {"10", "20", "30", "50", "100", "another"}


def leaves(exchanges: Exchanges) -> list[Row]:
    """The sub-tasks of the latest task; those of all tasks if its id finds none."""
    return exchanges.rows(probes.LEAVES, probes.LEAF_ROWS) or exchanges.rows(probes.ALL_LEAVES, probes.LEAF_ROWS)


def image_leaves(exchanges: Exchanges) -> list[Row]:
    """Those of the sub-tasks that scan one image."""
    return [row for row in leaves(exchanges) if row.get("TargetType") == "IMAGE"]


def images(exchanges: Exchanges) -> list[Row]:
    """The first page of images."""
    return exchanges.rows(probes.IMAGES, probes.IMAGE_ROWS)


def unscanned(exchanges: Exchanges) -> list[Row]:
    """Those of the images that were never scanned."""
    rows = images(exchanges)
    return [row for row in rows if not any(row.get(name) for name in TIME_FIELDS) and row.get("ScaStatus") == "INIT"]


def document(found: Exchange | None) -> Row:
    """The document of a response; empty if there is none."""
    return (found.document or {}) if found else {}


def no_task(exchanges: Exchanges) -> str:
    """What the response says where there is no task."""
    found = exchanges.of(probes.LATEST)
    if not found or probes.latest_id(exchanges):
        return NOT_SEEN
    info = document(found).get("TaskInfo")
    is_named = isinstance(info, dict) and info.get("Result") == "TASK_NOT_EXISTS"
    return "TASK_NOT_EXISTS" if is_named else OTHER if info else "no TaskInfo"


def task_id(exchanges: Exchanges) -> str:
    """The type of the id of the latest task."""
    stated = document(exchanges.of(probes.LATEST)).get("TaskId")
    if not probes.latest_id(exchanges):
        return NOT_SEEN
    return "a number" if type(stated) is int else "a text"


def leaf_ids(exchanges: Exchanges) -> str:
    """Which ids find sub-tasks."""
    by_root = bool(exchanges.rows(probes.LEAVES, probes.LEAF_ROWS))
    by_leaf = bool(exchanges.rows(probes.LEAVES_BY_LEAF, probes.LEAF_ROWS))
    if not exchanges.of(probes.LEAVES) or not exchanges.of(probes.LEAVES_BY_LEAF):
        return NOT_SEEN
    return {(True, True): "both", (True, False): "root ids", (False, True): "leaf ids"}.get((by_root, by_leaf), OTHER)


def failed_words(exchanges: Exchanges) -> list[str]:
    """The statuses of sub-tasks that have ended, and not well."""
    ended = (text(row.get("StatusText")) for row in leaves(exchanges))
    return sorted({word for word in ended if word not in {"", "INIT", "START", "SUCCESS"}}) or [NOT_SEEN]


def time_field(exchanges: Exchanges) -> str:
    """The spelling of the field with the scan time."""
    found = [name for name in TIME_FIELDS if any(name in row for row in images(exchanges))]
    return found[0] if len(found) == 1 else "both" if found else NOT_SEEN


def registry_ids(exchanges: Exchanges) -> str:
    """Whether images have the ids of Container Registry."""
    ids = [(text(row.get("InstanceId")), text(row.get("RepoId"))) for row in images(exchanges)]
    stated = [instance.startswith("cri-") and repository.startswith("crr-") for instance, repository in ids]
    if not stated:
        return NOT_SEEN
    return "those of Container Registry" if all(stated) else "others" if not any(stated) else "both"


def filter_by_part(exchanges: Exchanges) -> str:
    """Whether the start of a digest finds its image."""
    wanted = {*map(digest_of, exchanges.rows(probes.IMAGES_BY_DIGEST, probes.IMAGE_ROWS))}
    if not wanted or not exchanges.of(probes.IMAGES_BY_PART):
        return NOT_SEEN
    found = {*map(digest_of, exchanges.rows(probes.IMAGES_BY_PART, probes.IMAGE_ROWS))}
    return "similar ones too" if wanted & found else "this one only"


def joined(exchanges: Exchanges) -> str:
    """How many of several digests are found at once."""
    wanted = {*probes.leaf_digests(exchanges)[:BATCH_SIZE]}
    if len(wanted) < 2 or not exchanges.of(probes.IMAGES_OF_TASK):  # noqa: PLR2004 - one has no other
        return NOT_SEEN
    found = {*map(digest_of, exchanges.rows(probes.IMAGES_OF_TASK, probes.IMAGE_ROWS))}
    return "all" if wanted <= found else "some" if wanted & found else "none"


def page_size(exchanges: Exchanges) -> str:
    """How many rows a page has of a list that is longer."""
    rows, info = images(exchanges), document(exchanges.of(probes.IMAGES)).get("PageInfo")
    total = count(info.get("TotalCount")) if isinstance(info, dict) else None
    if total is None or total <= len(rows):
        return NOT_SEEN if len(rows) < PAGE_SIZE else str(PAGE_SIZE)
    return str(len(rows)) if str(len(rows)) in PAGE_SIZES else "another"


def unscanned_risk(exchanges: Exchanges) -> list[str]:
    """The risk of images that were never scanned."""
    rows = unscanned(exchanges)
    stated = {text(row.get("RiskStatus")) or "nothing" for row in rows}
    return sorted(stated) or [NOT_SEEN]


def numbers(exchanges: Exchanges) -> str:
    """Whether the uuid of an image finds its numbers."""
    found, data = exchanges.of(probes.NUMBERS), document(exchanges.of(probes.NUMBERS)).get("Data")
    if not found:
        return NOT_SEEN
    rows = exchanges.rows(probes.IMAGES_BY_DIGEST, probes.IMAGE_ROWS)
    return "found" if isinstance(data, dict) and rows and rows[0].get("Uuid") in data else "not found"


def totals(exchanges: Exchanges, *names: str) -> list[int | None]:
    """The number of rows that the responses to these probes state."""
    return [count(document(exchanges.of(name)).get("TotalCount")) for name in names]


def handled(exchanges: Exchanges) -> str:
    """Whether handled vulnerabilities are listed unasked."""
    return listed_unasked(*totals(exchanges, probes.VULNERABILITIES, probes.UNHANDLED))


def libraries(exchanges: Exchanges) -> str:
    """Whether vulnerabilities of libraries are listed by image."""
    (libraries,) = totals(exchanges, probes.LIBRARIES)
    stated = count((numbers_of_row(exchanges)).get("ScaNum"))
    if libraries is None:
        return NOT_SEEN
    return "listed" if libraries else "not listed" if stated else NOT_SEEN


def numbers_of_row(exchanges: Exchanges) -> Row:
    """The numbers of vulnerabilities of the one image that was asked for."""
    data = document(exchanges.of(probes.NUMBERS)).get("Data")
    rows = [row for row in data.values() if isinstance(row, dict)] if isinstance(data, dict) else []
    return rows[0] if rows else {}


def throttling_status(exchanges: Exchanges) -> str:
    """The status of HTTP of a refusal for lack of quota."""
    codes = {one.status for one in exchanges.all if "hrottling" in text((one.document or {}).get("Code"))}
    return str(codes.pop()) if len(codes) == 1 else OTHER if codes else NOT_SEEN
