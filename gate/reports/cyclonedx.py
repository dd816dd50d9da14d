"""The `cyclonedx` report: the vulnerabilities of a release in the form of CycloneDX 1.6, for those who collect them.

It is a vulnerability disclosure report and no list of all components: of each image it names the packages in which the
scan has found a vulnerability (report-readers.md 6). Other kinds of findings do not fit, and are counted.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING, Any

from gate.finding import FindingStatus
from gate.finding_messages import severity, why_not_counted
from gate.reports.context import context_rows
from gate.reports.json_text import RowLayout, encoded_list, object_chunks
from gate.reports.listed_findings import listed
from gate.reports.package_urls import package_url
from gate.scan import ScanScope
from gate.text import escape_commands_in_json, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gate.finding import Finding, Waiver
    from gate.outcome import Outcome

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_NOT_STATED = "unknown"
_JUSTIFICATIONS = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
"""The words of OpenVEX that CycloneDX has too; it has none for code that no adversary can control."""
_IMAGE = RowLayout(
    {
        "type": "container",
        "bom-ref": "%(ref)s",
        "name": "%(name)s",
        "version": "%(version)s",
        "purl": "%(purl)s",
        "components": "%(packages)s",
    },
    depth=2,
)
_VERSIONED = {"type": "library", "bom-ref": "%(ref)s", "name": "%(name)s", "version": "%(version)s"}
_PACKAGE = RowLayout(_VERSIONED, depth=4)
_PACKAGE_WITHOUT_VERSION = RowLayout({key: _VERSIONED[key] for key in ("type", "bom-ref", "name")}, depth=4)
_Packages = dict[tuple[str, str], str]
"""The references to the packages of one image, by name and version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Affected:
    """What the vulnerabilities of a release are found in."""

    packages: Sequence[_Packages]
    """By image."""
    vulnerabilities: Mapping[Finding, Mapping[str, None]]
    """The references to what each is found in, in one or several images; each once."""


def render(outcome: Outcome) -> Iterator[str]:
    """Renders the vulnerabilities of all images, in ASCII; meant for complete lists and verdicts only."""
    affected = _affected(outcome)
    digest = hashlib.sha256()
    for chunk in _chunks(outcome, affected, serial_number=""):
        digest.update(chunk.encode())
    # Of two documents with one serial number, readers take one for a newer version of the other.
    return _chunks(
        outcome, affected, serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{SCHEMA}#{digest.hexdigest()}").urn
    )


def _affected(outcome: Outcome) -> _Affected:
    images = outcome.task.images if outcome.task else ()
    numbers = {id(image): number for number, image in enumerate(images)}
    packages: list[_Packages] = [{} for _ in images]
    vulnerabilities: dict[Finding, dict[str, None]] = {}
    for image, finding in listed(outcome):
        if finding.kind is ScanScope.VULNERABILITY:
            number = numbers[id(image)]
            vulnerabilities.setdefault(finding, {})[_reference(number, packages[number], finding)] = None
    return _Affected(packages=packages, vulnerabilities=vulnerabilities)


def _reference(image: int, packages: _Packages, finding: Finding) -> str:
    """What a finding refers to: its package in an image, or the image itself where the cloud names no package."""
    if not one_line(finding.package):
        return _image_reference(image)
    number = len(packages) + 1
    return packages.setdefault((finding.package, finding.version), f"{_image_reference(image)}/package-{number}")


def _image_reference(number: int) -> str:
    return f"image-{number + 1}"


def _chunks(outcome: Outcome, affected: _Affected, *, serial_number: str) -> Iterator[str]:
    document = {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number,
        "version": 1,
        "metadata": _metadata(outcome),
        "components": [],
        "compositions": [
            {"aggregate": "incomplete", "assemblies": [*map(_image_reference, range(len(affected.packages)))]}
        ],
        "vulnerabilities": [],
    }
    vulnerabilities = (
        _vulnerability(number, finding, references, outcome.cloud)
        for number, (finding, references) in enumerate(affected.vulnerabilities.items(), 1)
    )
    return object_chunks(document, {"components": _images(outcome, affected), "vulnerabilities": vulnerabilities})


