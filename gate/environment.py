"""The environment: the variables of options and secrets, and a warning for those that resemble one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.ci.ci_system import OWN_IMAGE
from gate.ci.detection import is_detected, is_the_only_one_detected
from gate.errors import UsageError
from gate.options import CONFIG, OPTIONS, SECRETS
from gate.suggestion import closest
from gate.unexpanded import is_macro

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gate.settings import Option

_PREFIX = "SCAN_GATE_"
_INPUT_PREFIX = "INPUT_"
_WITHOUT_OPTION = ("SCAN_GATE_OIDC_TOKEN", "SCAN_GATE_SERVICE_CONNECTION_ID", OWN_IMAGE)
"""The variables that are neither an option nor an input: two are read with the credentials, one is shown in reports."""
_SIMILARITY = 0.8
_SERVICE_ADDRESS = re.compile("(tcp|udp|sctp)://")
"""Kubernetes sets SCAN_GATE_PORT in every pod beside a service with the name scan-gate, as Docker did for its links
(kubernetes.io/docs/concepts/services-networking/service, "Environment variables").
"""


def variable(name: str) -> str:
    """The gate's own variable for an option or a secret."""
    return f"{_PREFIX}{name.upper().replace('-', '_')}"


def input_variable(name: str) -> str:
    """The variable in which GitHub's runner passes an input of the action; it keeps hyphens (ci-hosts.md 4.1)."""
    return f"{_INPUT_PREFIX}{name.upper()}"


def variables(name: str, environ: Mapping[str, str]) -> list[str]:
    """The variables of an option: the action's input, in GitHub Actions alone, then the gate's own."""
    return [*([input_variable(name)] if _has_inputs(environ) else []), variable(name)]


def find_variable(option: Option, environ: Mapping[str, str]) -> str | None:
    """Returns the name of the variable that gives an option its value; None if none does.

    The input of an option that needs a word for "not given" has that word by default, so it counts as absent there.

    Raises:
        UsageError: The value of such an option is empty.
    """
    for name in variables(option.name, environ):
        value = environ.get(name)
        is_input = name == input_variable(option.name)
        if value is None:
            continue
        is_unset = _is_unset(value, environ)
        if is_unset and option.unset:
            raise UsageError(
                f"The {f'input {option.name!r}' if is_input else f'variable {name}'} is {value or 'empty'}.",
                means="A reference in it may be misspelt, such as the id of a step or the name of a variable.",
                remedy=f"Correct it, or set it to {option.unset!r}.",
            )
        if not is_unset and not (is_input and value.strip() == option.unset):
            return name
    return None


def is_action(environ: Mapping[str, str]) -> bool:
    """Whether the gate runs as the GitHub Action: the runner sets a variable for every input, given or not."""
    return _has_inputs(environ) and input_variable("cloud") in environ


def gate_environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment as the gate reads it: without inputs of other programs, and without variables that are not set.

    In Azure Pipelines, a variable that refers to one that does not exist is `$(NAME)`, as it is written.

    Raises:
        UsageError: An input has a value, and it cannot be told whether this is a job of GitHub Actions.
    """
    own = _without_foreign_inputs(environ)
    return {name: value for name, value in own.items() if not value or not _is_unset(value, environ)}


def _without_foreign_inputs(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Without INPUT_... outside GitHub Actions, where it is a variable of another program.

    Raises:
        UsageError: An input has a value, and it cannot be told whether this is a job of GitHub Actions.
    """
    if _has_inputs(environ):
        return environ
    for name in (*_NAMES, *SECRETS):
        if is_detected("github", environ) and environ.get(input_variable(name), "") not in _UNSET_WORDS:
            raise UsageError(
                f"The input {name!r} is set, but not only GitHub Actions is detected here.",
                means="A variable of another CI system is set too, such as GITLAB_CI; it is not clear who sets inputs.",
                remedy="Unset the variables of the CI system that this is not.",
            )
    return {name: value for name, value in environ.items() if not name.startswith(_INPUT_PREFIX)}


def _is_unset(value: str, environ: Mapping[str, str]) -> bool:
    return not value or (is_detected("azure", environ) and is_macro(value))


def _has_inputs(environ: Mapping[str, str]) -> bool:
    return is_the_only_one_detected("github", environ)


def ignored_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yields a warning for each variable that would be read without `--no-variables`."""
    for name in environ:
        if name.startswith(_PREFIX) and name not in _secret_variables():
            yield f"The variable {name} is ignored, since --no-variables is given."


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yields a warning for each variable that looks like one of the gate's and is not; of inputs, in the action alone.

    Raises:
        UsageError: One is nearly the name of an option, which would be ignored silently.
    """
    ours = {variable(name) for name in _NAMES} | _secret_variables()
    # Without the prefix, which alone would make any two names similar.
    own = [one.removeprefix(_PREFIX) for one in ours]
    for name, value in environ.items():
        # Not read in small letters or with hyphens, as in the config file: a program may use such a name for itself.
        as_ours = name.upper().replace("-", "_")
        if not as_ours.startswith(_PREFIX) or name in ours:
            continue
        similar = _similar(as_ours.removeprefix(_PREFIX), own)
        if similar and not _SERVICE_ADDRESS.match(value):
            raise UsageError(
                f"The variable {name} is not one of the gate's; did you mean {_PREFIX}{similar}?",
                means="It would be ignored silently.",
                remedy="Correct its name, or unset it.",
            )
        yield f"The variable {name} is not one of the gate's; it is ignored."
    if _has_inputs(environ):
        yield from _unknown_inputs(environ)


def _unknown_inputs(environ: Mapping[str, str]) -> Iterator[str]:
    ours, owner = (*_NAMES, *SECRETS), "action" if is_action(environ) else "gate"
    names = (name.removeprefix(_INPUT_PREFIX).lower() for name in environ if name.startswith(_INPUT_PREFIX))
    for name in names:
        if name in ours:
            continue
        if similar := _similar(name.replace("_", "-"), ours):
            raise UsageError(
                f"The input {name!r} is not one of the {owner}'s; did you mean {similar!r}?",
                means="It would be ignored silently.",
                remedy="Correct its name, or remove it.",
            )
        # Outside the action, the image's own inputs (`args`) and those of another action are there too.
        if is_action(environ):
            yield f"The input {name!r} is not one of the action's; it is ignored."


def _similar(name: str, known: Sequence[str]) -> str:
    return closest(name, known, similarity=_SIMILARITY)


def _secret_variables() -> set[str]:
    return {*_WITHOUT_OPTION, *(f"{variable(name)}{ending}" for name in SECRETS for ending in ("", "_FILE"))}


_UNSET_WORDS = {"", *(option.unset for option in OPTIONS)}
_NAMES = tuple(option.name for option in (*OPTIONS, CONFIG))
