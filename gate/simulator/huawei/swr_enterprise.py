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
from gate.simulator.image import BySeverity, PushedImage, SeverityName
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
    document, shown, unverified = _document(artifact, call), artifact[-1], call.state.account.unverified
    wants_overview = call.query["with_scan_overview"].lower() == "true" and unverified.instances_scan
    if wants_overview and shown.state != "unscanned":
        document["scan_overview"] = {REPORT: _overview(shown, call)}
    return ApiResponse(status=HTTPStatus.OK, document=document, shown_tasks=_running(artifact))


def show_namespace(call: Call) -> ApiResponse:
    """ShowInstanceNamespace: an organisation, with the CVEs on its allowlist."""
    pushed = [shown.image for shown in call.state.account.pushed(call.at)]
    own = [one for one in pushed if one.namespace == call.path["namespace"] and _is_of_instance(one, call)]
    if not own:
        return error("SVCSTG.SWR.4040010")
    repositories = {f"{one.namespace}/{one.name}" for one in own}
    entries = [one for one in call.state.account.whitelist if one.repository in {"", *repositories}]
    items = [{"cve_id": cve} for one in entries for cve in one.cve_ids]
    document = {
        "name": call.path["namespace"],
        "namespace_id": 1,
        "repo_count": len(repositories),
        "cve_allowlist": {"id": 1, "namespace_id": 1, "items": items},
    }
    return ApiResponse(status=HTTPStatus.OK, document=document)


def start_scan(call: Call) -> ApiResponse:
    """StartManualScanning: accepted, without a body."""
    image_of, account = _artifact(call), call.state.account
    if image_of is None or not account.unverified.instances_scan:
        return error("SVCSTG.SWR.4040010")
    image = image_of[-1].image
    of_instance = [one for one in account.pushed(call.at) if one.running and one.image.registry == image.registry]
    is_repeated = account.unverified.refuses_repeated_scans and account.is_being_scanned(image, call.at)
    is_full = account.unverified.refuses_eleventh_scan and len(of_instance) >= MAX_SCANS
    if is_repeated or is_full or account.scans_left == 0:
        return error("SVCSTG.SWR.4000014")
    account.start_scan([image], call.at, all_images=False, enterprise_project_id=image.enterprise_project)
    return ApiResponse(status=HTTPStatus.ACCEPTED, document=None)


def list_vulnerabilities(call: Call) -> ApiResponse:
    """ListInstanceArtifactVulnerabilities: all of them, on one page."""
    artifact, has_reports = _artifact(call), call.state.account.unverified.instances_scan
    if artifact is None or (results := artifact[-1].results) is None or not has_reports:
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
        "generated_at": _time(results.ended, call),
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
        if _is_of_instance(shown.image, call) and (shown.image.namespace, shown.image.name) == wanted:
            found.setdefault(shown.image.digest, []).append(shown)
    return [*found.values()]


def _is_of_instance(image: PushedImage, call: Call) -> bool:
    registry = Registry.of(image)
    return registry.kind == "enterprise" and registry.instance_id == call.path["instance"]


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


def _overview(shown: ListedImage, call: Call) -> dict[str, Any]:
    overview: dict[str, Any] = {"report_id": _report_id(shown), "scan_status": STATUS[shown.state]}
    if shown.running is not None:
        percent = shown.running.percent
        return {**overview, "start_time": _time(shown.running.started, call), "complete_percent": percent}
    if shown.state == "failed" or shown.last_scan is None:
        return overview
    task, results = shown.last_scan.task, shown.results
    has_findings = results is not None and results.ended == shown.last_scan.ended
    is_old = results is not None and not call.state.account.unverified.shows_zeros_until_findings
    counts = _counted(results) if results and (has_findings or is_old) else BySeverity()
    by_severity = {word: getattr(counts, name) for name, word in SEVERITIES.items() if getattr(counts, name)}
    return {
        **overview,
        "severity": _severity(counts),
        "start_time": _time(task.started if task else shown.last_scan.ended, call),
        "end_time": _time(shown.last_scan.ended, call),
        "complete_percent": 100,
        "summary": {"total": counts.total, "fixable": counts.total, "summary": by_severity},
    }


def _report_id(shown: ListedImage) -> str:
    """Each scan has a report of its own."""
    task = shown.running or (shown.last_scan.task if shown.last_scan else None)
    return f"report-{shown.image.number}" + (f"-{task.task.id}" if task else "")


def _time(seconds: float, call: Call) -> str | int:
    """A time in the form that the switch says."""
    form, text = call.state.account.unverified.instance_times, timestamp(seconds)
    if form == "milliseconds":
        return round(seconds * 1000)
    return text if form == "with a zone" else text.removesuffix("Z")


def _counted(scan: Scan) -> BySeverity:
    """Only vulnerabilities: SWR looks for nothing else."""
    return scan.findings.vulnerabilities + scan.findings.libraries


def _severity(counts: BySeverity) -> str:
    return SEVERITIES[counts.highest] if counts.highest else "Security"
