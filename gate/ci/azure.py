"""Azure Pipelines: issues, output variables, a summary page, and `SucceededWithIssues` (ci-hosts.md 4.3)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gate.ci.annotations import annotations_of, severity, waiver_annotations
from gate.ci.ci_system import Channel, CISystem
from gate.ci.detection import is_the_only_one_detected
from gate.reports import markdown
from gate.reports.images_output import images_output
from gate.run_context import Job, web_address, without_user
from gate.text import MAX_REASON_LENGTH, file_stem, one_line
from gate.writing import print_stdout, why_unwritable, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome

_MAX_ISSUES = 10
"""Of one kind; the agent drops the others."""
_NO_SUMMARY = "the summary of the run will not show the verdict"


class Azure(CISystem):
    """Prints logging commands, which the agent reads on standard output."""

    job_variables = ("SYSTEM_STAGENAME", "SYSTEM_JOBNAME", "SYSTEM_TASKINSTANCENAME")
    """The agent gives each step without a name one of its own."""

    def _job(self) -> Job:
        """See `CISystem._job`."""
        run = ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID")
        collection = self._value("SYSTEM_COLLECTIONURI").rstrip("/")
        project = quote(self._value("SYSTEM_TEAMPROJECT"), safe="")
        build = f"{collection}/{project}/_build/results?buildId={self._value('BUILD_BUILDID')}"
        is_known, job_id = all(map(self._value, run)), self._value("SYSTEM_JOBID")
        return Job(
            ci="azure",
            repository=self._value("BUILD_REPOSITORY_NAME"),
            repository_url=without_user(self._value("BUILD_REPOSITORY_URI")),
            commit=self._value("BUILD_SOURCEVERSION"),
            branch=self._value("SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"),
            pipeline=self._value("BUILD_BUILDID"),
            pipeline_url=web_address(build) if is_known else "",
            name=self._value("SYSTEM_JOBNAME"),
            url=web_address(f"{build}&view=logs&j={job_id}") if is_known and job_id else "",
        )

    def mask_command(self, secret: str) -> str:
        """See `CISystem.mask_command`; anywhere but in Azure's agent, the command itself would show the secret."""
        is_azure = is_the_only_one_detected("azure", self._environ)
        return command("task.setsecret", secret) if is_azure else ""

    def channels(self) -> Iterator[Channel]:
        """See `CISystem.channels`."""
        path = self._summary_path()
        problem = why_unwritable(path, is_replaced=True) if path else "AGENT_TEMPDIRECTORY is not set"
        yield Channel(name="summary", problem=problem, loss=_NO_SUMMARY)

    def publish(self, outcome: Outcome) -> Iterator[str]:
        """See `CISystem.publish`."""
        values = {name: one_line(value) for name, value in outcome.outputs.items()}
        for name, value in (values | {"images": images_output(outcome)}).items():
            print_stdout(command("task.setvariable", value, variable=name.replace("-", "_"), isOutput="true"))
        yield from self._upload_summary(outcome)
        kind = severity(outcome)
        # An issue is a warning or an error, so that a pass has none but those about waivers.
        is_pass = kind == "notice"
        for annotation in waiver_annotations(outcome) if is_pass else annotations_of(outcome, _MAX_ISSUES):
            text = one_line(f"{annotation.title}: {annotation.text}", MAX_REASON_LENGTH)
            print_stdout(command("task.logissue", text, type=annotation.severity))
        if kind == "warning":
            print_stdout(command("task.complete", "The policy makes this a warning.", result="SucceededWithIssues"))

    def _upload_summary(self, outcome: Outcome) -> Iterator[str]:
        path = self._summary_path()
        if path is None:
            return
        try:
            write_atomically(path, partial(markdown.render, outcome))
        except OSError as error:
            yield f"{path} cannot be written ({error.strerror}): {_NO_SUMMARY}."
            return
        print_stdout(command("task.uploadsummary", str(path)))

    def _summary_path(self) -> Path | None:
        folder = self._environ.get("AGENT_TEMPDIRECTORY")
        return Path(folder) / f"{file_stem(self.identity)}.md" if folder else None


def command(name: str, text: str, **properties: str) -> str:
    """Renders a logging command, which ends at the end of its line; no text in it can end it earlier."""
    listed = "".join(f"{key}={_escape(value)};" for key, value in properties.items())
    return f"##vso[{name}{' ' if listed else ''}{listed}]{_escape(text)}\n"


def _escape(text: str) -> str:
    for char, code in (("%", "%AZP25"), ("\r", "%0D"), ("\n", "%0A"), (";", "%3B"), ("]", "%5D")):
        text = text.replace(char, code)
    return text


CI_SYSTEM = Azure
