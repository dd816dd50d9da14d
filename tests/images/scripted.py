"""A cloud of images whose looks are given one after the other, and runs of the gate's image mode against it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from gate.clock import RunDeadline
from gate.clouds import Connection, ImageScans
from gate.event_log import EventLog
from gate.image import ImageRef, ImageState, ScannedImage
from gate.images.check import check_images
from gate.policy import Policy
from gate.scan import RISK_SCOPES
from gate.settings import Settings
from gate.time_of_day import TimeOfDay
from gate.wait import Poller, PollSchedule
from tests.builders import NOW, FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gate.errors import GateError
    from gate.finding import Finding
    from gate.image import TaggedDigest
    from gate.outcome import Event
    from gate.policy import Verdict
    from gate.scan import ScanScope

MIN_INTERVAL = 12.0
HOUR = timedelta(hours=1)


def a_digest(character: str = "a") -> str:
    """A digest of one hexadecimal digit."""
    return f"sha256:{character * 64}"


def a_ref(name: str = "web", *, tag: str = "1.0", digest: str | None = None) -> ImageRef:
    """The reference of an image, with its digest unless that is empty."""
    return ImageRef(
        registry="swr.test", namespace="shop", name=name, tag=tag, digest=a_digest() if digest is None else digest
    )


WEB, API = a_ref("web"), a_ref("api", digest=a_digest("b"))


def an_image(image: ImageRef = WEB, state: ImageState = ImageState.SCANNED, **fields: Any) -> ScannedImage:
    """An image as the cloud shows it: by default scanned an hour ago, and clean."""
    has_result = state in {ImageState.SCANNED, ImageState.FAILED}
    defaults: dict[str, Any] = {"raw_state": state, "scanned_at": NOW - HOUR if has_result else None}
    defaults["is_risky"] = False if state is ImageState.SCANNED else None
    return ScannedImage(image=image, state=state, **{**defaults, **fields})


@dataclass
class ScriptedScans:
    """Looks at images: the next of a list, of which the last one repeats; a start goes on with the next list."""

    looks: Sequence[Sequence[ScannedImage]]
    looks_after_start: Sequence[Sequence[ScannedImage]] = ()
    tags: dict[ImageRef, Sequence[TaggedDigest | None]] = field(default_factory=dict)
    """What a tag stands for, at each time that it is looked up."""
    scopes: dict[str, frozenset[Any]] = field(default_factory=dict)
    """What the last scan of an image looked for, by its name."""
    of_others: set[str] = field(default_factory=set)
    """The names of the images whose results may be those of others."""
    findings: dict[str, Sequence[Finding]] = field(default_factory=dict)
    """What was found in an image, by its name."""
    cves: dict[str, tuple[str, ...] | GateError | None] = field(default_factory=dict)
    """The CVEs of a finding, by its id; None if they are not all known."""
    doubts: dict[str, str] = field(default_factory=dict)
    """Why the findings of an image are not certain, by its name."""
    startable: bool = False
    """Whether a scan of an image that is not listed can be started."""
    on_start: Callable[[], object] = lambda: None
    on_look: Callable[[], object] = lambda: None
    on_stop: Callable[[], object] = lambda: None
    calls: list[str] = field(default_factory=list)
    _at: int = 0

    def resolve(self, image: ImageRef) -> TaggedDigest | None:
        """The next digest of the tag."""
        self.calls.append(f"resolve {image.name}")
        tag = replace(image, digest="")
        first, *rest = self.tags[tag]
        self.tags[tag] = rest or [first]
        return first

    def look(self, images: Sequence[ImageRef]) -> tuple[ScannedImage, ...]:
        """The next look."""
        self.on_look()
        self.calls.append("look")
        shown = {image.image: image for image in self.looks[min(self._at, len(self.looks) - 1)]}
        self._at += 1
        return tuple(shown.get(image) or ScannedImage(image=image, state=ImageState.MISSING) for image in images)

    def verified(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """The images, with what else is known of their results."""
        self.calls.append("verify")
        return tuple(
            replace(image, state=ImageState.OUTDATED, reason="of another image")
            if image.image.name in self.of_others
            else replace(image, scopes=self.scopes.get(image.image.name))
            for image in images
        )

    def with_severities(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """The images unchanged."""
        self.calls.append("severities")
        return tuple(images)

    def with_findings(self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]) -> tuple[ScannedImage, ...]:
        """The images with the findings that are given for their names, without those of other kinds."""
        self.calls.append(f"findings {' '.join(image.image.name for image in images)}")
        return tuple(
            replace(
                image,
                findings=tuple(one for one in self.findings.get(image.image.name, ()) if one.kind in kinds),
                findings_doubt=self.doubts.get(image.image.name, ""),
            )
            for image in images
        )

    def cves_of(self, finding: Finding) -> tuple[str, ...] | None:
        """Those that are given for its id."""
        self.calls.append(f"cves {finding.id}")
        answer = self.cves[finding.id]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def cve_source(self) -> ScriptedScans:
        """These scans themselves."""
        return self

    @property
    def calls_per_minute(self) -> int:
        """As on Huawei Cloud."""
        return 5

    def explained(self, images: Sequence[ScannedImage], *, for_findings: bool) -> tuple[ScannedImage, ...]:
        """The images unchanged."""
        del for_findings
        return tuple(images)

    def request_listing(self, images: Sequence[ImageRef]) -> None:
        """Notes it."""
        self.calls.append(f"list {' '.join(image.name for image in images)}")

    def can_start(self, image: ScannedImage) -> bool:
        """Whether it is listed, or need not be."""
        return self.startable or image.state is not ImageState.MISSING

    def start(self, images: Sequence[ScannedImage]) -> None:
        """Goes on with the looks after the start."""
        self.calls.append(f"start {' '.join(image.image.name for image in images)}")
        self.on_start()
        self.looks, self._at = self.looks_after_start or self.looks, 0

    def stop(self) -> None:
        """Notes it."""
        self.calls.append("stop")
        self.on_stop()

    def search_description(self) -> str:
        """A place."""
        return "Scripted Cloud (here)"


class CloudOfImages(ImageScans, Protocol):
    """A cloud of a test."""

    calls: list[str]
    """What it was asked for."""


@dataclass
class ImageRun:
    """One run of the image mode."""

    verdict: Verdict
    events: tuple[Event, ...]
    calls: list[str]
    slept: list[float]
    images: tuple[ScannedImage, ...]

    @property
    def codes(self) -> list[str]:
        """The codes of the reasons."""
        return [reason.code for reason in self.verdict.reasons]

    @property
    def states(self) -> list[ImageState]:
        """The states of the images at the end."""
        return [image.state for image in self.images]


def a_connection(
    time: FakeTime, *images: ImageRef, scan: str = "auto", policy: Policy | None = None, **settings: Any
) -> Connection:
    """A connection for these images, on this clock."""
    clock = time.clock()
    chosen = Settings(cloud="huawei", policy=policy or Policy(settle=0), images=images, scan=scan, **settings)
    return Connection(
        settings=chosen,
        environ={},
        clock=clock,
        time_of_day=TimeOfDay(clock),
        deadline=RunDeadline(clock, chosen.timeout),
        event_log=EventLog(clock, lambda _: None),
    )


def a_poller(connection: Connection) -> Poller:
    """A poller without jitter."""
    return Poller(
        schedule=PollSchedule(min_interval=MIN_INTERVAL, random=lambda: 0.0),
        clock=connection.clock,
        time_of_day=connection.time_of_day,
        pause=connection.deadline.pause,
        event_log=connection.event_log,
    )


def run_images(scans: CloudOfImages, *images: ImageRef, time: FakeTime | None = None, **settings: Any) -> ImageRun:
    """Runs the image mode for these images, by default for one."""
    time = time or FakeTime()
    connection = a_connection(time, *(images or (WEB,)), **settings)
    verdict = check_images(scans, a_poller(connection), connection)
    log = connection.event_log
    return ImageRun(verdict, log.events, scans.calls, time.slept, log.task.images if log.task else ())


def at(seconds: float) -> datetime:
    """A time, in s after the start of the run."""
    return NOW + timedelta(seconds=seconds)


NARROW = RISK_SCOPES - {min(RISK_SCOPES)}
