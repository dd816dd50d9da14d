"""Signals: the first one ends the wait, and none ends the writing of reports."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gate.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turns the first SIGINT or SIGTERM into `Interrupted`, and afterwards is deaf to both until the block ends.

    GitHub sends SIGINT, 7.5 s later SIGTERM and 2.5 s later kills (ci-hosts.md 4.1): time enough for the reports,
    if the second signal does not cut them short. Outside the main thread, where signals do not arrive, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _raise) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """From here on no signal interrupts, until `interruptible` ends."""
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _raise(number: int, _frame: object) -> None:
    # Not deaf yet: of a second signal that is here already, Python would complain in the log that nobody wants it.
    for each in _SIGNALS:
        signal.signal(each, _ignore)
    raise Interrupted(number)


def _ignore(_number: int, _frame: object) -> None:
    """Hears a signal that comes after the first one, and does nothing."""
