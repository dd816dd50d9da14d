"""Which CI system a job runs in, by the variables that it sets (ci-hosts.md 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VARIABLES = {
    "github": "GITHUB_ACTIONS",
    "gitlab": "GITLAB_CI",
    "azure": "TF_BUILD",
    "buildkite": "BUILDKITE",
    "bitbucket": "BITBUCKET_BUILD_NUMBER",
}
"""The variable that each sets in every job."""
CI_SYSTEMS: Mapping[str, Callable[[Mapping[str, str]], bool]] = {
    "github": lambda environ: environ.get(_VARIABLES["github"]) == "true",
    "gitlab": lambda environ: environ.get(_VARIABLES["gitlab"]) == "true",
    "azure": lambda environ: environ.get(_VARIABLES["azure"], "").lower() == "true",
    "buildkite": lambda environ: environ.get(_VARIABLES["buildkite"]) == "true",
    "bitbucket": lambda environ: bool(environ.get(_VARIABLES["bitbucket"])),
    "none": lambda _environ: True,
}
"""All that `--ci` knows, by name, in the order in which they are tried, and how each is detected."""


def is_detected(name: str, environ: Mapping[str, str]) -> bool:
    """Whether these variables are those of a job of this CI system."""
    return CI_SYSTEMS[name](environ)


def is_the_only_one_detected(name: str, environ: Mapping[str, str]) -> bool:
    """Whether these variables are those of a job of this CI system, and none of them is one of another CI system.

    Not even an empty one: an attacker who can set one CI system's variable in a job of another can also set its own.
    """
    others = (variable for other, variable in _VARIABLES.items() if other != name)
    return is_detected(name, environ) and not any(variable in environ for variable in others)


def detected(environ: Mapping[str, str]) -> str:
    """The name of the first CI system that these variables are those of; `none` on a plain machine."""
    return next(name for name in CI_SYSTEMS if is_detected(name, environ))
