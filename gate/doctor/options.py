"""What the options in force are: their file, what is odd about them, and what a run would judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.doctor.check import ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gate.doctor.check import Check
    from gate.settings import Settings

NAME = "options"


def check_options(settings: Settings, file: Path | None, warnings: Sequence[str]) -> Iterator[Check]:
    """Yields what the options ask for, and each thing that the log of a run would warn of.

    Args:
        settings: Those of the run.
        file: The config file in force.
        warnings: About variables that are no options, or are not read.
    """
    images = len(settings.images)
    what = f"{images} image{'' if images == 1 else 's'} by name, --scan {settings.scan}" if images else "a scan task"
    source = f"with the file {file}" if file else "without a config file"
    yield ok(NAME, f"cloud {settings.cloud}, judging {what}, {source}; `scan-gate policy` prints each value")
    for text in (*warnings, *(f"{notice}." for notice in settings.notices)):
        yield warning(NAME, text)
