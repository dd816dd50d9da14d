"""GitLab CI: log sections; everything else reaches GitLab as files, by `artifacts:reports` (ci-hosts.md 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.ci.ci_system import CISystem
from gate.text import for_log

if TYPE_CHECKING:
    from datetime import datetime

_SECTION = "scan_gate_wait"


class GitLab(CISystem):
    """Prints the markers of one section, which starts folded."""

    job_variables = ("CI_JOB_NAME",)

    def start_group(self, title: str, at: datetime) -> str:
        """See `CISystem.start_group`."""
        marker = f"section_start:{at.timestamp():.0f}:{_SECTION}[collapsed=true]"
        return f"\x1b[0K{marker}\r\x1b[0K{for_log(title)}\n"

    def end_group(self, at: datetime) -> str:
        """See `CISystem.end_group`."""
        return f"\x1b[0Ksection_end:{at.timestamp():.0f}:{_SECTION}\r\x1b[0K\n"


CI_SYSTEM = GitLab
