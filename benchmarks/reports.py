"""Renders every report of a task with 20,000 failed images, and says what each and all of them cost.

`python -m benchmarks.reports [--images N]`: seconds and bytes for each format, and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

from gate import __version__
from gate.outcome import Outcome
from gate.policy import Policy, judge
from gate.reports import REPORTS
from gate.scan import Counts, FailedImage, ImageRef, ScanTask, TaskState
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
    verdict = judge(task, Policy())
    return Outcome(
        cloud="huawei", verdict=verdict, policy=Policy(), task=task, gate_version=__version__, generated_at=NOW
    )


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    made = outcome(parser.parse_args().images)
    before = _peak()
    total = 0.0
    for name, report in REPORTS.items():
        began = time.perf_counter()
        size = sum(len(chunk.encode()) for chunk in report.render(made))
        seconds = time.perf_counter() - began
        total += seconds
        print(f"{name:13} {seconds:6.2f} s  {size:>11,} bytes")
    print(f"{'all together':13} {total:6.2f} s, peak memory {_peak():.0f} MB, of which {before:.0f} MB before")


def _peak() -> float:
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
