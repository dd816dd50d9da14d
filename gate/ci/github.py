"""GitHub Actions: outputs, job summary, annotations, log groups and masked secrets (ci-hosts.md 4.1)."""

from __future__ import annotations

import os
import secrets
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gate.ci.annotations import annotations_of
from gate.ci.ci_system import Channel, CISystem
from gate.ci.detection import is_the_only_one_detected
from gate.ownership import give_file_to_owner_of, is_root
from gate.reports import markdown
from gate.reports.images_output import images_output
from gate.reports.size_limits import MAX_SUMMARY_SIZE
from gate.run_context import Job
from gate.text import MAX_REASON_LENGTH, for_log, one_line
from gate.writing import append_atomically, print_stdout, why_unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from io import FileIO

    from gate.outcome import Outcome

_MAX_ANNOTATIONS = 10
"""Of one kind, in one step; the runner drops the others."""
_CONSEQUENCES = {
    "GITHUB_OUTPUT": "later steps will not see the verdict",
    "GITHUB_STEP_SUMMARY": "the page of the job will not show the verdict",
}
"""What a file that cannot be written leads to, by the variable that names it."""


class GitHub(CISystem):
    """Appends to the two files of the step, which the runner owns, and prints workflow commands."""

    job_variables = ("GITHUB_JOB", "GITHUB_ACTION")
    """The runner gives each step without an id a name of its own."""

    def _job(self) -> Job:
        """See `CISystem._job`; the number of a job, which its address has, is in no variable."""
        run = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT")
        return Job(
            ci="github",
            repository=self._value("GITHUB_REPOSITORY"),
            repository_url=self._address("{}/{}", *run[:2]),
            commit=self._value("GITHUB_SHA"),
            branch=self._value("GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
            pipeline=self._value("GITHUB_RUN_ID"),
            pipeline_url=self._address("{}/{}/actions/runs/{}/attempts/{}", *run),
            name=self._value("GITHUB_JOB"),
        )

    def mask_command(self, secret: str) -> str:
        """See `CISystem.mask_command`; anywhere but in GitHub's runner, the command itself would show the secret."""
        is_github = is_the_only_one_detected("github", self._environ)
        return command("add-mask", secret) if is_github else ""

    def start_group(self, title: str, at: datetime) -> str:  # noqa: ARG002 - GitHub takes the times itself
        """See `CISystem.start_group`."""
        return command("group", title)

    def end_group(self, at: datetime) -> str:  # noqa: ARG002 - GitHub takes the times itself
        """See `CISystem.end_group`."""
        return command("endgroup")

    def channels(self) -> Iterator[Channel]:
        """See `CISystem.channels`; without these variables, as in a container that does not pass them on, nothing."""
        for variable, loss in _CONSEQUENCES.items():
            name = self._environ.get(variable)
            problem = why_unwritable(Path(name), is_replaced=False) if name else "the variable is not set"
            yield Channel(name=variable, problem=problem, loss=loss)

    def publish(self, outcome: Outcome) -> Iterator[str]:
        """See `CISystem.publish`."""
        yield from self._append("GITHUB_OUTPUT", lambda _: outputs(outcome))
        yield from self._append("GITHUB_STEP_SUMMARY", partial(_summary, outcome))
        for annotation in annotations_of(outcome, _MAX_ANNOTATIONS):
            print_stdout(
                command(annotation.severity, one_line(annotation.text, MAX_REASON_LENGTH), title=annotation.title)
            )

    def _append(self, variable: str, text_after: Callable[[int], str]) -> Iterator[str]:
        name = self._environ.get(variable)
        if not name:
            return
        path = Path(name)
        try:
            is_new = not path.exists()
            with path.open("a+b", buffering=0) as file:
                if is_new:
                    # The runner makes these files itself; a job that runs the image with names of its own does not.
                    give_file_to_owner_of(path.parent, file.fileno())
                size = file.seek(0, os.SEEK_END)
                text = text_after(size)
                append_atomically(file, (text if not text or _ends_a_line(file, size) else f"\n{text}").encode())
        except OSError as error:
            hint = _hint() if isinstance(error, PermissionError) else ""
            yield f"{variable} cannot be written ({error.strerror}): {_CONSEQUENCES[variable]}.{hint}"
            return
        if not text:
            yield f"{variable} is full: earlier steps wrote so much that GitHub would drop all of it."


def _hint() -> str:
    if is_root():
        return " This process is root already, but perhaps not outside the container (rootless engine, user namespace)."
    return " GitHub's files are root's: run the container as root."


def _summary(outcome: Outcome, size: int) -> str:
    """The markdown report, as far as it fits behind what earlier steps have written, and an end of line."""
    return "".join(markdown.render(outcome, MAX_SUMMARY_SIZE - size - 1))


def _ends_a_line(file: FileIO, size: int) -> bool:
    # An earlier tool may have left a line without its end, which would swallow our first line.
    return size == 0 or (file.seek(size - 1) >= 0 and file.read(1) == b"\n")


def command(name: str, text: str = "", **properties: str) -> str:
    """Renders a workflow command, which ends at the end of its line; no text in it can end it earlier or start another.

    The runner cuts a text after 4,096 characters.
    """
    listed = ",".join(f"{key}={_escape(value, ':,')}" for key, value in properties.items())
    return f"::{name}{' ' if listed else ''}{listed}::{_escape(text)}\n"


def _escape(text: str, also: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in f"%\r\n{also}" else char for char in text)


def outputs(outcome: Outcome) -> str:
    """Renders the outputs of the action; unknown values are empty.

    Each value is enclosed in an unpredictable delimiter, so that no value can end early and forge another output.
    A later step may print a value, and the runner would run a workflow command in it.
    """
    delimiter = f"scan-gate-{secrets.token_hex(16)}"
    values = {name: for_log(value) for name, value in outcome.outputs.items()} | {"images": images_output(outcome)}
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())


CI_SYSTEM = GitHub
