"""Reads answers from the responses of a survey; `questions` has the questions, and every answer that there can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.survey import probes
from gate.clouds.survey import NOT_SEEN, OTHER
from gate.clouds.survey_answers import (
    IN_NO_ORDER,
    listed_unasked,
    order,
    presence,
)
from gate.clouds.values import count, text

if TYPE_CHECKING:
    from gate.clouds.survey import Exchanges, Row

_COMPLETE = 100
TASK_TIMES = ("begin_time", "end_time")
IMAGE_TIMES = ("latest_scan_time", "latest_update_time", "latest_sync_time")


def tasks(exchanges: Exchanges) -> list[Row]:
    """The first page of scan tasks."""
    return exchanges.rows(probes.TASKS, probes.ROWS)


def images(exchanges: Exchanges) -> list[Row]:
    """The first page of images."""
    return exchanges.rows(probes.IMAGES, probes.ROWS)


def running(exchanges: Exchanges) -> list[Row]:
    """Those of the scan tasks that are running."""
    rows = ((row, row.get("task_status")) for row in tasks(exchanges))
    return [row for row, status in rows if type(status) is int and 0 <= status < _COMPLETE]


def ended(exchanges: Exchanges) -> list[Row]:
    """Those of the scan tasks that have ended, well or not."""
    rows = ((row, row.get("task_status")) for row in tasks(exchanges))
    return [row for row, status in rows if type(status) is int and not 0 <= status < _COMPLETE]


def order_by(rows: list[Row], names: tuple[str, ...]) -> str:
    """The order of rows by the first of these times by which they have one."""
    found = {name: order([row.get(name) for row in rows]) for name in names}
    ordered = [f"{one} by {name}" for name, one in found.items() if one not in {NOT_SEEN, IN_NO_ORDER}]
    return ordered[0] if ordered else IN_NO_ORDER if IN_NO_ORDER in found.values() else NOT_SEEN


def found_by_id(exchanges: Exchanges) -> str:
    """What the id of a task finds."""
    newest, found = probes.newest_task(exchanges), exchanges.of(probes.TASK_BY_ID)
    if not newest or not found:
        return NOT_SEEN
    ids = [row.get("task_id") for row in exchanges.rows(probes.TASK_BY_ID, probes.ROWS)]
    return "this task only" if ids == [newest.get("task_id")] else OTHER if ids else "no task"


def finished(exchanges: Exchanges) -> str:
    """Which tasks the filter for finished ones finds."""
    if not exchanges.of(probes.FINISHED_TASKS):
        return NOT_SEEN
    statuses = [row.get("task_status") for row in exchanges.rows(probes.FINISHED_TASKS, probes.ROWS)]
    ended_badly = any(type(status) is int and status < 0 for status in statuses)
    return "those that ended badly too" if ended_badly else "complete ones only"


def small_page(exchanges: Exchanges) -> str:
    """How a page below the documented minimum is answered."""
    last = exchanges.last(probes.SMALL_PAGE)
    if last is None:
        return NOT_SEEN
    if last.is_success:
        rows = len(exchanges.rows(probes.SMALL_PAGE, probes.ROWS))
        return "accepted" if rows <= 1 else "accepted, and more rows sent"
    is_invalid = (last.document or {}).get("error_code") == "HSS.0001"
    return "refused" if is_invalid else NOT_SEEN


def failed_images(exchanges: Exchanges) -> list[str]:
    """How the list of failed images compares with their number."""
    rows = [row for row in tasks(exchanges) if row.get("failed_num") and isinstance(row.get("failed_images"), list)]
    pairs = [(len(row["failed_images"]), count(row["failed_num"]) or 0) for row in rows]
    said = {"as many": any(a == b for a, b in pairs), "fewer": any(a < b for a, b in pairs)}
    said["more"] = any(a > b for a, b in pairs)
    return [word for word, is_so in said.items() if is_so] or [NOT_SEEN]


def unscanned_counts(exchanges: Exchanges) -> str:
    """Whether images that were never scanned have counts."""
    rows = [row for row in images(exchanges) if row.get("scan_status") == "unscan"]
    return presence(rows, "vul_num")


def registries(exchanges: Exchanges) -> str:
    """Whether SWR is among the registries."""
    rows = exchanges.rows(probes.REGISTRIES, probes.ROWS)
    if not exchanges.of(probes.REGISTRIES):
        return NOT_SEEN
    return "listed" if any(text(row.get("registry_type")).startswith("Swr") for row in rows) else "not listed"


def names(exchanges: Exchanges) -> str:
    """Whether a part of a name finds the image."""
    if not exchanges.rows(probes.IMAGES_BY_NAME, probes.ROWS) or not exchanges.of(probes.IMAGES_BY_PART):
        return NOT_SEEN
    wanted = {text(row.get("image_name")) for row in exchanges.rows(probes.IMAGES_BY_NAME, probes.ROWS)}
    found = {text(row.get("image_name")) for row in exchanges.rows(probes.IMAGES_BY_PART, probes.ROWS)}
    return "parts of them too" if wanted & found else "whole ones only"


def handled(exchanges: Exchanges) -> str:
    """Whether handled vulnerabilities are listed unasked."""
    unasked, unhandled = exchanges.of(probes.VULNERABILITIES), exchanges.of(probes.UNHANDLED)
    totals = [count((one.document or {}).get("total_num")) if one else None for one in (unasked, unhandled)]
    return listed_unasked(*totals)


def repeated(exchanges: Exchanges) -> str:
    """Whether one vulnerability has more than one row."""
    ids = [text(row.get("vul_id")) for row in exchanges.rows(probes.UNHANDLED, probes.ROWS)]
    if not ids:
        return NOT_SEEN
    return "more than one" if len({*ids}) < len(ids) else "one"


def indexes(exchanges: Exchanges) -> str:
    """Whether indexes are listed."""
    return "listed" if any(row.get("is_multiple_arch") is True for row in images(exchanges)) else NOT_SEEN
