"""`python -m gate` and the command `scan-gate`."""

from __future__ import annotations

import sys
import traceback

_BUG = 70


def main() -> int:
    """Runs the command line; a gate that cannot even be loaded must not look like a verdict, so that is 70 too."""
    try:
        from gate.cli import main as run  # noqa: PLC0415 - what fails while loading is caught here

        return run()
    except Exception:  # noqa: BLE001 - Python would exit with 1, and 1 means "blocked"
        traceback.print_exc()
        return _BUG


if __name__ == "__main__":
    sys.exit(main())
