"""Signal handling: the first SIGINT, SIGTERM or SIGHUP ends the wait, and later ones cannot stop the reports."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gate.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible(*, process_ends: bool = False) -> Iterator[None]:
    """Raises `Interrupted` for the first SIGINT, SIGTERM or SIGHUP, and ignores all from then on until the block ends.

    GitHub sends SIGINT, 7.5 s later SIGTERM, and 2.5 s after that SIGKILL (ci-hosts.md 4.1). That is enough time to
    write the reports if the second signal is ignored. A SIGHUP that is ignored, as nohup has it, stays so. Outside the
    main thread, where Python delivers no signals, this does nothing.

    Args:
        process_ends: Whether the process ends after the block. Signals are then ignored after it too, once they are:
            one that comes while Python shuts down would replace the exit code that the reports name.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hangs_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    before = {number: signal.signal(number, _raise) for number in _SIGNALS if number != signal.SIGHUP or hangs_up}
    try:
        yield
    finally:
        if process_ends and signal.getsignal(signal.SIGINT) is not _raise:
            ignore_signals()
        else:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def signals_delayed() -> Iterator[None]:
    """Delays the first of the signals until the block ends; for imports.

    The import system runs callbacks after each module, and Python drops an exception that a signal raises in a
    callback: the interruption would be lost.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not _raise:
        yield
        return
    arrived: list[int] = []
    # Not by a mask, which holds for one thread only: any other thread may receive the signal.
    handled = _handled()
    for number in handled:
        signal.signal(number, lambda number, _frame: arrived.append(number))
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, _raise)
        if arrived:
            _raise(arrived[0], None)


def ignore_signals() -> None:
    """Ignores all of the signals until the block of `interruptible` restores the handlers."""
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _raise(number: int, _frame: object) -> None:
    # A Python handler and not SIG_IGN: if a second signal is already pending, Python would print a warning for SIG_IGN.
    for each in _handled():
        signal.signal(each, _ignore)
    raise Interrupted(number)


def _handled() -> list[signal.Signals]:
    return [number for number in _SIGNALS if signal.getsignal(number) is _raise]


def _ignore(_number: int, _frame: object) -> None:
    """Handles a signal after the first one: does nothing."""
