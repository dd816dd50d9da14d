"""Simulates the artifacts of SWR Enterprise, which it scans itself, by digest (huawei-images.md 5)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from gate.simulator.cloud import ApiResponse
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import Check, between, boolean, length
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.registries import Registry
from gate.simulator.huawei.swr import timestamp
from gate.simulator.image import BySeverity, SeverityName
from gate.simulator.listing import ListedImage, Scan, ScanState
from gate.simulator.task import Snapshot
from gate.simulator.vulnerability import vulnerabilities

REPORT: Final = "application/vnd.security.vulnerability.report; version=1.1"
LIST_CHECKS: Final[Mapping[str, Check]] = {
    "limit": between(1, 100),
    "offset": between(0, 2**31 - 1),
    "type": length(0, 64),
    "tags": length(0, 128),
}
LIST_DEFAULTS: Final = {"limit": "10", "offset": "0"}
SHOW_CHECKS: Final[Mapping[str, Check]] = {"with_scan_overview": boolean}
SHOW_DEFAULTS: Final = {"with_scan_overview": "false"}
MAX_SCANS: Final = 10
"""How many scans of an instance can run at the same time."""
STATUS: Final[dict[ScanState, str]] = {
    "waiting": "Pending",
    "scanning": "Running",
    "scanned": "Success",
    "failed": "Error",
}
SEVERITIES: Final[dict[SeverityName, str]] = {"critical": "Critical", "high": "High", "medium": "Medium", "low": "Low"}


def list_artifacts(call: Call) -> ApiResponse:
    """ListInstanceArtifacts: `tags` finds parts of names, too."""
    documents = [_document(artifact, call) for artifact in _artifacts(call)]
    wanted = call.query.get("tags", "")
    found = [one for one in documents if not wanted or any(wanted in tag["name"] for tag in one["tags"])]
    start, limit = int(call.query["offset"]), int(call.query["limit"])
    if start % limit:
        return error("SVCSTG.SWR.4000014")
    return ApiResponse(status=HTTPStatus.OK, document={"artifacts": found[start : start + limit], "total": len(found)})


def show_artifact(call: Call) -> ApiResponse:
    """ShowInstanceArtifact: with the overview of its last scan, if one was started."""
    if (artifact := _artifact(call)) is None:
        return error("SVCSTG.SWR.4040010")
    document, shown = _document(artifact, call), artifact[-1]
    if call.query["with_scan_overview"].lower() == "true" and shown.state != "unscanned":
        document["scan_overview"] = {REPORT: _overview(shown)}
    return ApiResponse(status=HTTPStatus.OK, document=document, shown_tasks=_running(artifact))


def start_scan(call: Call) -> ApiResponse:
    """StartManualScanning: accepted, without a body."""
    if (artifact := _artifact(call)) is None:
        return error("SVCSTG.SWR.4040010")
    image, account = artifact[-1].image, call.state.account
    of_instance = [one for one in account.pushed(call.at) if one.running and one.image.registry == image.registry]
    is_repeated = account.unverified.refuses_repeated_scans and account.is_being_scanned(image, call.at)
    if is_repeated or len(of_instance) >= MAX_SCANS or account.scans_left == 0:
        return error("SVCSTG.SWR.4000014")
    account.start_scan([image], call.at, all_images=False, enterprise_project_id=image.enterprise_project)
    return ApiResponse(status=HTTPStatus.ACCEPTED, document=None)


def list_vulnerabilities(call: Call) -> ApiResponse:
    """ListInstanceArtifactVulnerabilities: all of them, on one page."""
    artifact = _artifact(call)
    if artifact is None or (results := artifact[-1].results) is None:
        return error("SVCSTG.SWR.4040010")
    listed = [
        {
            "id": one.cve_id,
            "package": one.package,
            "version": "1.0.0",
            "fix_version": "1.0.1",
            "severity": SEVERITIES[one.severity],
            "description": f"{one.cve_id} in {one.package}.",
            "links": [f"https://example.com/{one.cve_id}"],
            "artifact_digests": [results.image.digest],
        }
        for one in vulnerabilities(results.findings)
        if not one.is_handled
    ]
    report = {
        "generated_at": timestamp(results.ended),
        "severity": _severity(_counted(results)),
        "vulnerabilities": listed,
    }
    return ApiResponse(status=HTTPStatus.OK, document={REPORT: report})


def _artifacts(call: Call) -> list[list[ListedImage]]:
    """The digests of the repository that the path names, each with all tags that it was pushed with."""
    # The documents encode a slash of the repository once, the vendor's SDK twice.
    wanted = (call.path["namespace"], unquote(call.path["repository"]))
    found: dict[str, list[ListedImage]] = {}
    for shown in call.state.account.pushed(call.at):
        registry = Registry.of(shown.image)
        is_of_instance = registry.kind == "enterprise" and registry.instance_id == call.path["instance"]
        if is_of_instance and (shown.image.namespace, shown.image.name) == wanted:
            found.setdefault(shown.image.digest, []).append(shown)
    return [*found.values()]


def _artifact(call: Call) -> list[ListedImage] | None:
    """The digest that the path names; None if the repository has none such."""
    return next((one for one in _artifacts(call) if one[0].image.digest == call.path["digest"]), None)


def _running(artifact: Sequence[ListedImage]) -> tuple[Snapshot, ...]:
    return tuple(shown.running for shown in artifact[-1:] if shown.running)


def _document(artifact: Sequence[ListedImage], call: Call) -> dict[str, Any]:
    first, current = artifact[0], call.state.account.tags(call.at)
    is_index = first.image.is_index
    return {
        "digest": first.image.digest,
        "id": first.image.number,
        "repository_name": first.image.name,
        "type": "IMAGE",
        "manifest_media_type": f"application/vnd.oci.image.{'index' if is_index else 'manifest'}.v1+json",
        "push_time": timestamp(first.pushed),
        "size": first.image.size,
        # A tag that has moved is one of the new digest only.
        "tags": [
            {"name": one.image.tag, "push_time": timestamp(one.pushed)}
            for one in artifact
            if current[one.image.key].image.digest == one.image.digest
        ],
    }


def _overview(shown: ListedImage) -> dict[str, Any]:
    overview: dict[str, Any] = {"report_id": f"report-{shown.image.number}", "scan_status": STATUS[shown.state]}
    if shown.running is not None:
        return {**overview, "start_time": timestamp(shown.running.started), "complete_percent": shown.running.percent}
    if shown.state == "failed" or shown.results is None or shown.last_scan is None:
        return overview
    counts = _counted(shown.results)
    by_severity = {word: getattr(counts, name) for name, word in SEVERITIES.items() if getattr(counts, name)}
    task = shown.last_scan.task
    return {
        **overview,
        "severity": _severity(counts),
        "start_time": timestamp(task.started if task else shown.last_scan.ended),
        "end_time": timestamp(shown.last_scan.ended),
        "complete_percent": 100,
        "summary": {"total": counts.total, "fixable": counts.total, "summary": by_severity},
    }


def _counted(scan: Scan) -> BySeverity:
    """Only vulnerabilities: SWR looks for nothing else."""
    return scan.findings.vulnerabilities + scan.findings.libraries


def _severity(counts: BySeverity) -> str:
    return SEVERITIES[counts.highest] if counts.highest else "Security"
