"""Buildkite: log groups, and an annotation by the agent's command `buildkite-agent annotate` (ci-hosts.md 4.4)."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from gate.ci.annotations import severity
from gate.ci.ci_system import CISystem
from gate.reports import markdown
from gate.text import file_stem, for_log, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gate.outcome import Outcome

_AGENT = "buildkite-agent"
_STYLES = {"notice": "success", "warning": "warning", "error": "error"}
_PREFIX = "BUILDKITE"
"""Of its own variables, one of which is the token with which it signs in to its server."""
_PASSED_ON = frozenset(
    {"PATH", "HOME", "USER", "TMPDIR", "LANG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}
)
_TIMEOUT = 10.0
"""Seconds."""


class Buildkite(CISystem):
    """Annotates the build with the markdown report."""

    job_variables = ("BUILDKITE_STEP_ID", "BUILDKITE_PARALLEL_JOB")
    """The id has another value in each build."""

    @property
    def identity(self) -> str:
        """See `CISystem.identity`; the step by its key or its label, where it has one, since tests have a history."""
        own = next(filter(self._environ.get, ("BUILDKITE_STEP_KEY", "BUILDKITE_LABEL")), "BUILDKITE_STEP_ID")
        return self._name or self._joined(own, "BUILDKITE_PARALLEL_JOB")

    @property
    def _context(self) -> str:
        """The context of the annotation, which is shown with its build; two steps may have one label."""
        return file_stem(self._name or self._joined(*self.job_variables))

    def start_group(self, title: str, at: datetime) -> str:  # noqa: ARG002 - Buildkite takes the times itself
        """See `CISystem.start_group`."""
        return f"--- {for_log(title)}\n"

    def end_group(self, at: datetime) -> str:  # noqa: ARG002 - Buildkite takes the times itself
        """See `CISystem.end_group`."""
        return "+++ scan-gate\n"

    def publish(self, outcome: Outcome) -> Iterator[str]:
        """See `CISystem.publish`."""
        # With a relative folder in PATH, a file of the checkout could be run as the agent.
        folders = [folder for folder in self._environ.get("PATH", "").split(os.pathsep) if folder.startswith("/")]
        agent = shutil.which(_AGENT, path=os.pathsep.join(folders) or "/nowhere")
        if agent is None:
            yield f"{_AGENT} is not in this container: annotate the build with the markdown report, as the docs show."
            return
        command = [agent, "annotate", "--context", self._context, "--style", _STYLES[severity(outcome)]]
        try:
            subprocess.run(  # noqa: S603 - the CI system's own program, with arguments of ours only
                command,
                input="".join(markdown.render(outcome)).encode(),
                env=self._environ_of_agent(),
                capture_output=True,
                check=True,
                timeout=_TIMEOUT,
            )
        except (OSError, subprocess.SubprocessError) as error:
            output = getattr(error, "stderr", None) or str(error).encode()
            yield f"{_AGENT} did not take the annotation ({one_line(output.decode(errors='replace'), 200)})."

    def _environ_of_agent(self) -> dict[str, str]:
        """What the agent needs to find its job and its server; no credentials of a cloud among it."""
        return {
            name: value
            for name, value in self._environ.items()
            if name.startswith(_PREFIX) or name.upper() in _PASSED_ON
        }


CI_SYSTEM = Buildkite
