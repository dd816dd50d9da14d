"""The command `judge`: stored json reports under another policy, without a cloud."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate import cli
from gate.errors import ExitCode
from gate.finding import FindingPolicy
from gate.image import ImageState, Severity
from gate.policy import Policy
from gate.reports import json_report
from tests.builders import a_finding, a_release, a_risky_image, a_task, an_image, an_outcome

if TYPE_CHECKING:
    from pathlib import Path

    from gate.outcome import Outcome

LOW = a_finding("HW-1", severity=Severity.LOW)
BLOCKED = a_release(a_risky_image(findings=(LOW, a_finding("HW-2"))))
MILD = a_release(a_risky_image(findings=(LOW,)))
CLEAN = a_release(an_image(findings=()))
MISSING = a_release(an_image(state=ImageState.MISSING))


def stored(path: Path, outcome: Outcome) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json_report.render(outcome)))
    return path


def judge(*arguments: object) -> int:
    return cli.main(["judge", *map(str, arguments)])


def test_a_report_is_judged_by_the_policy_of_the_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "a.json", MILD)

    assert judge(path) == ExitCode.BLOCKED
    assert judge(path, "--max-risky", "1") == ExitCode.PASSED
    assert judge(path, "--severity-cutoff", "high") == ExitCode.PASSED
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path}: blocked (exit 1), was blocked"
    assert lines[1].startswith("  1 of 1 images is risky; --max-risky allows 0.")
    assert lines[2:] == [f"{path}: passed (exit 0), was blocked"] * 2


def test_all_reports_of_a_folder_are_judged_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, outcome in {"b": BLOCKED, "deep/m": MILD, "c": CLEAN, "u": MISSING}.items():
        stored(tmp_path / f"{name}.json", outcome)
    (tmp_path / "package.json").write_text("{}")

    assert judge("--severity-cutoff", "high", tmp_path) == ExitCode.BLOCKED

    out, err = capsys.readouterr()
    assert f"1 of 5 .json files in {tmp_path} are no reports of this gate, or rewritten ones, and not judged." in err
    assert out.endswith("4 runs: 2 passed, 1 blocked, 1 undecided\n")
    assert f"{tmp_path / 'b.json'}: blocked (exit 1), was blocked" in out
    assert f"{tmp_path / 'deep' / 'm.json'}: passed (exit 0), was blocked" in out


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([CLEAN], 0),
        ([CLEAN, MISSING], 7),
        ([MISSING, CLEAN, BLOCKED], 1),
        ([an_outcome(a_task()), CLEAN], 0),
        ([an_outcome(a_task(risky=1)), CLEAN], 1),
    ],
)
def test_one_run_that_does_not_pass_decides_the_exit_code(outcomes: list[Any], expected: int, tmp_path: Path) -> None:
    paths = [stored(tmp_path / f"{number}.json", outcome) for number, outcome in enumerate(outcomes)]

    assert judge(*paths) == expected


def test_a_scan_task_is_undecided_by_a_policy_of_findings(tmp_path: Path) -> None:
    path = stored(tmp_path / "task.json", an_outcome(a_task()))

    assert judge(path, "--severity-cutoff", "high") == ExitCode.NOTHING_TO_JUDGE


def test_waivers_are_judged_by_the_day_of_the_run_or_by_the_one_that_is_named(tmp_path: Path) -> None:
    path, waivers = stored(tmp_path / "a.json", MILD), tmp_path / "waivers.toml"
    waivers.write_text('[[waiver]]\nid = "HW-1"\nimages = ["*"]\nreason = "no"\nuntil = 2026-02-01\n')

    assert judge(path, "--waivers", waivers) == ExitCode.PASSED
    assert judge(path, "--waivers", waivers, "--as-of", "2026-02-02") == ExitCode.BLOCKED


def test_a_note_says_of_how_many_findings_the_cves_are_not_known_if_the_policy_waives_cves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = (a_finding("X-1", cves=("CVE-2026-1",)), a_finding("X-2", has_unknown_cves=True))
    path, waivers = stored(tmp_path / "a.json", a_release(a_risky_image(findings=found))), tmp_path / "waivers.toml"
    printed = {}
    for name in ("CVE-2026-1", "X-1"):
        waivers.write_text(f'[[waiver]]\nid = "{name}"\nimages = ["*"]\nreason = "no"\nuntil = 2026-02-01\n')
        assert judge(path, "--waivers", waivers) == ExitCode.BLOCKED
        printed[name] = capsys.readouterr().out

    note = "  note: the CVEs of 1 of 2 findings are not in the report, so no waiver of a CVE covers them\n"
    assert note in printed["CVE-2026-1"]
    assert note not in printed["X-1"]


def test_a_folder_without_reports_is_an_error_and_no_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "package.json").write_text("{}")

    assert judge(tmp_path) == ExitCode.USAGE
    assert "has no json report" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}", '{"schema": "scan-gate/report/1"}'])
def test_a_file_that_is_no_report_is_an_error_and_no_pass(text: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)

    assert judge(path) == ExitCode.USAGE


def test_a_damaged_report_in_a_folder_is_not_left_out(tmp_path: Path) -> None:
    document = json.loads(stored(tmp_path / "a.json", CLEAN).read_text())
    del document["images"]
    (tmp_path / "b.json").write_text(json.dumps(document))

    assert judge(tmp_path) == ExitCode.USAGE


def test_a_report_that_cannot_be_read_is_not_left_out(tmp_path: Path) -> None:
    stored(tmp_path / "a.json", CLEAN)
    (tmp_path / "b.json").symlink_to(tmp_path / "nothing")

    assert judge(tmp_path) == ExitCode.USAGE


def test_a_report_of_an_unknown_cloud_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "a.json", a_release(an_image(findings=()), cloud="other"))

    assert judge(path) == ExitCode.USAGE
    assert "a cloud that this gate does not know: 'other'" in capsys.readouterr().err


def test_the_scope_is_that_of_the_run(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.json", a_release(an_image(findings=()), policy=Policy(required_scopes=frozenset())))

    assert judge(path) == ExitCode.PASSED


def test_a_note_says_that_what_the_baseline_of_a_run_knew_counts_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = replace(MILD.policy, findings=FindingPolicy(baseline={}))

    judge(stored(tmp_path / "with.json", replace(MILD, policy=policy)), stored(tmp_path / "without.json", MILD))

    with_baseline, without = capsys.readouterr().out.split("without.json")
    assert "  note: the run had a baseline, which its report does not repeat;" in with_baseline
    assert "note: " not in without


def test_what_a_check_would_say_of_its_policy_is_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path / "a.json", MILD)

    judge(path)
    assert "note: " not in capsys.readouterr().out
    judge(path, "--severity-cutoff", "critical")
    assert "  note: Huawei Cloud has no severity critical: critical means high here" in capsys.readouterr().out
