"""Translates the rows of the lists of findings into `gate.finding` (alibaba-images.md 3.2, 3.3 and 5).

What was handled or put on a whitelist in the console is a finding like any other, with the word for it. The content of
a sensitive file is in no field that is read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.severity_words import FILE_LEVELS, REPAIRS, RISK_LEVELS
from gate.clouds.alibaba.translate import NOT_STATED, normalise_digest
from gate.clouds.values import as_text, count, datetime_from_ms, identity, is_one_of, text
from gate.finding import Finding
from gate.image import Severity
from gate.scan import ScanScope
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

UNNAMED = "(unnamed)"
"""The id of a finding to which the cloud gives none."""
MOST_ITEMS = 10_000
"""How many failed items of one baseline are listed one by one, for each severity."""
_PRIORITY_COUNTS = {"AsapCount": "asap", "LaterCount": "later", "NntfCount": "nntf"}
_ITEM_COUNTS = {"HighRiskItemCount": "high", "MiddleRiskItemCount": "medium", "LowRiskItemCount": "low"}

# What each list says in its Status (5); the first word of each stands for what nobody has handled.
_REPAIRS = {"1": "", "4": "being fixed", "7": "fixed"}
_DECISIONS = {"0": "", "1": "handled", "2": "verifying", "3": "whitelisted"}
_BASELINE_STATES = {"0": "", "1": "fixed", "2": "to be verified", "3": "not fixed"}
_FILE_STATES = {"0": "", "1": "ignored", "2": "false positive"}
_DEALT_WITH = "handled"
_CHANGING = frozenset({"FirstTs", "LastTs", "ModifyTs", "ScanTime", "GmtLast", "LastScanTime", "Status"})
"""The fields of a row that can change while its list is read."""
_LIBRARY = re.compile("imgsca:[^:]+:(?P<package>.+):[^:]+")
"""The name of a vulnerability of applications, which has the library in it (3.2)."""
_MAX_WORD = 80
"""Characters of a word of the cloud that are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingRow:
    """What one row of a list says."""

    findings: tuple[Finding, ...]
    """One, or as many as a row of the baseline counts."""
    scanned_at: datetime | None
    """When it was last found; None if the row does not say it."""
    digest: str | None = None
    """That of the image in which it was found, without prefix and empty if it is not stated; None where no row does."""
    uuid: str = ""
    """The id of the row of that image, where it is stated."""
    doubt: str = ""
    """Why it may not be all that the row stands for."""


def row_identity(row: Mapping[str, Any]) -> bytes:
    """A key that is different for any two rows of a list, and the same for one that was read twice."""
    return identity([[name, row[name]] for name in sorted(row) if name not in _CHANGING])


def parse_vulnerability(row: Mapping[str, Any], *, is_dealt_with: bool = False) -> FindingRow:
    """Translates an entry of VulRecords, a vulnerability of the system.

    Args:
        row: The entry.
        is_dealt_with: Whether it is only on the list of what was dealt with.
    """
    word, packages = row.get("Necessity"), [*_packages(row)]
    finding = Finding(
        id=_name(row, "Name"),
        cves=_related(row),
        package=_joined(text(one.get("Name")) for one in packages),
        version=_joined(text(one.get("FullVersion")) or text(one.get("Version")) for one in packages),
        severity=_severity(word, REPAIRS),
        raw_severity=_word(word),
        kind=ScanScope.VULNERABILITY,
        handled=_handled(row, _REPAIRS) or (_DEALT_WITH if is_dealt_with else ""),
    )
    digest = normalise_digest(row.get("ImageDigest"))
    return _row(finding, row.get("LastTs"), digest=digest, uuid=text(row.get("Uuid")))


def parse_group(row: Mapping[str, Any]) -> FindingRow:
    """Translates an entry of GroupedVulItems, a vulnerability of applications.

    It has no severity, but counts the images for which it has each; the highest counts.
    """
    word, name = _highest(row), _name(row, "Name")
    library = _LIBRARY.fullmatch(name)
    finding = Finding(
        id=name,
        cves=_related(row),
        package=library["package"] if library else "",
        severity=_severity(word, REPAIRS),
        raw_severity=word,
        kind=ScanScope.VULNERABILITY,
        handled=_handled(row, _DECISIONS),
    )
    return _row(finding, row.get("LastScanTime"))


