"""Writes every report of a task with very many failed images, or of a release with very many risky images or findings.

`python -m benchmarks.reports [--images N] [--release | --findings N]` prints the seconds and the size of each, and the
peak memory of the process; with `--findings N`, the release has 50 images with so many findings together.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gate import __version__
from gate.finding import Finding, FindingPolicy, Waiver
from gate.findings.evaluate import evaluated
from gate.findings.waivers import waiver_uses
from gate.image import FailedImage, ImageRef, ImageState, ScannedImage, Severity
from gate.images.counts import as_task
from gate.images.judge import judge_images
from gate.outcome import Outcome
from gate.policy import Policy, judge
from gate.reports import REPORTS
from gate.scan import RISK_SCOPES, Counts, ScanScope, ScanTask, TaskState
from gate.settings import Settings
from gate.writing import write_atomically
from tests.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

_VULNERABILITIES = 2000
_SEVERITIES = (Severity.HIGH, Severity.MEDIUM, Severity.MEDIUM, Severity.LOW, Severity.LOW, Severity.LOW)


def outcome(images: int) -> Outcome:
    """A task of which every image failed, with names as long as they are in large registries."""
    failed = tuple(
        FailedImage(
            image=ImageRef(
                registry="registry.example.com",
                namespace=f"team-{number % 40}",
                name=f"service-{number:05d}-backend",
                tag=f"2026.11.{number % 30}",
            ),
            reason="download_failed",
        )
        for number in range(images)
    )
    counts = Counts(total=images, succeeded=0, failed=images, risky=0)
    task = ScanTask(id="t", name="n", state=TaskState.COMPLETE, started_at=NOW, counts=counts, failed_images=failed)
    return _judged(task)


def release(images: int) -> Outcome:
    """So many images that were asked for, each with a digest and risks of its own."""
    digests = (f"sha256:{number:064x}" for number in range(images))
    task = as_task(
        tuple(
            ScannedImage(
                image=ImageRef(registry="registry.example.com", name=f"service-{number:05d}", tag="1", digest=digest),
                state=ImageState.SCANNED,
                raw_state="success",
                scanned_at=NOW,
                kinds={ScanScope.VULNERABILITY: number % 90 + 1},
                severities={Severity.HIGH: number % 9 + 1, Severity.LOW: number % 80},
                is_risky=True,
            )
            for number, digest in enumerate(digests)
        )
    )
    return _judged(task)


def release_with_findings(findings: int, images: int = 50) -> Outcome:
    """A release of so many images, whose findings are listed, under limits by severity and with waivers."""
    waivers = tuple(_waiver(number) for number in range(0, _VULNERABILITIES, 20))
    policy = FindingPolicy(severity_cutoff=Severity.HIGH, max_findings={Severity.MEDIUM: 100}, waivers=waivers)
    # Each image has vulnerabilities of its own and some that others have, and none twice.
    listed = (_image(at, range(at * 37, at * 37 + findings // images)) for at in range(images))
    task = as_task(evaluated(listed, policy, NOW.date()))
    settings = Settings(
        cloud="huawei", policy=Policy(findings=policy), images=tuple(image.image for image in task.images)
    )
    verdict = judge_images(task, settings, now=NOW, is_settled=True, is_time_up=False, where="Huawei Cloud")
    uses = waiver_uses(waivers, task.images, NOW.date())
    return replace(_judged(task), policy=settings.policy, verdict=verdict, waivers=uses)


def _image(at: int, numbers: Sequence[int]) -> ScannedImage:
    findings = tuple(map(_finding, numbers))
    return ScannedImage(
        image=ImageRef(
            registry="registry.example.com",
            namespace=f"team-{at % 10}",
            name=f"service-{at:02d}-backend",
            tag="2026.11.1",
            digest=f"sha256:{at:064x}",
        ),
        state=ImageState.SCANNED,
        raw_state="success",
        scanned_at=NOW,
        kinds=dict.fromkeys(RISK_SCOPES, 0) | {ScanScope.VULNERABILITY: len(findings)},
        severities=Counter(finding.severity for finding in findings),
        is_risky=True,
        findings=findings,
    )


def _finding(number: int) -> Finding:
    """One of the vulnerabilities, some of which bundle several CVEs."""
    known = number % _VULNERABILITIES
    return Finding(
        id=f"HWPSIRT-2026-{known:05d}",
        cves=tuple(f"CVE-2026-{known * 10 + part}" for part in range(known % 3 + 1)),
        package=f"lib-component-{known % 300}",
        version=f"1.{known % 17}.{known % 9}-r{known % 5}",
        fixed_version=f"1.{known % 17}.{known % 9 + 1}-r0" if known % 2 else "",
        severity=_SEVERITIES[known % len(_SEVERITIES)],
        raw_severity="immediate_repair",
        kind=ScanScope.VULNERABILITY,
    )


def _waiver(number: int) -> Waiver:
    return Waiver(
        id=f"HWPSIRT-2026-{number:05d}",
        images=("team-*/*",),
        reason="The function is not called by any of these services; see SEC-142.",
        owner="security team",
        until=NOW.date() + timedelta(days=30),
    )


def _judged(task: ScanTask) -> Outcome:
    verdict = judge(task, Policy(), now=NOW)
    return Outcome(
        cloud="huawei", verdict=verdict, policy=Policy(), task=task, gate_version=__version__, generated_at=NOW
    )


def main() -> None:
    """Writes the reports into a temporary folder, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--release", action="store_true")
    parser.add_argument("--findings", type=int)
    options = parser.parse_args()
    if options.findings:
        written = release_with_findings(options.findings)
    else:
        written = release(options.images) if options.release else outcome(options.images)
    before = _peak()
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, report in REPORTS.items():
            path = Path(folder) / name
            start = time.process_time()
            write_atomically(path, partial(report.render, written))
            seconds = time.process_time() - start
            total += seconds
            print(f"{name:13} {seconds:6.2f} s  {path.stat().st_size:>11,} bytes")
    print(f"{'all together':13} {total:6.2f} s of processor time, peak {_peak():.0f} MB, {before:.0f} MB before")


def _peak() -> float:
    unit = 1024 if sys.platform == "linux" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    main()
