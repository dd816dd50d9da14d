"""The CI hosts: which one the gate runs in, and what that host wants to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.ci.azure import Azure
from gate.ci.bitbucket import Bitbucket
from gate.ci.buildkite import Buildkite
from gate.ci.github import GitHub
from gate.ci.gitlab import GitLab
from gate.ci.host import Host

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HOSTS", "Host", "detect"]

HOSTS: Mapping[str, type[Host]] = {
    "github": GitHub,
    "gitlab": GitLab,
    "azure": Azure,
    "buildkite": Buildkite,
    "bitbucket": Bitbucket,
    "none": Host,
}
"""All that `--ci` knows, by name, in the order in which they are looked for; the last one is everywhere."""


def detect(environ: Mapping[str, str], wish: str | None = None) -> Host:
    """Finds the host by the variables that it sets, if none is wished for; a plain machine is told nothing."""
    host = HOSTS[wish] if wish else next(host for host in HOSTS.values() if host.is_here(environ))
    return host(environ)
