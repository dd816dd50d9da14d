"""Starts and stops scans of images as HSS does (huawei-images.md 2)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from gate.simulator.cloud import ApiResponse, CloudState
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import is_in_enterprise_project
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.registries import REGISTRY_TYPES
from gate.simulator.huawei.rendering import EVERY_SCOPE_MASK, SCOPE
from gate.simulator.huawei.rows import Row, rows
from gate.simulator.image import BySeverity, Findings, PushedImage
from gate.simulator.task import EVERY_SCOPE, Scope

TEXTS: Final = ("image_digest", "namespace", "image_name", "image_version", "registry_id", "registry_name")
"""What a request has to repeat of a row, besides its id and registry_type."""
FREE_SCANS: Final = 10


def read_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body, or None."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def start(call: Call) -> ApiResponse:
    """CreateManualImageScanTask: the response is empty, and names no task."""
    if (document := read_object(call.body)) is None:
        return error("HSS.0002")
    if problem := _problem(document, call.state):
        return error("HSS.0001", problem)
    images = _chosen(document, call)
    if images is None:
        return error("HSS.0011")
    if refusal := _refusal(images, call.state):
        return refusal
    mask = document.get("scan_scope")
    scopes = None if mask is None else _scopes(mask)
    if images:
        call.state.account.start_scan(
            [replace(image, findings=_limited(image.findings, scopes)) for image in images],
            call.at,
            all_images=document["is_all"],
            scopes=scopes,
            enterprise_project_id=call.own_enterprise_project,
        )
    return ApiResponse(status=HTTPStatus.OK, document={})


def _refusal(images: Sequence[PushedImage], state: CloudState) -> ApiResponse | None:
    account = state.account
    if account.unverified.refuses_repeated_scans and account.being_scanned(images, state.at):
        return error("HSS.0001", "Invalid parameter: an image is being scanned")
    if account.scans_left is not None and account.scans_left < len(images):
        return error("HSS.0014")
    return None


def statistics(state: CloudState) -> dict[str, Any]:
    """ShowImagePayPerScanStatistics: how many scans were successful, and how many are left."""
    used = sum(task.counts.succeeded for task in state.tasks if task.task.images)
    listed = rows(state.account, state.at)
    left = state.account.scans_left
    return {
        "repository_scan_num": used,
        "cicd_scan_num": 0,
        "free_quota_num": max(FREE_SCANS - used, 0) if left is None else left,
        "already_given": True,
        "image_free_quota": FREE_SCANS,
        "high_risk": _of_types(row.document.get("severity_level") == "High" for row in listed),
        "has_risk": _of_types(row.findings.is_risky for row in listed),
        "total": _of_types(True for _ in listed),
        "unscan": _of_types(row.shown.state == "unscanned" for row in listed),
    }


def _problem(document: Mapping[str, Any], state: CloudState) -> str | None:
    mask, infos = document.get("scan_scope", 0), document.get("image_info", [])
    if not isinstance(document.get("is_all"), bool):
        return "Invalid parameter: is_all"
    if type(mask) is not int or not 0 <= mask <= EVERY_SCOPE_MASK:
        return f"Invalid parameter: scan_scope={mask}"
    if not isinstance(infos, list) or not all(map(_is_complete, infos)):
        return "Invalid parameter: image_info"
    if not (document["is_all"] or infos or state.account.unverified.empty_list_scans_all):
        return "Invalid parameter: image_info is required"
    return None


def _is_complete(info: Any) -> bool:
    return (
        isinstance(info, dict)
        and type(info.get("id")) is int
        and info.get("registry_type") in REGISTRY_TYPES
        and all(isinstance(info.get(name), str) for name in TEXTS)
        and (info["registry_type"] != "SwrEnterprise" or isinstance(info.get("instance_id"), str))
    )


def _chosen(document: Mapping[str, Any], call: Call) -> list[PushedImage] | None:
    """The images to scan; None if one is not listed as the request says, or cannot be scanned."""
    if call.query["global_image_type"] == "local":
        return []
    account, infos = call.state.account, document.get("image_info", [])
    listed = [
        row
        for row in rows(account, call.at)
        if is_in_enterprise_project(call.enterprise_project, row.shown.image.enterprise_project)
    ]
    if document["is_all"] or not infos:
        return _images([row for row in listed if row.document["scannable"]])
    by_id = {row.document["id"]: row for row in listed}
    found = [row if (row := by_id.get(info["id"])) and _is_of(info, row) else None for info in infos]
    scannable = [row for row in found if row is not None and row.document["scannable"]]
    if len(scannable) < len(infos) and not account.unverified.drops_images_that_it_cannot_scan:
        return None
    return _images(scannable)


def _is_of(info: Mapping[str, Any], row: Row) -> bool:
    return all(row.document.get(name) == info.get(name) for name in (*TEXTS, "id", "registry_type", "instance_id"))


def _images(chosen: Sequence[Row]) -> list[PushedImage]:
    # An image that is given twice is scanned once.
    return [*dict.fromkeys(row.shown.image for row in chosen)]


def _scopes(mask: int) -> frozenset[Scope]:
    return EVERY_SCOPE if mask == EVERY_SCOPE_MASK else frozenset(scope for scope, bits in SCOPE.items() if mask & bits)


def _limited(findings: Findings, scopes: frozenset[Scope] | None) -> Findings:
    """What a scan of this scope finds; of all if the request names none."""
    if scopes is None:
        return findings
    none = BySeverity()
    has_vulnerabilities = "vulnerability" in scopes
    return Findings(
        vulnerabilities=findings.vulnerabilities if has_vulnerabilities else none,
        libraries=findings.libraries if has_vulnerabilities else none,
        handled=findings.handled if has_vulnerabilities else none,
        malicious_files=findings.malicious_files if "malicious-file" in scopes else none,
        baseline=findings.baseline if "baseline" in scopes else none,
        sensitive_files=findings.sensitive_files if "sensitive-information" in scopes else none,
    )


def _of_types(counted: Iterable[bool]) -> dict[str, int]:
    return {"local": 0, "registry": sum(counted), "cicd": 0}
