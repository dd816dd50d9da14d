"""A random history of images: pushes, moved tags, readings of the registry and scans, before and during a run.

It is written from the documents of the vendors (huawei-images.md 1 and 2, alibaba-images.md 1 and 2). All times are
seconds after the start of the run, negative before it, and whole milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gate.image import ImageRef

if TYPE_CHECKING:
    from random import Random

    from tests.builders import FakeTime

NEVER = 1e9
DAY = 86_400.0
_HOSTS = {
    "huawei": ("swr.cn-north-4.myhuaweicloud.com",) * 8 + ("", "images.shop.example", "x-1.swr-pro.myhuaweicloud.com"),
    "alibaba": ("shop-registry.cn-hangzhou.cr.aliyuncs.com",) * 8 + ("", "images.shop.example"),
}
_NAMES = ("web", "api", "shop/jobs", "db")


@dataclass(kw_only=True)
class Scan:
    """One scan of one row."""

    digest: str
    """The digest that it truly looks at; empty until its start if it is one of somebody else."""
    start: float
    end: float
    has_failed: bool = False
    is_narrow: bool = False
    """Whether it looked for vulnerabilities only."""
    results_lag: float = 0.0
    """Seconds after the end until its findings are shown; until then, none are."""
    is_own: bool = False


@dataclass(kw_only=True)
class Tag:
    """A tag in a repository, and the row that the scanner has of it."""

    id: int
    ref: ImageRef
    """Without a digest."""
    pushes: list[tuple[float, str]]
    """When the tag was pushed, and the digest that it got; the last push last."""
    readings: list[float]
    """When the scanner read the registry."""
    keeps_results: bool
    """Whether its row keeps the results of the digest before when it takes over another one."""
    is_index: bool = False
    is_scannable: bool = True
    is_foreign: bool = False
    """Whether it is in another enterprise project, so that these credentials do not see its row."""
    scans: list[Scan] = field(default_factory=list)

    def pushed(self, now: float) -> tuple[float, str]:
        """The last push, as the registry shows it."""
        return max((push for push in self.pushes if push[0] <= now), default=(0.0, ""))

    def listed(self, now: float) -> tuple[float, str]:
        """The push that the row shows; without a digest if there is no row yet."""
        return self.pushed(self.read_at(now))

    def read_at(self, now: float) -> float:
        """When the registry was last read."""
        return max((time for time in self.readings if time <= now), default=-NEVER)

    def started(self, now: float) -> list[Scan]:
        """The scans that have started, each of the digest that the row had then."""
        for scan in list(self.scans):
            if not scan.digest and scan.start <= now:
                _, scan.digest = self.listed(scan.start)
                if not scan.digest:
                    self.scans.remove(scan)
        return [scan for scan in self.scans if scan.start <= now]

    def running(self, now: float) -> Scan | None:
        """A scan that is running."""
        return next((scan for scan in self.scans if scan.start <= now < scan.end), None)

    def last(self, now: float) -> Scan | None:
        """The scan whose result the row shows."""
        # What a scan finds that was running when its row took over another digest is not shown: no document says
        # whose result it would be, and within five minutes nothing tells it from that of the new digest.
        ended = [
            scan for scan in self.scans if scan.end <= now and (scan.is_own or self.listed(scan.end)[1] == scan.digest)
        ]
        scan = max(ended, key=lambda one: one.end, default=None)
        return scan if scan and (self.keeps_results or scan.digest == self.listed(now)[1]) else None


@dataclass(kw_only=True)
class History:
    """All that is true of the images of one run."""

    rng: Random
    time: FakeTime
    cloud: str
    tags: list[Tag]
    findings: dict[str, int]
    """How many vulnerabilities each digest truly has."""
    hidden: dict[str, int]
    """How many other findings each digest has, which a narrow scan does not look for."""
    broken: set[str]
    """The digests whose scans mostly fail."""
    asked: tuple[ImageRef, ...]
    is_slow: bool
    """Whether the cloud reads registries and scans images slowly."""
    lag: float
    """How late findings may be shown, in s."""

    @property
    def now(self) -> float:
        """Seconds since the start of the run."""
        return self.time.elapsed

    def ms(self, seconds: float) -> int:
        """A time in ms since 1970."""
        return round((self.time.at.timestamp() + seconds) * 1000)

    def is_broken(self, tag: Tag) -> bool:
        """Whether scans of what a tag was last pushed with mostly fail."""
        return tag.pushed(self.now)[1] in self.broken

    def tag_of(self, namespace: str, name: str, tag: str) -> Tag | None:
        """The tag with these names."""
        wanted = f"{namespace}/{name}", tag
        return next((one for one in self.tags if (repository(one.ref), one.ref.tag) == wanted), None)

    def read_registry(self, tags: list[Tag]) -> None:
        """The scanner reads the registry of these tags again, which takes a while."""
        delay = self.rng.choice((0.0, 4.0, 4.0, 20.0, 100.0 if self.is_slow else 30.0, NEVER if self.is_slow else 4.0))
        for tag in tags:
            tag.readings.append(rounded(self.now + delay))

    def scan(self, tag: Tag, *, is_own: bool = True, start: float | None = None) -> Scan | None:
        """Scans what the row of a tag has, from now on or from this time on."""
        rng = self.rng
        at = self.now + rng.choice((0.0, 1.0, 10.0, 30.0)) if start is None else start
        wanted = tag.listed(at)[1] if is_own else ""
        if (is_own and not wanted) or tag.is_index or not tag.is_scannable or (is_own and rng.random() < 0.03):
            return None
        took = rng.choice((1.0, 10.0, 30.0, 100.0)) if not self.is_slow else rng.choice((60.0, 500.0, 2000.0))
        scan = Scan(
            digest=wanted,
            start=rounded(at),
            # Different for each scan, so that a time tells which scan it is of.
            end=rounded(at + took + rng.random()),
            has_failed=rng.random() < (0.8 if self.is_broken(tag) else 0.02),
            is_narrow=self.cloud == "huawei" and not is_own and rng.random() < 0.1,
            results_lag=self.lag * rng.random(),
            is_own=is_own,
        )
        tag.scans.append(scan)
        return scan


def rounded(seconds: float) -> float:
    """A time in whole ms."""
    return round(seconds, 3)


def repository(ref: ImageRef) -> str:
    """Namespace and name."""
    return f"{ref.namespace}/{ref.name}"


def bare(digest: str) -> str:
    """A digest without its prefix."""
    return digest.removeprefix("sha256:")


def random_history(rng: Random, time: FakeTime, cloud: str, lag: float) -> History:
    """A history in which most images can be judged in the end."""
    history = History(
        rng=rng, time=time, cloud=cloud, tags=[], findings={}, hidden={}, broken=set(), asked=(), is_slow=False, lag=lag
    )
    history.is_slow = rng.random() < 0.08
    # Most releases are fine: each image more makes a pass rarer.
    is_fine = rng.random() < 0.6
    host = rng.choice(_HOSTS[cloud])
    names = rng.sample(_NAMES, rng.choice((1, 1, 1, 2, 2, 3)))
    history.tags = [_tag(history, host, name, number, is_fine=is_fine) for number, name in enumerate(names)]
    asked = [_asked(history, tag) for tag in history.tags]
    _add_neighbours(history)
    history.asked = tuple(dict.fromkeys(asked))
    return history


def _digest(history: History, *, is_fine: bool) -> str:
    rng = history.rng
    digest = f"sha256:{rng.getrandbits(256):064x}"
    history.findings[digest] = 0 if rng.random() < (0.97 if is_fine else 0.6) else rng.choice((1, 7))
    history.hidden[digest] = 0 if rng.random() < (0.99 if is_fine else 0.85) else 2
    if rng.random() < (0.01 if is_fine else 0.15):
        history.broken.add(digest)
    return digest


def _tag(history: History, host: str, name: str, number: int, *, is_fine: bool) -> Tag:
    rng = history.rng
    ref = ImageRef(registry=host, namespace="team", name=name, tag=f"1.{number}")
    times = sorted(rng.sample((-20 * DAY, -2 * DAY, -7000.0, -1500.0, -700.0, -90.0), rng.choice((1, 1, 2, 3))))
    if rng.random() < 0.05:
        times.append(rng.choice((5.0, 40.0, 200.0)))
    pushes = [(rounded(at + rng.random()), _digest(history, is_fine=is_fine)) for at in times]
    tag = Tag(
        id=number + 1,
        ref=ref,
        pushes=pushes,
        readings=_readings(rng, pushes),
        keeps_results=rng.random() < 0.8,
        is_index=rng.random() < (0.005 if is_fine else 0.06),
        is_scannable=rng.random() < (0.995 if is_fine else 0.94),
        is_foreign=rng.random() < (0.005 if is_fine else 0.06),
    )
    _scan_before(history, tag)
    return tag


def _readings(rng: Random, pushes: list[tuple[float, str]]) -> list[float]:
    """Once a day, and mostly soon after a push; not all pushes were read when the run starts."""
    found = [rounded(push + rng.choice((3.0, 30.0, 300.0, 3000.0))) for push, _ in pushes if rng.random() < 0.85]
    found += [-0.5 * DAY] if rng.random() < 0.7 else []
    return found


def _scan_before(history: History, tag: Tag) -> None:
    rng = history.rng
    ages = rng.sample((3 * DAY, 0.99 * DAY, 1.01 * DAY, 6000.0, 1200.0, 400.0, 100.0, 30.0), rng.choice((0, 1, 2, 3)))
    for age in sorted(ages, reverse=True):
        _scan_by_others(history, tag, -age)
    if rng.random() < 0.12:
        _scan_by_others(history, tag, rng.choice((0.5, 20.0, 120.0)))


def _scan_by_others(history: History, tag: Tag, start: float) -> None:
    """Scans what the row has at this time, unless another scan of it is running."""
    if not any(scan.start <= start + 1 and start < scan.end + 1 for scan in tag.scans):
        history.scan(tag, is_own=False, start=rounded(start + history.rng.random()))


def _asked(history: History, tag: Tag) -> ImageRef:
    """The image as it is asked for: mostly by digest, and mostly by the last one that was pushed."""
    rng, ref = history.rng, tag.ref
    if rng.random() < 0.15:
        return ref
    before = [digest for at, digest in tag.pushes if at <= 0]
    digest = before[-1] if rng.random() < 0.95 else rng.choice(before)
    name = ref.tag if rng.random() < 0.85 else ""
    return ImageRef(registry=ref.registry, namespace=ref.namespace, name=ref.name, tag=name, digest=digest)


def _add_neighbours(history: History) -> None:
    """Rows that are not asked for: another tag of a digest, names that contain a name, and other images."""
    rng = history.rng
    for tag in list(history.tags):
        if rng.random() < 0.15:
            history.tags.append(_neighbour(history, tag, f"{tag.ref.tag}-x", tag.pushes[-1:]))
        if rng.random() < 0.15:
            history.tags.append(_neighbour(history, tag, tag.ref.tag, [(-900.0, _digest(history, is_fine=True))], "2"))


def _neighbour(history: History, tag: Tag, name: str, pushes: list[tuple[float, str]], suffix: str = "") -> Tag:
    ref = ImageRef(registry=tag.ref.registry, namespace="team", name=tag.ref.name + suffix, tag=name)
    readings = _readings(history.rng, pushes)
    found = Tag(id=len(history.tags) + 1, ref=ref, pushes=list(pushes), readings=readings, keeps_results=True)
    _scan_before(history, found)
    return found
