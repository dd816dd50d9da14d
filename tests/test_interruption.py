"""Interruption, lost readers and full disks: reports are whole or absent, and nothing beside the verdict hides it."""

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
from tests.github_runner import as_the_runner_reads
from tests.harness import CLOUDS
from tests.reports.reading import READERS
from tools.interrupt import ACTS, BEFORE, Run, problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.harness import Gate

ROOT = Path(__file__).parent.parent
FULL = "/dev/full"


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("act", ACTS)
def test_whatever_is_done_to_a_gate_at_any_moment_leaves_whole_reports_or_none(
    act: str, cloud: str, tmp_path: Path
) -> None:
    """A few moments of the two hundred that `tools.interrupt` tries."""
    chance = random.Random()
    run = Run(cloud=cloud, scenario=chance.choice(["risky", "clean"]), act=act, after=chance.uniform(0.1, 1.0))

    assert [*problems(run, run.take_place(tmp_path))] == [], run


# A reader that has gone, and a disk that is full.


@pytest.fixture
def gone() -> Iterator[int]:
    """Where one can write as much as one likes, and nobody reads."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    yield write_end
    os.close(write_end)


@pytest.fixture
def full() -> Iterator[int]:
    """A file on a disk that is full."""
    fd = os.open(FULL, os.O_WRONLY)
    yield fd
    os.close(fd)


def gate(
    *arguments: str, out: int = subprocess.PIPE, err: int = subprocess.PIPE, largest_file: int | None = None
) -> subprocess.CompletedProcess[str]:
    """A gate in a process of its own, which can write so many bytes into each file."""
    words = [sys.executable, "-m", "gate", *arguments]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Where Python keeps nothing back, nothing is left for its end that could fail.
    environ.pop("PYTHONUNBUFFERED", None)
    if largest_file is not None:
        words = ["prlimit", f"--fsize={largest_file}", *words]
        # What is noted of its coverage would end at the same size.
        environ.pop("COVERAGE_PROCESS_CONFIG", None)
    return subprocess.run(words, env=environ, stdout=out, stderr=err, text=True, check=False, timeout=60)


@pytest.mark.parametrize("where", ["gone", "full"])
def test_with_a_file_of_options_and_a_log_that_cannot_be_written_the_exit_code_is_still_the_verdict(
    where: str, gate_in: Callable[..., Gate], request: pytest.FixtureRequest
) -> None:
    """Where a pipe is closed, click would end the process with 1, without a report and without a word."""
    Path(".scan-gate.toml").write_text("max-risky = 2\nmax-age = 'none'\npoll-interval = 0.1\n")

    ending = gate(
        "check", *gate_in("risky").cloud_options(), "--report", "json=report.json", err=request.getfixturevalue(where)
    )

    assert ending.returncode == 0
    assert "PASSED (exit 0)" in ending.stdout
    assert READERS["json"].verdict(Path("report.json").read_text()) == "passed"


@pytest.mark.parametrize("question", ["--help", "--version"])
@pytest.mark.parametrize(
    ("where", "said"), [("gone", "its reader has closed the pipe"), ("full", "(No space left on device)")]
)
def test_a_question_whose_answer_nobody_reads_is_never_taken_for_a_verdict(
    where: str, said: str, question: str, request: pytest.FixtureRequest
) -> None:
    ending = gate(question, out=request.getfixturevalue(where))

    assert ending.returncode == 2
    assert ending.stderr.startswith("scan-gate: The output cannot be printed")
    assert said in ending.stderr


@pytest.mark.parametrize(("scenario", "code"), [("clean", 0), ("risky", 1), ("stopped", 6)])
def test_a_log_on_a_full_disk_hides_no_exit_code(
    scenario: str, code: int, gate_in: Callable[..., Gate], full: int
) -> None:
    """Python writes what is left of it at its end, and exits with 120 where it cannot."""
    check = ["check", *gate_in(scenario).cloud_options(), "--max-age", "none", "--poll-interval", "0.1"]

    assert gate(*check, err=full).returncode == code
    assert gate(*check, out=full, err=full).returncode == code


@pytest.mark.parametrize("words", [["check", "--max-risky", "x"], ["check"], ["status"]])
def test_a_usage_error_that_cannot_be_written_is_one_all_the_same(words: list[str], full: int) -> None:
    assert gate(*words, err=full).returncode == 2


@pytest.mark.parametrize("scenario", ["clean", "risky", "stopped"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_full_disk_is_told_and_hides_no_verdict(
    cloud: str, scenario: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, full: int
) -> None:
    """For the words of the verdict, for one of the reports, and for both files of GitHub."""
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
        out=full,
    )

    code = SCENARIOS[scenario].expected_exit
    assert ending.returncode == code
    for what in (FULL, "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        assert f"scan-gate: {what} cannot be written (No space left on device)" in ending.stderr
    verdict = {0: "passed", 1: "blocked"}.get(code, "undecided")
    written = {
        name for name, report in REPORTS.items() if name != "html" and not (code == 6 and report.needs_a_verdict)
    }
    assert {path.name for path in Path().iterdir()} == written
    assert {READERS[name].verdict(Path(name).read_text()) for name in written} == {verdict}


def test_a_disk_that_is_full_in_the_middle_of_a_file_leaves_no_half_of_one(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runner that finds half an output fails the step, and does not say why."""
    earlier = BEFORE + f"filling={'x' * 1800}\n"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        Path(name).write_text(earlier)
        monkeypatch.setenv(name, name)
    Path("target").write_text("of an earlier run")
    Path("link").symlink_to("target")
    reports = [word for name in ("html", "dotenv") for word in ("--report", f"{name}={name}")]
    check = ["check", *gate_in("risky").cloud_options(), "--max-age", "none", "--poll-interval", "0.1", *reports]

    ending = gate(*check, "--report", "html=link", largest_file=2000)

    assert ending.returncode == 1
    assert "BLOCKED (exit 1)" in ending.stdout
    for what in ("html", "link", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        assert f"scan-gate: {what} cannot be written (File too large)" in ending.stderr
    assert {path.name for path in Path().iterdir()} == {
        "GITHUB_OUTPUT",
        "GITHUB_STEP_SUMMARY",
        "dotenv",
        "target",
    }
    assert READERS["dotenv"].verdict(Path("dotenv").read_text()) == "blocked"
    assert Path("target").read_text() == "of an earlier run"
    assert as_the_runner_reads(Path("GITHUB_OUTPUT").read_text()).keys() == {"before", "filling"}
    assert Path("GITHUB_STEP_SUMMARY").read_text() == earlier


ON_A_SMALL_DISK = """
mount -t tmpfs -o size=12k tmpfs disk
printf 'filling=%04000d\\n' 0 > disk/output
head -c 100000 /dev/zero > disk/ballast
"$@"
echo "exit $?"
ls -A disk
cat disk/output
"""


def test_a_real_disk_that_is_full_is_told_and_hides_no_verdict(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_namespace = ["unshare", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, "sh"]
    Path("disk").mkdir()
    if subprocess.run([*in_a_namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system of its own")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "disk/output")
    check = [sys.executable, "-m", "gate", "check", *gate_in("risky").cloud_options(), "--max-age", "none"]
    reports = ["--report", "json=disk/report.json", "--report", "json=report.json"]

    ending = subprocess.run(
        [*in_a_namespace, *check, "--poll-interval", "0.1", *reports], check=False, capture_output=True, text=True
    )

    for what in ("disk/report.json", "GITHUB_OUTPUT"):
        assert f"scan-gate: {what} cannot be written (No space left on device)" in ending.stderr
    assert "BLOCKED (exit 1)" in ending.stdout
    _, _, after = ending.stdout.partition("exit 1\n")
    files, _, output = after.partition("filling=")
    assert files.split() == ["ballast", "output"]
    assert output == "0" * 4000 + "\n"
    assert READERS["json"].verdict(Path("report.json").read_text()) == "blocked"
