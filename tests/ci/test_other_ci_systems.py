"""GitLab, Azure Pipelines, Buildkite and Bitbucket: each gets its own format, within its own limits."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate import ci
from gate.ci import azure, bitbucket, buildkite
from gate.clouds import CLOUDS
from gate.clouds.credentials import INPUT, OURS
from gate.image import ImageState
from gate.policy import Policy, Reason
from gate.reports import markdown
from gate.reports.images import fingerprint_in_pipeline
from gate.reports.images_output import images_output
from tests.builders import NOW, a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome
from tests.hostile import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Outcome
    from tests.harness import Gate

BLOCKED = an_outcome(a_task(failed=1, succeeded=2, failed_images=(a_failed_image(),)))
WARNED = an_outcome(a_task(risky=2), policy=Policy(warn_only=True))
UNDECIDED = an_outcome(a_task(risky=None))


def many(number: int) -> Outcome:
    images = tuple(a_failed_image(f"shop-{at}") for at in range(number))
    return an_outcome(a_task(total=number, succeeded=0, failed=number, failed_images=images))


def because(*messages: str) -> Outcome:
    """A blocked release with reasons of these words."""
    reasons = tuple(Reason(code="too-many-risky", message=message) for message in messages)
    outcome = an_outcome(a_task(risky=2))
    return replace(outcome, verdict=replace(outcome.verdict, reasons=reasons))


def published(name: str, outcome: Outcome, **environ: str) -> list[str]:
    """The warnings about what could not be published."""
    return list(ci.detect(environ, name).publish(outcome))


# GitLab.


def test_gitlab_gets_the_log_of_the_wait_as_a_section() -> None:
    ci_system = ci.detect({}, "gitlab")

    start, end = ci_system.start_group("Waiting", NOW), ci_system.end_group(NOW)

    at = int(NOW.timestamp())
    assert start == f"\x1b[0Ksection_start:{at}:scan_gate_wait-{at}_000[collapsed=true]\r\x1b[0KWaiting\n"
    assert end == f"\x1b[0Ksection_end:{at}:scan_gate_wait-{at}_000\r\x1b[0K\n"


def test_two_gates_of_one_job_have_a_section_each() -> None:
    one, two = (ci.detect({}, "gitlab", gate_name=name) for name in ("staging", "production"))

    assert ":scan_gate_wait-staging[" in one.start_group("Waiting", NOW)
    assert ":scan_gate_wait-production[" in two.start_group("Waiting", NOW)
    assert ":scan_gate_wait-staging\r" in one.end_group(NOW)


def test_two_gates_without_names_that_run_one_after_the_other_in_a_job_have_a_section_each() -> None:
    sections = []
    for start in (NOW, NOW + timedelta(milliseconds=1)):
        ci_system = ci.detect({"CI_JOB_NAME": "gates"}, "gitlab")
        started, ended = ci_system.start_group("Waiting", start), ci_system.end_group(NOW + timedelta(minutes=1))
        sections.append(re.findall(r"scan_gate_wait[-\w]*", started + ended))

    assert [len(set(names)) for names in sections] == [1, 1]
    assert sections[0] != sections[1]


def test_gitlab_gets_everything_else_as_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert published("gitlab", BLOCKED) == []
    assert capsys.readouterr().out == ""


# Azure Pipelines.


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Parses logging commands as the agent does: name, properties, text."""
    found = []
    for line in text.splitlines():
        parts = re.fullmatch(r"##vso\[([a-z.]+)(?: ([^\]]*))?\](.*)", line)
        assert parts, f"the agent would show this line: {line!r}"
        pairs = (pair.split("=", 1) for pair in (parts[2] or "").split(";") if pair)
        found.append((parts[1], {name: _unescape(value) for name, value in pairs}, _unescape(parts[3])))
    return found


def _unescape(text: str) -> str:
    for char, code in ((";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D"), ("%", "%AZP25")):
        text = text.replace(code, char)
    return text


