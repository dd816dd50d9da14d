"""The `container-scanning` report, which GitLab shows in merge requests and in its list of vulnerabilities.

Of the version 15.0.7 of the format, which old servers take too (report-readers.md 5). It has room for findings of
packages only: others are counted in a message.
"""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gate.finding_messages import severity, title, why_not_counted
from gate.image import Severity
from gate.reports.context import context_rows
from gate.reports.images import fingerprint_in_pipeline
from gate.reports.json_text import RowLayout, encoded_list, object_chunks
from gate.reports.listed_findings import listed
from gate.scan import ScanScope
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gate.finding import Finding
    from gate.image import ImageRef
    from gate.outcome import Outcome

VERSION = "15.0.7"
_MAX_NAME = 255
_NOT_STATED = "unknown"
"""Neither cloud states the operating system, and the format wants one."""
_SEVERITIES = {
    Severity.UNKNOWN: "Unknown",
    Severity.CRITICAL: "Critical",
    Severity.HIGH: "High",
    Severity.MEDIUM: "Medium",
    Severity.LOW: "Low",
}
_VULNERABILITY = RowLayout(
    {
        "id": "%(id)s",
        "name": "%(name)s",
        "description": "%(description)s",
        "severity": "%(severity)s",
        "solution": "%(solution)s",
        "location": {
            "dependency": {"package": {"name": "%(package)s"}, "version": "%(version)s"},
            "operating_system": _NOT_STATED,
            "image": "%(image)s",
            "default_branch_image": "%(repository)s",
        },
        "identifiers": "%(identifiers)s",
    },
    depth=2,
)

_IDENTIFIER = RowLayout({name: f"%({name})s" for name in ("type", "name", "value")}, depth=4)


def render(outcome: Outcome) -> Iterator[str]:
    """Renders the findings of packages in all images, in ASCII; meant for complete lists and verdicts only."""
    # GitLab compares the rows of two pipelines by what they name, and two tags of one repository name the same.
    distinct = {
        (finding.id, finding.package, finding.version, image.image.repository): (finding, image.image)
        for image, finding in reversed([*listed(outcome)])
        if _fits(finding)
    }
    rows = (_vulnerability(finding, image, outcome) for finding, image in reversed(distinct.values()))
    return object_chunks(_document(outcome), {"vulnerabilities": rows})


def _fits(finding: Finding) -> bool:
    return finding.kind is ScanScope.VULNERABILITY and bool(one_line(finding.package))


def _document(outcome: Outcome) -> dict[str, Any]:
    program = {
        "id": "scan-gate",
        "name": "Scan Gate",
        "version": outcome.gate_version,
        "vendor": {"name": "Scan Gate"},
    }
    others = Counter(finding.kind for _, finding in listed(outcome) if not _fits(finding))
    messages = [{"level": "info", "value": f"Verdict: {outcome.verdict.decision}."}]
    about = "; ".join(f"{row.title.lower()}: {one_line(row.value)}" for row in context_rows(outcome))
    messages.append({"level": "info", "value": f"Run of the gate: {about}."})
    messages += [
        {"level": "warn", "value": f"{number} findings of the kind {kind} are not listed here: they name no package."}
        for kind, number in sorted(others.items())
    ]
    cloud = one_line(outcome.cloud) or _NOT_STATED
    scan = {
        "analyzer": program,
        "scanner": {**program, "id": cloud, "name": f"the scan of {cloud}"},
        "start_time": _time(outcome.generated_at - timedelta(seconds=outcome.seconds)),
        "end_time": _time(outcome.generated_at),
        "status": "success",
        "type": "container_scanning",
        "messages": messages,
    }
    return {"version": VERSION, "scan": scan, "vulnerabilities": []}


def _vulnerability(finding: Finding, image: ImageRef, outcome: Outcome) -> str:
    identity = fingerprint_in_pipeline(outcome, finding.id, finding.package, finding.version, image.repository)
    about = f"{title(finding)}; severity {severity(finding)}"
    remark = why_not_counted(finding)
    return _VULNERABILITY.fill(
        id=str(uuid.UUID(identity[:32])),
        name=one_line(title(finding), _MAX_NAME - 1),
        description=f"{about}. It does not count: {remark}." if remark else f"{about}.",
        severity=_SEVERITIES[finding.severity],
        solution=f"Update to {one_line(finding.fixed_version)}." if finding.fixed_version else "",
        package=one_line(finding.package),
        version=one_line(finding.version) or _NOT_STATED,
        image=one_line(str(image)) or _NOT_STATED,
        repository=one_line(image.repository, _MAX_NAME - 1),
        identifiers=encoded_list(_identifiers(finding, outcome.cloud), depth=3),
    )


def _identifiers(finding: Finding, cloud: str) -> Iterator[str]:
    """What the finding is called, the name that GitLab compares it by first."""
    for cve in finding.cves:
        yield _identifier("cve" if cve.startswith("CVE-") else f"{cloud}_advisory", cve)
    if finding.id not in finding.cves:
        yield _identifier(f"{cloud}_finding", finding.id)


def _identifier(kind: str, name: str) -> str:
    shown = one_line(name) or _NOT_STATED
    return _IDENTIFIER.fill(type=kind, name=shown, value=shown)


def _time(time: datetime) -> str:
    # Its pattern refuses a time zone, and it means UTC.
    return f"{time:%Y-%m-%dT%H:%M:%S}"
