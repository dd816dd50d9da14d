"""Buildkite: log groups, and an annotation by the agent's command `buildkite-agent annotate` (ci-hosts.md 4.4)."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from gate.buildkite_agent import AGENT, environ_of_agent, find_agent
from gate.ci.annotations import severity
from gate.ci.ci_system import Channel, CISystem
from gate.reports import markdown
from gate.run_context import Job, without_user
from gate.text import file_stem, for_log, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gate.outcome import Outcome

_STYLES = {"notice": "success", "warning": "warning", "error": "error"}
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

    def _job(self) -> Job:
        """See `CISystem._job`."""
        # Any other address could have a password in it; that of ssh has a user only.
        given = self._value("BUILDKITE_REPO")
        address = without_user(given)
        repository = given if given.startswith("git@") else address
        return Job(
            ci="buildkite",
            repository=repository,
            repository_url=address.removesuffix(".git"),
            commit=self._value("BUILDKITE_COMMIT"),
            branch=self._value("BUILDKITE_BRANCH"),
            pipeline=self._joined("BUILDKITE_PIPELINE_SLUG", "BUILDKITE_BUILD_NUMBER"),
            pipeline_url=self._address("{}", "BUILDKITE_BUILD_URL"),
            name=self._value("BUILDKITE_STEP_KEY", "BUILDKITE_LABEL", "BUILDKITE_JOB_ID"),
            url=self._address("{}#{}", "BUILDKITE_BUILD_URL", "BUILDKITE_JOB_ID"),
        )

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

    def channels(self) -> Iterator[Channel]:
        """See `CISystem.channels`."""
        problem = "" if find_agent(self._environ) else "it is not in this container"
        yield Channel(name=AGENT, problem=problem, loss="the build will have no annotation")

    def publish(self, outcome: Outcome) -> Iterator[str]:
        """See `CISystem.publish`."""
        agent = find_agent(self._environ)
        if agent is None:
            yield f"{AGENT} is not in this container: annotate the build with the markdown report, as the docs show."
            return
        command = [agent, "annotate", "--context", self._context, "--style", _STYLES[severity(outcome)]]
        try:
            subprocess.run(  # noqa: S603 - the CI system's own program, with arguments of ours only
                command,
                input="".join(markdown.render(outcome)).encode(),
                env=environ_of_agent(self._environ),
                capture_output=True,
                check=True,
                timeout=_TIMEOUT,
            )
        except (OSError, subprocess.SubprocessError) as error:
            output = getattr(error, "stderr", None) or str(error).encode()
            yield f"{AGENT} did not take the annotation ({one_line(output.decode(errors='replace'), 200)})."


CI_SYSTEM = Buildkite