@pytest.mark.parametrize(
    ("outcome", "kind", "result"),
    [(an_outcome(), None, None), (BLOCKED, "error", None), (WARNED, "warning", "SucceededWithIssues")],
)
def test_azure_gets_outputs_always_and_issues_unless_the_run_passed(
    outcome: Outcome, kind: str | None, result: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert published("azure", outcome) == []

    found = commands(capsys.readouterr().out)
    outputs = {about["variable"]: text for name, about, text in found if name == "task.setvariable"}
    expected = {**outcome.outputs, "images": images_output(outcome)}
    assert outputs == {name.replace("-", "_"): value for name, value in expected.items()}
    assert {about["type"] for name, about, _ in found if name == "task.logissue"} == ({kind} if kind else set())
    completed = [(about["result"], text) for name, about, text in found if name == "task.complete"]
    assert completed == ([(result, "The policy makes this a warning.")] if result else [])


def test_azure_shows_the_summary_from_a_file_of_the_agents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert published("azure", BLOCKED, AGENT_TEMPDIRECTORY=str(tmp_path)) == []

    (path,) = [text for name, _, text in commands(capsys.readouterr().out) if name == "task.uploadsummary"]
    assert Path(path).read_text().startswith("## ⛔")


def test_the_summary_for_azure_has_the_name_of_the_gate(tmp_path: Path) -> None:
    """Two gates of one job would otherwise replace each other's."""
    ci_system = ci.detect({"AGENT_TEMPDIRECTORY": str(tmp_path)}, "azure", gate_name="staging")

    assert list(ci_system.publish(BLOCKED)) == []

    assert [path.name for path in tmp_path.iterdir()] == ["scan-gate-staging.md"]


def test_an_issue_for_azure_is_as_long_as_a_reason_may_be(capsys: pytest.CaptureFixture[str]) -> None:
    published("azure", because("x" * 4000))

    (issue,) = [text for name, _, text in commands(capsys.readouterr().out) if name == "task.logissue"]
    title = "Image scan blocked: "
    assert issue == title + "x" * (4000 - len(title)) + "…"


def test_a_summary_of_azure_that_cannot_be_written_gets_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    (warning,) = published("azure", BLOCKED, AGENT_TEMPDIRECTORY=str(tmp_path / "file"))

    assert "the summary of the run will not show the verdict" in warning
    assert "task.logissue" in capsys.readouterr().out


def test_azure_gets_ten_issues_at_most_the_verdict_first(capsys: pytest.CaptureFixture[str]) -> None:
    published("azure", many(5000))

    issues = [text for name, _, text in commands(capsys.readouterr().out) if name == "task.logissue"]
    assert len(issues) == 10
    assert issues[0].startswith("Image scan blocked: 5000 of 5000 images could not be scanned; --max-failed allows 0.")
    assert issues[-1].endswith("4992 more images could not be scanned; the json report has them all.")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_name_forges_a_command_of_azure(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    images = (a_failed_image(text, reason=text),)

    published("azure", an_outcome(a_task(id=text, succeeded=2, failed=1, failed_images=images)))

    names = [name for name, _, _ in commands(capsys.readouterr().out)]
    assert names == ["task.setvariable"] * 18 + ["task.logissue"] * 2


def test_azure_gets_the_images_of_a_release_as_whole_json_and_as_issues(capsys: pytest.CaptureFixture[str]) -> None:
    published("azure", a_release(*(a_risky_image(f"web-{number};]%") for number in range(50))))

    found = commands(capsys.readouterr().out)
    (images,) = [text for _, about, text in found if about.get("variable") == "images"]
    issues = [text for name, _, text in found if name == "task.logissue"]
    assert [image["image"].split(":")[0] for image in json.loads(images)] == [
        f"swr/team/web-{number};]%" for number in range(50)
    ]
    assert issues[1].startswith("Image risky: swr/team/web-0;]%:1.0@sha256:aaaaaaaaaaaa risky: 7 vulnerabilities")
    assert issues[-1] == "More images: 42 more images are risky; the json report has them all."


def test_a_command_of_azure_has_its_properties_between_its_name_and_its_text() -> None:
    assert azure.command("task.logissue", "a]b;c", type="error", code="1;2") == (
        "##vso[task.logissue type=error;code=1%3B2;]a%5Db%3Bc\n"
    )
    assert ci.detect({"TF_BUILD": "True"}, "azure").mask_command("hush") == "##vso[task.setsecret]hush\n"


def test_the_outputs_of_azure_can_be_read_by_later_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    published("azure", BLOCKED)

    found = [about for name, about, _ in commands(capsys.readouterr().out) if name == "task.setvariable"]
    assert {about["isOutput"] for about in found} == {"true"}


def test_a_command_of_azure_reads_back_as_it_was() -> None:
    ((name, about, text),) = commands(azure.command("task.x", "100%; [a]%3B\r\nb", key="a;b]c%d"))

    assert (name, about, text) == ("task.x", {"key": "a;b]c%d"}, "100%; [a]%3B\r\nb")


@pytest.mark.parametrize(("name", "environ"), [("github", {"GITHUB_ACTIONS": "true"}), ("azure", {"TF_BUILD": "True"})])
def test_a_secret_is_printed_only_where_a_ci_system_is_detected_that_masks_it(
    name: str, environ: dict[str, str]
) -> None:
    assert "canary" in ci.detect(environ).mask_command("canary-secret")
    assert ci.detect({}, name).mask_command("canary-secret") == ""


@pytest.mark.parametrize("value", ["true", "True", "7", "false", ""])
@pytest.mark.parametrize("other", ["GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "BUILDKITE", "BITBUCKET_BUILD_NUMBER"])
@pytest.mark.parametrize(("name", "own"), [("github", "GITHUB_ACTIONS"), ("azure", "TF_BUILD")])
def test_no_secret_is_printed_in_a_job_with_a_variable_of_another_ci_system(
    name: str, own: str, other: str, value: str
) -> None:
    """A dotenv file of an earlier job can set any variable of a job in GitLab, its own variable included."""
    environ = {other: value, own: "true"}

    is_printed = "canary" in ci.detect(environ, name).mask_command("canary-secret")

    assert is_printed is (other == own)


# Buildkite.


def agent(folder: Path, exit_code: int = 0, says: bytes = b"no such build") -> None:
    """Puts a stand-in for Buildkite's agent into this folder; it keeps its arguments and its input."""
    path = folder / "buildkite-agent"
    path.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"json.dump([sys.argv[1:], sys.stdin.read()], open({str(folder / 'received.json')!r}, 'w'))\n"
        f"json.dump(dict(os.environ), open({str(folder / 'environ.json')!r}, 'w'))\n"
        f"sys.stderr.buffer.write({says!r})\nsys.exit({exit_code})\n"
    )
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("outcome", "style"), [(an_outcome(), "success"), (WARNED, "warning"), (BLOCKED, "error"), (UNDECIDED, "error")]
)
def test_buildkite_shows_the_summary_as_an_annotation(outcome: Outcome, style: str, tmp_path: Path) -> None:
    agent(tmp_path)

    assert published("buildkite", outcome, PATH=str(tmp_path)) == []

    arguments, body = json.loads((tmp_path / "received.json").read_text())
    assert arguments == ["annotate", "--context", "scan-gate", "--style", style]
    assert body == "".join(markdown.render(outcome))
    assert len(body.encode()) <= 1024 * 1024


@pytest.mark.parametrize(
    ("name", "context"), [("", "scan-gate-s1-2-d1d7cd19"), ("staging", "scan-gate-staging")], ids=["job", "name"]
)
def test_the_annotation_of_buildkite_is_that_of_the_job_or_of_the_name_of_the_gate(
    name: str, context: str, tmp_path: Path
) -> None:
    agent(tmp_path)
    environ = {"PATH": str(tmp_path), "BUILDKITE_STEP_ID": "s1", "BUILDKITE_PARALLEL_JOB": "2"}

    assert list(ci.detect(environ, "buildkite", gate_name=name).publish(BLOCKED)) == []

    assert json.loads((tmp_path / "received.json").read_text())[0][2] == context


def test_an_agent_of_buildkite_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "buildkite-agent").write_text(f"#!{sys.executable}\nimport time\ntime.sleep(5)\n")
    (tmp_path / "buildkite-agent").chmod(0o755)
    monkeypatch.setattr(buildkite, "_TIMEOUT", 0.05)

    (warning,) = published("buildkite", BLOCKED, PATH=str(tmp_path))

    assert warning.startswith("buildkite-agent did not take the annotation (Command ")


def test_an_agent_of_buildkite_has_ten_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command[1:2], timeout)

    agent(tmp_path)
    monkeypatch.setattr(subprocess, "run", run)

    (warning,) = published("buildkite", BLOCKED, PATH=str(tmp_path))

    assert "'annotate'" in warning
    assert warning.endswith("timed out after 10.0 seconds).")


