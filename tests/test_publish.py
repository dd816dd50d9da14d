"""Publishing: whole files or none, and no failure in it changes the verdict."""

from __future__ import annotations

import errno
import inspect
import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from gate import ci
from gate.image import ImageRef, ImageState
from gate.log import Log
from gate.policy import Decision, Policy
from gate.publish import obstacle, publish
from gate.reports import REPORTS, plain, sarif
from gate.settings import ReportTarget
from gate.writing import print_mask_command, print_stdout, remove_stale, write_atomically
from tests.builders import a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gate.outcome import Outcome
    from tests.harness import Gate


def a_text(*chunks: str) -> Callable[[], Iterable[str]]:
    """A report that consists of these chunks."""
    return lambda: chunks


def json_reports(*paths: Path) -> list[ReportTarget]:
    return [ReportTarget(format="json", path=path) for path in paths]


def test_every_report_is_written_and_the_verdict_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    json_path, page = tmp_path / "new" / "folder" / "report.json", tmp_path / "page.md"

    publish(
        an_outcome(),
        [ReportTarget(format="json", path=json_path), ReportTarget(format="markdown", path=page)],
        ci.detect({}),
        Log(io.StringIO()),
    )

    assert json.loads(json_path.read_text())["verdict"] == "passed"
    assert page.read_text().startswith("## ✅")
    assert capsys.readouterr().out.startswith("scan-gate: PASSED (exit 0)\n")


def test_a_coloured_verdict_has_no_escape_sequence_but_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = a_task(name="\x1b[2J\x9b2Jnightly", failed_images=(a_failed_image(reason="\x1b]0;title\x07"),))

    publish(an_outcome(hostile), [], ci.detect({}), Log(io.StringIO()), color=True)
    publish(an_outcome(hostile), [], ci.detect({}), Log(io.StringIO()))

    out = capsys.readouterr().out
    first, _, rest = out.partition("\n")
    assert first == "\x1b[1;31mscan-gate: BLOCKED (exit 1)\x1b[0m"
    assert not {"\x1b", "\x9b", "\x07"} & set(rest)
    assert rest.count("scan task [2J 2Jnightly") == 2


def test_no_report_has_colours(gate_in: Callable[..., Gate], tmp_path: Path) -> None:
    of_tasks = [name for name, report in REPORTS.items() if not report.needs_a_release]
    reports = [option for name in of_tasks for option in ("--report", f"{name}={tmp_path / name}")]

    ending = gate_in("risky").run("check", "--color", "always", *reports)

    assert ending.out.startswith("\x1b[1;31mscan-gate: BLOCKED (exit 1)\x1b[0m\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(of_tasks)
    assert not any("\x1b[" in path.read_text() for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "variables", "is_coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "SCAN_GATE_COLOR": "never"}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_an_option_and_the_environment_choose_colours(
    arguments: list[str],
    variables: dict[str, str],
    is_coloured: bool,  # noqa: FBT001 - a column of the table
    gate_in: Callable[..., Gate],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    ending = gate_in("clean").run("check", *arguments)

    assert ending.out.startswith("\x1b[") is is_coloured
    assert "\x1b" not in ending.err


def test_an_undecided_run_writes_nothing_for_code_scanning_and_the_log_says_why(tmp_path: Path) -> None:
    """An upload without results would close every alert (ci-hosts.md 5)."""
    stream = io.StringIO()
    sarif, page = ReportTarget(format="sarif", path=tmp_path / "scan.sarif"), tmp_path / "page.md"

    publish(
        an_outcome(a_task(risky=None)), [sarif, ReportTarget(format="markdown", path=page)], ci.detect({}), Log(stream)
    )

    assert [*tmp_path.iterdir()] == [page]
    assert stream.getvalue().startswith(f"scan-gate: {sarif.path} is not written: there is no verdict")
    assert stream.getvalue().count("\n") == 1


@pytest.mark.parametrize("report", ["container-scanning", "cyclonedx"])
@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (a_release(an_image(findings=())), ""),
        (a_release(an_image()), "the findings of the images are not all known"),
        (a_release(an_image(findings=(), findings_doubt="a page")), "the findings of the images are not all known"),
        (an_outcome(a_task()), "the gate judged a scan task, and the clouds list no findings of one"),
        (
            a_release(an_image(findings=()), an_image("api", state=ImageState.FAILED), policy=Policy(max_failed=1)),
            "the findings of the images are not all known",
        ),
        (a_release(an_image(state=ImageState.MISSING)), "there is no verdict"),
    ],
    ids=["complete", "not asked for", "doubtful", "a task", "one failed", "undecided"],
)
def test_a_report_of_findings_alone_is_written_from_complete_lists_only(
    report: str, outcome: Outcome, expected: str, tmp_path: Path
) -> None:
    """GitLab would take what is not in it for solved."""
    assert_is_written_unless(report, outcome, expected, tmp_path)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (a_release(an_image(findings=())), ""),
        (a_release(a_risky_image()), "the findings of the images are not all known"),
        (a_release(an_image(state=ImageState.FAILED)), "the findings of the images are not all known"),
        (an_outcome(a_task()), ""),
        (a_release(an_image(state=ImageState.MISSING)), "there is no verdict"),
    ],
    ids=["complete", "not asked for", "failed", "a task", "undecided"],
)
def test_the_report_for_code_scanning_of_a_release_is_written_from_complete_lists_only(
    outcome: Outcome, expected: str, tmp_path: Path
) -> None:
    """GitHub would close the alerts of what is not in it."""
    assert_is_written_unless("sarif", outcome, expected, tmp_path)


