"""GitLab CI: log sections; everything else reaches GitLab as files, by `artifacts:reports` (ci-hosts.md 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.ci.ci_system import OWN_IMAGE, CISystem
from gate.run_context import Job
from gate.text import for_log

if TYPE_CHECKING:
    from datetime import datetime

_SECTION = "scan_gate_wait"


class GitLab(CISystem):
    """Prints the markers of one section, which starts folded."""

    job_variables = ("CI_JOB_NAME",)

    image_variables = (OWN_IMAGE, "CI_JOB_IMAGE")

    _started_at = ""

    def _job(self) -> Job:
        """See `CISystem._job`."""
        return Job(
            ci="gitlab",
            repository=self._value("CI_PROJECT_PATH"),
            repository_url=self._address("{}", "CI_PROJECT_URL"),
            commit=self._value("CI_COMMIT_SHA"),
            branch=self._value("CI_COMMIT_REF_NAME"),
            pipeline=self._value("CI_PIPELINE_ID"),
            pipeline_url=self._address("{}", "CI_PIPELINE_URL"),
            name=self._value("CI_JOB_NAME"),
            url=self._address("{}", "CI_JOB_URL"),
        )

    def start_group(self, title: str, at: datetime) -> str:
        """See `CISystem.start_group`."""
        self._started_at = f"{at.timestamp():.3f}".replace(".", "_")
        marker = f"section_start:{at.timestamp():.0f}:{self._section}[collapsed=true]"
        return f"\x1b[0K{marker}\r\x1b[0K{for_log(title)}\n"

    def end_group(self, at: datetime) -> str:
        """See `CISystem.end_group`."""
        return f"\x1b[0Ksection_end:{at.timestamp():.0f}:{self._section}\r\x1b[0K\n"

    @property
    def _section(self) -> str:
        """The name of the section; of two gates in one job, each has its own, by its name or its start."""
        return f"{_SECTION}-{self._name or self._started_at}"


CI_SYSTEM = GitLab
