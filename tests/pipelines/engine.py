"""What the tests of CI hosts need of this machine: a Docker Engine, the gate's image, and a host's own runner."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMAGE = "scan-gate:under-test"


def run(*words: str, timeout: float = 300, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs a program, whatever it ends with; standard error comes with standard output."""
    return subprocess.run(
        words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=timeout
    )


def why_not(program: Path | str) -> str:
    """What is missing to run a host's pipelines here; empty where nothing is, or where NEEDS_PIPELINES forbids it."""
    if os.environ.get("NEEDS_PIPELINES"):
        return ""
    if not shutil.which(str(program)):
        return f"{Path(program).name} is not installed here"
    if not shutil.which("docker") or run("docker", "info").returncode:
        return "no Docker Engine is running here"
    if run("docker", "image", "inspect", "python:3.13-slim").returncode:
        return "the base image python:3.13-slim is not here"
    return ""


def build(tag: str, *arguments: str) -> None:
    """Builds an image, and shows why where that fails."""
    built = run("docker", "build", "--quiet", "--network", "host", "--tag", tag, *arguments, timeout=900)
    assert built.returncode == 0, built.stdout
