"""Models the images that were pushed to the simulated registries, independent of any cloud.

A `PushedImage` is what one push left under one tag, and what a scan of it will find. `gate.simulator.account` holds the
pushes of an account, and `gate.simulator.listing` derives from them what the security service of the cloud shows.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Final, Literal, TypeAlias
from zlib import crc32

SeverityName = Literal["critical", "high", "medium", "low"]
ScanFailure = Literal["broken", "timed-out", "unsupported", "download-failed", "oversized", "repeated"]
"""`repeated` is for an image that is being scanned already."""
RegistryKind = Literal["private", "shared", "enterprise", "harbor", "jfrog"]

TagKey: TypeAlias = tuple[str, str, str, str]
"""Registry, repository, tag and platform: what the security service has one row for."""

DEFAULT_SIZE: Final = 186_400_000


@dataclass(frozen=True, kw_only=True, slots=True)
class BySeverity:
    """How many findings there are of each severity, most severe first; a cloud without `critical` calls it high."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0

    @property
    def total(self) -> int:
        """The findings of all severities."""
        return self.critical + self.high + self.medium + self.low

    @property
    def highest(self) -> SeverityName | None:
        """The highest severity with a finding, or None."""
        names: tuple[SeverityName, ...] = ("critical", "high", "medium", "low")
        return next((name for name in names if getattr(self, name)), None)

    def __add__(self, other: "BySeverity") -> "BySeverity":
        return BySeverity(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What a scan finds in one image, by kind and severity."""

    vulnerabilities: BySeverity = BySeverity()
    """In packages of its system; not those in `handled`."""
    libraries: BySeverity = BySeverity()
    """Vulnerabilities in the libraries of its applications; not those in `handled`."""
    handled: BySeverity = BySeverity()
    """Further vulnerabilities in packages, which a user of the console has handled: listed, but not counted."""
    malicious_files: BySeverity = BySeverity()
    baseline: BySeverity = BySeverity()
    sensitive_files: BySeverity = BySeverity()

    @property
    def is_risky(self) -> bool:
        """Whether there are vulnerabilities, malicious files or failed baseline items; sensitive files do not count."""
        return bool(self.counted.total)

    @property
    def counted(self) -> BySeverity:
        """All findings that make an image risky."""
        return self.vulnerabilities + self.libraries + self.malicious_files + self.baseline


CLEAN: Final = Findings()


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierScan:
    """A scan of an image before the simulator knew it, which is in no task."""

    ago: float
    """Its end, in seconds before the start of the simulator, or before the push of an image that is pushed later."""
    findings: Findings = CLEAN
    failure: ScanFailure | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """One image of an index, such as that of linux/arm64; an attestation has `unknown/unknown`."""

    digest: str
    platform: str = "linux/amd64"
    findings: Findings = CLEAN
    failure: ScanFailure | None = None

    @property
    def is_attestation(self) -> bool:
        """Whether it is a statement about another image of the index, and not an image."""
        return self.platform == "unknown/unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class PushedImage:
    """What one push left under one tag, how the security service of a cloud treats it, and what a scan of it finds."""

    registry: str = ""
    """The host of the registry as the client names it; the empty string is the only registry of the account."""
    repository: str
    """Namespace and name with a slash between them; the name may have further slashes."""
    tag: str
    digest: str
    """`sha256:` and 64 hexadecimal digits in lower case; each cloud renders it in its own forms."""
    kind: RegistryKind | None = None
    """None if the host tells it."""
    pushed_ago: float = 0.0
    """When it was pushed, in seconds before the start of the simulator, or before `push` while it runs.

    If negative, it is pushed that long afterwards.
    """
    children: tuple[Platform, ...] = ()
    """The images of an index, whose digest is `digest`; empty for an image of its own."""
    platform: str = ""
    """Set only by `platform_images`."""
    size: int = DEFAULT_SIZE
    """In bytes."""
    scannable: bool = True
    """Whether the cloud says that it can be scanned."""
    distribution: tuple[str, str] = ("HCE", "2.0")
    """Name and version of its system; the form in which a cloud states them is not documented. Empty: none is found."""
    findings: Findings = CLEAN
    failure: ScanFailure | None = None
    """How a scan of it fails; None if it succeeds."""
    earlier: EarlierScan | None = None
    """The last result of this digest from before; shown until a new one is there."""
    listed_after: float | None = None
    """Seconds after its push when the security service lists it unasked; None if only a synchronisation does it."""
    sync_lag: float = 0.0
    """Seconds from the end of the first synchronisation that started after its push until it is listed."""
    scan_seconds: float = 2.0
    """How long its scan takes once it starts; infinity for one that never ends."""
    results_lag: float = 0.0
    """Seconds from the end of its scan until its findings are shown; those from before are shown until then."""
    enterprise_project: str = "0"
    on_other_plane: bool = False
    """Whether the security service of another place looks after its registry, so that this one never lists it."""

    @classmethod
    def parse(cls, reference: str, **others: object) -> "PushedImage":
        """An image by its reference, as in `[REGISTRY/]NAMESPACE/NAME:TAG@sha256:DIGEST`, with further fields.

        Raises:
            ValueError: The reference is not of this form.
        """
        name, _, digest = reference.partition("@")
        repository, colon, tag = name.rpartition(":")
        first, _, rest = repository.partition("/")
        registry, repository = (first, rest) if {".", ":"} & {*first} else ("", repository)
        is_digest = digest.startswith("sha256:") and len(digest) == len("sha256:") + 64
        if not (is_digest and colon and tag and "/" in repository.strip("/")) or "/" in tag:
            raise ValueError(f"{reference!r} is not of the form [REGISTRY/]NAMESPACE/NAME:TAG@sha256:DIGEST")
        return cls(registry=registry, repository=repository, tag=tag, digest=digest, **others)  # type: ignore[arg-type] # the caller's

    @property
    def reference(self) -> str:
        """The reference that `parse` takes."""
        registry = f"{self.registry}/" if self.registry else ""
        return f"{registry}{self.repository}:{self.tag}@{self.digest}"

    @property
    def namespace(self) -> str:
        """The first part of its repository."""
        return self.repository.partition("/")[0]

    @property
    def name(self) -> str:
        """Its repository without the namespace."""
        return self.repository.partition("/")[2]

    @property
    def key(self) -> TagKey:
        """Its tag, which a later push can move to another digest."""
        return self.registry, self.repository, self.tag, self.platform

    @property
    def number(self) -> int:
        """The number of the row of its tag, which stays when the tag moves."""
        return crc32("\n".join(self.key).encode())

    @property
    def is_index(self) -> bool:
        """Whether it is an index of several images."""
        return bool(self.children)

    @property
    def platform_images(self) -> tuple["PushedImage", ...]:
        """The images of an index, without attestations, under its tag; each with a digest and findings of its own."""
        return tuple(
            replace(
                self,
                children=(),
                digest=child.digest,
                platform=child.platform,
                findings=child.findings,
                failure=child.failure,
                earlier=None,
            )
            for child in self.children
            if not child.is_attestation
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """A push, at a time on the clock of the simulator, in seconds since the epoch."""

    image: PushedImage
    at: float
    known_since: float
    """The start of the simulator, or the call of `push`: the times of the image count from it."""
    number: int = field(default=0)
    """Of two pushes at one time, the one with the higher number was later."""