def test_what_an_agent_of_buildkite_says_is_cut_and_need_not_be_text(tmp_path: Path) -> None:
    agent(tmp_path, exit_code=1, says=b"\xff" + b"x" * 300)

    (warning,) = published("buildkite", BLOCKED, PATH=str(tmp_path))

    said = "\N{REPLACEMENT CHARACTER}" + "x" * 199 + "…"
    assert warning == f"buildkite-agent did not take the annotation ({said})."


def test_the_agent_of_buildkite_gets_no_credentials_of_the_gate(tmp_path: Path) -> None:
    agent(tmp_path)
    names = {
        getattr(source, part.name)
        for provider in CLOUDS.values()
        for source in (INPUT, OURS, *provider.credential_sources)
        for part in fields(source)
    } - {""}
    credentials = dict.fromkeys([*names, *(f"{name}_FILE" for name in names)], "canary")
    needed = {
        "BUILDKITE": "true",
        "BUILDKITE_JOB_ID": "7",
        "BUILDKITE_AGENT_ACCESS_TOKEN": "of-the-agent",
        "PATH": str(tmp_path),
        "HOME": "/root",
        "HTTPS_PROXY": "http://proxy.example",
        "no_proxy": "localhost",
    }

    assert published("buildkite", BLOCKED, **needed, **credentials, OTHER_TOKEN="canary") == []

    environ = json.loads((tmp_path / "environ.json").read_text())
    assert needed.items() <= environ.items()
    assert "canary" not in environ.values()