def _metadata(outcome: Outcome) -> dict[str, Any]:
    others = Counter(finding.kind for _, finding in listed(outcome) if finding.kind is not ScanScope.VULNERABILITY)
    return {
        "timestamp": f"{outcome.generated_at:%Y-%m-%dT%H:%M:%SZ}",
        "tools": {
            "components": [{"type": "application", "name": "scan-gate", "version": outcome.gate_version}],
            "services": [{"name": f"the scan of {_shown(outcome.cloud)}"}],
        },
        "properties": [
            _property("verdict", outcome.verdict.decision),
            *(_property(row.key, one_line(row.value)) for row in context_rows(outcome)),
            *(_property(f"not-listed:{kind}", str(number)) for kind, number in sorted(others.items())),
        ],
    }


def _images(outcome: Outcome, affected: _Affected) -> Iterator[str]:
    images = outcome.task.images if outcome.task else ()
    for number, (image, packages) in enumerate(zip(images, affected.packages, strict=True)):
        yield _IMAGE.fill(
            ref=_image_reference(number),
            name=_shown(image.image.repository),
            version=_shown(image.image.digest or image.image.tag),
            purl=package_url(image.image, with_tag=True),
            packages=encoded_list(_packages(packages), depth=3),
        )


def _packages(packages: _Packages) -> Iterator[str]:
    for (name, version), reference in packages.items():
        layout = _PACKAGE if one_line(version) else _PACKAGE_WITHOUT_VERSION
        yield layout.fill(ref=reference, name=one_line(name), version=one_line(version))


def _vulnerability(number: int, finding: Finding, references: Mapping[str, None], cloud: str) -> str:
    source, fixed = {"name": _shown(cloud)}, one_line(finding.fixed_version)
    row = {
        "bom-ref": f"vulnerability-{number}",
        "id": _shown(finding.id),
        "source": source,
        "references": [
            {"id": _shown(cve), "source": {"name": "CVE"} if cve.startswith("CVE-") else source}
            for cve in finding.cves
            if cve != finding.id
        ],
        "ratings": [
            {
                "source": source,
                "severity": finding.severity,
                "method": "other",
                "justification": f"The cloud states it: {severity(finding)}.",
            }
        ],
        **({"recommendation": f"Update {one_line(finding.package) or 'it'} to {fixed}."} if fixed else {}),
        **_analysis(finding),
        "affects": [{"ref": reference} for reference in references],
        "properties": [_property("status", finding.status), _property("handled", one_line(finding.handled))],
    }
    return indent(escape_commands_in_json(json.dumps(row, indent=1)), "  ")


def _analysis(finding: Finding) -> dict[str, Any]:
    """What somebody has decided about a finding; empty for one that counts, about which nobody has."""
    if finding.waiver:
        return {"analysis": _of_waiver(finding, finding.waiver)}
    if finding.status is FindingStatus.OPEN:
        return {}
    response = {"response": ["can_not_fix"]} if finding.status is FindingStatus.NOT_FIXABLE else {}
    return {"analysis": {**response, "detail": f"It does not count: {why_not_counted(finding)}."}}


def _of_waiver(finding: Finding, waiver: Waiver) -> dict[str, Any]:
    detail = f"It is {why_not_counted(finding)}."
    if waiver.is_fixed:
        return {"state": "resolved", "detail": detail}
    if waiver.justification or waiver.until is None:
        word = waiver.justification.replace("_", " ")
        mapped = _JUSTIFICATIONS.get(waiver.justification)
        return {
            "state": "not_affected",
            **({"justification": mapped} if mapped else {}),
            "detail": f"{detail} Justification: {word}." if word else detail,
        }
    # The risk is accepted for a time, which does not say that there is none.
    response = "can_not_fix" if finding.is_fixable is False else "will_not_fix"
    return {"state": "exploitable", "response": [response], "detail": detail}


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"scan-gate:{name}", "value": value}


def _shown(text: str) -> str:
    return one_line(text) or _NOT_STATED
