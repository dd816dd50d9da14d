"""Signals, closed pipes and full disks: reports are whole or absent, and the exit code is that of the verdict."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.reports import REPORTS
from gate.simulator import SCENARIOS
from tests.github_runner import parse_outputs
from tests.harness import CLOUDS
from tests.reports.reading import READERS
from tools.interrupt import EARLIER, INTERRUPTIONS, Run, problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.harness import Gate

ROOT = Path(__file__).parent.parent
FULL = "/dev/full"


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_an_interruption_at_any_time_leaves_whole_reports_or_none(
    interruption: str, cloud: str, tmp_path: Path
) -> None:
    """A few of the runs that `tools.interrupt` makes."""
    rng = random.Random(f"{interruption} {cloud}")
    run = Run(
        cloud=cloud,
        scenario=rng.choice(["risky", "clean"]),
        interruption=interruption,
        after=rng.uniform(0.1, 1.0),
        # Longer than a busy machine takes to come to the verdict.
        options=("--timeout", "60s"),
    )

    assert [*problems(run, run.execute(tmp_path))] == [], run


@pytest.fixture
def closed_pipe() -> Iterator[int]:
    """The write end of a pipe whose reader has closed it."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    yield write_end
    os.close(write_end)


@pytest.fixture
def full_disk() -> Iterator[int]:
    """A file on a full disk."""
    fd = os.open(FULL, os.O_WRONLY)
    yield fd
    os.close(fd)


def gate(
    *arguments: str, out: int = subprocess.PIPE, err: int = subprocess.PIPE, largest_file: int | None = None
) -> subprocess.CompletedProcess[str]:
    """A gate in a separate process, which can write at most this many bytes into each file."""
    words = [sys.executable, "-m", "gate", *arguments]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Without buffering, nothing is left for Python to flush at its exit, which is where the test needs an error.
    environ.pop("PYTHONUNBUFFERED", None)
    if largest_file is not None:
        words = ["prlimit", f"--fsize={largest_file}", *words]
        # The coverage file would be cut at the same size.
        environ.pop("COVERAGE_PROCESS_CONFIG", None)
    return subprocess.run(words, env=environ, stdout=out, stderr=err, text=True, check=False, timeout=60)


@pytest.mark.parametrize("stream", ["closed_pipe", "full_disk"])
def test_with_a_config_file_and_an_unwritable_log_the_exit_code_is_still_the_verdict(
    stream: str, gate_in: Callable[..., Gate], request: pytest.FixtureRequest
) -> None:
    """For a closed pipe, click would exit with 1, without a report or a message."""
    Path("gate.toml").write_text("max-risky = 2\nmax-age = 'none'\npoll-interval = 0.1\n")

    ending = gate(
        "check",
        *gate_in("risky").cloud_options(),
        "--config",
        "gate.toml",
        "--report",
        "json=report.json",
        err=request.getfixturevalue(stream),
    )

    assert ending.returncode == 0
    assert "PASSED (exit 0)" in ending.stdout
    assert READERS["json"].verdict(Path("report.json").read_text()) == "passed"


@pytest.mark.parametrize("option", ["--help", "--version"])
@pytest.mark.parametrize(
    ("stream", "message"),
    [("closed_pipe", "its reader has closed the pipe"), ("full_disk", "(No space left on device)")],
)
def test_help_and_version_that_cannot_be_printed_are_a_usage_error(
    stream: str, message: str, option: str, request: pytest.FixtureRequest
) -> None:
    ending = gate(option, out=request.getfixturevalue(stream))

    assert ending.returncode == 2
    assert ending.stderr.startswith("scan-gate: The output cannot be printed")
    assert message in ending.stderr


@pytest.mark.parametrize(("scenario", "code"), [("clean", 0), ("risky", 1), ("stopped", 6)])
def test_with_a_log_on_a_full_disk_the_exit_code_is_still_the_verdict(
    scenario: str, code: int, gate_in: Callable[..., Gate], full_disk: int
) -> None:
    """Python flushes the log at its exit, and would exit with 120 if it cannot."""
    check = ["check", *gate_in(scenario).cloud_options(), "--max-age", "none", "--poll-interval", "0.1"]

    assert gate(*check, err=full_disk).returncode == code
    assert gate(*check, out=full_disk, err=full_disk).returncode == code


