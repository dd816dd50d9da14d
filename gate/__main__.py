"""The entry point of `python -m gate` and of the command `scan-gate`."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress

_BUG, _INTERRUPTED = 70, 130


def main() -> int:
    """Runs the command line and returns its exit code, which is 70 even for a gate that cannot be imported."""
    try:
        from gate.cli import main as run  # noqa: PLC0415 - so that an error while importing is caught here

        return run()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (Exception, SystemExit):  # noqa: BLE001 - Python would exit with 1, and 1 means "blocked"
        with suppress(OSError):
            traceback.print_exc()
        return _BUG
    except BaseException as interrupted:  # noqa: BLE001 - `Interrupted`, raised outside the code that catches it
        return getattr(interrupted, "exit_code", _BUG)


if __name__ == "__main__":
    sys.exit(main())