def assert_is_written_unless(report: str, outcome: Outcome, expected: str, tmp_path: Path) -> None:
    stream, target = io.StringIO(), ReportTarget(format=report, path=tmp_path / "scan.json")

    publish(outcome, [target], ci.detect({}), Log(stream))

    assert target.path.exists() is not bool(expected)
    assert (f"scan.json is not written: {expected}" in stream.getvalue()) is bool(expected)


@pytest.mark.parametrize(("scenario", "code"), [("empty", 7), ("clean", 0), ("risky", 1)])
def test_the_sarif_of_an_earlier_run_is_never_taken_for_that_of_an_undecided_run(
    scenario: str, code: int, gate_in: Callable[..., Gate], tmp_path: Path
) -> None:
    path = tmp_path / "scan.sarif"
    path.write_text("of an earlier run")

    ending = gate_in(scenario).run("check", "--report", f"sarif={path}")

    assert ending.code == code
    assert path.exists() is (code != 7)
    assert (f"{path} is not written: there is no verdict" in ending.err) is (code == 7)
    assert not path.exists() or json.loads(path.read_text())["version"] == "2.1.0"


def test_a_report_that_cannot_be_written_gets_a_warning_and_the_others_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    stream = io.StringIO()

    publish(an_outcome(), json_reports(tmp_path / "file" / "a.json", tmp_path / "b.json"), ci.detect({}), Log(stream))

    assert stream.getvalue().startswith(
        f"scan-gate: {tmp_path / 'file' / 'a.json'} cannot be written (Not a directory)"
    )
    assert stream.getvalue().count("\n") == 1
    assert (tmp_path / "b.json").exists()
    assert "PASSED" in capsys.readouterr().out


def test_the_outcome_is_published_to_the_ci_system_and_its_warnings_are_printed(tmp_path: Path) -> None:
    stream = io.StringIO()
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path / "absent" / "output")}

    publish(an_outcome(), [], ci.detect(environ), Log(stream))

    assert stream.getvalue().startswith("scan-gate: GITHUB_OUTPUT cannot be written")


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("before")

    write_atomically(path, a_text("af", "", "ter"))

    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("before")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, a_text("half of it and ", "\ud800"))

    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_is_written_as_it_is_made(tmp_path: Path) -> None:
    sizes = []

    def render() -> Iterator[str]:
        for _ in range(3):
            yield "x" * 100_000
            (part,) = tmp_path.iterdir()
            sizes.append(part.stat().st_size)

    write_atomically(tmp_path / "report.json", render)

    assert sizes == [100_000, 200_000, 300_000]
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_report_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_atomically(tmp_path / "report.json", a_text("x"))
    finally:
        os.umask(before)

    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o644


def test_a_symbolic_link_is_replaced_and_its_target_is_not_touched(tmp_path: Path) -> None:
    """A link in the checkout could lead to any file."""
    (tmp_path / "target").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "target")

    write_atomically(tmp_path / "link", a_text("a report"))

    assert (tmp_path / "target").read_text() == "precious"
    assert (tmp_path / "link").read_text() == "a report"
    assert not (tmp_path / "link").is_symlink()


