"""Regions: which one a run uses, whether a cloud has it, and how a message names the place where tasks are searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.errors import UsageError
from gate.suggestion import closest

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True)
class Region:
    """The region of a run, and where it was given; an absent one is the empty string."""

    name: str
    source: str


def known_region(region: Region, known: Collection[str], *, service: str, remedy: str) -> str:
    """Returns the name of the region if it is documented: a guessed host would show no tasks, or those of others.

    Raises:
        UsageError: It is not documented.
    """
    if region.name in known:
        return region.name
    similar = closest(region.name.lower(), sorted(known))
    raise UsageError(
        f"{region.name!r} ({region.source}) is not a region of {service} that the gate knows"
        + (f"; did you mean {similar}?" if similar else "."),
        means=f"Known are: {', '.join(sorted(known))}.",
        remedy=remedy,
    )


def place(region: Region, endpoint: str | None) -> str:
    """Names the region and the endpoint for a message, as far as they are given."""
    named = [f"region {region.name}"] if region.name else []
    return ", ".join([*named, f"endpoint {endpoint}"] if endpoint else named)
