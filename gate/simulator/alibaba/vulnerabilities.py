"""Lists the vulnerabilities of pushed images, and counts them by severity (alibaba-images.md 3)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

from gate.simulator.alibaba import catalog
from gate.simulator.alibaba.instances import findings_of, result_time
from gate.simulator.alibaba.pages import page, without_count
from gate.simulator.alibaba.parameters import Parameters, is_true, value, values
from gate.simulator.alibaba.responses import ok
from gate.simulator.alibaba.severities import CVSS, NECESSITY
from gate.simulator.cloud import ApiResponse, CloudState
from gate.simulator.image import BySeverity, Findings
from gate.simulator.listing import ListedImage
from gate.simulator.vulnerability import Vulnerability, vulnerabilities

OPEN: Final = "1"
FIXED: Final = "7"
UNHANDLED: Final = 0
WHITELISTED: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A vulnerability of one image."""

    row: ListedImage
    vulnerability: Vulnerability

    @property
    def name(self) -> str:
        """Its name, which is not the id of the CVE alone."""
        one = self.vulnerability
        if one.is_library:
            return f"imgsca:java:{one.package}:{one.cve_id.replace('CVE', 'AVD')}"
        return f"debian:12:{one.cve_id}"

    @property
    def type(self) -> str:
        """The type of the lists that have it."""
        return "sca" if self.vulnerability.is_library else "cve"

    @property
    def necessity(self) -> str:
        """Its severity."""
        return NECESSITY[self.vulnerability.severity]

    @property
    def scanned(self) -> int:
        """When the scan that found it ended, in milliseconds since the epoch."""
        return result_time(self.row)