@pytest.mark.parametrize("is_there", [True, False])
def test_an_agent_of_buildkite_that_fails_or_is_absent_gets_a_warning(tmp_path: Path, *, is_there: bool) -> None:
    if is_there:
        agent(tmp_path, exit_code=1)

    (warning,) = published("buildkite", BLOCKED, PATH=str(tmp_path))

    expected = "did not take the annotation (no such build)" if is_there else "is not in this container"
    assert expected in warning


def test_an_agent_of_buildkite_that_cannot_run_gets_a_warning(tmp_path: Path) -> None:
    (tmp_path / "buildkite-agent").write_text("#!/nowhere\n")
    (tmp_path / "buildkite-agent").chmod(0o755)

    (warning,) = published("buildkite", BLOCKED, PATH=str(tmp_path))

    assert "did not take the annotation" in warning


def test_buildkite_gets_a_group_for_the_wait_and_an_open_one_for_the_verdict() -> None:
    ci_system = ci.detect({}, "buildkite")

    assert (ci_system.start_group("Waiting ::group::", NOW), ci_system.end_group(NOW)) == (
        "--- Waiting : :group: :\n",
        "+++ scan-gate\n",
    )


# Bitbucket.


def files(folder: Path) -> dict[str, Any]:
    return {path.name: json.loads(path.read_text()) for path in (folder / bitbucket.FOLDER).iterdir()}


@pytest.mark.parametrize(("outcome", "result"), [(an_outcome(), "PASSED"), (BLOCKED, "FAILED"), (UNDECIDED, "FAILED")])
def test_bitbucket_gets_a_report_with_the_verdict(outcome: Outcome, result: str, tmp_path: Path) -> None:
    assert published("bitbucket", outcome, BITBUCKET_CLONE_DIR=str(tmp_path)) == []

    report = files(tmp_path)["report.json"]
    assert (report["result"], report["report_type"]) == (result, "SECURITY")
    assert report["details"].startswith(outcome.verdict.decision)
    why = " ".join(reason.message for reason in outcome.verdict.reasons)
    assert report["details"] == f"{outcome.verdict.decision}. {why}".strip()
    assert (report["title"], report["reporter"]) == ("Image scan", "scan-gate")
    assert report.keys() == {"title", "details", "report_type", "reporter", "result", "data"}


def test_the_report_for_bitbucket_has_each_count_that_is_known_and_the_name_of_the_gate() -> None:
    report = bitbucket.report(replace(UNDECIDED, name="staging"))

    assert report["title"] == "Image scan staging"
    assert report["data"] == [
        {"title": "total (not judged)", "type": "NUMBER", "value": 3},
        {"title": "success (not judged)", "type": "NUMBER", "value": 3},
        {"title": "failed (not judged)", "type": "NUMBER", "value": 0},
    ]


