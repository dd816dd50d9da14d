"""`python -m gate` and the command `scan-gate`."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress

_BUG, _INTERRUPTED = 70, 130


def main() -> int:
    """Runs the command line; a gate that cannot even be loaded must not look like a verdict, so that is 70 too."""
    try:
        from gate.cli import main as run  # noqa: PLC0415 - what fails while loading is caught here

        return run()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (Exception, SystemExit):  # noqa: BLE001 - Python would exit with 1, and 1 means "blocked"
        with suppress(OSError):
            traceback.print_exc()
        return _BUG
    except BaseException as interrupted:  # noqa: BLE001 - the first signal, in the moment before anybody minds it
        return getattr(interrupted, "exit_code", _BUG)


if __name__ == "__main__":
    sys.exit(main())
