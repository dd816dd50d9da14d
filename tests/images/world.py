"""A world of images that are pushed, listed and scanned at random times, and what is true in it at any of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gate.image import ImageState, ScannedImage
from gate.scan import RISK_SCOPES
from tests.images.scripted import NARROW, a_digest, a_ref

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from gate.image import ImageRef, TaggedDigest
    from gate.scan import ScanScope
    from tests.builders import FakeTime

DAY = 86_400.0
_SHARE_OF_UNKNOWN_STATES = 0.02


@dataclass(kw_only=True)
class Scan:
    """One scan of one image; times in s after the start of the run, negative before it."""

    start: float
    end: float
    is_failure: bool = False
    is_risky: bool = False
    is_narrow: bool = False
    shows_time: bool = True
    """Whether its end is shown; that of a failure may not be."""


@dataclass(kw_only=True)
class WorldImage:
    """One image, with all of its scans."""

    ref: ImageRef
    listed_at: float
    needs_sync: bool
    is_index: bool
    scans: list[Scan] = field(default_factory=list)

    def ended(self, now: float) -> list[Scan]:
        """The scans that have ended, the last one last."""
        return sorted((scan for scan in self.scans if scan.end <= now), key=lambda scan: scan.end)


@dataclass
class World:
    """The cloud of these images, as `gate.clouds.ImageScans`, on the clock of the gate."""

    rng: Random
    time: FakeTime
    images: list[WorldImage]
    lists_on_start: bool
    started: dict[ImageRef, float] = field(default_factory=dict)
    """When the gate started the scan of each image."""
    looks: int = 0
    last_look: dict[ImageRef, Scan | None] = field(default_factory=dict)
    """The scan whose result each image truly has, as of the last look; None if it has none or another is running."""
    first_seen: dict[ImageRef, dict[float, float]] = field(default_factory=dict)
    """When the end of a scan was first shown, by this end."""
    stopped: bool = False
    calls: list[str] = field(default_factory=list)

    def resolve(self, image: ImageRef) -> TaggedDigest | None:
        """No image of this world is named by a tag alone."""
        raise AssertionError(image)

    def look(self, images: Sequence[ImageRef]) -> tuple[ScannedImage, ...]:
        """What the cloud shows now."""
        self.looks += 1
        by_ref = {image.ref: image for image in self.images}
        return tuple(self._shown(by_ref[image]) for image in images)

    def _shown(self, image: WorldImage) -> ScannedImage:
        now, ref = self.time.elapsed, image.ref
        self.last_look[ref] = None
        if now < image.listed_at:
            return ScannedImage(image=ref, state=ImageState.MISSING)
        if image.is_index:
            return ScannedImage(image=ref, state=ImageState.NOT_SCANNABLE, reason="an index")
        ended = image.ended(now)
        shown = [scan for scan in ended if scan.shows_time]
        at = self._time(shown[-1].end) if shown else None
        is_unknown = self.rng.random() < _SHARE_OF_UNKNOWN_STATES
        if is_unknown or any(scan.start <= now < scan.end for scan in image.scans):
            state = ImageState.UNKNOWN if is_unknown else ImageState.SCANNING
            return ScannedImage(image=ref, state=state, raw_state=state, scanned_at=at)
        if not ended:
            return ScannedImage(image=ref, state=ImageState.WAITING)
        last = self.last_look[ref] = ended[-1]
        self.first_seen.setdefault(ref, {}).setdefault(last.end, now)
        state = ImageState.FAILED if last.is_failure else ImageState.SCANNED
        return ScannedImage(
            image=ref, state=state, scanned_at=at, is_risky=None if last.is_failure else last.is_risky, reason="why"
        )

    def _time(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(self.time.at.timestamp() + seconds, UTC)

    def verified(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """What the last scans looked for."""
        return tuple(
            replace(image, scopes=NARROW if scan and scan.is_narrow else RISK_SCOPES)
            for image in images
            for scan in [self.last_look.get(image.image)]
        )

    def with_findings(self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]) -> tuple[ScannedImage, ...]:
        """Never asked for: the policies of these worlds go by the cloud's own word."""
        raise NotImplementedError(images, kinds)

    cve_source = None

    def with_severities(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """This cloud has no severities."""
        return tuple(images)

    def explained(self, images: Sequence[ScannedImage], *, for_findings: bool) -> tuple[ScannedImage, ...]:
        """This cloud has nothing to add."""
        del for_findings
        return tuple(images)

    def request_listing(self, images: Sequence[ImageRef]) -> None:
        """Those that wait for it are listed soon, or never."""
        for image in self.images:
            if image.ref in images and image.needs_sync:
                image.listed_at = self.time.elapsed + self.rng.choice([0, 5, 40, 1e9])

    def can_start(self, image: ScannedImage) -> bool:
        """Whether the image is listed, or need not be."""
        return self.lists_on_start or image.state is not ImageState.MISSING

    def start(self, images: Sequence[ScannedImage]) -> None:
        """Starts a scan of each of these; some never run, fail, or end late."""
        assert images, "an empty list would scan everything"
        assert not self.started, "a second scan would be charged for again"
        for image in images:
            now = self.time.elapsed
            self.started[image.image] = now
            found = next(one for one in self.images if one.ref == image.image)
            found.listed_at = min(found.listed_at, now + self.rng.choice([0, 30]))
            if self.rng.random() < 0.9:
                found.scans.append(a_scan(self.rng, now + self.rng.choice([0.0, 1, 20, 100]), is_own=True))

    def stop(self) -> None:
        """Notes it."""
        self.stopped = True

    def search_description(self) -> str:
        """A place."""
        return "a world"


def a_scan(rng: Random, start: float, *, is_own: bool = False) -> Scan:
    """A scan that starts at this time."""
    is_failure = rng.random() < 0.15
    return Scan(
        start=start,
        end=start + rng.choice([1.0, 15, 60, 170, 400]),
        is_failure=is_failure,
        is_risky=rng.random() < 0.15,
        is_narrow=not is_own and rng.random() < 0.2,
        shows_time=not is_failure or rng.random() < 0.5,
    )


def a_world(rng: Random, time: FakeTime) -> World:
    """A world of one to three images, most of which can be judged in the end."""
    images = []
    for number in range(rng.choice([1, 1, 2, 3])):
        is_listed, needs_sync = rng.random() < 0.7, rng.random() < 0.7
        image = WorldImage(
            ref=a_ref(f"image-{number}", digest=a_digest(str(number))),
            listed_at=0 if is_listed else 1e9 if needs_sync else rng.choice([20.0, 100, 1e9]),
            needs_sync=needs_sync,
            is_index=rng.random() < 0.03,
        )
        ages = rng.sample([10.0, 100, 4000, DAY - 30, DAY + 30, 9 * DAY], rng.choice([0, 1, 1, 2]))
        image.scans += [a_scan(rng, -age) for age in ages]
        if rng.random() < 0.25:
            image.scans.append(a_scan(rng, rng.choice([0.0, 30, 200])))
        images.append(image)
    return World(rng, time, images, lists_on_start=rng.random() < 0.4)
