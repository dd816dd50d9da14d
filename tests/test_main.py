"""The way in: whatever happens before there is a command line is no verdict."""

from __future__ import annotations

import io
import signal
import sys
from types import ModuleType

import pytest

from gate.__main__ import main
from gate.errors import Interrupted


class Unloadable(ModuleType):
    """A command line that fails while it is loaded."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__("gate.cli")
        self._failure = failure

    def __getattr__(self, name: str) -> object:
        # Python looks for some of these before it takes anything out of a module.
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._failure


class Gone(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(f"nobody reads these {len(text)} characters")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ImportError("broken"), 70),
        (SyntaxError("broken"), 70),
        (SystemExit(0), 70),
        (SystemExit(1), 70),
        (KeyboardInterrupt(), 130),
        (Interrupted(signal.SIGTERM), 143),
        (GeneratorExit(), 70),
    ],
    ids=repr,
)
def test_what_fails_while_the_gate_is_loaded_is_no_verdict(
    failure: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gate.cli", Unloadable(failure))

    assert main() == code


def test_what_fails_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "gate.cli", Unloadable(ImportError("broken")))
    main()

    assert "ImportError: broken" in capsys.readouterr().err


def test_a_bug_is_70_even_where_nobody_reads_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gate.cli", Unloadable(ImportError("broken")))
    monkeypatch.setattr("sys.stderr", Gone())

    assert main() == 70


def test_the_command_line_says_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["scan-gate", "--version"])
    assert main() == 0
    monkeypatch.setattr("sys.argv", ["scan-gate", "--bogus"])
    assert main() == 2
    assert "scan-gate, version" in capsys.readouterr().out
