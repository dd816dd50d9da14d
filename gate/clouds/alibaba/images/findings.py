"""Lists the findings of an image, by kind: what the lists have, and why that may not be all (alibaba-images.md 3.2).

A list that may not be read is an error, and no empty list.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.images.finding_checks import age_doubts, row_doubts, vulnerability_doubts
from gate.clouds.alibaba.images.finding_rows import (
    parse_baseline,
    parse_file,
    parse_group,
    parse_sensitive_file,
    parse_vulnerability,
    row_identity,
)
from gate.clouds.alibaba.images.severities import is_usable_id
from gate.clouds.alibaba.images.whitelists import read_whitelist
from gate.clouds.alibaba.pages import fetch_all_rows
from gate.clouds.alibaba.security_center import PAGE_SIZE
from gate.clouds.pagination import InconsistentPages
from gate.scan import RISK_SCOPES, ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gate.clouds.alibaba.images.finding_checks import ScannedDigest
    from gate.clouds.alibaba.images.finding_rows import FindingRow
    from gate.clouds.alibaba.pages import Row
    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.clouds.whitelists import Whitelist
    from gate.finding import Finding

_MEMORY_PER_FINDING = 1_000
"""Bytes."""
_LISTED = RISK_SCOPES | {ScanScope.SENSITIVE_INFORMATION}
"""The kinds of findings that can be listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedFindings:
    """The findings of one image."""

    findings: tuple[Finding, ...]
    doubt: str
    """Why they may not be all of it; empty if they are."""


@dataclass(kw_only=True, slots=True)
class _Reading:
    """What was read so far of one image."""

    scanned: ScannedDigest
    bytes_kept: int
    doubts: list[str] = field(default_factory=list)


