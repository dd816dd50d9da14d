"""The command `judge`: what another policy would have decided on stored json reports, without any cloud."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gate.clouds import CLOUDS
from gate.command_line import TableCommand, option_values, value_sources
from gate.errors import ExitCode, UsageError
from gate.finding_settings import finding_settings
from gate.image import ImageRef
from gate.judge_again import judge_again
from gate.log import Log
from gate.options import JUDGE_OPTIONS
from gate.policy import Decision, Policy
from gate.stored_report import is_report, read_report
from gate.text import MAX_REASON_LENGTH, for_log
from gate.writing import print_stdout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gate.policy import Verdict
    from gate.stored_report import StoredRun

_SOURCE = "REPORT"
_NO_BASELINE = "the run had a baseline, which its report does not repeat; findings that were known by it count here"
_HEAD = 200
"""Characters in which a report names its schema."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A stored run, and the verdict of this policy on it."""

    run: StoredRun
    verdict: Verdict
    notices: tuple[str, ...] = ()
    """What the user should know of how it was judged."""


@click.command(cls=TableCommand, options=JUDGE_OPTIONS)
@click.argument("reports", nargs=-1, required=True, metavar="REPORT...")
def judge(reports: Sequence[str], **values: Any) -> int:
    """Judge stored json reports again, by this policy and without a cloud.

    A REPORT is a file, or a folder of which all json reports are judged. An undecided run stays undecided, and whether
    results were fresh is not judged again. Waivers are judged by the day of each run, unless --as-of names another one.
    The baseline of a run is not in its report: what was known by it counts here.
    """
    given = option_values(values)
    sources = value_sources(click.get_current_context())
    judged = [_judged(read_report(path, source=_SOURCE), given, sources) for path in _paths(reports)]
    print_stdout("".join(f"{line}\n" for line in _lines(judged)))
    return _exit_code([one.verdict for one in judged])


def _paths(reports: Iterable[str]) -> list[Path]:
    """The files that are named, and the json reports in folders; each once.

    Raises:
        UsageError: A folder has none, so that there is nothing to judge.
    """
    found: list[Path] = []
    for path in map(Path, reports):
        if not path.is_dir():
            found.append(path)
            continue
        files = sorted(path.rglob("*.json"))
        in_folder = [file for file in files if _is_report(file)]
        if len(in_folder) < len(files):
            others = f"{len(files) - len(in_folder)} of {len(files)} .json files in {path}"
            Log(sys.stderr).print_warning(f"{others} are no reports of this gate, or rewritten ones, and not judged.")
        if not in_folder:
            raise UsageError(
                f"The folder {path} has no json report.",
                means="Nothing in it was written by `--report json=...`.",
                remedy="Name another folder, or a file.",
            )
        found += in_folder
    return list(dict.fromkeys(found))


def _is_report(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return is_report(file.read(_HEAD))
    except OSError:
        # It is read again as a report, which says why it cannot be.
        return True


def _judged(run: StoredRun, given: Mapping[str, Any], sources: Mapping[str, str]) -> Judged:
    if run.decision is Decision.UNDECIDED or run.task is None:
        return Judged(run=run, verdict=judge_again(run, run.policy))
    if run.cloud not in CLOUDS:
        raise UsageError(
            f"The report {run.path} is of a cloud that this gate does not know: {run.cloud!r}.",
            remedy="Judge it with the version of the gate that wrote it.",
        )
    # Without images the options would be an error; the verdict says that a task has no findings.
    images = tuple(image.image for image in run.task.images) if run.task.asks_for_images else (ImageRef(),)
    day = run.judged_at.date()
    has_critical = run.policy.findings.has_critical
    findings = finding_settings({**given, "cloud": run.cloud}, sources, images, has_critical=has_critical, today=day)
    policy = Policy(
        max_failed=given["max-failed"],
        max_risky=given["max-risky"],
        required_scopes=run.policy.required_scopes,
        findings=findings.policy,
    )
    notices = (*findings.notices, *([_NO_BASELINE] if run.has_baseline else []), *_without_cves(run, policy))
    return Judged(run=run, verdict=judge_again(run, policy), notices=notices)


def _without_cves(run: StoredRun, policy: Policy) -> Iterator[str]:
    """Yields a note if the policy waives CVEs, and the run did not ask for those of each finding."""
    findings = [one for image in (run.task.images if run.task else ()) for one in image.findings or ()]
    number = sum(one.has_unknown_cves for one in findings)
    if number and policy.findings.waives_cves:
        of_all = f"{number} of {len(findings)} findings"
        yield f"the CVEs of {of_all} are not in the report, so no waiver of a CVE covers them"


def _lines(judged: Sequence[Judged]) -> Iterator[str]:
    for one in judged:
        verdict = one.verdict
        yield f"{for_log(str(one.run.path))}: {verdict.decision} (exit {verdict.exit_code:d}), was {one.run.decision}"
        yield from (f"  {for_log(reason.message, MAX_REASON_LENGTH)}" for reason in verdict.reasons)
        yield from (f"  note: {for_log(notice, MAX_REASON_LENGTH)}" for notice in one.notices)
    if len(judged) > 1:
        number = {decision: sum(one.verdict.decision is decision for one in judged) for decision in Decision}
        counts = ", ".join(f"{count} {decision}" for decision, count in number.items() if count)
        yield f"{len(judged)} runs: {counts}"


def _exit_code(verdicts: Sequence[Verdict]) -> ExitCode:
    """That of a block if there is one, else of the first run that is undecided."""
    codes = [verdict.exit_code for verdict in verdicts]
    if ExitCode.BLOCKED in codes:
        return ExitCode.BLOCKED
    return next((code for code in codes if code is not ExitCode.PASSED), ExitCode.PASSED)
