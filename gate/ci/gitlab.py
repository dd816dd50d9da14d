"""GitLab CI: a log in sections; all else comes to GitLab as files, by `artifacts:reports` (ci-hosts.md 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.ci.ci_system import CISystem
from gate.text import for_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_SECTION = "scan_gate_wait"


class GitLab(CISystem):
    """Writes the markers of one section, which begins folded."""

    @classmethod
    def is_detected(cls, environ: Mapping[str, str]) -> bool:
        """See `CISystem.is_detected`."""
        return environ.get("GITLAB_CI") == "true"

    def start_group(self, title: str, at: datetime) -> str:
        """See `CISystem.fold`."""
        begin = f"section_start:{at.timestamp():.0f}:{_SECTION}[collapsed=true]"
        return f"\x1b[0K{begin}\r\x1b[0K{for_log(title)}\n"

    def end_group(self, at: datetime) -> str:
        """See `CISystem.unfold`."""
        return f"\x1b[0Ksection_end:{at.timestamp():.0f}:{_SECTION}\r\x1b[0K\n"