@pytest.mark.parametrize(
    ("number", "batches", "total"), [(0, 0, 0), (100, 1, 100), (101, 2, 101), (1000, 10, 1000), (5000, 10, 1000)]
)
def test_bitbucket_gets_annotations_in_batches_that_it_takes(
    number: int, batches: int, total: int, tmp_path: Path
) -> None:
    published("bitbucket", many(number), BITBUCKET_CLONE_DIR=str(tmp_path))

    annotations = [batch for name, batch in files(tmp_path).items() if name.startswith("annotations-")]
    assert (len(annotations), sum(map(len, annotations))) == (batches, total)
    assert all(len(batch) <= 100 for batch in annotations)
    assert len({one["external_id"] for batch in annotations for one in batch}) == total


def test_bitbucket_gets_an_annotation_for_each_risky_and_each_failed_image_of_a_release(tmp_path: Path) -> None:
    failed = an_image("till", ImageState.FAILED, reason="too big")
    release = a_release(failed, an_image("api"), a_risky_image("web"), policy=Policy(max_failed=1))

    published("bitbucket", release, BITBUCKET_CLONE_DIR=str(tmp_path))

    found = files(tmp_path)["annotations-1.json"]
    assert [(one["severity"], one["summary"]) for one in found] == [
        ("HIGH", "swr/team/web:1.0@sha256:aaaaaaaaaaaa risky: 7 vulnerabilities (2 high, 5 medium)."),
        ("LOW", "swr/team/till:1.0@sha256:aaaaaaaaaaaa could not be scanned: too big."),
    ]
    assert len({one["external_id"] for one in found}) == 2


def test_an_annotation_for_bitbucket_has_an_id_of_its_image_and_check_and_a_cut_text() -> None:
    outcome = a_release(an_image("till", ImageState.FAILED, reason="too big" * 100))

    (found,) = bitbucket.insights(outcome)

    summary = found.pop("summary")
    assert found == {
        "external_id": fingerprint_in_pipeline(outcome, "image-not-scanned", "swr/team/till/1")[:40],
        "annotation_type": "VULNERABILITY",
        "severity": "HIGH",
    }
    assert summary.startswith("swr/team/till:1.0@sha256:aaaaaaaaaaaa could not be scanned: too big")
    assert (len(summary), summary[-1]) == (450, "…")


@pytest.mark.parametrize(("max_failed", "severity"), [(0, "HIGH"), (1001, "LOW")])
def test_the_last_annotation_for_bitbucket_says_how_many_images_are_left_out(max_failed: int, severity: str) -> None:
    images = tuple(a_failed_image(f"shop-{at}") for at in range(1001))
    task = a_task(total=1002, succeeded=1, failed=1001, failed_images=images)
    outcome = an_outcome(task, policy=Policy(max_failed=max_failed))

    assert bitbucket.insights(outcome)[-1] == {
        "external_id": fingerprint_in_pipeline(outcome, "more-images", "")[:40],
        "annotation_type": "VULNERABILITY",
        "summary": "2 more images could not be scanned; the json report has them all.",
        "severity": severity,
    }


def test_the_details_of_a_report_for_bitbucket_are_all_reasons_up_to_the_greatest_length() -> None:
    assert bitbucket.report(because("one.", "two."))["details"] == "blocked. one. two."
    assert bitbucket.report(because("x" * 2000))["details"] == "blocked. " + "x" * 1990 + "…"


def test_each_parallel_step_of_bitbucket_has_a_folder_of_its_own(tmp_path: Path) -> None:
    published("bitbucket", BLOCKED, BITBUCKET_CLONE_DIR=str(tmp_path), BITBUCKET_PARALLEL_STEP="2")

    (folder,) = tmp_path.iterdir()
    assert folder.name != bitbucket.FOLDER


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_texts_for_bitbucket_have_the_lengths_that_it_takes(text: str, tmp_path: Path) -> None:
    images = (a_failed_image(text, reason=text * 3),)

    published("bitbucket", an_outcome(a_task(failed=1, failed_images=images)), BITBUCKET_CLONE_DIR=str(tmp_path))

    written = files(tmp_path)
    assert len(written["report.json"]["details"]) <= 2000
    assert [len(one["summary"]) <= 450 for one in written["annotations-1.json"]] == [True]


