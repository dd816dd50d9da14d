"""The reports: each a pure function from the outcome to chunks of text, one module a format.

A module is imported when its report is rendered, so that a check pays for no report that it does not write.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One format of report."""

    module: str
    """In this package; it has a function `render`."""
    needs_a_verdict: str = ""
    """Why there is none of an undecided run; empty for those that say so themselves."""
    lists_findings: bool = False
    """Whether it is made of single findings, so that they are asked for where images are named."""
    needs_all_findings: str = ""
    """Why there is none of a release where these are not all known; empty for those that say so themselves."""
    needs_a_release: str = ""
    """Why there is none of a scan task; empty if there is one."""
    needs_digests: bool = False
    """Whether there is none of a release in which an image has no digest by sha256."""

    def render(self, outcome: Outcome) -> Iterator[str]:
        """Renders the report in chunks, so that one of very many images is never in memory as a whole."""
        render: Callable[[Outcome], Iterator[str]] = import_module(f"{__name__}.{self.module}").render
        return render(outcome)


REPORTS: Mapping[str, Report] = {
    "json": Report(module="json_report"),
    "markdown": Report(module="markdown"),
    "html": Report(module="html", lists_findings=True),
    "sarif": Report(
        module="sarif",
        needs_a_verdict="there is no verdict, and code scanning would close every alert at an upload without results",
        lists_findings=True,
        needs_all_findings="the findings of the images are not all known, and code scanning would close their alerts",
    ),
    "junit": Report(module="junit"),
    "container-scanning": Report(
        module="container_scanning",
        needs_a_verdict="there is no verdict, and GitLab would take a list without findings for a clean scan",
        lists_findings=True,
        needs_all_findings="the findings of the images are not all known, and GitLab would take the others for solved",
        needs_a_release="the gate judged a scan task, and the clouds list no findings of one",
    ),
    "cyclonedx": Report(
        module="cyclonedx",
        needs_a_verdict="there is no verdict, and readers would take a list without vulnerabilities for a clean scan",
        lists_findings=True,
        needs_all_findings="the findings of the images are not all known, and readers would take the others for absent",
        needs_a_release="the gate judged a scan task, and the clouds list no findings of one",
    ),
    "attestation": Report(
        module="attestation",
        needs_a_verdict="there is no verdict, and a statement is about one",
        needs_a_release="the gate judged a scan task, and the clouds state no digests of its images; use --image",
        needs_digests=True,
    ),
    "code-quality": Report(module="code_quality"),
    "dotenv": Report(module="dotenv"),
}
"""The formats of `--report FORMAT=PATH`, by name."""
