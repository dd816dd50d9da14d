"""Fuzzes what parses foreign bytes, led by coverage, for as long as one likes: `python -m tools.fuzz --seconds 600`.

It needs atheris, which is no part of the locks, as it has wheels for few interpreters: `pip install atheris`.
The targets and their seeds are those of `tests/fuzz/targets.py`; names of targets narrow it. What breaks a target is
kept in the folder that is told, and the exit code is 1; put it into `tests/fuzz/corpus/` when it is mended.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

_LONGEST_INPUT = 8192


def main() -> int:
    """Fuzzes one target after another, each in a process of its own; returns 1 where one of them broke."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="by default all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "scan-gate-fuzz")
    parser.add_argument("--here", action="store_true", help="fuzz one target in this process")
    wishes = parser.parse_args()
    if wishes.here:
        _fuzz(wishes.targets[0], wishes.seconds, wishes.folder)
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - where it fuzzes, this must be imported by atheris

    broken = []
    for name in wishes.targets or TARGETS:
        command = [sys.executable, "-m", "tools.fuzz", name, "--here", "--folder", str(wishes.folder)]
        found = subprocess.run(
            [*command, "--seconds", str(wishes.seconds)], capture_output=True, check=False, text=True
        )
        done = [line for line in found.stderr.splitlines() if line.startswith("Done ")]
        print(f"{name}: {done[-1] if done else 'BROKEN'}", flush=True)
        if found.returncode:
            broken.append(name)
            print(found.stdout[-4000:], found.stderr[-4000:], sep="\n", flush=True)
    print(f"broken: {', '.join(broken)}; see {wishes.folder}" if broken else "nothing broke")
    return 1 if broken else 0


def _fuzz(name: str, seconds: int, folder: Path) -> None:
    """Fuzzes until the time is up, and ends the process."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["gate"]):
        target = importlib.import_module("tests.fuzz.targets").TARGETS[name]
    seeds, grown = folder / name / "seeds", folder / name / "grown"
    for place in (seeds, grown):
        place.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(seed)
    limits = [f"-max_total_time={seconds}", f"-max_len={_LONGEST_INPUT}", f"-artifact_prefix={folder / name}/"]
    # An input that holds a reader up for this many s is a finding as well.
    atheris.Setup([sys.argv[0], *limits, "-timeout=10", str(grown), str(seeds)], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
