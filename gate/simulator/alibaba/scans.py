"""Starts and cancels scans of exactly some images, and says what they cost (alibaba-images.md 1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gate.simulator.alibaba import catalog, imports
from gate.simulator.alibaba.errors import error, invalid
from gate.simulator.alibaba.parameters import Parameters, value, values
from gate.simulator.alibaba.responses import ok
from gate.simulator.alibaba.tasks import has_id, milliseconds, task_id
from gate.simulator.cloud import ApiResponse, CloudState
from gate.simulator.image import PushedImage
from gate.simulator.listing import ListedImage
from gate.simulator.task import SimulatedTask
from gate.simulator.unverified import Unverified

MAX_TASKS: Final = 10
CAPACITY: Final = 1000
CYCLE: Final = 30 * 24 * 3600.0
"""Within it, a digest that was scanned can be scanned again at no cost."""
IMPORT_SECONDS: Final = 1.0

FILTERS: Final[Mapping[str, Callable[[PushedImage, Unverified], str]]] = {
    "RegistryTypes": lambda image, _: catalog.registry_type(image),
    "RegionIds": lambda image, _: (catalog.instance(image) or catalog.DEFAULT).region,
    "InstanceIds": lambda image, unverified: catalog.row_ids(image, unverified).instance_id,
    "RepoNamespaces": lambda image, _: image.namespace,
    "RepoIds": lambda image, unverified: catalog.row_ids(image, unverified).repo_id,
    "RepoNames": lambda image, _: image.name,
    "Digests": lambda image, _: catalog.bare(image.digest),
    "Tags": lambda image, _: image.tag,
}
"""What each filter compares, exactly; all of them have to match, which no document says."""


def sync_and_create(parameters: Parameters, state: CloudState) -> ApiResponse:
    """Imports the images and starts their scan; one that is not in its registry is counted and nothing else."""
    requested = imports.parse(value(parameters, "Images"), state.account.unverified)
    if requested is None:
        return invalid("Images")
    found = imports.find(requested, state)
    total = len(requested) if state.account.unverified.counts_unknown_images else len(found)
    return _create(found, state, total=total, is_import=True)


def create(parameters: Parameters, state: CloudState) -> ApiResponse:
    """Starts a scan of all listed images that the filters select: of everything if there is none."""
    selected = _select(parameters, state)
    if selected is None:
        return invalid("Digests")
    return _create([shown.image for shown in selected], state, total=len(selected), is_import=False)


def pre_check(parameters: Parameters, state: CloudState) -> ApiResponse:
    """What a scan would cost, under the names as they are described, which say the opposite."""
    selected = _select(parameters, state)
    if selected is None:
        return invalid("Digests")
    images = [shown.image for shown in selected]
    return ok({"Data": {"ScanImageCount": _cost(images, state), "NeedAuthCount": len(images)}})


def quota(_parameters: Parameters, state: CloudState) -> ApiResponse:
    """How many images can be scanned, and how many were."""
    left = CAPACITY if state.account.scans_left is None else state.account.scans_left
    used = {"ImageScanCapacity": CAPACITY, "ScanCount": CAPACITY - left, "InstanceId": "sas-simulated"}
    return ok({"ImageScan": used})


def cancel(parameters: Parameters, state: CloudState) -> ApiResponse:
    """Stops a whole task by its id; for any other id nothing happens, which the response does not say."""
    for snapshot in state.account.snapshots(state.at):
        if has_id(snapshot.task, value(parameters, "TaskId")):
            state.account.stop(snapshot.task, state.at)
    return ok({})


def _select(parameters: Parameters, state: CloudState) -> Sequence[ListedImage] | None:
    """The rows that match the filters; None for an error because of a digest that is not listed."""
    unverified, rows = state.account.unverified, catalog.rows(state)
    wanted = {name: given for name in FILTERS if (given := values(parameters, name)) is not None}
    if digests := wanted.get("Digests"):
        known = digests & {FILTERS["Digests"](shown.image, unverified) for shown in rows}
        if known != digests and unverified.unknown_digests_scan == "error":
            return None
        if not known and unverified.unknown_digests_scan == "everything":
            del wanted["Digests"]
    return [
        shown
        for shown in rows
        if all(FILTERS[name](shown.image, unverified) in given for name, given in wanted.items())
    ]


def _create(images: Sequence[PushedImage], state: CloudState, *, total: int, is_import: bool) -> ApiResponse:
    account, running = state.account, _running(state)
    if running >= MAX_TASKS:
        return ok({"Data": {"CanCreate": False}})
    scanned = [image for image in images if account.unverified.scans_index or not image.is_index]
    refused = account.being_scanned(scanned, state.at) if account.unverified.refuses_repeated_scans else []
    to_scan = [_as_scanned(image, is_refused=image in refused) for image in scanned]
    cost = _cost([image for image in to_scan if image.failure != "repeated"], state)
    if account.scans_left is not None and cost > account.scans_left:
        return error("BeyondQuata")
    task = account.start_scan(
        to_scan,
        state.at,
        cost=cost,
        queued_seconds=IMPORT_SECONDS + max((image.sync_lag for image in images if is_import), default=0.0),
        is_import=is_import,
        task_type="openapi",
        all_images=False,
        total=0,
    )
    can_create = running + 1 < MAX_TASKS or not account.unverified.tenth_task_says_no
    return ok({"Data": _data(task, state, total=total, can_create=can_create)})


def _data(task: SimulatedTask, state: CloudState, *, total: int, can_create: bool) -> Mapping[str, Any]:
    return {
        "TaskId": task_id(task),
        "TotalCount": total,
        "FinishCount": 0,
        "CollectTime": milliseconds(state.at),
        "ExecTime": milliseconds(state.at),
        "Status": "INIT",
        "Result": "SUCCESS",
        "Progress": 0,
        "CanCreate": can_create,
    }


def _running(state: CloudState) -> int:
    """How many scans have not ended."""
    snapshots = state.account.snapshots(state.at)
    return sum(snapshot.task.kind == "image_scan" and snapshot.is_running for snapshot in snapshots)


def _as_scanned(image: PushedImage, *, is_refused: bool) -> PushedImage:
    """The image with how its scan ends: at once if it is being scanned already, or cannot be scanned."""
    if is_refused:
        return replace(image, failure="repeated", scan_seconds=0.0)
    return image if image.scannable else replace(image, failure="unsupported", scan_seconds=0.0)


def _cost(images: Sequence[PushedImage], state: CloudState) -> int:
    """How many digests were not scanned within the cycle."""
    tasks = [one.task for one in state.account.snapshots(state.at) if one.task.kind == "image_scan"]
    paid = {image.digest for task in tasks for image in task.images}
    recent = {image.digest for image in images if image.earlier and image.earlier.ago < CYCLE}
    return len({image.digest for image in images} - paid - recent)
