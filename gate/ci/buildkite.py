"""Buildkite: folded log groups and an annotation, by the agent's own command (ci-hosts.md 4.4)."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from gate.ci.annotations import severity
from gate.ci.ci_system import CISystem
from gate.reports import markdown
from gate.text import for_log, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from gate.outcome import Outcome

_AGENT = "buildkite-agent"
_STYLES = {"notice": "success", "warning": "warning", "error": "error"}
_LIMIT = 10.0


class Buildkite(CISystem):
    """Asks the agent to show the job summary on the page of the build."""

    @classmethod
    def is_detected(cls, environ: Mapping[str, str]) -> bool:
        """See `CISystem.is_detected`."""
        return environ.get("BUILDKITE") == "true"

    def start_group(self, title: str, at: datetime) -> str:  # noqa: ARG002 - this host has its own times
        """See `CISystem.fold`."""
        return f"--- {for_log(title)}\n"

    def end_group(self, at: datetime) -> str:  # noqa: ARG002 - this host has its own times
        """See `CISystem.unfold`."""
        return "+++ scan-gate\n"

    def publish(self, outcome: Outcome) -> Iterator[str]:
        """See `CISystem.publish`."""
        # A relative entry of the path would let a file of the checkout be run.
        folders = [folder for folder in self._environ.get("PATH", "").split(os.pathsep) if folder.startswith("/")]
        agent = shutil.which(_AGENT, path=os.pathsep.join(folders) or "/nowhere")
        if agent is None:
            yield f"{_AGENT} is not in this container: annotate the build with the markdown report, as the docs show."
            return
        words = [agent, "annotate", "--context", "scan-gate", "--style", _STYLES[severity(outcome)]]
        try:
            subprocess.run(  # noqa: S603 - the host's own program, with words of ours only
                words,
                input=markdown.render(outcome).encode(),
                env=dict(self._environ),
                capture_output=True,
                check=True,
                timeout=_LIMIT,
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or str(error).encode()
            yield f"{_AGENT} did not take the annotation ({one_line(said.decode(errors='replace'), 200)})."
