"""Derives what the security service shows of the pushed images from pushes, synchronisations and scans.

Nothing here is stored: an image is in the state that follows from the pushes of its tag and from the tasks of the
account, at the time of a request, so that the task list and the image list always show one world.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Literal, TypeAlias

from gate.simulator.image import Findings, Push, PushedImage, ScanFailure, TagKey
from gate.simulator.task import Snapshot
from gate.simulator.unverified import Unverified

ScanState = Literal["unscanned", "waiting", "scanning", "scanned", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """One scan of one image that has ended."""

    image: PushedImage
    ended: float
    """In seconds since the epoch."""
    failure: ScanFailure | None
    findings: Findings
    results_lag: float = 0.0
    task: Snapshot | None = None
    """None for one from before the simulator."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedImage:
    """A tag as the security service shows it; times in seconds since the epoch."""

    image: PushedImage
    """What the tag stood for when its registry was last read."""
    pushed: float
    listed: float
    """When this digest was first shown."""
    state: ScanState
    """Of the newest scan; `unscanned` if there was none."""
    last_scan: Scan | None = None
    """The last scan that has ended, successfully or not."""
    scanned: float | None = None
    """The scan time that the service shows; None if it shows none."""
    results: Scan | None = None
    """The scan whose findings are shown; not the last one if that failed, or if its findings are not there yet."""
    running: Snapshot | None = None
    """The task that is to scan this digest, or does so."""
    platforms: tuple["ListedImage", ...] = ()
    """The images of an index, each with its own scans."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What happened until the time of a request."""

    at: float
    pushes: Sequence[Push]
    """All of the account, those in the future too."""
    snapshots: Sequence[Snapshot]
    unverified: Unverified
    scanned: Mapping[TagKey, Sequence["ScannedImage"]]
    """The images of all scans by their tags, from `scanned_images`: there are too many to search them for each tag."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScannedImage:
    """An image of a scan that names its images."""

    image: PushedImage
    task: Snapshot
    ended: float | None
    """None if it was not reached, or not yet."""


_Listing: TypeAlias = tuple[Push, float]
"""A push, and the time since when it is listed."""


def scanned_images(snapshots: Iterable[Snapshot]) -> Mapping[TagKey, Sequence[ScannedImage]]:
    """The images of all scans by their tags."""
    images: defaultdict[TagKey, list[ScannedImage]] = defaultdict(list)
    for task in snapshots:
        if task.task.kind == "image_scan":
            for position, image in enumerate(task.task.images):
                images[image.key].append(ScannedImage(image=image, task=task, ended=task.image_ended(position)))
    return images


def current_tags(world: World) -> dict[TagKey, Push]:
    """What each tag stands for in its registry."""
    return {key: pushes[-1] for key, pushes in _by_tag(world).items()}


def listed_images(world: World) -> Iterator[ListedImage]:
    """What the security service shows, one for each tag that it knows, and as `Unverified` says, for each platform."""
    for pushes in _by_tag(world).values():
        if (listing := _listing(pushes, world)) is not None and not listing[0].image.on_other_plane:
            shown = _shown(listing[0].image, listing, pushes, world)
            if world.unverified.lists_index or not shown.image.is_index:
                yield shown
            if world.unverified.lists_platform_images:
                yield from shown.platforms


def pushed_images(world: World) -> Iterator[ListedImage]:
    """What the registries themselves show: every push, the oldest of each tag first, with the scans of its digest."""
    exact = replace(world, unverified=replace(world.unverified, moved_tag_keeps_results=False))
    for pushes in _by_tag(world).values():
        for push in pushes:
            yield _shown(push.image, (push, push.at), pushes, exact)


def sync_time(registry: str, world: World) -> float | None:
    """When the last synchronisation of this registry ended successfully; None if there was none."""
    return max((ended for _, ended in _syncs(registry, world.snapshots)), default=None)


def running_scan(image: PushedImage, world: World) -> Snapshot | None:
    """The task that is to scan this digest under this tag, and has not done so; None if there is none."""
    for scanned in world.scanned.get(image.key, ()):
        if scanned.image.digest == image.digest and scanned.task.is_running and scanned.ended is None:
            return scanned.task
    return None


def _by_tag(world: World) -> dict[TagKey, list[Push]]:
    """The pushes of each tag until now, oldest first."""
    tags: defaultdict[TagKey, list[Push]] = defaultdict(list)
    for push in sorted(world.pushes, key=attrgetter("at", "number")):
        if push.at <= world.at:
            tags[push.image.key].append(push)
    return tags


def _syncs(registry: str, snapshots: Iterable[Snapshot]) -> Iterator[tuple[float, float]]:
    """Start and end of every successful synchronisation of this registry."""
    for sync in snapshots:
        is_of_registry = not sync.task.registries or registry in sync.task.registries
        if sync.task.kind == "image_sync" and is_of_registry and sync.stage.state == "complete":
            yield sync.started, sync.ended or sync.at


def _imports(push: Push, world: World) -> Iterator[float]:
    """The start of every scan that imports what was pushed, also if the tag has moved since."""
    for image in (push.image, *push.image.platform_images):
        for scanned in world.scanned.get(image.key, ()):
            if scanned.task.task.is_import and scanned.image.digest == image.digest:
                yield scanned.task.started


def _listing(pushes: Sequence[Push], world: World) -> _Listing | None:
    """The newest push that the service knows, among those of one tag, and since when; None if it knows none."""
    syncs = [*_syncs(pushes[0].image.registry, world.snapshots)]
    for push, successor in reversed([*zip(pushes, [*pushes[1:], None], strict=True)]):
        replaced = successor.at if successor else float("inf")
        # A synchronisation reads what the tag stands for when it starts.
        times = [ended + push.image.sync_lag for started, ended in syncs if push.at <= started < replaced]
        unasked = push.at + push.image.listed_after if push.image.listed_after is not None else replaced
        times += [unasked] if unasked < replaced else []
        times += [started + push.image.sync_lag for started in _imports(push, world)]
        if (listed := min(times, default=float("inf"))) <= world.at:
            return push, listed
    return None


def _shown(image: PushedImage, listing: _Listing, pushes: Sequence[Push], world: World) -> ListedImage:
    push, listed = listing
    scans = sorted(_scans(image, pushes, world), key=attrgetter("ended"))
    running = running_scan(image, world)
    last = scans[-1] if scans else None
    results = [scan for scan in scans if not scan.failure and world.at >= scan.ended + scan.results_lag]
    return ListedImage(
        image=image,
        pushed=push.at,
        listed=listed,
        state=_state(running, last),
        last_scan=last,
        scanned=_scan_time(scans, results, world.unverified),
        results=results[-1] if results else None,
        running=running,
        platforms=tuple(_shown(one, listing, pushes, world) for one in image.platform_images),
    )


def _state(running: Snapshot | None, last: Scan | None) -> ScanState:
    if running is not None:
        return "waiting" if running.stage.state == "queued" else "scanning"
    if last is None:
        return "unscanned"
    return "failed" if last.failure else "scanned"


def _scan_time(scans: Sequence[Scan], results: Sequence[Scan], unverified: Unverified) -> float | None:
    times = [
        scan.ended
        for scan in scans
        if (unverified.failed_scan_moves_scan_time if scan.failure else True)
        and (unverified.scan_time_before_findings or scan.failure or scan in results)
    ]
    return times[-1] if times else None


def _scans(image: PushedImage, pushes: Sequence[Push], world: World) -> Iterator[Scan]:
    """The scans that have ended, of this digest under this tag, or also of digests that the tag had before."""
    for push in pushes:
        if (one := push.image.earlier) is not None and _counts_for(image, push.image, world.unverified):
            yield Scan(image=push.image, ended=push.known_since - one.ago, failure=one.failure, findings=one.findings)
    for scanned in world.scanned.get(image.key, ()):
        if scanned.ended is not None and _counts_for(image, scanned.image, world.unverified):
            yield Scan(
                image=scanned.image,
                ended=scanned.ended,
                failure=scanned.image.failure,
                findings=scanned.image.findings,
                results_lag=scanned.image.results_lag,
                task=scanned.task,
            )


def _counts_for(image: PushedImage, scanned: PushedImage, unverified: Unverified) -> bool:
    if image.key != scanned.key:
        return False
    return image.digest == scanned.digest or (unverified.moved_tag_keeps_results and not image.platform)
