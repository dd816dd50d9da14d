"""Lists the findings of an image, kind by kind, and checks each list against what the image's rows count.

Nothing that may be missing is read as nothing: a list that is shorter than a count, from before the scan or about
another image leaves a doubt, and a refused list ends the run (alibaba-images.md 3.2, 7).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.images.finding_rows import (
    failed_checks,
    library_vulnerability,
    malicious_file,
    system_vulnerabilities,
)
from gate.clouds.alibaba.images.names import bare_digest
from gate.clouds.alibaba.pages import fetch_all_rows
from gate.clouds.alibaba.security_center import PAGE_SIZE
from gate.clouds.alibaba.translate import normalise_digest
from gate.clouds.values import datetime_from_ms, identity
from gate.image import Severity
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gate.clouds.alibaba.images.finding_rows import Row
    from gate.clouds.alibaba.images.rows import ImageRow
    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.finding import Finding
    from gate.image import ScannedImage

_LONGEST_SCAN = timedelta(hours=1)
"""How long before the end of its scan a finding may have been seen: what is older is of an earlier scan."""
_LISTED_KINDS = {
    ScanScope.VULNERABILITY: "vulnerabilities",
    ScanScope.MALICIOUS_FILE: "malicious files",
    ScanScope.BASELINE: "failed baseline checks",
}
"""The field of the list of sensitive files is not documented, and the cloud has no other kind."""


@dataclass(kw_only=True)
class _Found:
    """The findings of one image so far, and what speaks against their lists."""

    image: ScannedImage
    findings: list[Finding] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def doubt(self, why: str) -> None:
        if why not in self.doubts:
            self.doubts.append(why)


class FindingLists:
    """The findings of single images in Security Center."""

    def __init__(self, sas: SecurityCenter) -> None:
        self._sas = sas

    def of_image(self, image: ScannedImage, rows: Sequence[ImageRow], kinds: frozenset[ScanScope]) -> ScannedImage:
        """The image with the list of its findings of these kinds.

        Args:
            image: One that is SCANNED, with its numbers by severity where they are known.
            rows: All of its rows.
            kinds: What to list.
        """
        found = _Found(image=image)
        uuids = list(dict.fromkeys(row.uuid for row in rows))
        read: Mapping[ScanScope, Callable[[], Iterable[Finding]]] = {
            ScanScope.VULNERABILITY: lambda: self._vulnerabilities(found),
            ScanScope.MALICIOUS_FILE: lambda: self._malicious_files(found),
            ScanScope.BASELINE: lambda: self._failed_checks(found, uuids),
        }
        for kind in sorted(kinds):
            if kind not in read:
                found.doubt(f"Security Center has no list of {kind} that the gate can read")
            elif image.kinds.get(kind) != 0 or _counted(image, kind):
                found.findings += read[kind]()
                _check_count(found, kind)
        _check_severities(found)
        return replace(image, findings=tuple(found.findings), findings_doubt="; ".join(found.doubts))

    def _vulnerabilities(self, found: _Found) -> Iterable[Finding]:
        digest = bare_digest(found.image.image)
        by_digest = {"Type": "cve", "Digest": digest, "ScanRange.1": "image"}
        # Of an image with several tags, each tag has the same.
        listed: dict[Finding, None] = {}
        for row in self._rows("DescribeImageVulList", "VulRecords", by_digest):
            if normalise_digest(row.get("ImageDigest")) != digest:
                found.doubt("the list of vulnerabilities has some of another image")
            else:
                _check_time(found, row.get("LastTs"))
                listed |= dict.fromkeys(system_vulnerabilities(row))
        query = {"Type": "sca", "ImageDigest": digest}
        of_libraries = self._rows("DescribeImageGroupedVulList", "GroupedVulItems", query)
        for row in of_libraries:
            _check_time(found, row.get("LastScanTime"))
        return [*listed, *map(library_vulnerability, of_libraries)]

    def _malicious_files(self, found: _Found) -> Iterable[Finding]:
        query = {"ImageDigest": bare_digest(found.image.image)}
        files = self._rows("DescribeGroupedMaliciousFiles", "GroupedMaliciousFileResponse", query)
        for row in files:
            _check_time(found, row.get("LatestScanTimestamp"))
        return map(malicious_file, files)

    def _failed_checks(self, found: _Found, uuids: Iterable[str]) -> Iterable[Finding]:
        """Those of the tag with the most: each tag of an image has a list of its own."""
        most: list[Finding] = []
        for uuid in uuids:
            if not uuid:
                found.doubt("a row of the image has no uuid, by which its baseline is listed")
                continue
            checks: list[Finding] = []
            for row in self._rows("DescribeImageBaselineCheckResult", "BaselineResult", {"ImageUuid": uuid}):
                _check_time(found, row.get("LastScanTime"))
                listed = failed_checks(row)
                if listed is None:
                    found.doubt("a baseline does not say how many of its checks failed")
                checks += listed or ()
            most = max(most, checks, key=len)
        return most

    def _rows(self, action: str, key: str, query: Mapping[str, str]) -> list[Row]:
        def fetch_page(number: int, bytes_kept: int) -> dict[str, Any]:
            paging = {"CurrentPage": str(number), "PageSize": str(PAGE_SIZE)}
            document = self._sas.call(action, {**query, **paging}, bytes_kept)
            # Some of these lists state their paging beside the rows.
            return {"PageInfo": {name: document.get(name) for name in ("CurrentPage", "TotalCount")}, **document}

        return fetch_all_rows(fetch_page, key, what="findings", identity=_row_identity)


def _row_identity(row: Row) -> object:
    return identity([row])


def _counted(image: ScannedImage, kind: ScanScope) -> int:
    """How many findings of a kind the cloud counts, by any of its numbers."""
    by_severity = sum(image.severities.values()) if kind is ScanScope.VULNERABILITY else 0
    return max(image.kinds.get(kind, 0), by_severity)


def _check_count(found: _Found, kind: ScanScope) -> None:
    """A list may have more than is counted, such as one vulnerability in two packages, and never less."""
    of_kind = [finding for finding in found.findings if finding.kind is kind]
    counted = _counted(found.image, kind)
    if len(of_kind) < counted:
        found.doubt(f"{counted} {_LISTED_KINDS[kind]} are counted, and {len(of_kind)} listed")
    elif kind not in found.image.kinds and not of_kind and found.image.is_risky is not False:
        found.doubt(f"how many {_LISTED_KINDS[kind]} there are is not stated, and none is listed")


def _check_severities(found: _Found) -> None:
    """Of each severity and all above it, at least as many are listed as are counted, or a word was taken for less."""
    listed = Counter(finding.severity for finding in found.findings if finding.kind is ScanScope.VULNERABILITY)
    for level in Severity:
        counted, in_list = (
            sum(number for severity, number in numbers.items() if severity.is_at_least(level))
            for numbers in (found.image.severities, listed)
        )
        if in_list < counted:
            found.doubt(f"{counted} vulnerabilities of severity {level} or higher are counted, and {in_list} listed")
            return


def _check_time(found: _Found, stated: object) -> None:
    seen_at, scanned_at = datetime_from_ms(stated), found.image.scanned_at
    if seen_at is not None and scanned_at is not None and seen_at < scanned_at - _LONGEST_SCAN:
        found.doubt("the list has findings from before the scan")
