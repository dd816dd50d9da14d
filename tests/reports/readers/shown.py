"""What a reader of a JUnit report shows, in words that are the same for all of them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

State = Literal["passed", "failed", "error", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case, as it is shown."""

    suite: str
    """What the reader files it under."""
    name: str
    state: State
    seconds: float
    text: str = ""
    """Why it did not pass."""


@dataclass(kw_only=True)
class Shown:
    """All that a reader shows of some files, and what it could not use."""

    cases: list[Case] = field(default_factory=list)
    counts: dict[State, int] = field(default_factory=dict)
    """As the reader states them, which need not be the numbers of the cases."""
    seconds: float = 0.0
    """Of everything together."""
    started_at: datetime | None = None
    problems: list[str] = field(default_factory=list)
    """What is rejected, dropped or merged."""

    def count_cases(self) -> None:
        """For a reader that counts the cases themselves."""
        self.counts = {state: sum(case.state == state for case in self.cases) for state in STATES}


STATES: tuple[State, ...] = ("passed", "failed", "error", "skipped")


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One reader of JUnit reports."""

    read: Callable[[Mapping[str, str]], Shown]
    """Takes the files by their names."""
    state_of_error: State = "error"
    """What it calls a case with an `error`."""
    shows_start: bool = False
    is_rounded: bool = False
    """Whether it states whole seconds only."""

    def called(self, state: State) -> State:
        """What this reader calls the state."""
        return self.state_of_error if state == "error" else state


def parsed(files: Mapping[str, str], shown: Shown) -> Iterator[tuple[str, ET.Element]]:
    """Parses each file; one that is no XML is a problem."""
    for name, text in files.items():
        try:
            yield name, ET.fromstring(text)  # noqa: S314 - our own report
        except ET.ParseError as error:
            shown.problems.append(f"{name} is no XML: {error}")


def number(text: str | None) -> float:
    """A number at the start of a text, as JavaScript and Ruby parse it; not a number if there is none."""
    found = re.match(r"\s*[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", text or "")
    return float(found[0]) if found else math.nan


def text_of(element: ET.Element | None) -> str:
    """The text in an element, with that of the elements in it."""
    return "" if element is None else "".join(element.itertext())
