"""Renders the images of the registries as ListRegistryImages does (huawei-images.md 1.2)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from gate.simulator.account import Account
from gate.simulator.huawei.registries import Registry, sync_time
from gate.simulator.image import CLEAN, BySeverity, Findings, PushedImage, ScanFailure, SeverityName
from gate.simulator.listing import ListedImage, Scan, ScanState
from gate.simulator.task import Snapshot
from gate.simulator.task_images import OLD_SCAN_TIME, ImageResult, Instance, instances

STATUS: Final[dict[ScanState, str]] = {
    "unscanned": "unscan",
    "waiting": "waiting_for_scan",
    "scanning": "scanning",
    "scanned": "success",
}
FAILED_STATUS: Final[dict[ScanFailure, str]] = {
    "download-failed": "download_failed",
    "oversized": "image_oversized",
}
"""The status of these failures; that of all others is `failed`."""
FAILURE_CODES: Final[dict[ScanFailure, str]] = {
    "broken": "unknown_error",
    "timed-out": "response_timed_out",
    "unsupported": "schema_v1_not_support",
    "download-failed": "download_failed",
    "oversized": "image_over_sized",
    # No code is documented for it.
    "repeated": "unknown_error",
}
LEVELS: Final[dict[SeverityName | None, str]] = {
    "critical": "High",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    None: "Security",
}
"""There is no level above High."""
FAILURES: Final[dict[ImageResult, ScanFailure]] = {
    "broken": "broken",
    "timed-out": "timed-out",
    "unsupported": "unsupported",
}
HOUR: Final = 3600.0
MAX_SIZE: Final = 2_147_483_547
RISK: Final = Findings(vulnerabilities=BySeverity(high=3))
"""Those of a risky image whose findings were not given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row of the list, with what filters look at."""

    shown: ListedImage
    document: dict[str, Any]

    @property
    def findings(self) -> Findings:
        """Those that are shown; an image without results shows counts of 0."""
        return self.shown.results.findings if self.shown.results else CLEAN


def rows(account: Account, at: float) -> list[Row]:
    """All rows of the account, those of tasks that name no images too, in no order that a client may rely on."""
    shown = [*account.listed(at), *_of_tasks(account.snapshots(at))]
    shown = sorted(shown, key=lambda one: (one.scanned or 0.0, one.image.number))
    newest = {one.image.repository: one for one in sorted(shown, key=lambda one: (one.pushed, one.image.number))}
    synchronised = {one: sync_time(one, account, at) for one in {Registry.of(one.image) for one in shown}}
    return [
        Row(shown=one, document=_document(one, synchronised, is_newest=newest[one.image.repository] is one))
        for one in shown
        if not one.image.platform
    ]


def failed_image(image: PushedImage) -> dict[str, Any]:
    """One element of failed_images in the task list (huawei-hss.md 2)."""
    registry = Registry.of(image)
    return {
        "id": image.number,
        "registry_id": registry.id,
        "registry_name": registry.name,
        "image_name": image.name,
        "image_version": image.tag,
        "namespace": image.namespace,
        "registry_type": registry.words.registry_type,
        "failed_reason": FAILURE_CODES[image.failure] if image.failure else "",
    }


def image_id(image: PushedImage) -> str:
    """The digest of its configuration, without the name of the algorithm."""
    return sha256(f"configuration of {image.digest}".encode()).hexdigest()


def shown_digest(image: PushedImage) -> str:
    """Its digest, of some images without the name of the algorithm: no document states the form."""
    return image.digest.removeprefix("sha256:") if image.number % 2 else image.digest


def milliseconds(seconds: float | None) -> int | None:
    """A time in the unit of HSS."""
    return None if seconds is None else round(seconds * 1000)


def _document(shown: ListedImage, synchronised: Mapping[Registry, float | None], *, is_newest: bool) -> dict[str, Any]:
    image, registry = shown.image, Registry.of(shown.image)
    fields = {
        **_counts(shown),
        "registry_id": registry.id,
        "registry_name": registry.name,
        "registry_type": registry.words.registry_type,
        "latest_version": is_newest,
        **_failed_fields(shown),
        "image_size": min(image.size, MAX_SIZE),
        "latest_update_time": milliseconds(shown.pushed),
        "latest_scan_time": milliseconds(shown.scanned),
        "latest_sync_time": milliseconds(max(shown.listed, synchronised[registry] or 0.0)),
        "scannable": image.scannable and not image.is_index,
        "is_multiple_arch": image.is_index,
        **_of_kind(image, registry),
        "severity_level": LEVELS[shown.results.findings.counted.highest] if shown.results else None,
        "association_images": [_counts(platform) for platform in shown.platforms] or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _counts(shown: ListedImage) -> dict[str, Any]:
    """The fields that an image of a row and one of its platforms have in common."""
    image, findings = shown.image, shown.results.findings if shown.results else CLEAN
    return {
        "id": image.number,
        "namespace": image.namespace,
        "image_name": image.name,
        "image_id": image_id(image),
        "image_digest": shown_digest(image),
        "image_version": image.tag,
        "image_type": Registry.of(image).words.image_type,
        "scan_status": STATUS.get(shown.state) or _failed_status(shown),
        "vul_num": findings.vulnerabilities.total + findings.libraries.total,
        "unsafe_setting_num": findings.baseline.total,
        "malicious_file_num": findings.malicious_files.total,
    }


def _failure(shown: ListedImage) -> ScanFailure | None:
    return shown.last_scan.failure if shown.state == "failed" and shown.last_scan else None


def _failed_status(shown: ListedImage) -> str:
    failure = _failure(shown)
    return FAILED_STATUS.get(failure, "failed") if failure else "failed"


def _failed_fields(shown: ListedImage) -> dict[str, Any]:
    if (failure := _failure(shown)) is None:
        return {}
    return {"scan_failed_code": FAILURE_CODES[failure], "scan_failed_desc": "Ask the support for help."}


def _of_kind(image: PushedImage, registry: Registry) -> dict[str, Any]:
    if registry.kind == "shared":
        return {"domain_name": "another-account", "shared_status": "effective" if image.scannable else "expired"}
    if registry.kind == "enterprise":
        return {
            "instance_name": registry.instance_name,
            "instance_id": registry.instance_id,
            "instance_url": registry.host,
        }
    return {}


def _of_tasks(snapshots: Sequence[Snapshot]) -> Iterator[ListedImage]:
    """The images that are generated for tasks that name none; a tag shows the task that started last."""
    newest: dict[tuple[str, str], ListedImage] = {}
    for instance in sorted(instances(snapshots), key=lambda one: one.task.started if one.task else 0.0):
        shown = _of_task(instance)
        newest[shown.image.repository, shown.image.tag] = shown
    yield from newest.values()


def _of_task(instance: Instance) -> ListedImage:
    generated, task = instance.image, instance.task
    image = PushedImage(
        repository=f"{generated.namespace}/{generated.repository}",
        tag=generated.tags[instance.tag_index],
        digest=f"sha256:{generated.digest}",
        enterprise_project=task.task.enterprise_project_id if task else "0",
    )
    scanned = instance.scanned
    scan = None
    if scanned is not None:
        scan = Scan(image=image, ended=scanned, failure=None, findings=RISK if instance.risky else CLEAN)
    failure = FAILURES.get(generated.result) if task and task.stage.state == "complete" else None
    return ListedImage(
        image=image,
        pushed=(scanned or OLD_SCAN_TIME) - HOUR,
        listed=(scanned or OLD_SCAN_TIME) - HOUR,
        state=_state(scan, failure, task),
        last_scan=replace(scan, failure=failure) if scan and failure else scan,
        scanned=scanned,
        results=scan,
        running=task if task and task.is_running else None,
    )


def _state(scan: Scan | None, failure: ScanFailure | None, task: Snapshot | None) -> ScanState:
    if task and task.is_running:
        return "scanning"
    if failure:
        return "failed"
    return "scanned" if scan else "unscanned"
