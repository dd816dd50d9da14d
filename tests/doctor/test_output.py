"""What is printed, about the options, the CI system and the files of a run; and that nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate import ci, cli
from gate.doctor.check import failure, not_checked, ok, warning
from gate.doctor.render import as_document, as_text
from gate.errors import ExitCode
from gate.writing import why_unwritable
from tests.doctor.reading import doctor
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.ci.ci_system import Channel
    from tests.builders import FakeTime
    from tests.harness import Gate

EACCES, EISDIR, ENOENT, ENOTDIR = "Permission denied", "Is a directory", "No such file or directory", "Not a directory"


def test_each_check_is_one_line_with_what_to_do_and_the_last_line_says_what_it_comes_to() -> None:
    checks = [ok("one", "fine"), warning("two", "odd.", "Look."), failure("three", "bad\n::x::.", "Mend it.")]

    assert as_text(checks).splitlines() == [
        "ok       one: fine",
        "warning  two: odd. Look.",
        "failure  three: bad : :x: :. Mend it.",
        "A check with these options could not come to a verdict, because of: three. Warnings: 1.",
    ]
    assert as_text(checks[:1]).splitlines()[1:] == ["A check with these options could come to a verdict."]


def test_the_document_has_all_checks_and_the_exit_code_of_the_first_failure() -> None:
    checks = [
        not_checked("one", "why"),
        failure("two", "bad", exit_code=ExitCode.NOT_AUTHORISED),
        failure("three", "worse", "Mend it."),
    ]

    assert json.loads(as_document(checks)) == {
        "schema": "scan-gate/doctor/1",
        "exit_code": 3,
        "can_judge": False,
        "checks": [
            {"name": "one", "state": "warning", "text": "not checked: why", "remedy": ""},
            {"name": "two", "state": "failure", "text": "bad", "remedy": ""},
            {"name": "three", "state": "failure", "text": "worse", "remedy": "Mend it."},
        ],
    }


@pytest.mark.parametrize("cloud", CLOUDS)
def test_it_prints_text_unless_json_is_asked_for(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)

    ending = gate.run("doctor")

    assert ending.out.splitlines()[-1] == "A check with these options could come to a verdict."
    assert ending.err == ""
    assert doctor(gate).ending.err == ""


# Options.


def test_a_usage_error_in_the_settings_is_the_only_check(
    fake_time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(["doctor", "--json"], fake_time.clock())

    rows = json.loads(capsys.readouterr().out)["checks"]
    assert code == 2
    assert [(row["name"], row["state"]) for row in rows] == [("options", "failure"), ("everything else", "warning")]
    assert "No cloud is given." in rows[0]["text"]
    assert rows[1]["text"] == "not checked: options have failed"


def test_the_options_in_force_and_what_the_log_of_a_run_would_warn_of_are_told(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    Path("gate.toml").write_text('name = "staging"\n')
    monkeypatch.setenv("SCAN_GATE_SOMETHING", "1")
    told = doctor(gate, "--config", "gate.toml")
    without = doctor(gate, "--no-variables")

    first, *others = [row for row in told.rows if row["name"] == "options"]
    assert first["text"].startswith("cloud huawei, judging a scan task, with the file gate.toml;")
    assert [(row["state"], "SCAN_GATE_SOMETHING" in row["text"]) for row in others] == [("warning", True)]
    assert told.code == 0
    assert without.rows[0]["state"] == "ok"


@pytest.mark.parametrize(("number", "words"), [(1, "1 image by name"), (2, "2 images by name")])
def test_images_are_counted(number: int, words: str, gate_in: Callable[..., Gate]) -> None:
    images = [word for at in range(number) for word in ("--image", f"team/web:{at}")]

    assert f"judging {words}, --scan auto, without a config file" in doctor(gate_in("clean"), *images).text("options")


# The CI system and the reports.


def test_the_ci_system_and_its_files_are_told_and_none_of_them_is_written(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate, output = gate_in("clean"), tmp_path / "output"
    output.write_text("before")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    files = sorted(tmp_path.rglob("*"))

    told = doctor(gate, "--name", "staging", "--report", "json=new/report.json", "--report", f"html={output}/x.html")

    assert told.text("CI system") == "github (detected); the gate is called staging"
    assert told.state("CI system, GITHUB_OUTPUT") == "ok"
    assert told.state("CI system, GITHUB_STEP_SUMMARY") == "warning"
    assert "the page of the job will not show the verdict" in told.text("CI system, GITHUB_STEP_SUMMARY")
    assert (told.state("report json"), told.state("report html")) == ("ok", "warning")
    assert told.code == 0
    assert sorted(tmp_path.rglob("*")) == files
    assert output.read_text() == "before"


@pytest.mark.parametrize(("option", "words"), [((), "none is detected"), (("--ci", "none"), "none (by --ci)")])
def test_without_a_ci_system_nothing_is_told_to_one(
    option: tuple[str, ...], words: str, gate_in: Callable[..., Gate]
) -> None:
    assert doctor(gate_in("clean"), *option).text("CI system") == f"{words}; the gate has no name"


def channels(name: str, **environ: str) -> list[Channel]:
    return [*ci.detect(environ, name).channels()]


def test_each_ci_system_says_what_it_is_told_by(tmp_path: Path) -> None:
    (tmp_path / "agent").mkdir()
    agent = tmp_path / "agent" / "buildkite-agent"
    agent.write_text("#!/bin/sh\n")
    agent.chmod(0o755)
    folder = str(tmp_path)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "scan-gate-bitbucket").symlink_to(tmp_path)

    assert channels("none") == channels("gitlab") == []
    assert [one.problem for one in channels("azure", AGENT_TEMPDIRECTORY=folder)] == [""]
    assert [one.problem for one in channels("azure")] == ["AGENT_TEMPDIRECTORY is not set"]
    assert [one.problem for one in channels("bitbucket", BITBUCKET_CLONE_DIR=folder)] == [""]
    linked = channels("bitbucket", BITBUCKET_CLONE_DIR=f"{folder}/link")
    assert [one.problem for one in linked] == ["it is a symbolic link and is not followed"]
    assert [one.problem for one in channels("buildkite", PATH=str(agent.parent))] == [""]
    assert [one.problem for one in channels("buildkite", PATH="")] == ["it is not in this container"]


@pytest.mark.parametrize(
    ("path", "is_replaced", "why"),
    [
        ("file", True, ""),
        ("file", False, ""),
        ("new", False, ""),
        ("a/b/new", True, ""),
        ("a/b/new", False, ENOENT),
        ("file/new", True, ENOTDIR),
        ("folder", True, EISDIR),
        ("folder", False, EISDIR),
        ("x" * 300, True, "File name too long"),
    ],
)
def test_why_a_file_cannot_be_written_is_told_without_writing(
    tmp_path: Path, path: str, why: str, *, is_replaced: bool
) -> None:
    (tmp_path / "file").write_text("before")
    (tmp_path / "folder").mkdir()

    assert why_unwritable(tmp_path / path, is_replaced=is_replaced) == why
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_a_file_or_folder_without_permission_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may be root, whom no permission stops."""
    (tmp_path / "file").write_text("before")
    monkeypatch.setattr("os.access", lambda *_: False)

    assert why_unwritable(tmp_path / "file", is_replaced=False) == EACCES
    assert why_unwritable(tmp_path / "file", is_replaced=True) == EACCES
    assert why_unwritable(tmp_path / "new", is_replaced=True) == EACCES
