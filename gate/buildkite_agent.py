"""Buildkite's agent, a program in the job that talks to Buildkite: where it is, and what it gets to know."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

AGENT = "buildkite-agent"
_PREFIX = "BUILDKITE"
"""Of its own variables, one of which is the token with which it signs in to its server."""
_PASSED_ON = frozenset(
    {"PATH", "HOME", "USER", "TMPDIR", "LANG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}
)


def find_agent(environ: Mapping[str, str]) -> str | None:
    """The path of the agent; None if it is not in this container."""
    # With a relative folder in PATH, a file of the checkout could be run as the agent.
    folders = [folder for folder in environ.get("PATH", "").split(os.pathsep) if folder.startswith("/")]
    return shutil.which(AGENT, path=os.pathsep.join(folders) or "/nowhere")


def environ_of_agent(environ: Mapping[str, str]) -> dict[str, str]:
    """What the agent needs to find its job and its server; no credentials of a cloud among it."""
    return {name: value for name, value in environ.items() if name.startswith(_PREFIX) or name.upper() in _PASSED_ON}
