"""The data model of one finding of a scan, and of a waiver; `gate.findings` decides what each finding means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, timedelta

    from gate.image import Severity
    from gate.scan import ScanScope


class FindingStatus(StrEnum):
    """Whether a finding counts against the release, and if not, why; only an OPEN one counts."""

    OPEN = "open"
    WAIVED = "waived"
    NOT_FIXABLE = "not-fixable"
    """There is no fix, and the policy counts only what can be fixed."""
    KNOWN = "known"
    """It stood in the baseline, with the same severity or a higher one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """What a user has accepted in a release, until when, and why."""

    id: str
    """Of the finding as the cloud names it, or a CVE."""
    images: tuple[str, ...] = ()
    """Repositories, with `*` for any characters; none match nothing."""
    digests: frozenset[str] = frozenset()
    """Single images, which a VEX document names; whole digests with their algorithm."""
    package: str = ""
    """Empty for any package."""
    version: str = ""
    """Of the package, exactly; empty for any."""
    reason: str
    owner: str = ""
    until: date | None = None
    """The last day, in UTC, on which it counts; None only for a statement of a VEX document."""
    justification: str = ""
    """One of OpenVEX's five words, if it has one."""
    is_fixed: bool = False
    """Whether it is a statement of a VEX document that calls the vulnerability fixed, and not one of no effect."""
    source: str = ""
    """The file and entry that it stands in, for a message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WaiverUse:
    """What one waiver did in a run."""

    waiver: Waiver
    matches: int
    """How many findings it matches, also after its last day; 0 for one that is not needed any more."""
    is_expired: bool
    ends_soon: bool
    is_unused: bool = False
    """Whether it is for images of this run, of which all findings are known, and matches none of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One finding in one image, as the cloud lists it and as the policy takes it."""

    id: str
    """As the cloud names it."""
    cves: tuple[str, ...] = ()
    """The CVEs that the cloud names for it, each once; one finding can bundle several."""
    has_unknown_cves: bool = False
    """Whether the cloud names its CVEs only in answer to a question of their own, and none has been answered."""
    package: str = ""
    version: str = ""
    fixed_version: str = ""
    """The version that fixes it; empty where the cloud does not say it."""
    is_fixable: bool | None = None
    """Whether there is a fix; None where the cloud does not say it."""
    severity: Severity
    raw_severity: str = ""
    """The severity in the cloud's own word."""
    kind: ScanScope
    handled: str = ""
    """What was decided about it in the cloud's own console, in the cloud's word; it counts as open nonetheless."""
    status: FindingStatus = FindingStatus.OPEN
    waiver: Waiver | None = None
    """That by which it is waived."""


_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
"""As in the schema of CVE records."""


def is_cve(text: str) -> bool:
    """Whether a text is the id of a CVE, and nothing else."""
    return _CVE.fullmatch(text) is not None


def names_cve(named: Waiver | Finding) -> bool:
    """Whether the id of a waiver or a finding is that of a CVE, or of something that is written like one."""
    return named.id.startswith("CVE-")


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownFinding:
    """What tells a finding of a baseline: the version, the tag and the digest may change."""

    id: str
    package: str
    kind: ScanScope
    repository: str
    number: int = 1
    """Of several findings with one name, such as the failed items of one check; from the most severe on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingPolicy:
    """Which findings count against a release; by default what the cloud itself calls a risk."""

    severity_cutoff: Severity | None = None
    """An image is risky from this severity on; None for any risk that the cloud states, NONE for no severity."""
    max_findings: Mapping[Severity, int] = field(default_factory=dict)
    """How many open findings of a severity or a higher one all images may have together."""
    has_critical: bool = False
    """Whether what scans the images has a word for critical; else critical stands for high in this policy."""
    only_fixable: bool = False
    waivers: tuple[Waiver, ...] = ()
    unused_waivers_block: bool = False
    as_of: date | None = None
    """The day, in UTC, on which waivers must not have expired; None for that of the run."""
    baseline: Mapping[KnownFinding, Severity] | None = None
    """The findings that stood in an earlier report, with the severity that they had; None without a baseline."""
    baseline_at: datetime | None = None
    """When that report was written."""
    baseline_max_age: timedelta | None = None
    """How old it may be; None for any age."""

    @property
    def waives_cves(self) -> bool:
        """Whether a waiver names a CVE, so that the CVEs of a finding may decide something."""
        return any(map(names_cve, self.waivers))

    @property
    def uses_severities(self) -> bool:
        """Whether the number of findings by severity decides something."""
        return self.severity_cutoff is not None or bool(self.max_findings)

    @property
    def needs_lists(self) -> bool:
        """Whether single findings decide something, so that their number alone does not suffice."""
        return self.only_fixable or bool(self.waivers) or bool(self.baseline)