def test_the_files_of_an_earlier_run_for_bitbucket_are_removed(tmp_path: Path) -> None:
    for number in (250, 50):
        published("bitbucket", many(number), BITBUCKET_CLONE_DIR=str(tmp_path))

    assert sorted(files(tmp_path)) == ["annotations-1.json", "report.json"]


def test_the_files_of_an_earlier_run_for_bitbucket_are_removed_as_soon_as_a_run_starts(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A run that is killed would otherwise leave the verdict of the earlier one."""
    published("bitbucket", many(5), BITBUCKET_CLONE_DIR=str(tmp_path))
    monkeypatch.setenv("BITBUCKET_BUILD_NUMBER", "1")
    monkeypatch.setenv("BITBUCKET_CLONE_DIR", str(tmp_path))
    gate = gate_in("stuck")
    left: list[list[str]] = []
    gate.time.at_elapsed(10, lambda: left.append(sorted(files(tmp_path))))

    assert gate.check("--timeout", "60s").code == 5
    assert left == [[]]
    assert sorted(files(tmp_path)) == ["report.json"]


def test_files_for_bitbucket_that_cannot_be_written_get_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    (warning,) = published("bitbucket", BLOCKED, BITBUCKET_CLONE_DIR=str(tmp_path / "file"))

    assert warning.endswith("): there will be no report in Bitbucket.")


def test_a_folder_for_bitbucket_that_is_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    """It could come from the checkout, and lead anywhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "annotations-1.json").write_text("precious")
    (tmp_path / bitbucket.FOLDER).symlink_to(tmp_path / "elsewhere")

    ci.detect({"BITBUCKET_CLONE_DIR": str(tmp_path)}, "bitbucket").remove_stale()
    (warning,) = published("bitbucket", BLOCKED, BITBUCKET_CLONE_DIR=str(tmp_path))

    folder = tmp_path / bitbucket.FOLDER
    assert warning == f"{folder} is a symbolic link and is not followed: there will be no report in Bitbucket."
    assert (tmp_path / "elsewhere" / "annotations-1.json").read_text() == "precious"
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["annotations-1.json"]


@pytest.mark.parametrize("folders", ["", ".", ":", "bin:."])
def test_nothing_of_the_checkout_is_run_as_the_agent_of_buildkite(
    folders: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent(tmp_path)
    (tmp_path / "bin").mkdir()
    agent(tmp_path / "bin")
    monkeypatch.chdir(tmp_path)

    (warning,) = published("buildkite", BLOCKED, PATH=folders)

    assert "is not in this container" in warning
    assert not list(tmp_path.rglob("*.json"))


# What a CI system will write, before it writes it.


def test_azure_says_whether_its_summary_can_be_written(tmp_path: Path) -> None:
    assert channels("azure") == [
        ("summary", "AGENT_TEMPDIRECTORY is not set", "the summary of the run will not show the verdict")
    ]
    assert channels("azure", AGENT_TEMPDIRECTORY=str(tmp_path / "absent"))[0][1] == ""
    assert channels("azure", AGENT_TEMPDIRECTORY=__file__)[0][1] == "Not a directory"


def test_bitbucket_says_whether_its_report_can_be_written(tmp_path: Path) -> None:
    folder = tmp_path / bitbucket.FOLDER
    (found,) = channels("bitbucket", BITBUCKET_CLONE_DIR=str(tmp_path))

    assert found[:2] == (str(folder), "")
    assert found[2]
    (folder / "report.json").mkdir(parents=True)
    assert channels("bitbucket", BITBUCKET_CLONE_DIR=str(tmp_path))[0][1] == "Is a directory"


def test_buildkite_says_whether_its_agent_is_there(tmp_path: Path) -> None:
    agent(tmp_path)
    loss = "the build will have no annotation"

    assert channels("buildkite", PATH=str(tmp_path / "absent")) == [
        ("buildkite-agent", "it is not in this container", loss)
    ]
    assert channels("buildkite", PATH=str(tmp_path)) == [("buildkite-agent", "", loss)]


def channels(name: str, **environ: str) -> list[tuple[str, str, str]]:
    return [(one.name, one.problem, one.loss) for one in ci.detect(environ, name).channels()]
