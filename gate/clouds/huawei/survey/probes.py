"""The requests of a survey of HSS: reading alone, each once, and at most 4 a run to one operation of HSS.

A user may call one operation 5 times a minute (huawei-hss.md 5). No request is repeated after a refusal.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.connect import connect
from gate.clouds.huawei.images.calls import image_names
from gate.clouds.huawei.images.names import namespace_and_name
from gate.clouds.huawei.selection import IMAGE_SCAN, Selection
from gate.clouds.survey import usable
from gate.clouds.values import count, is_one_of, percent_encoded

if TYPE_CHECKING:
    from gate.clouds.huawei.hss import Hss
    from gate.clouds.huawei.selection import Filters
    from gate.clouds.interface import Connection
    from gate.clouds.survey import Exchanges, Row
    from gate.image import ImageRef

PROJECT = "the project of the region"
TASKS = "the scan tasks"
TASK_BY_ID = "the newest scan task by its id"
FINISHED_TASKS = "the scan tasks that are finished"
SMALL_PAGE = "one scan task, although a page has 10 at least"
IMAGES = "the images of registries"
IMAGES_BY_NAME = "the images with one name"
IMAGES_BY_PART = "the images with a part of this name"
REGISTRIES = "the registries"
VULNERABILITIES = "the vulnerabilities of one image"
UNHANDLED = "the vulnerabilities of one image that nobody has handled"
TAG = "what the tag of an image stands for"
PROBES = frozenset(
    {
        *(PROJECT, TASKS, TASK_BY_ID, FINISHED_TASKS, SMALL_PAGE, IMAGES, IMAGES_BY_NAME, IMAGES_BY_PART, REGISTRIES),
        *(VULNERABILITIES, UNHANDLED, TAG),
    }
)
ROWS = "data_list"
_TASK_LIST = {"/image/tasks": "ListImageScanTask"}
_IMAGE_LIST = {"/registries/images": "ListRegistryImages"}
_REGISTRY_LIST = {"/image/registries": "ListRegistry"}
_VULNERABILITY_LIST = {"/vulnerabilities": "ListImageVulnerabilities"}
_TAG = {"/tags/": "ShowRepoTag", "/artifacts": "ListInstanceArtifacts"}
_LARGEST = ("limit", "200")
_FIRST = ("offset", "0")
_NAMES = ("image_id", "image_type", "namespace", "image_name", "image_version")
"""By which the vulnerabilities of an image are asked for (huawei-images.md 3.2)."""
_BAD_ENDS: tuple[object, ...] = (-1, -2, -3)


def ask(connection: Connection, exchanges: Exchanges) -> None:
    """Sends all requests: those about scan tasks, and those about the images that were asked for, if any were."""
    cloud = connect(connection)
    scope = Selection.from_options(connection.settings.for_cloud).scope
    exchanges.ask(PROJECT, {"/v3/projects": "KeystoneListProjects"}, lambda: cloud.hss.project_id)
    _ask_for_tasks(cloud.hss, scope, exchanges)
    exchanges.ask(IMAGES, _IMAGE_LIST, partial(_get, cloud.hss, "registries/images", scope, _LARGEST, _FIRST))
    if images := connection.settings.images:
        _ask_for_images(cloud.hss, scope, images[0], exchanges)
        exchanges.ask(TAG, _TAG, partial(cloud.image_scans().resolve, images[0]))
        rows = exchanges.rows(IMAGES_BY_NAME, ROWS) + exchanges.rows(IMAGES, ROWS)
        exchanges.wanted = [_rows_of(image, rows) for image in images]


def newest_task(exchanges: Exchanges) -> Row | None:
    """The scan task that started last, of those on the first page."""
    rows = exchanges.rows(TASKS, ROWS)
    return max(rows, key=lambda row: count(row.get("begin_time")) or 0, default=None)


def _ask_for_tasks(hss: Hss, scope: Filters, exchanges: Exchanges) -> None:
    of_type = (*scope, ("type", IMAGE_SCAN))
    exchanges.ask(TASKS, _TASK_LIST, partial(_get, hss, "tasks", of_type, _LARGEST, _FIRST))
    newest = newest_task(exchanges)
    if newest and (task_id := usable(newest.get("task_id"))):
        exchanges.ask(TASK_BY_ID, _TASK_LIST, partial(_get, hss, "tasks", of_type, ("task_id", task_id), _LARGEST))
    if any(is_one_of(row.get("task_status"), _BAD_ENDS) for row in exchanges.rows(TASKS, ROWS)):
        finished = partial(_get, hss, "tasks", of_type, ("task_status", "finished"), _LARGEST)
        exchanges.ask(FINISHED_TASKS, _TASK_LIST, finished)
    exchanges.ask(SMALL_PAGE, _TASK_LIST, partial(_get, hss, "tasks", of_type, ("limit", "1"), _FIRST))


def _ask_for_images(hss: Hss, scope: Filters, image: ImageRef, exchanges: Exchanges) -> None:
    namespace, name = namespace_and_name(image)
    exact: Filters = (("namespace", namespace), ("image_name", name), ("image_version", image.tag))
    named = (*scope, *((key, value) for key, value in exact if value))
    exchanges.ask(IMAGES_BY_NAME, _IMAGE_LIST, partial(_get, hss, "registries/images", named, _LARGEST, _FIRST))
    if len(name) > 1:
        part = (*scope, ("namespace", namespace), ("image_name", name[:-1]))
        exchanges.ask(IMAGES_BY_PART, _IMAGE_LIST, partial(_get, hss, "registries/images", part, _LARGEST, _FIRST))
    exchanges.ask(REGISTRIES, _REGISTRY_LIST, partial(_get, hss, "registries", scope, _LARGEST, _FIRST))
    rows = exchanges.rows(IMAGES_BY_NAME, ROWS) + exchanges.rows(IMAGES, ROWS)
    rows = [row for row in rows if row.get("vul_num") and all(usable(row.get(name)) for name in _NAMES)]
    if rows:
        path = f"{percent_encoded(rows[0]['image_id'])}/vulnerabilities"
        instance = {"instance_id": "instance_id"} if usable(rows[0].get("instance_id")) else {}
        query = (*scope, *image_names(rows[0], tag="tag_name", **instance))
        unhandled = ("handle_status", "unhandled")
        exchanges.ask(VULNERABILITIES, _VULNERABILITY_LIST, partial(_get, hss, path, query, _LARGEST, _FIRST))
        exchanges.ask(UNHANDLED, _VULNERABILITY_LIST, partial(_get, hss, path, query, unhandled, _LARGEST, _FIRST))


def _get(hss: Hss, path: str, filters: Filters, *more: tuple[str, str]) -> dict[str, Any]:
    return hss.call("GET", path, (*filters, *more), is_retried=False)


def _rows_of(image: ImageRef, rows: list[Row]) -> list[Row]:
    """The rows that have exactly the names of an image."""
    namespace, name = namespace_and_name(image)
    names = {"namespace": namespace, "image_name": name, "image_version": image.tag}
    return [row for row in rows if {**row, **names} == row]
