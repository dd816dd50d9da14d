"""Responds as HSS does: lists of tasks, images and registries, and the starts of scans and synchronisations."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from gate.simulator.cloud import ApiResponse, in_order
from gate.simulator.huawei import (
    base_images,
    findings,
    parameters,
    registries,
    row_query,
    scans,
    vulnerabilities,
    whitelists,
)
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import is_in_enterprise_project, page
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.rendering import document
from gate.simulator.huawei.rows import rows
from gate.simulator.task import Kind, Snapshot

EMPTY: Final = ApiResponse(status=HTTPStatus.OK, document={})


def list_tasks(call: Call) -> ApiResponse:
    """ListImageScanTask (huawei-hss.md 1)."""
    selected = parameters.select(call.query, call.state.tasks)
    matching = in_order(selected, call.state.account.unverified.task_order)
    on_page = page(matching, call.query)
    listed = _list([document(snapshot) for snapshot in on_page], len(matching))
    return replace(listed, shown_tasks=tuple(on_page))


def list_images(call: Call) -> ApiResponse:
    """ListRegistryImages (huawei-images.md 1.2); it shows the tasks that scan its images."""
    if problem := row_query.window_error(call.query):
        return error("HSS.0001", problem)
    every_row, is_fuzzy = rows(call.state.account, call.at), call.state.account.unverified.fuzzy_names
    found = row_query.select(call.query, every_row, call.at, is_fuzzy=is_fuzzy)
    on_page = page(found, call.query)
    shown = {row.shown.running.task.id: row.shown.running for row in on_page if row.shown.running}
    listed = _list([row.document for row in on_page], len(found))
    return replace(listed, shown_tasks=tuple(shown.values()))


def list_registries(call: Call) -> ApiResponse:
    """ListRegistry (huawei-images.md 1.1)."""
    account, at = call.state.account, call.at
    listed = registries.matching(registries.registries(account, at), call.query)
    if not account.unverified.lists_swr_registries:
        listed = [registry for registry in listed if registry.kind in {"harbor", "jfrog"}]
    on_page = page(listed, call.query)
    return _list([registries.document(registry, account, at) for registry in on_page], len(listed))


def start_sync(call: Call) -> ApiResponse:
    """CreateImageSynchronizeTask: the response is empty, and names no task (huawei-images.md 1.1)."""
    body = scans.read_object(call.body)
    if body is None:
        return error("HSS.0002")
    infos = body.get("registry_info") or []
    if not isinstance(body.get("sync_all_registries"), bool) or not isinstance(infos, list):
        return error("HSS.0001")
    known = registries.registries(call.state.account, call.at)
    chosen = known if body["sync_all_registries"] else [one for one in known if _is_among(one, infos)]
    if not body["sync_all_registries"] and (not infos or len(chosen) < len(infos)):
        return error("HSS.0011")
    registries.synchronise(chosen, call.state.account, call.at, call.own_enterprise_project)
    return EMPTY


def list_synchronised(call: Call) -> ApiResponse:
    """ListAssociateRegistries: what a synchronisation has done (huawei-images.md 1.1)."""
    if (sync := _task(call, "image_sync")) is None:
        return error("HSS.0011")
    chosen = registries.matching(registries.of_sync(sync, call.state.account, call.at), call.query)
    documents = [registries.sync_document(registry, sync) for registry in chosen]
    found = [one for one in documents if call.query.get("sync_status", one["sync_status"]) == one["sync_status"]]
    return replace(_list(page(found, call.query), len(found)), shown_tasks=(sync,))


def start_scan(call: Call) -> ApiResponse:
    """CreateManualImageScanTask (huawei-images.md 2)."""
    return scans.start(call)


def stop_scan(call: Call) -> ApiResponse:
    """StopImageScanTask: a scan of all images cannot be stopped (huawei-images.md 2)."""
    if (scan := _task(call, "image_scan")) is None:
        return error("HSS.0011")
    if scan.task.all_images:
        return error("HSS.0001", "Invalid parameter: a scan of all images cannot be stopped")
    call.state.account.stop(scan.task, call.at)
    return EMPTY


def show_statistics(call: Call) -> ApiResponse:
    """ShowImagePayPerScanStatistics (huawei-images.md 2)."""
    return ApiResponse(status=HTTPStatus.OK, document=scans.statistics(call.state))


def list_vulnerabilities(call: Call) -> ApiResponse:
    """ListImageVulnerabilities (huawei-images.md 3)."""
    found = vulnerabilities.select(call)
    return _list(page(found, call.query), len(found))


def list_cves(call: Call) -> ApiResponse:
    """ListVulnerabilityCve (huawei-images.md 3.3)."""
    found = vulnerabilities.cves(call)
    return _list(page(found, call.query), len(found))


def list_malware(call: Call) -> ApiResponse:
    """ListImageMalware (huawei-images.md 3.4)."""
    found = findings.malware(call)
    return _list(page(found, call.query), len(found))


def list_baselines(call: Call) -> ApiResponse:
    """ListImageRiskConfigs (huawei-images.md 3.4)."""
    found = findings.baselines(call)
    return _list(page(found, call.query), len(found))


def list_sensitive(call: Call) -> ApiResponse:
    """ListImageSensitive (huawei-images.md 3.4)."""
    found = findings.sensitive_information(call)
    return _list(page(found, call.query), len(found))


def list_base_images(call: Call) -> ApiResponse:
    """ListImageBasicImage (huawei-images.md 3.3)."""
    found = base_images.select(call)
    return _list(page(found, call.query), len(found))


def list_whitelists(call: Call) -> ApiResponse:
    """ListImageWhiteLists (huawei-images.md 3.3)."""
    found = whitelists.select(call)
    return _list(page(found, call.query), len(found))


def _is_among(registry: registries.Registry, infos: Sequence[Any]) -> bool:
    wanted = {"registry_id": registry.id, "registry_type": registry.words.registry_type}
    return any(isinstance(info, dict) and wanted.items() <= info.items() for info in infos)


def _task(call: Call, kind: Kind) -> Snapshot | None:
    """The task that the path names, if it is of this kind, and in the enterprise project of the request."""
    for snapshot in call.state.tasks:
        task = snapshot.task
        if (task.id, task.kind) == (call.path["task"], kind):
            return snapshot if is_in_enterprise_project(call.enterprise_project, task.enterprise_project_id) else None
    return None


def _list(documents: Sequence[dict[str, Any]], total: int) -> ApiResponse:
    return ApiResponse(status=HTTPStatus.OK, document={"data_list": [*documents], "total_num": total})
