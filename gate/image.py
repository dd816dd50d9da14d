"""The data model of one container image, into which each cloud's data is translated; `gate.scan` has that of a task."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gate.finding import Finding
    from gate.scan import ScanScope


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRef:
    """The name of one container image; a part that the cloud does not give is an empty string."""

    registry: str = ""
    namespace: str = ""
    name: str = ""
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def repository(self) -> str:
        """Registry, namespace and name, as far as they are known."""
        return "/".join(filter(None, (self.registry, self.namespace, self.name)))


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedImage:
    """An image that the cloud could not scan, and its reason in the cloud's own words."""

    image: ImageRef
    reason: str = ""


class ImageState(StrEnum):
    """The state of one image that was asked for; only one with a result that may be judged is SCANNED."""

    MISSING = "missing"
    """The cloud does not list this digest."""
    WAITING = "waiting"
    """Listed, and neither scanned nor being scanned."""
    SCANNING = "scanning"
    SCANNED = "scanned"
    OUTDATED = "outdated"
    """Its only result is older than what was asked for."""
    FAILED = "failed"
    NOT_SCANNABLE = "not-scannable"
    """The cloud says that it does not scan this image, such as an index of several platforms."""
    UNKNOWN = "unknown"

    @property
    def has_ended(self) -> bool:
        """Whether a scan of the image is over, well or badly."""
        return self in {ImageState.SCANNED, ImageState.FAILED}


class Severity(StrEnum):
    """The severity of a finding; a word that no cloud documents is UNKNOWN, and counts as the highest."""

    UNKNOWN = "unknown"
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"
    """Of an image without findings."""

    @property
    def rank(self) -> int:
        """Its place among all severities; 0 for the highest."""
        return _RANKS[self]

    def is_at_least(self, level: Severity) -> bool:
        """Whether this severity is that level or a higher one."""
        return self.rank <= level.rank


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}
"""They are defined from the highest to the lowest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScannedImage:
    """One image at one time, as the cloud shows it."""

    image: ImageRef
    """As it was asked for, with the digest that is judged."""
    state: ImageState
    raw_state: str = ""
    """The state in the cloud's own words."""
    scanned_at: datetime | None = None
    """The end of the last scan, aware, in UTC, by the cloud's clock."""
    scopes: frozenset[ScanScope] | None = None
    """What that scan looked for; None if the cloud does not state it."""
    kinds: Mapping[ScanScope, int] = field(default_factory=dict)
    """How many findings it has, by kind; absent where the cloud does not say it."""
    severities: Mapping[Severity, int] = field(default_factory=dict)
    """How many vulnerabilities it has, by severity; empty where the cloud does not say it."""
    highest: Severity | None = None
    """The highest severity among all findings; None where the cloud does not say it."""
    results_by_tag: tuple[object, ...] = ()
    """What the cloud shows under each tag of its digest: two looks may differ in that and have the same worst counts.

    It is there to compare looks, and stands in no report.
    """
    is_risky: bool | None = None
    """By the policy, which may take the cloud's own word; None if it is not known, or the cloud contradicts itself."""
    warning: str = ""
    """Why its result may say less than it seems to, in words; it decides nothing."""
    goes_by_findings: bool = False
    """Whether that is by severities or single findings, and not the cloud's own word, which is `stated_risk` then."""
    stated_risk: bool | None = None
    findings: tuple[Finding, ...] | None = None
    """What was found in it; None if that was not asked for, or cannot be listed."""
    findings_doubt: str = ""
    """Why that list may not be all of it, in words; empty if it is complete."""
    reason: str = ""
    """Why it failed, or is not scanned, in the cloud's own words."""
    listed_digest: str = ""
    """The other digest that the cloud lists under this tag; empty if it lists this one, or none."""
    moved_to: str = ""
    """The other digest that the tag has in the registry at the end of the run; empty if it has not moved."""

    def number_of(self, kind: ScanScope) -> int | None:
        """How many findings of a kind it has: 0 where its scan did not look for them, None if it is not known."""
        is_not_looked_for = self.scopes is not None and kind not in self.scopes
        return self.kinds.get(kind, 0 if is_not_looked_for else None)


@dataclass(frozen=True, kw_only=True, slots=True)
class TaggedDigest:
    """What a tag stands for in its registry at one time."""

    digest: str
    is_index: bool = False
    """Whether it is an index of several images, such as one for each platform."""
    children: tuple[str, ...] = ()
    """The digests of its images, without attestations; empty where the registry does not list them."""
    pushed_at: datetime | None = field(default=None, compare=False)
    """When the tag was last pushed, aware, in UTC; None where the registry does not state it. It decides nothing."""
