"""Simulates the scans that Container Registry does itself, which Security Center does not show (alibaba-images.md 4.2).

A scan is found by tag and digest; which one is meant by `ScanTaskId` is not verified, and it is always the last one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from gate.simulator.alibaba import catalog
from gate.simulator.alibaba.pages import page, without_count
from gate.simulator.alibaba.parameters import Parameters, value
from gate.simulator.alibaba.registry import instance_error, not_existing, pushes_in, success
from gate.simulator.alibaba.responses import Action
from gate.simulator.alibaba.severities import REGISTRY
from gate.simulator.cloud import ApiResponse, CloudState
from gate.simulator.image import CLEAN, Findings, PushedImage
from gate.simulator.task import Snapshot
from gate.simulator.vulnerability import Vulnerability, vulnerabilities

OWN_ENGINE: Final = "ACR_SCAN_SERVICE"
Status = Literal["SCANNING", "RETRYING", "COMPLETE", "FAILED"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryScan:
    """The last scan of an image by its registry."""

    status: Status
    service: str
    findings: Findings = CLEAN
    """None of them before the end, and after a failure: one cannot tell it from a clean image."""


def of_image(respond: Callable[[PushedImage, Parameters, CloudState], ApiResponse]) -> Action:
    """The action that responds so about the image of the request, and with an error if there is none."""

    def action(parameters: Parameters, state: CloudState) -> ApiResponse:
        image = _image(parameters, state)
        return image if isinstance(image, ApiResponse) else respond(image, parameters, state)

    return action


def create(image: PushedImage, parameters: Parameters, state: CloudState) -> ApiResponse:
    """Starts a scan by the given engine; one that is running goes on, and the response is the same."""
    last = _last_scan(image, state)
    if last is None or last.status not in {"SCANNING", "RETRYING"}:
        state.account.start_scan(
            [image], state.at, cost=0, kind="registry_scan", task_type=value(parameters, "ScanService")
        )
    return success({})


def get_status(image: PushedImage, _parameters: Parameters, state: CloudState) -> ApiResponse:
    """The status of the last scan, without a time; nothing if there was none, unless that is an error."""
    last = _last_scan(image, state)
    if last is None and state.account.unverified.unscanned_tag_is_error:
        return not_existing("SCAN_TASK_NOT_EXIST", state)
    return success({"Status": last.status, "ScanService": last.service} if last else {})


def get_summary(image: PushedImage, _parameters: Parameters, state: CloudState) -> ApiResponse:
    """How many vulnerabilities the last scan found by severity, the handled ones too."""
    severities = [REGISTRY[one.severity] for one in _found(image, state)]
    numbers = {f"{word}Severity": severities.count(word) for word in ("High", "Medium", "Low", "Unknown")}
    return success({**numbers, "TotalSeverity": len(severities)})


def list_result(image: PushedImage, parameters: Parameters, state: CloudState) -> ApiResponse:
    """The page of vulnerabilities that the last scan found."""
    rows = [
        row
        for row in (_document(one) for one in _found(image, state))
        if value(parameters, "Severity") in {"", row["Severity"]}
        and value(parameters, "ScanType") in {"", row["ScanType"]}
        and value(parameters, "VulQueryKey") in row["CveName"]
    ]
    on_page, info = page(rows, parameters, state.page_cap, number="PageNo")
    return success({"Vulnerabilities": on_page, **without_count(info)})


def _image(parameters: Parameters, state: CloudState) -> PushedImage | ApiResponse:
    """The newest image that tag and digest fit: what the tag stands for now, if there is no digest."""
    if (problem := instance_error(parameters, state)) is not None:
        return problem
    current = [push.image for push in pushes_in(parameters, state)]
    if not current:
        return not_existing("REPO_NOT_EXIST", state)
    digest, tag = catalog.bare(value(parameters, "Digest")), value(parameters, "Tag")
    candidates = _pushed(parameters, state) if digest else current
    fitting = [
        image
        for image in candidates
        if digest in {"", catalog.bare(image.digest)} and tag in {"", image.tag} and (digest or tag)
    ]
    return fitting[-1] if fitting else not_existing("TAG_NOT_EXIST", state)


def _pushed(parameters: Parameters, state: CloudState) -> Iterator[PushedImage]:
    """Everything that was pushed to the repository, also under tags that have moved, and the images of an index."""
    wanted = (value(parameters, "InstanceId"), value(parameters, "RepoId"))
    for pushed in state.account.pushed(state.at):
        ids = catalog.registry_ids(pushed.image)
        is_there = catalog.is_in_registry(pushed.image) and wanted[0] == ids.instance_id
        if is_there and wanted[1] in {"", ids.repo_id}:
            yield from (*pushed.image.platform_images, pushed.image)


def _last_scan(image: PushedImage, state: CloudState) -> RegistryScan | None:
    scans = [
        (snapshot, position)
        for snapshot in state.account.snapshots(state.at)
        if snapshot.task.kind == "registry_scan"
        for position, scanned in enumerate(snapshot.task.images)
        if (scanned.key, scanned.digest) == (image.key, image.digest)
    ]
    if scans:
        return _scan(*max(scans, key=lambda scan: scan[0].started))
    if (earlier := image.earlier) is None:
        return None
    # Registries scan what is pushed with their own engine, if they are set up to do so.
    findings = CLEAN if earlier.failure else earlier.findings
    return RegistryScan(status="FAILED" if earlier.failure else "COMPLETE", service=OWN_ENGINE, findings=findings)


def _scan(snapshot: Snapshot, position: int) -> RegistryScan:
    image, service = snapshot.task.images[position], snapshot.task.task_type
    ended = snapshot.image_ended(position)
    if ended is None:
        return RegistryScan(status="RETRYING" if image.failure == "download-failed" else "SCANNING", service=service)
    if image.failure:
        return RegistryScan(status="FAILED", service=service)
    has_results = snapshot.at >= ended + image.results_lag
    return RegistryScan(status="COMPLETE", service=service, findings=image.findings if has_results else CLEAN)


def _found(image: PushedImage, state: CloudState) -> list[Vulnerability]:
    last = _last_scan(image, state)
    return vulnerabilities(last.findings if last else CLEAN)


def _document(one: Vulnerability) -> dict[str, Any]:
    return {
        "CveName": one.cve_id,
        "AliasName": f"{one.cve_id} in {one.package}",
        "Severity": REGISTRY[one.severity],
        "ScanType": "sca" if one.is_library else "cve",
        "Feature": one.package,
        "Version": "1.0.1",
        "VersionFixed": "1.0.2",
        "VersionFormat": "java" if one.is_library else "dpkg",
        "FixCmd": f"apt-get install {one.package}=1.0.2",
        "AddedBy": f"sha256:{one.number:064x}",
        "CveLocation": f"/usr/lib/{one.package}",
        "CveLink": f"https://avd.example/{one.cve_id}",
        "Description": f"A flaw in {one.package}.",
    }