@pytest.mark.parametrize("words", [["check", "--max-risky", "x"], ["check"], ["status"]])
def test_a_usage_error_that_cannot_be_printed_has_the_same_exit_code(words: list[str], full_disk: int) -> None:
    assert gate(*words, err=full_disk).returncode == 2


@pytest.mark.parametrize("scenario", ["clean", "risky", "stopped"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_full_disk_is_logged_and_the_exit_code_is_still_the_verdict(
    cloud: str, scenario: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, full_disk: int
) -> None:
    """For standard output, one of the reports, and both files of GitHub."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, FULL)
    reports = [word for name in REPORTS for word in ("--report", f"{name}={FULL if name == 'html' else name}")]

    ending = gate(
        "check",
        *gate_in(scenario, cloud).cloud_options(),
        "--max-age",
        "none",
        "--poll-interval",
        "0.1",
        *reports,
        out=full_disk,
    )

    code = SCENARIOS[scenario].expected_exit
    assert ending.returncode == code
    for target in (FULL, "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        assert f"scan-gate: {target} cannot be written (No space left on device)" in ending.stderr
    verdict = {0: "passed", 1: "blocked"}.get(code, "undecided")
    written = {
        name
        for name, report in REPORTS.items()
        if name != "html" and not report.needs_a_release and not (code == 6 and report.needs_a_verdict)
    }
    assert {path.name for path in Path().iterdir()} == written
    assert {READERS[name].verdict(Path(name).read_text()) for name in written} == {verdict}


def test_a_disk_that_becomes_full_during_a_write_leaves_no_partial_file(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runner fails the step without a reason if an output file is truncated."""
    earlier = EARLIER + f"filling={'x' * 1800}\n"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        Path(name).write_text(earlier)
        monkeypatch.setenv(name, name)
    Path("target").write_text("from an earlier run")
    Path("link").symlink_to("target")
    reports = [word for name in ("html", "dotenv") for word in ("--report", f"{name}={name}")]
    check = ["check", *gate_in("risky").cloud_options(), "--max-age", "none", "--poll-interval", "0.1", *reports]

    ending = gate(*check, "--report", "html=link", largest_file=2000)

    assert ending.returncode == 1
    assert "BLOCKED (exit 1)" in ending.stdout
    for target in ("html", "link", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        assert f"scan-gate: {target} cannot be written (File too large)" in ending.stderr
    assert {path.name for path in Path().iterdir()} == {
        "GITHUB_OUTPUT",
        "GITHUB_STEP_SUMMARY",
        "dotenv",
        "target",
    }
    assert READERS["dotenv"].verdict(Path("dotenv").read_text()) == "blocked"
    assert Path("target").read_text() == "from an earlier run"
    assert parse_outputs(Path("GITHUB_OUTPUT").read_text()).keys() == {"before", "filling"}
    assert Path("GITHUB_STEP_SUMMARY").read_text() == earlier


ON_SMALL_DISK = """
mount -t tmpfs -o size=12k tmpfs disk
printf 'filling=%04000d\\n' 0 > disk/output
head -c 100000 /dev/zero > disk/ballast
"$@"
echo "exit $?"
ls -A disk
cat disk/output
"""


def test_a_really_full_disk_is_logged_and_the_exit_code_is_still_the_verdict(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace = ["unshare", "--map-root-user", "--mount", "sh", "-c", ON_SMALL_DISK, "sh"]
    Path("disk").mkdir()
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user cannot mount a file system")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "disk/output")
    check = [sys.executable, "-m", "gate", "check", *gate_in("risky").cloud_options(), "--max-age", "none"]
    reports = ["--report", "json=disk/report.json", "--report", "json=report.json"]

    ending = subprocess.run(
        [*namespace, *check, "--poll-interval", "0.1", *reports], check=False, capture_output=True, text=True
    )

    for target in ("disk/report.json", "GITHUB_OUTPUT"):
        assert f"scan-gate: {target} cannot be written (No space left on device)" in ending.stderr
    assert "BLOCKED (exit 1)" in ending.stdout
    _, _, after = ending.stdout.partition("exit 1\n")
    files, _, output = after.partition("filling=")
    assert files.split() == ["ballast", "output"]
    assert output == "0" * 4000 + "\n"
    assert READERS["json"].verdict(Path("report.json").read_text()) == "blocked"