def test_a_stale_symbolic_link_is_removed_and_its_target_is_not(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("an earlier report")
    (tmp_path / "link").symlink_to(tmp_path / "target")

    remove_stale(tmp_path / "link")

    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_atomically(Path("/dev/null"), a_text("x"))

    assert Path("/dev/null").is_char_device()


def test_a_report_to_standard_output_continues_what_was_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "output"
    with path.open("w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        print_stdout("printed\n")
        write_atomically(path, a_text("a ", "report\n"))
        print_stdout("printed later\n")

    assert path.read_text() == "printed\na report\nprinted later\n"


def test_a_pipe_without_a_reader_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(OSError, match="No such device or address"):
        write_atomically(pipe, a_text("x"))


def test_a_pipe_whose_reader_has_stopped_is_given_up_after_a_timeout(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    with pytest.raises(TimeoutError, match="its reader has read nothing"):
        write_atomically(pipe, a_text(*["x" * 99_999] * 100), stall_timeout=0)

    os.close(reader)


def test_the_timeout_for_the_reader_of_a_pipe_is_that_of_the_readme() -> None:
    assert inspect.signature(write_atomically).parameters["stall_timeout"].default == 5


def test_a_pipe_with_a_reader_gets_all_of_a_report(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), encoding="utf-8")
    # Kept open until the report is there: without a writer, the reader would be at the end before its start.
    writer = os.open(pipe, os.O_WRONLY)
    os.set_blocking(reader.fileno(), True)

    with reader, ThreadPoolExecutor() as pool:
        read = pool.submit(reader.read)
        write_atomically(pipe, a_text(*["\u955c" * 9_999] * 100), stall_timeout=60)
        os.close(writer)
        assert read.result() == "\u955c" * 999_900


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file of an earlier run that can be written, and neither replaced nor removed."""
    path = tmp_path / "report.json"
    path.write_text("of an earlier run")
    move, unlink = Path.replace, Path.unlink

    def busy(self: Path, *target: Path) -> None:
        raise OSError(errno.EBUSY, "it is busy", self, None, *target)

    monkeypatch.setattr(Path, "replace", lambda self, to: (busy if to == path else move)(self, to))
    monkeypatch.setattr(Path, "unlink", lambda self, **options: busy(self) if self == path else unlink(self, **options))
    return path


def test_a_file_that_cannot_be_replaced_is_emptied_and_written_in_place(mounted: Path) -> None:
    assert remove_stale(mounted)
    assert mounted.read_text() == ""

    write_atomically(mounted, a_text("a report"))

    assert mounted.read_text() == "a report"
    assert [*mounted.parent.iterdir()] == [mounted]


def test_a_symbolic_link_that_cannot_be_removed_is_not_followed(mounted: Path) -> None:
    precious = mounted.rename(mounted.with_name("precious"))
    mounted.symlink_to(precious)

    assert not remove_stale(mounted)
    with pytest.raises(OSError, match="busy"):
        write_atomically(mounted, a_text("a report"))

    assert precious.read_text() == "of an earlier run"


def test_a_stale_report_that_cannot_be_removed_gets_a_warning_before_the_run(
    mounted: Path, gate_in: Callable[..., Gate]
) -> None:
    mounted.symlink_to(mounted.rename(mounted.with_name("kept")))

    ending = gate_in("risky").run("check", "--report", f"json={mounted}")

    assert ending.code == 1
    first, *_, last = ending.err.splitlines()
    assert first == f"scan-gate: {mounted} is left over from an earlier run and could not be deleted; ignore it."
    assert last.startswith(f"scan-gate: {mounted} cannot be written")


IN_A_MOUNT = """
mount --bind kept report.json
"$@"
echo "exit $?"
"""


def test_a_mounted_report_is_never_that_of_an_earlier_run(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_namespace = ["unshare", "--map-root-user", "--mount", "sh", "-c", IN_A_MOUNT, "sh"]
    for name in ("kept", "report.json"):
        Path(name).write_text('{"verdict": "passed"}')
    if subprocess.run([*in_a_namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a file")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    check = [sys.executable, "-m", "gate", "check", *gate_in("risky").cloud_options(), "--max-age", "none"]

    ending = subprocess.run(
        [*in_a_namespace, *check, "--poll-interval", "0.1", "--report", "json=report.json"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert "exit 1" in ending.stdout
    assert "cannot be" not in ending.stderr
    assert json.loads(Path("kept").read_text())["verdict"] == "blocked"


def test_a_stale_report_is_removed_and_a_device_is_not(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("passed")

    for path in (tmp_path / "old.json", tmp_path / "absent.json", Path("/dev/null")):
        remove_stale(path)

    assert list(tmp_path.iterdir()) == []
    assert Path("/dev/null").is_char_device()


def test_a_stale_report_is_removed_also_from_a_folder_in_dev_or_proc() -> None:
    Path("old.sarif").write_text("clean")
    with TemporaryDirectory(dir="/dev/shm") as shared:
        for path in (Path(shared) / "old.sarif", Path("/proc/self/cwd/old.sarif")):
            write_atomically(path, a_text("clean"))
            remove_stale(path)
            assert not path.exists()


def fails() -> Iterator[str]:
    yield "x" * 100_000
    raise LookupError("a bug in a report")


def test_of_a_report_that_fails_half_way_no_file_is_left(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("before")

    with pytest.raises(LookupError):
        write_atomically(path, fails)

    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_of_a_report_that_fails_half_way_a_pipe_gets_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)

    with pytest.raises(LookupError):
        write_atomically(tmp_path / "pipe", fails)

    assert os.read(reader, 1) == b""
    os.close(reader)


def test_of_a_report_that_fails_half_way_standard_output_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "output"
    with path.open("w") as stream:
        monkeypatch.setattr("sys.stdout", stream)

        with pytest.raises(LookupError):
            write_atomically(path, fails)

    assert path.read_text() == ""


def broken(_outcome: Outcome) -> Iterator[str]:
    yield "half of a report"
    raise LookupError("a bug in a report")


def test_a_bug_in_one_report_prevents_neither_the_others_nor_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sarif, "render", broken)
    targets = [ReportTarget(format=name, path=tmp_path / name) for name in ("sarif", "json")]

    publish(an_outcome(), targets, ci.detect({}), Log(stream))

    assert stream.getvalue() == (
        f"scan-gate: {tmp_path / 'sarif'} is not written: a bug in the gate, to be reported. The verdict stands.\n"
    )
    assert json.loads((tmp_path / "json").read_text())["verdict"] == "passed"
    assert "LookupError" in capsys.readouterr().err


def too_large(_outcome: Outcome) -> Iterator[str]:
    yield "half of a report"
    raise MemoryError


def test_a_report_for_which_there_is_not_enough_memory_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sarif, "render", too_large)

    publish(an_outcome(), [ReportTarget(format="sarif", path=tmp_path / "sarif")], ci.detect({}), Log(stream))

    reason = "the gate has run out of memory. The verdict stands."
    assert stream.getvalue() == f"scan-gate: {tmp_path / 'sarif'} is not written: {reason}\n"
    assert "Traceback" not in capsys.readouterr().err


class BrokenCISystem(ci.CISystem):
    """One that fails half-way stands for any bug."""

    def publish(self, outcome: Outcome) -> Iterator[str]:
        yield "one warning"
        raise LookupError(outcome.cloud)


def test_a_bug_in_a_ci_system_leaves_the_verdict_too(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()

    publish(an_outcome(), [], BrokenCISystem({}), Log(stream))

    assert stream.getvalue().splitlines()[0] == "scan-gate: one warning"
    assert "a bug in the gate, to be reported. The verdict stands." in stream.getvalue()
    printed = capsys.readouterr()
    assert printed.out == "".join(plain.render(an_outcome()))
    assert "LookupError: huawei" in printed.err


def test_a_bug_leaves_the_verdict_also_where_its_traceback_cannot_be_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.StringIO()

    class FullDisk(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("sys.stderr", FullDisk())

    publish(an_outcome(), [], BrokenCISystem({}), Log(stream))

    assert stream.getvalue().splitlines()[1].endswith("a bug in the gate, to be reported. The verdict stands.")
    assert capsys.readouterr().out == "".join(plain.render(an_outcome()))


def test_a_command_with_a_secret_is_not_printed_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "kept.log").open("w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        print_mask_command("::add-mask::canary\n")
        print_stdout("the verdict\n")

    assert (tmp_path / "kept.log").read_text() == "the verdict\n"


def test_a_closed_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    stream = os.fdopen(write_end, "w")
    monkeypatch.setattr("sys.stdout", stream)

    print_stdout("lost\n")
    print_stdout("lost too\n")
    stream.close()


def test_a_closed_stream_without_a_file_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr("sys.stdout", stream)

    print_stdout("lost\n")


def test_only_a_report_about_digests_needs_one_for_each_image() -> None:
    named = a_release(an_image(image=ImageRef(name="web", tag="1.0", digest="")))
    why = "an image has no digest by sha256, and a statement is about digests"

    assert obstacle(REPORTS["attestation"], named) == why
    assert obstacle(REPORTS["attestation"], a_release(an_image())) == ""
    assert obstacle(REPORTS["json"], named) != why


@pytest.mark.parametrize(
    ("risky", "risk_applies", "is_written"), [(0, True, True), (None, True, False), (None, False, True)]
)
def test_code_scanning_gets_no_report_of_a_task_of_whose_images_some_risk_is_not_known(
    risky: int | None, *, risk_applies: bool, is_written: bool
) -> None:
    """It would close the alerts of the images that the report does not name."""
    blocked = an_outcome(a_task(succeeded=2, failed=1, risky=risky, risk_applies=risk_applies))

    why = obstacle(REPORTS["sarif"], blocked)

    assert blocked.verdict.decision is Decision.BLOCKED
    assert (why == "") is is_written
    assert is_written or "code scanning would close their alerts" in why
    assert obstacle(REPORTS["json"], blocked) == ""
