"""Signal handling: the first signal interrupts, and later ones are ignored."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from gate.errors import Interrupted
from gate.interrupt import ignore_signals, interruptible, signals_delayed


@pytest.mark.usefixtures("hangup_is_not_ignored")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_interrupts_and_later_ones_do_not(number: signal.Signals) -> None:
    with interruptible():
        with pytest.raises(Interrupted) as caught:
            os.kill(os.getpid(), number)
        for later in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), later)

    assert caught.value.signal is number


def test_a_hangup_that_is_ignored_already_stays_so_in_every_phase_of_a_run() -> None:
    """As `nohup` starts a program; another signal ends it as ever."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
            with signals_delayed():
                os.kill(os.getpid(), signal.SIGHUP)
            with pytest.raises(Interrupted) as caught:
                os.kill(os.getpid(), signal.SIGTERM)
        after = signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert (caught.value.signal, after) == (signal.SIGTERM, signal.SIG_IGN)


def test_two_signals_at_the_same_time_are_one_interruption_without_a_warning(capfd: pytest.CaptureFixture[str]) -> None:
    """Python prints a warning for a pending signal that is ignored by SIG_IGN."""
    both = {signal.SIGINT, signal.SIGTERM}
    with interruptible():
        signal.pthread_sigmask(signal.SIG_BLOCK, both)
        for number in both:
            # To this thread, because other threads do not block them.
            signal.pthread_kill(threading.get_ident(), number)
        with pytest.raises(Interrupted):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, both)

    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("numbers", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGTERM, signal.SIGINT]])
def test_a_delayed_signal_interrupts_when_the_delay_ends(numbers: list[signal.Signals]) -> None:
    steps = []

    def import_something() -> None:
        with signals_delayed():
            for number in numbers:
                os.kill(os.getpid(), number)
            steps.append("imported")
        steps.append("ran")

    with interruptible(), pytest.raises(Interrupted) as caught:
        import_something()

    assert (steps, caught.value.signal) == (["imported"], numbers[0])


def test_a_delay_without_a_signal_changes_nothing() -> None:
    with interruptible():
        handler = signal.getsignal(signal.SIGTERM)
        with signals_delayed():
            pass

        assert signal.getsignal(signal.SIGTERM) is handler


def test_a_delay_after_the_first_signal_raises_no_second_one() -> None:
    with interruptible():
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)
        with signals_delayed():
            os.kill(os.getpid(), signal.SIGTERM)


def test_ignored_signals_do_not_interrupt() -> None:
    with interruptible():
        ignore_signals()
        os.kill(os.getpid(), signal.SIGTERM)


def test_the_previous_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    with interruptible():
        assert signal.getsignal(signal.SIGINT) is not before[0]

    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("ignoring", [True, False])
def test_a_process_that_ends_keeps_ignoring_signals_until_it_has_ended(*, ignoring: bool) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        with interruptible(process_ends=True):
            if ignoring:
                ignore_signals()
        after = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])

    assert after == ((signal.SIG_IGN, signal.SIG_IGN) if ignoring else before)


def test_outside_the_main_thread_nothing_is_changed() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def run_in_thread() -> None:
        with interruptible():
            ignore_signals()
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run_in_thread)
    thread.start()
    thread.join()

    assert seen == [before]
