"""Fuzzes the parsers of untrusted input, guided by coverage: `python -m tools.fuzz --seconds 600`.

It needs atheris, which is not in the locks, since it has wheels for few interpreters: `pip install atheris`.
The targets and their seeds are those of `tests/fuzz/targets.py`; give names to fuzz only these. An input that crashes a
target is kept in the printed folder, and the exit code is 1; add it to `tests/fuzz/corpus/` with the fix.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

_MAX_INPUT_BYTES = 8192


def main() -> int:
    """Fuzzes one target after another, each in a process of its own; returns 1 if one of them crashed."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="names of targets [default: all]")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "scan-gate-fuzz")
    parser.add_argument("--here", action="store_true", help="fuzz one target in this process")
    options = parser.parse_args()
    if options.here:
        _fuzz(options.targets[0], options.seconds, options.folder)
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - the fuzzing process has to import this by atheris

    crashed = []
    for name in options.targets or TARGETS:
        command = [sys.executable, "-m", "tools.fuzz", name, "--here", "--folder", str(options.folder)]
        ended = subprocess.run(
            [*command, "--seconds", str(options.seconds)], capture_output=True, check=False, text=True
        )
        done = [line for line in ended.stderr.splitlines() if line.startswith("Done ")]
        print(f"{name}: {done[-1] if done else 'CRASHED'}", flush=True)
        if ended.returncode:
            crashed.append(name)
            print(ended.stdout[-4000:], ended.stderr[-4000:], sep="\n", flush=True)
    print(f"crashed: {', '.join(crashed)}; see {options.folder}" if crashed else "no crash")
    return 1 if crashed else 0


def _fuzz(name: str, seconds: int, folder: Path) -> None:
    """Fuzzes for this long, and ends the process."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["gate"]):
        target = importlib.import_module("tests.fuzz.targets").TARGETS[name]
    seeds, corpus = folder / name / "seeds", folder / name / "corpus"
    for directory in (seeds, corpus):
        directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(seed)
    limits = [f"-max_total_time={seconds}", f"-max_len={_MAX_INPUT_BYTES}", f"-artifact_prefix={folder / name}/"]
    # An input that takes longer than these 10 s counts as a crash.
    atheris.Setup([sys.argv[0], *limits, "-timeout=10", str(corpus), str(seeds)], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
