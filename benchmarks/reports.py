"""Writes every report of a task with very many failed images, or of a release of very many risky images.

`python -m benchmarks.reports [--images N] [--release]` prints the seconds and the size of each, and the peak memory of
the process.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from gate import __version__
from gate.image import FailedImage, ImageRef, ImageState, ScannedImage, Severity
from gate.images.counts import as_task
from gate.outcome import Outcome
from gate.policy import Policy, judge
from gate.reports import REPORTS
from gate.scan import Counts, ScanScope, ScanTask, TaskState
from gate.writing import write_atomically
from tests.builders import NOW


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
    options = parser.parse_args()
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
