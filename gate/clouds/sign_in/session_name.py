"""The name of a session of temporary credentials, under which the cloud's audit log has what the gate does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gate.clouds.interface import Connection

_RUN_IDS = (
    "GITHUB_RUN_ID",
    "CI_JOB_ID",
    "BUILD_BUILDID",
    "BITBUCKET_BUILD_NUMBER",
    "BUILDKITE_BUILD_NUMBER",
    "BUILD_NUMBER",
)
"""The variables in which CI systems have the id of a run (ci-hosts.md 4): GitHub, GitLab, Azure, Bitbucket, Buildkite
and Jenkins."""
_MAX_LENGTH = 64
"""Characters that both clouds take (sign-in.md 1.1 and 2.1)."""


def session_name(connection: Connection, given: str = "") -> str:
    """The name of the session: --session-name, else what a variable of the vendor's tools has, else that of the run."""
    if name := connection.settings.sign_in.session_name or given:
        return name
    run_id = next((found for name in _RUN_IDS if (found := connection.environ.get(name, "").strip())), "")
    readable = re.sub(r"[^A-Za-z0-9.@_-]+", "-", f"scan-gate-{run_id}" if run_id else "scan-gate")
    return readable[:_MAX_LENGTH]