class FindingReader:
    """Reads the lists of findings of one run."""

    def __init__(self, sas: SecurityCenter) -> None:
        self._sas = sas
        self._kept = 0

    def read(self, scanned: ScannedDigest, kinds: Iterable[ScanScope]) -> ListedFindings:
        """Lists the findings of these kinds in an image.

        Raises:
            NotAuthorised: The user may not read one of the lists.
            NotUnderstood: A response has no list.
        """
        reading = _Reading(scanned=scanned, bytes_kept=self._kept * _MEMORY_PER_FINDING)
        found: dict[ScanScope, Sequence[Finding]] = {}
        for kind in sorted(kinds):
            if kind in _LISTED:
                found[kind] = self._of_kind(kind, reading)
            else:
                reading.doubts.append(f"findings of kind {kind} cannot be listed")
        counted = {kind: findings for kind, findings in found.items() if kind in RISK_SCOPES}
        reading.doubts += row_doubts(counted, scanned)
        findings = tuple(finding for of_kind in found.values() for finding in of_kind)
        self._kept += len(findings)
        return ListedFindings(findings=findings, doubt="; ".join(dict.fromkeys(reading.doubts)))

    def whitelist(self) -> Whitelist:
        """What was put on a whitelist in the console, which lists may lack; see `read_whitelist`."""
        return read_whitelist(self._sas)

    def _of_kind(self, kind: ScanScope, reading: _Reading) -> Sequence[Finding]:
        if kind is ScanScope.VULNERABILITY:
            return self._vulnerabilities(reading)
        if kind is ScanScope.MALICIOUS_FILE:
            return self._malicious_files(reading)
        action, key, parse = (
            ("DescribeImageBaselineCheckResult", "BaselineResult", parse_baseline)
            if kind is ScanScope.BASELINE
            else ("DescribeImageSensitiveFileList", "SensitiveFileList", parse_sensitive_file)
        )
        found: list[FindingRow] = []
        what = f"findings of kind {kind}"
        # No row counts sensitive files.
        for uuid in dict.fromkeys(row.uuid for row in reading.scanned.rows if kind not in row.clean_kinds):
            if is_usable_id(uuid):
                rows = self._rows(action, key, {"ImageUuid": uuid}, reading, what)
                found += [parse(row, uuid) for row in rows]
            else:
                reading.doubts.append(f"{what} cannot be listed without a Uuid of its row")
        return _checked(found, reading, what)

    def _vulnerabilities(self, reading: _Reading) -> Sequence[Finding]:
        """The list of applications is another one than that of the system."""
        system, applications = self._of_system(reading), self._of_applications(reading)
        reading.doubts += vulnerability_doubts(system, applications, reading.scanned)
        return [*system, *applications]

    def _of_system(self, reading: _Reading) -> Sequence[Finding]:
        """Asks also for what was dealt with: whether the list has it without being asked is not documented."""
        what = "vulnerabilities of the system"
        read = partial(self._rows, "DescribeImageVulList", "VulRecords", reading=reading, what=what)
        query = {"Type": "cve", "Digest": reading.scanned.digest, "Lang": "en"}
        rows = read(query)
        seen = set(map(row_identity, rows))
        dealt_with = [row for row in read({**query, "Dealed": "y"}) if row_identity(row) not in seen]
        found = [*map(parse_vulnerability, rows), *(parse_vulnerability(row, is_dealt_with=True) for row in dealt_with)]
        own = [row for row in found if row.digest in {"", reading.scanned.digest}]
        if len(own) < len(found):
            reading.doubts.append(f"the list of {what} has rows of other images")
        if any(not row.digest for row in own):
            reading.doubts.append(f"a row of {what} does not say of which image it is")
        return _checked(own, reading, what)

    def _of_applications(self, reading: _Reading) -> Sequence[Finding]:
        what = "vulnerabilities of applications"
        query = {"Type": "sca", "ImageDigest": reading.scanned.digest}
        rows = self._rows("DescribeImageGroupedVulList", "GroupedVulItems", query, reading, what)
        return _checked(map(parse_group, rows), reading, what)

    def _malicious_files(self, reading: _Reading) -> Sequence[Finding]:
        if all(ScanScope.MALICIOUS_FILE in row.clean_kinds for row in reading.scanned.rows):
            return []
        what = "malicious files"
        query = {"ImageDigest": reading.scanned.digest}
        rows = self._rows("DescribeGroupedMaliciousFiles", "GroupedMaliciousFileResponse", query, reading, what)
        return _checked(map(parse_file, rows), reading, what)

    def _rows(self, action: str, key: str, query: Mapping[str, str], reading: _Reading, what: str) -> list[Row]:
        """All rows of a list; what keeps it from being whole is a doubt."""
        states_total = True

        def fetch_page(number: int, bytes_kept: int) -> dict[str, Any]:
            nonlocal states_total
            paging = {"CurrentPage": str(number), "PageSize": str(PAGE_SIZE)}
            document = _with_page_info(self._sas.call(action, {**query, **paging}, bytes_kept))
            states_total = states_total and _states_total(document)
            return document

        try:
            rows = fetch_all_rows(fetch_page, key, what=what, identity=row_identity, bytes_kept=reading.bytes_kept)
        except InconsistentPages:
            reading.doubts.append(f"the list of {what} does not end where its total says, or changes while it is read")
            return []
        if not states_total:
            reading.doubts.append(f"how many {what} there are is not stated")
        reading.bytes_kept += len(rows) * _MEMORY_PER_FINDING
        return rows


def _checked(found: Iterable[FindingRow], reading: _Reading, what: str) -> Sequence[Finding]:
    """The findings of these rows, of which doubts are noted; one under several tags is one finding."""
    rows = [*found]
    reading.doubts += [row.doubt for row in rows if row.doubt]
    reading.doubts += age_doubts(rows, reading.scanned, what)
    by_place: dict[str, list[Finding]] = defaultdict(list)
    for row in rows:
        by_place[row.uuid] += row.findings
    merged: Counter[Finding] = Counter()
    for findings in by_place.values():
        merged |= Counter(findings)
    return [*merged.elements()]


def _with_page_info(document: dict[str, Any]) -> dict[str, Any]:
    """The response with its paging numbers where other lists have them (3.2)."""
    if "PageInfo" in document:
        return document
    return {**document, "PageInfo": {name: document.get(name) for name in ("CurrentPage", "TotalCount")}}


def _states_total(document: Mapping[str, Any]) -> bool:
    info = document["PageInfo"]
    return isinstance(info, dict) and info.get("TotalCount") is not None
