"""Runs programs and measures what each process cost, from its start to its exit."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one process cost."""

    wall: float
    """Seconds from the start to the exit."""
    cpu: float
    """Seconds of processor time, in user and in system mode."""
    peak: float
    """MB of resident memory, at most."""


def cost_of(command: Sequence[str], environ: Mapping[str, str], folder: str) -> Cost:
    """Runs a command in this folder, to its end.

    The kernel counts the memory of the parent until the new program is loaded, so that this process must stay small.

    Raises:
        RuntimeError: It exited with another code than 0.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")
    return Cost(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss * 1024 / 1e6)
