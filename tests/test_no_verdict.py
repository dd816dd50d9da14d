"""The exit without a verdict: which stale reports are removed, and what is published to the CI system."""

from __future__ import annotations

import errno
import html
import io
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate import __version__, cli
from gate.clouds import CLOUDS
from gate.errors import Interrupted
from gate.policy import Policy
from gate.policy_digest import policy_digest
from tests.github_runner import parse_outputs

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(("arguments", "code"), [(["--max-failed", "x"], "2"), (["--region", "nowhere"], "2")])
def test_a_usage_error_sets_the_outputs_too(arguments: list[str], code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("output").touch()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "output")

    assert cli.main(["check", "--cloud", "huawei", *arguments]) == int(code)

    values = parse_outputs(Path("output").read_text())
    assert (values["verdict"], values["exit-code"], values["task-id"]) == ("undecided", code, "")


def test_outputs_that_cannot_be_written_are_a_warning_after_a_usage_error_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "absent/output")

    assert cli.main(["check"]) == 2
    assert "GITHUB_OUTPUT cannot be written" in capsys.readouterr().err


@pytest.fixture
def in_github(monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, str]]:
    """In a job of GitHub; called, it returns the outputs that were set."""
    for name in ("output", "summary"):
        Path(name).touch()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "output")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary")
    return lambda: parse_outputs(Path("output").read_text())


def test_the_summary_of_a_usage_error_states_the_error_and_the_version_of_the_gate(
    in_github: Callable[[], dict[str, str]],
) -> None:
    assert cli.main(["check"]) == 2

    assert in_github()["exit-code"] == "2"
    assert html.unescape(Path("summary").read_text()) == (
        "## ⚠️ Image scan: undecided\n"
        "\n"
        f"- No cloud is given. Set --cloud or SCAN_GATE_CLOUD to one of: {', '.join(CLOUDS)}.\n"
        "\n"
        f"Policy digest: `{policy_digest(Policy())}` · Version of the gate: {__version__}\n"
        "\n"
        "Exit code 2 · polls: 0, retries: 0, 0 s\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("words", "ci", "exit_code"),
    [
        (["check", "--bogus"], "", "2"),
        (["--bogus", "check"], "", "2"),
        (["--bogus"], "", None),
        (["status", "--bogus"], "", None),
        (["check", "--bogus"], "none", None),
        (["check", "--bogus", "--ci", "none"], "", None),
        (["check", "--bogus", "--ci=none"], "", None),
        (["check", "--bogus", "--ci", "github"], "none", "2"),
        (["check", "--bogus", "--ci", "none", "--ci", "github"], "", "2"),
        (["check", "--bogus", "--ci", "github", "--ci", "none"], "", None),
        (["check", "--bogus", "--ci"], "none", None),
        (["check", "--ci", "bogus"], "", "2"),
        (["check", "--ci=none=x"], "none", "2"),
        (["check", "--bogus", "--endpoint=--ci=none"], "", "2"),
    ],
)
def test_a_usage_error_is_published_to_the_ci_system_that_a_check_would_publish_to(
    words: list[str],
    ci: str,
    exit_code: str | None,
    in_github: Callable[[], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCAN_GATE_CI", ci)

    assert cli.main(words) == 2
    assert in_github().get("exit-code") == exit_code


@pytest.mark.parametrize(
    "words",
    [
        ["--max-risky", "x"],
        ["--config", "absent.toml"],
        ["--cloud", "huawei", "--source", "x"],
        ["--bogus"],
        [],
    ],
)
def test_no_stale_report_survives_a_usage_error(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAN_GATE_REPORT", "json=c.json\n\n markdown=d d.md")
    for name in ("a.json", "b.html", "c.json", "d d.md"):
        Path(name).write_text("passed")

    assert cli.main(["check", "--report", "json=a.json", "--report=html=b.html", *words]) == 2
    assert {path.name for path in Path().iterdir()} == {"c.json", "d d.md"}

    assert cli.main(["check", *words]) == 2
    assert [*Path().iterdir()] == []


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--report", "pdf=a.json", "--bogus"],
        ["check", "--report", "a.json", "--bogus"],
        ["check", "--bogus", "--report"],
        ["check", "--endpoint=--report=json=a.json"],
        ["status", "--report", "json=a.json"],
        ["--report", "json=a.json"],
    ],
)
def test_a_file_that_is_not_a_report_of_a_check_survives_a_usage_error(words: list[str]) -> None:
    Path("a.json").write_text("{}")

    assert cli.main(words) == 2
    assert Path("a.json").read_text() == "{}"


def test_a_stale_report_that_cannot_be_removed_is_a_warning_after_a_usage_error_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("kept").touch()
    Path("a.json").symlink_to("kept")

    def deny(path: Path, **_options: bool) -> None:
        raise PermissionError(errno.EPERM, f"{path} may not be taken away")

    with monkeypatch.context() as context:
        context.setattr(Path, "unlink", deny)
        assert cli.main(["check", "--report", "json=a.json", "--bogus"]) == 2

    assert "scan-gate: a.json is left over from an earlier run and could not be deleted" in capsys.readouterr().err


def test_the_input_comes_before_the_variable(
    in_github: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAN_GATE_CI", "github")
    monkeypatch.setenv("INPUT_CI", "none")

    assert cli.main(["check", "--bogus"]) == 2
    assert in_github() == {}


def test_by_default_the_arguments_are_those_of_the_process(
    in_github: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["scan-gate", "check", "--bogus"])

    assert cli.main() == 2
    assert in_github()["exit-code"] == "2"
    assert "No such option '--bogus'." in html.unescape(Path("summary").read_text())
    assert "scan-gate: No such option '--bogus'." in capsys.readouterr().err


class Stuck(io.StringIO):
    """A full pipe: a write to it is interrupted while it waits for the reader."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd

    def fileno(self) -> int:
        return self._fd

    def write(self, text: str) -> int:
        if os.path.samestat(os.fstat(self._fd), Path(os.devnull).stat()):
            return super().write(text)
        raise Interrupted(signal.SIGTERM)


@pytest.mark.parametrize("words", [["check", "--max-risky", "x"], ["check"]])
def test_a_signal_while_an_error_is_written_ends_a_gate_whose_log_nobody_reads(
    words: list[str], in_github: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait for that reader a second time, when no signal would end it any more."""
    read_end, write_end = os.pipe()
    with os.fdopen(read_end), os.fdopen(write_end, "w"):
        stuck = Stuck(write_end)
        monkeypatch.setattr("sys.stderr", stuck)
        code = cli.main(words)

    assert code == 143
    assert stuck.getvalue() == f"scan-gate: {Interrupted(signal.SIGTERM)}\n"
    assert in_github()["exit-code"] == "143"