def numbers_by_severity(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The numbers of each image that is found by its uuid; not of servers, nor of more images than fit on a page."""
    uuids = value(parameters, "Uuids").split(",")[: state.page_cap]
    rows = {catalog.uuid(shown.image): shown for shown in catalog.rows(state)}
    is_about_images = is_true(parameters, "ImageVul")
    handled_count = state.account.unverified.handled_findings_count
    numbers = {
        uuid: _numbers(findings_of(rows[uuid]), handled_count=handled_count)
        for uuid in uuids
        if is_about_images and uuid in rows
    }
    return ok({"Data": numbers})


def list_by_image(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The page of DescribeImageVulList: one row for each vulnerability of each image."""
    unverified = state.account.unverified
    dealt = {"y": {True}, "n": {False}, "": {False, True} if unverified.lists_handled_unasked else {False}}
    types = {"cve", "sca"} if unverified.lists_libraries_by_image else {"cve"}
    statuses = values(parameters, "StatusList") or {OPEN, FIXED}
    records = [
        record
        for record in _records(parameters, state, digest="Digest")
        if record.type == value(parameters, "Type")
        and record.type in types
        and record.vulnerability.is_handled in dealt[value(parameters, "Dealed")]
        and _status(record) in statuses
    ]
    if is_true(parameters, "GroupByAsset"):
        records = [*{catalog.uuid(record.row.image): record for record in records}.values()]
    on_page, info = page(records, parameters, state.page_cap)
    return ok({**without_count(info), "VulRecords": [_document(record) for record in on_page]})


def list_grouped(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The page of DescribeImageGroupedVulList: one row for each vulnerability, which counts images by severity."""
    groups: dict[str, list[Record]] = {}
    cve = value(parameters, "CveId")
    for record in _records(parameters, state, digest="ImageDigest"):
        if record.type == value(parameters, "Type") and cve in {"", record.vulnerability.cve_id}:
            groups.setdefault(record.name, []).append(record)
    on_page, info = page([*groups.values()], parameters, state.page_cap)
    return ok({**without_count(info), "GroupedVulItems": [_group(records) for records in on_page]})


def selected_rows(parameters: Parameters, state: CloudState, *, digest: str) -> Iterable[ListedImage]:
    """The rows with the digest, uuids, namespace and repository that are asked for; a digest has no algorithm here."""
    ranges = parameters.get("ScanRange", ["image"])
    uuids = values(parameters, "Uuids")
    for row in catalog.rows(state) if "image" in ranges else ():
        image = row.image
        asked_and_there = {
            digest: catalog.bare(image.digest),
            "RepoNamespace": image.namespace,
            "RepoName": image.name,
        }
        is_selected = all(value(parameters, name) in {"", there} for name, there in asked_and_there.items())
        if is_selected and (uuids is None or catalog.uuid(image) in uuids):
            yield row


def _numbers(findings: Findings, *, handled_count: bool) -> Mapping[str, int]:
    system = findings.vulnerabilities + (findings.handled if handled_count else BySeverity())
    both = system + findings.libraries
    return {
        "CveNum": system.total,
        "EmgNum": 0,
        "SysNum": 0,
        "CmsNum": 0,
        "AppNum": 0,
        "ScaNum": findings.libraries.total,
        "VulAsapSum": both.critical + both.high,
        "VulLaterSum": both.medium,
        "VulNntfSum": both.low,
        "SysAsapNum": system.critical + system.high,
    }


def _records(parameters: Parameters, state: CloudState, *, digest: str) -> Iterator[Record]:
    """All of the images that match, of the severity and with the name that are asked for, if any."""
    for row in selected_rows(parameters, state, digest=digest):
        for one in vulnerabilities(findings_of(row)):
            record = Record(row=row, vulnerability=one)
            is_severity = value(parameters, "Necessity") in {"", record.necessity}
            if is_severity and value(parameters, "Name") in {"", record.name}:
                yield record


def _status(record: Record) -> str:
    return FIXED if record.vulnerability.is_handled else OPEN


def _document(record: Record) -> dict[str, Any]:
    image, one = record.row.image, record.vulnerability
    return {
        "Type": record.type,
        "Status": int(_status(record)),
        "Necessity": record.necessity,
        "Name": record.name,
        "AliasName": f"{one.cve_id} in {one.package}",
        "Related": one.cve_id,
        "CanFix": "no",
        "CanUpdate": False,
        "ImageDigest": catalog.bare(image.digest),
        "Uuid": catalog.uuid(image),
        "RepoNamespace": image.namespace,
        "RepoName": image.name,
        # Not the tag of the image.
        "Tag": "oval",
        "FirstTs": record.scanned,
        "LastTs": record.scanned,
        "PrimaryId": crc32(f"{catalog.uuid(image)}/{record.name}".encode()),
        "Layers": [catalog.image_id(image)],
        "MaliciousSource": "image",
        "ExtendContentJson": {"Os": "debian", "OsRelease": "12", "RpmEntityList": [_package(record)]},
    }


def _package(record: Record) -> dict[str, Any]:
    name = record.vulnerability.package
    return {
        "Name": name,
        "Version": "1.0.1",
        "FullVersion": "1.0.1-2",
        "Path": f"/usr/lib/{name}",
        "UpdateCmd": f"apt-get update && apt-get install {name} --only-upgrade",
        "MatchList": [f"{name} version less than 1.0.2"],
        "Layer": catalog.image_id(record.row.image),
    }


def _group(records: list[Record]) -> dict[str, Any]:
    first = records[0]
    severities = [record.necessity for record in records]
    is_handled = all(record.vulnerability.is_handled for record in records)
    scanned = max(record.scanned for record in records)
    return {
        "Type": first.type,
        "Name": first.name,
        "AliasName": f"{first.vulnerability.cve_id} in {first.vulnerability.package}",
        "Related": first.vulnerability.cve_id,
        "AsapCount": severities.count("asap"),
        "LaterCount": severities.count("later"),
        "NntfCount": severities.count("nntf"),
        "CanFix": "no",
        "CveScore": CVSS[first.vulnerability.severity],
        "Status": WHITELISTED if is_handled else UNHANDLED,
        "LastScanTime": scanned,
        "GmtLast": scanned,
        "Tags": "",
    }