def parse_file(row: Mapping[str, Any]) -> FindingRow:
    """Translates an entry of GroupedMaliciousFileResponse; its MD5 tells it from others of its name."""
    word = row.get("Level")
    finding = Finding(
        id=_name(row, "MaliciousName"),
        package=text(row.get("MaliciousMd5")),
        severity=_severity(word, FILE_LEVELS),
        raw_severity=_word(word),
        kind=ScanScope.MALICIOUS_FILE,
        handled=_handled(row, _DECISIONS),
    )
    return _row(finding, row.get("LatestScanTimestamp"))


def parse_baseline(row: Mapping[str, Any], uuid: str) -> FindingRow:
    """Translates an entry of BaselineResult: a finding for each item that failed.

    A count that is no number is one finding of unknown severity.
    """
    id_, handled = _name(row, "BaselineNameKey"), _handled(row, _BASELINE_STATES)
    findings: list[Finding] = []
    doubt = ""
    for name, word in _ITEM_COUNTS.items():
        stated = count(row.get(name))
        finding = Finding(
            id=id_,
            severity=Severity.UNKNOWN if stated is None else RISK_LEVELS[word],
            raw_severity=_word(row.get("BaselineNameLevel")) if stated is None else word,
            kind=ScanScope.BASELINE,
            handled=handled,
        )
        findings += [finding] * min(1 if stated is None else stated, MOST_ITEMS)
        if stated is not None and stated > MOST_ITEMS:
            doubt = f"a baseline has more than {MOST_ITEMS} items that failed"
    scanned_at = datetime_from_ms(row.get("LastScanTime"))
    return FindingRow(findings=tuple(findings), scanned_at=scanned_at, uuid=uuid, doubt=doubt or _unnamed(id_))


def parse_sensitive_file(row: Mapping[str, Any], uuid: str) -> FindingRow:
    """Translates an entry of SensitiveFileList: which kind of secret is there, and nothing of what it is."""
    word = row.get("RiskLevel")
    finding = Finding(
        id=_name(row, "SensitiveFileKey"),
        severity=_severity(word, RISK_LEVELS),
        raw_severity=_word(word),
        kind=ScanScope.SENSITIVE_INFORMATION,
        handled=_handled(row, _FILE_STATES),
    )
    return _row(finding, row.get("LastScanTime"), uuid=uuid)


def _row(finding: Finding, scanned_at: object, *, digest: str | None = None, uuid: str = "") -> FindingRow:
    return FindingRow(
        findings=(finding,),
        scanned_at=datetime_from_ms(scanned_at),
        digest=digest,
        uuid=uuid,
        doubt=_unnamed(finding.id),
    )


def _unnamed(id_: str) -> str:
    # A baseline, or a waiver, could take it for another one.
    return "a finding has no name" if id_ == UNNAMED else ""


def _name(row: Mapping[str, Any], field: str) -> str:
    return text(row.get(field)).strip() or UNNAMED


def _related(row: Mapping[str, Any]) -> tuple[str, ...]:
    """All ids that a record bundles, those of advisories too: a waiver has to cover each of them (3.2)."""
    return tuple(dict.fromkeys(filter(None, map(str.strip, text(row.get("Related")).split(",")))))


def _packages(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    details = row.get("ExtendContentJson")
    listed = details.get("RpmEntityList") if isinstance(details, dict) else None
    yield from (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))


def _joined(values: Iterable[str]) -> str:
    """All of them in one text: a waiver for one package must not cover a record about two."""
    return ", ".join(dict.fromkeys(filter(None, map(str.strip, values))))


def _highest(row: Mapping[str, Any]) -> str:
    """The word for the highest number of images above 0; empty if it is not certain which one that is."""
    for name, word in _PRIORITY_COUNTS.items():
        stated = count(row.get(name))
        if stated != 0:
            return word if stated else ""
    return ""


def _severity(word: object, severities: Mapping[str, Severity]) -> Severity:
    return severities.get(text(word), Severity.UNKNOWN)


def _handled(row: Mapping[str, Any], words: Mapping[str, str]) -> str:
    status = row.get("Status")
    if is_one_of(status, NOT_STATED):
        return ""
    return words.get(as_text(status), f"Status {_word(status)}")


def _word(value: object) -> str:
    return "" if is_one_of(value, NOT_STATED) else one_line(as_text(value), _MAX_WORD)
