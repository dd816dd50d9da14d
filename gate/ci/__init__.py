"""The CI hosts: which one the gate runs in, and what that host wants to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.ci.azure import Azure
from gate.ci.bitbucket import Bitbucket
from gate.ci.buildkite import Buildkite
from gate.ci.ci_system import CISystem
from gate.ci.github import GitHub
from gate.ci.gitlab import GitLab

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CI_SYSTEMS", "CISystem", "detect"]

CI_SYSTEMS: Mapping[str, type[CISystem]] = {
    "github": GitHub,
    "gitlab": GitLab,
    "azure": Azure,
    "buildkite": Buildkite,
    "bitbucket": Bitbucket,
    "none": CISystem,
}
"""All that `--ci` knows, by name, in the order in which they are looked for; the last one is everywhere."""


def detect(environ: Mapping[str, str], name: str | None = None) -> CISystem:
    """Finds the host by the variables that it sets, if none is wished for; a plain machine is told nothing."""
    ci_system = (
        CI_SYSTEMS[name]
        if name
        else next(ci_system for ci_system in CI_SYSTEMS.values() if ci_system.is_detected(environ))
    )
    return ci_system(environ)
