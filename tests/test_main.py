"""The entry point: an error while the gate is imported never exits with the code of a verdict."""

from __future__ import annotations

import io
import signal
import sys
from types import ModuleType

import pytest

from gate.__main__ import main
from gate.errors import Interrupted


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Notes that the garbage collector was frozen, which would last for the whole run of the tests."""
    calls: list[bool] = []
    monkeypatch.setattr("gc.freeze", lambda: calls.append(True))
    return calls


class BrokenModule(ModuleType):
    """A command line that raises an error while it is imported."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__("gate.cli")
        self._failure = failure

    def __getattr__(self, name: str) -> object:
        # Python reads some of these before it imports a name from a module.
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._failure


class ClosedPipe(io.StringIO):
    """A stream whose reader has closed the pipe."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(f"{len(text)} characters were not written")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ImportError("broken"), 70),
        (MemoryError(), 4),
        (SyntaxError("broken"), 70),
        (SystemExit(0), 70),
        (SystemExit(1), 70),
        (KeyboardInterrupt(), 130),
        (Interrupted(signal.SIGTERM), 143),
        (GeneratorExit(), 70),
    ],
    ids=repr,
)
def test_an_error_while_the_gate_is_imported_is_not_a_verdict(
    failure: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gate.cli", BrokenModule(failure))

    assert main() == code


def test_the_traceback_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "gate.cli", BrokenModule(ImportError("broken")))
    main()

    assert "ImportError: broken" in capsys.readouterr().err


def test_a_bug_is_70_even_if_the_traceback_cannot_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gate.cli", BrokenModule(ImportError("broken")))
    monkeypatch.setattr("sys.stderr", ClosedPipe())

    assert main() == 70


def test_no_garbage_is_searched_for_at_the_end_of_the_process(
    frozen: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["scan-gate", "--version"])
    main()

    assert frozen == [True]


def test_the_exit_code_is_that_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["scan-gate", "--version"])
    assert main() == 0
    monkeypatch.setattr("sys.argv", ["scan-gate", "--bogus"])
    assert main() == 2
    assert "scan-gate, version" in capsys.readouterr().out
