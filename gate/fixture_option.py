"""The option of `simulate` that names the file of a fixture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from gate.clouds import CLOUDS
from gate.errors import UsageError
from gate.reading import read_text
from gate.simulator.fixture import Fixture

if TYPE_CHECKING:
    from gate.log import Log
    from gate.simulator import Simulator
    from gate.simulator.fixture import Playback

_MAX_SIZE = 20_000_000
"""Bytes; the file of an account with long lists has a tenth of it."""


class FixtureFile(click.ParamType[Fixture]):
    """Reads the file of a fixture."""

    name = "FILE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Fixture:
        """Reads the file that a value of the command line names."""
        try:
            return Fixture.parse(read_text(Path(str(value)), max_size=_MAX_SIZE))
        except OSError as error:
            self.fail(f"{str(value)!r} cannot be read ({error.strerror}).", param, ctx)
        except UnicodeDecodeError:
            self.fail(f"{str(value)!r} is not a fixture: it is not UTF-8.", param, ctx)
        except ValueError as error:
            self.fail(f"{str(value)!r} is not a fixture: {error}.", param, ctx)


def is_given(context: click.Context, name: str) -> bool:
    """Whether an option of this command was given, and has not just its default."""
    return context.get_parameter_source(name) is not ParameterSource.DEFAULT


def cloud_of(context: click.Context, fixture: Fixture) -> str:
    """The cloud of a fixture.

    Raises:
        UsageError: Another one was given.
    """
    if is_given(context, "cloud") and context.params["cloud"] != fixture.cloud:
        raise UsageError(
            f"The fixture is one of {CLOUDS[fixture.cloud].vendor}.",
            remedy=f"Give --cloud {fixture.cloud}, or leave it out.",
        )
    return fixture.cloud


def play(playback: Playback, simulator: Simulator, log: Log) -> None:
    """Has a simulator play a fixture, and says what of it the simulator cannot do."""
    playback.apply(simulator)
    for answer in playback.unplayed:
        log.print_warning(f"The simulator cannot play this of the fixture: {answer}.")
