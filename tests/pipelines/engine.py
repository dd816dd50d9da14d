"""The requirements of the pipeline tests: a Docker Engine, the image of the gate, and the runner of a CI system."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMAGE = "scan-gate:under-test"


def run(*command: str, timeout: float = 300, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs a program, with any exit code; standard error is merged into standard output."""
    return subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=timeout
    )


def reason_to_skip(runner: Path | str) -> str:
    """The requirement that is missing on this machine; empty if none is, or if NEEDS_PIPELINES is set."""
    if os.environ.get("NEEDS_PIPELINES"):
        return ""
    if not shutil.which(str(runner)):
        return f"{Path(runner).name} is not installed"
    if not shutil.which("docker") or run("docker", "info").returncode:
        return "no Docker Engine is running"
    if run("docker", "image", "inspect", "python:3.13-slim").returncode:
        return "the base image python:3.13-slim has not been pulled"
    return ""


def build(tag: str, *arguments: str) -> None:
    """Builds an image; a failure shows its output."""
    built = run("docker", "build", "--quiet", "--network", "host", "--tag", tag, *arguments, timeout=900)
    assert built.returncode == 0, built.stdout
