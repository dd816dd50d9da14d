"""Which CI system a job runs in, by the variables that it sets (ci-hosts.md 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CI_SYSTEMS: Mapping[str, Callable[[Mapping[str, str]], bool]] = {
    "github": lambda environ: environ.get("GITHUB_ACTIONS") == "true",
    "gitlab": lambda environ: environ.get("GITLAB_CI") == "true",
    "azure": lambda environ: environ.get("TF_BUILD", "").lower() == "true",
    "buildkite": lambda environ: environ.get("BUILDKITE") == "true",
    "bitbucket": lambda environ: bool(environ.get("BITBUCKET_BUILD_NUMBER")),
    "none": lambda _environ: True,
}
"""All that `--ci` knows, by name, in the order in which they are tried, and how each is detected."""


def is_detected(name: str, environ: Mapping[str, str]) -> bool:
    """Whether these variables are those of a job of this CI system."""
    return CI_SYSTEMS[name](environ)


def detected(environ: Mapping[str, str]) -> str:
    """The name of the first CI system that these variables are those of; `none` on a plain machine."""
    return next(name for name in CI_SYSTEMS if is_detected(name, environ))
