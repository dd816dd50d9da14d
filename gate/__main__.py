"""The entry point of `python -m gate` and of the command `scan-gate`."""

from __future__ import annotations

import gc
import sys

_OUT_OF_MEMORY, _BUG, _INTERRUPTED = 4, 70, 130


def main() -> int:
    """Runs the command line and returns its exit code, which is 70 even for a gate that cannot be imported."""
    try:
        from gate.cli import main as run  # noqa: PLC0415 - so that an error while importing is caught here

        return _without_last_collection(run())
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (Exception, SystemExit) as error:  # noqa: BLE001 - Python would exit with 1, and 1 means "blocked"
        _print_traceback()
        return _OUT_OF_MEMORY if isinstance(error, MemoryError) else _BUG
    except BaseException as interrupted:  # noqa: BLE001 - `Interrupted`, raised outside the code that catches it
        return getattr(interrupted, "exit_code", _BUG)


def _without_last_collection(code: int) -> int:
    # Searching for cycles of garbage at the very end of the process takes a twelfth of a whole run.
    gc.freeze()
    return code


def _print_traceback() -> None:
    try:
        import traceback  # noqa: PLC0415 - an import may fail, as when there are too many open files

        traceback.print_exc()
    except Exception:  # noqa: BLE001, S110 - what cannot be printed must not change the exit code either
        pass


if __name__ == "__main__":
    sys.exit(main())
