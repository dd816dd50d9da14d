"""Azure Pipelines: issues, output variables, a summary page, and a result between right and wrong (ci-hosts.md 4.3)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gate.ci.annotations import annotations_of, severity
from gate.ci.ci_system import CISystem
from gate.reports import markdown
from gate.text import MAX_REASON_LENGTH, one_line
from gate.writing import print_stdout, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gate.outcome import Outcome

_MOST_ISSUES = 10
"""Of one kind; the agent drops the others."""


class Azure(CISystem):
    """Writes logging commands, which the agent reads on standard output."""

    @classmethod
    def is_detected(cls, environ: Mapping[str, str]) -> bool:
        """See `CISystem.is_detected`."""
        return environ.get("TF_BUILD", "").lower() == "true"

    def mask_command(self, secret: str) -> str:
        """See `CISystem.hide`; whoever is not the agent would print the command, and the secret with it."""
        return command("task.setsecret", secret) if self.is_detected(self._environ) else ""

    def publish(self, outcome: Outcome) -> Iterator[str]:
        """See `CISystem.publish`."""
        for name, value in outcome.outputs.items():
            print_stdout(command("task.setvariable", one_line(value), variable=name.replace("-", "_"), isOutput="true"))
        yield from self._summarise(outcome)
        kind = severity(outcome)
        if kind == "notice":
            return
        for annotation in annotations_of(outcome, _MOST_ISSUES):
            print_stdout(
                command(
                    "task.logissue", one_line(f"{annotation.title}: {annotation.text}", MAX_REASON_LENGTH), type=kind
                )
            )
        if kind == "warning":
            print_stdout(command("task.complete", "The policy makes this a warning.", result="SucceededWithIssues"))

    def _summarise(self, outcome: Outcome) -> Iterator[str]:
        folder = self._environ.get("AGENT_TEMPDIRECTORY")
        if not folder:
            return
        path = Path(folder) / "scan-gate.md"
        try:
            write_atomically(path, markdown.render(outcome))
        except OSError as error:
            yield f"{path} cannot be written ({error.strerror}): the summary of the run will not show the verdict."
            return
        print_stdout(command("task.uploadsummary", str(path)))


def command(name: str, text: str, **properties: str) -> str:
    """Writes a logging command, which ends at the end of its line; nothing in it can end it earlier."""
    listed = "".join(f"{key}={_escaped(value)};" for key, value in properties.items())
    return f"##vso[{name}{' ' if listed else ''}{listed}]{_escaped(text)}\n"


def _escaped(text: str) -> str:
    for mark, code in (("%", "%AZP25"), ("\r", "%0D"), ("\n", "%0A"), (";", "%3B"), ("]", "%5D")):
        text = text.replace(mark, code)
    return text
