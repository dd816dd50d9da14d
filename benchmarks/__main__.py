"""Compares a check with one poll by each vendor's own SDK, and measures all reports of very many images or findings.

`python -m benchmarks [--pairs N] [--images N] [--findings N]` takes some minutes, and prints medians and what they ran
on. Each run is a process of its own, measured from its start to its exit; the simulated clouds are another one, on
loopback. The two sides of a pair run one after the other, so that a change of the machine's load meets both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.processes import cost_of
from gate.clouds import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.processes import Cost

ROOT = Path(__file__).parent.parent
PACKAGES = ("requests", "click", "huaweicloudsdkhss", "alibabacloud-sas20181203")
MAX_RATIOS = {"wall": 0.30, "peak": 0.36}
MAX_CPU, MAX_PEAK = 3.0, 120.0
MAX_CPU_OF_FINDINGS, MAX_PEAK_OF_FINDINGS = 5.0, 150.0


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--findings", type=int, default=20_000)
    options = parser.parse_args()
    print(machine(), end="\n\n")
    print(f"medians of {options.pairs} pairs          a check   one poll by SDK   ratio   from lowest to highest")
    with tempfile.TemporaryDirectory() as home:
        with simulated_clouds() as described:
            for cloud in CLOUDS:
                print_pairs(cloud, pairs(cloud, environment(cloud, described[cloud], home), options.pairs))
        of_images = reports(home, options.pairs, "--images", options.images)
        of_findings = reports(home, options.pairs, "--findings", options.findings)
    print("\nall reports, in a process that makes the outcome first:")
    print_reports(f"{options.images:,} failed images", of_images, MAX_CPU, MAX_PEAK)
    print_reports(f"{options.findings:,} findings in 50 images", of_findings, MAX_CPU_OF_FINDINGS, MAX_PEAK_OF_FINDINGS)


def machine() -> str:
    """What the figures are measured on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    system = f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, {model}"
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    load = f"load average at the start: {os.getloadavg()[0]:.1f}"
    return f"Python {platform.python_version()}, {system}\n{packages}\n{load}"


@contextmanager
def simulated_clouds() -> Iterator[Mapping[str, Mapping[str, str]]]:
    """Serves the clouds from a process of its own; yields how to connect to each."""
    command = [sys.executable, "-m", "benchmarks.simulated"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield json.loads(next(iter(process.stdout or ())))


def environment(cloud: str, described: Mapping[str, str], home: str) -> dict[str, str]:
    """The variables with which both sides reach this simulated cloud."""
    variables = {"PATH": os.environ["PATH"], "HOME": home, "PYTHONPATH": str(ROOT), "SCAN_GATE_CLOUD": cloud}
    return variables | {f"SCAN_GATE_{name.upper()}": value for name, value in described.items()}


def pairs(cloud: str, environ: Mapping[str, str], count: int) -> list[tuple[Cost, Cost]]:
    """Runs a check and the SDK in turn so many times, after one pair that fills the caches."""
    check, poll = ([sys.executable, "-m", *words] for words in (("gate", "check"), (f"benchmarks.sdk_{cloud}",)))
    home = environ["HOME"]
    return [(cost_of(check, environ, home), cost_of(poll, environ, home)) for _ in range(count + 1)][1:]


def reports(home: str, count: int, option: str, size: int) -> list[Cost]:
    """Writes all reports of an outcome of this size, so many times."""
    command = [sys.executable, "-m", "benchmarks.reports", option, str(size)]
    return [cost_of(command, os.environ | {"PYTHONPATH": str(ROOT)}, home) for _ in range(count)]


def print_reports(title: str, runs: Sequence[Cost], max_cpu: float, max_peak: float) -> None:
    """Prints the medians of some runs, with their targets."""
    cpu, peak = (median(getattr(run, figure) for run in runs) for figure in ("cpu", "peak"))
    print(f"{title}: processor time {cpu:.2f} s (at most {max_cpu:.0f} s)", end=", ")
    print(f"peak memory {peak:.0f} MB (at most {max_peak:.0f} MB)")


def print_pairs(cloud: str, costs: Sequence[tuple[Cost, Cost]]) -> None:
    """Prints the medians of both sides, and the median of the ratios of the pairs."""
    for name, unit, figure in (("wall time", "s", "wall"), ("processor", "s", "cpu"), ("peak memory", "MB", "peak")):
        figures = [(getattr(check, figure), getattr(poll, figure)) for check, poll in costs]
        ratios = [one / other for one, other in figures]
        check, poll = (f"{median(side):.3g} {unit}" for side in zip(*figures, strict=True))
        target = f" (at most {MAX_RATIOS[figure]:.2f})" if figure in MAX_RATIOS else ""
        # A check that waited in some of the pairs would show here, and hardly in the median.
        spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
        print(f"{f'{cloud}, {name}':25}{check:>10}{poll:>18}{median(ratios):8.3f}   {spread}{target}")


if __name__ == "__main__":
    main()
