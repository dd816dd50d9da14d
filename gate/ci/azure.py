"""Azure Pipelines: issues, output variables, a summary page, and a result between right and wrong (ci-hosts.md 4.3)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gate.ci.host import Host
from gate.ci.remarks import remarks, urgency
from gate.reports import markdown
from gate.text import A_REASON, one_line
from gate.writing import say, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gate.outcome import Outcome

_MOST_ISSUES = 10
"""Of one kind; the agent drops the others."""


class Azure(Host):
    """Writes logging commands, which the agent reads on standard output."""

    @classmethod
    def is_here(cls, environ: Mapping[str, str]) -> bool:
        """See `Host.is_here`."""
        return environ.get("TF_BUILD", "").lower() == "true"

    def hide(self, secret: str) -> str:
        """See `Host.hide`; whoever is not the agent would print the command, and the secret with it."""
        return command("task.setsecret", secret) if self.is_here(self._environ) else ""

    def publish(self, outcome: Outcome) -> Iterator[str]:
        """See `Host.publish`."""
        for name, value in outcome.outputs.items():
            say(command("task.setvariable", one_line(value), variable=name.replace("-", "_"), isOutput="true"))
        yield from self._summarise(outcome)
        kind = urgency(outcome)
        if kind == "notice":
            return
        for remark in remarks(outcome, _MOST_ISSUES):
            say(command("task.logissue", one_line(f"{remark.title}: {remark.text}", A_REASON), type=kind))
        if kind == "warning":
            say(command("task.complete", "The policy makes this a warning.", result="SucceededWithIssues"))

    def _summarise(self, outcome: Outcome) -> Iterator[str]:
        folder = self._environ.get("AGENT_TEMPDIRECTORY")
        if not folder:
            return
        path = Path(folder) / "scan-gate.md"
        try:
            write_whole(path, markdown.render(outcome))
        except OSError as error:
            yield f"{path} cannot be written ({error.strerror}): the summary of the run will not show the verdict."
            return
        say(command("task.uploadsummary", str(path)))


def command(name: str, text: str, **properties: str) -> str:
    """Writes a logging command, which ends at the end of its line; nothing in it can end it earlier."""
    listed = "".join(f"{key}={_escaped(value)};" for key, value in properties.items())
    return f"##vso[{name}{' ' if listed else ''}{listed}]{_escaped(text)}\n"


def _escaped(text: str) -> str:
    for mark, code in (("%", "%AZP25"), ("\r", "%0D"), ("\n", "%0A"), (";", "%3B"), ("]", "%5D")):
        text = text.replace(mark, code)
    return text
