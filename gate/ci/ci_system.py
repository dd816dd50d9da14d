"""The interface of a CI system; one that shows no more than a log and an exit code overrides nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gate.run_context import Job, web_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from gate.outcome import Outcome

OWN_IMAGE = "SCAN_GATE_OWN_IMAGE"
"""The variable in which a job says which image the gate runs in, where its CI system does not; for the reports."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """One thing that a CI system is told by: a file, or a program of its own."""

    name: str
    problem: str
    """Why it cannot be used; empty if it can, as far as that shows without using it."""
    loss: str
    """What is missing without it."""


class CISystem:
    """A CI system, with the environment variables of the job and the name of the gate in it."""

    job_variables: tuple[str, ...] = ()
    """The variables that together tell a job, and where possible a step of it, from others of the pipeline.

    They should have the same values in each run of the pipeline, so that a later run replaces what an earlier one has
    published.
    """

    image_variables: tuple[str, ...] = (OWN_IMAGE,)
    """The variables that name the image that the gate runs in; the first one that is set counts."""

    def __init__(self, environ: Mapping[str, str], name: str = "") -> None:
        self._environ = environ
        self._name = name

    @property
    def identity(self) -> str:
        """What tells this gate from others of the pipeline: its name, else the job; empty where nothing does."""
        return self._name or self._joined(*self.job_variables)

    def _joined(self, *variables: str) -> str:
        """The values of those of these variables that are set."""
        return "/".join(filter(None, map(self._environ.get, variables)))

    def job(self) -> Job:
        """What the variables say of the job, for the reports; nothing of it decides."""
        return replace(self._job(), gate_image=self._value(*self.image_variables))

    def _job(self) -> Job:
        """The same without the image of the gate."""
        return Job()

    def _value(self, *variables: str) -> str:
        """The value of the first of these variables that is set; empty if none is."""
        return next(filter(None, map(self._environ.get, variables)), "")

    def _address(self, template: str, *variables: str) -> str:
        """The address with the values of these variables in it; empty if one is not set, or it is no plain one."""
        values = [self._value(variable) for variable in variables]
        return web_address(template.format(*values)) if all(values) else ""

    def remove_stale(self) -> None:
        """Removes the files that an earlier run wrote for the CI system, which would be taken for those of this run."""

    def mask_command(self, secret: str) -> str:  # noqa: ARG002 - for CI systems that mask secrets
        """The line that masks a secret in the log; empty where it would print the secret instead."""
        return ""

    def start_group(self, title: str, at: datetime) -> str:  # noqa: ARG002 - for CI systems that fold their log
        """The line that starts a folded group of the log; empty where the log does not fold."""
        return ""

    def end_group(self, at: datetime) -> str:  # noqa: ARG002 - for CI systems that fold their log
        """The line that ends the folded group."""
        return ""

    def channels(self) -> Iterator[Channel]:
        """Yields what `publish` will write or run, beside what it prints; uses none of it."""
        yield from ()

    def publish(self, outcome: Outcome) -> Iterator[str]:  # noqa: ARG002 - for CI systems that show more than a log
        """Publishes the outcome by files and on standard output.

        Yields a warning for the log for each thing that could not be published, and raises nothing for it.
        """
        yield from ()
