"""GitLab CI: a log in sections; all else comes to GitLab as files, by `artifacts:reports` (ci-hosts.md 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.ci.host import Host
from gate.text import for_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_SECTION = "scan_gate_wait"


class GitLab(Host):
    """Writes the markers of one section, which begins folded."""

    @classmethod
    def is_here(cls, environ: Mapping[str, str]) -> bool:
        """See `Host.is_here`."""
        return environ.get("GITLAB_CI") == "true"

    def fold(self, title: str, at: datetime) -> str:
        """See `Host.fold`."""
        begin = f"section_start:{at.timestamp():.0f}:{_SECTION}[collapsed=true]"
        return f"\x1b[0K{begin}\r\x1b[0K{for_log(title)}\n"

    def unfold(self, at: datetime) -> str:
        """See `Host.unfold`."""
        return f"\x1b[0Ksection_end:{at.timestamp():.0f}:{_SECTION}\r\x1b[0K\n"
