"""Builders of what an instance of SWR Enterprise says of one image, and a simulated account with images in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gate.simulator import BySeverity, Findings, PushedImage, Scenario
from gate.simulator.image import EarlierScan
from tests.clouds.huawei.images.builders import INSTANCE_HOST, a_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.simulator.fault import AnyResponse
    from tests.harness import Ending, Gate

REPORT = "application/vnd.security.vulnerability.report; version=1.1"
"""The type of the only report that is documented (huawei-images.md 5)."""
SHOW, START, LIST, TAGS = (
    *("ShowInstanceArtifact", "StartManualScanning"),
    *("ListInstanceArtifactVulnerabilities", "ListInstanceArtifacts"),
)
ORGANISATION = "ShowInstanceNamespace"
ROWS, START_BY_HSS = "ListRegistryImages", "CreateManualImageScanTask"
BY_INSTANCE = ("--swr-enterprise-scanner", "instance", "--required-scope", "vulnerability")
DAY, HOUR = 86_400.0, 3600.0
CLEAN = EarlierScan(ago=HOUR)
RISKY = Findings(vulnerabilities=BySeverity(critical=1, high=2, low=4))

Document = dict[str, Any]


def a_push(number: int = 1, **others: Any) -> PushedImage:
    """An image in the instance, which HSS lists, so that the instance is known."""
    defaults: dict[str, Any] = {"pushed_ago": 5 * DAY, "listed_after": 0.0, "scan_seconds": 20.0}
    return PushedImage(
        registry=INSTANCE_HOST,
        repository="team/shop/web",
        tag=f"1.{number}",
        digest=a_digest(number),
        **{**defaults, **others},
    )


def a_report(**fields: Any) -> Document:
    """The report of a clean image that was scanned for a minute, an hour before the tests' time."""
    return {
        "report_id": "report-1",
        "scan_status": "Success",
        "severity": "Security",
        "start_time": "2026-01-31T10:59:00Z",
        "end_time": "2026-01-31T11:00:00Z",
        "complete_percent": 100,
        "summary": {"total": 0, "fixable": 0, "summary": {}},
        **fields,
    }


def an_artifact(report: object = None, **fields: Any) -> Document:
    """The response of ShowInstanceArtifact with this report."""
    overview = {} if report is None else {"scan_overview": {REPORT: report}}
    return {
        "digest": a_digest(),
        "manifest_media_type": "application/vnd.oci.image.manifest.v1+json",
        "tags": [{"name": "1.1"}],
        **overview,
        **fields,
    }


@dataclass(frozen=True, kw_only=True)
class Release:
    """A gate whose account has these images, and what is asked of it."""

    gate: Gate
    images: tuple[PushedImage, ...]

    def check(self, *options: str, by_tag: bool = False) -> Ending:
        """Checks all images, by their instances."""
        references = (image.reference.partition("@")[0] if by_tag else image.reference for image in self.images)
        named = [word for reference in references for word in ("--image", reference)]
        return self.gate.check(*named, *BY_INSTANCE, *options)

    def shows(self, change: Callable[[Document], Document | AnyResponse]) -> None:
        """Has the instance show another report of each image; the change gets what it would show."""

        def rewrite(operation: str, document: Document) -> Document | AnyResponse:
            overview = document.get("scan_overview") if operation == SHOW else None
            return {**document, "scan_overview": {REPORT: change(overview[REPORT])}} if overview else document

        self.gate.simulator.rewrite = rewrite


def a_release(gate_in: Callable[..., Gate], *images: PushedImage, others: tuple[PushedImage, ...] = ()) -> Release:
    """A release of these images in an account that has others too."""
    scenario = Scenario(name="instance", summary="", expected_exit=0, pushes=(*images, *others))
    return Release(gate=gate_in(scenario), images=images)


def codes(ending: Ending) -> list[str]:
    """The codes of the reasons against the release."""
    return [reason["code"] for reason in ending.report["reasons"]]


def by_hss(image: PushedImage) -> PushedImage:
    """The same image in the basic edition of SWR."""
    return replace(image, registry="")
