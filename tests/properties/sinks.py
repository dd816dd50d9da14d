"""What a run shows, in every place where somebody or some program reads it: whether it agrees and forges nothing."""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

from gate.ci import azure, bitbucket, github
from gate.log import Log
from gate.policy import Decision
from gate.reports import REPORTS, plain
from gate.text import as_json
from tests.github_runner import parse_outputs
from tests.properties.answers import HARMLESS_WORDS, HOSTILE_WORDS
from tests.properties.sequences import carried_out
from tests.reports.reading import READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gate.ci import CISystem
    from gate.outcome import Event, Outcome
    from tests.properties.sequences import Sequence


def _rendered(render: Callable[[Outcome], Iterable[str]], outcome: Outcome) -> str:
    return "".join(render(outcome))


def _told(host: type[CISystem], outcome: Outcome) -> str:
    with redirect_stdout(StringIO()) as stream:
        warnings = list(host({}).publish(outcome))
    assert not warnings, warnings
    return stream.getvalue()


PLACES: Mapping[str, Callable[[Outcome], str]] = {
    **{name: partial(_rendered, report.render) for name, report in REPORTS.items()},
    "plain": partial(_rendered, plain.render),
    "outputs": github.outputs,
    "annotations": partial(_told, github.GitHub),
    "issues": partial(_told, azure.Azure),
    "insights": lambda outcome: as_json([bitbucket.report(outcome), *bitbucket.insights(outcome)]),
}
"""All places by name, but the log, which is written while the gate waits."""
QUICK = ("json", "markdown", "code-quality", "dotenv", "plain", "outputs")
"""Those that are written and read in no time; the html report alone takes ten times as long as they together."""


@dataclass
class Sinks:
    """Everything that one run shows to somebody."""

    log: StringIO = field(default_factory=StringIO)

    def on_event(self, event: Event) -> None:
        """Writes the log, as talkative as it gets."""
        Log(self.log, verbosity=1).on_event(event)

    def texts(self, outcome: Outcome, places: Iterable[str] = PLACES) -> dict[str, str]:
        """The log, and what stands in these places, as far as they show such an outcome."""
        is_undecided = outcome.verdict.decision is Decision.UNDECIDED
        left_out = {name for name, report in REPORTS.items() if is_undecided and report.needs_a_verdict}
        shown = {place: PLACES[place](outcome) for place in places if place not in left_out}
        return {"log": self.log.getvalue(), **shown}


def sink_violations(outcome: Outcome, texts: Mapping[str, str]) -> Iterator[str]:
    """What these places show that no place may show, or that is not the verdict."""
    for place, text in texts.items():
        yield from (f"{place} {what}" for what in _forged(place, text))
        if place in _VERDICTS and _VERDICTS[place](text) != outcome.verdict.decision:
            yield f"{place} does not agree with the verdict"


def twin_violations(sequence: Sequence) -> Iterator[str]:
    """What a run shows otherwise than the same run in harmless words, but for words; the sequence must be calm."""
    hostile, harmless = (_shown(sequence, words) for words in (HOSTILE_WORDS, HARMLESS_WORDS))
    for place, text in hostile.items():
        if _structure(place, text) != _structure(place, harmless[place]):
            yield f"{place} has another structure than with harmless words"


def _shown(sequence: Sequence, words: tuple[str, ...]) -> dict[str, str]:
    sinks = Sinks()
    outcome = carried_out(sequence, words=words, hear=sinks.on_event).outcome
    return sinks.texts(outcome)


def _structure(place: str, text: str) -> object:
    return READERS[place].structure(text) if place in READERS else text.count("\n")


def _forged(place: str, text: str) -> Iterator[str]:
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in set(_UNUSUAL.findall(text))):
        yield "holds characters that nobody can see"
    if place in _COMMANDS:
        if text and not all(map(_COMMANDS[place].fullmatch, text.removesuffix("\n").split("\n"))):
            yield "holds another command than its own"
        return
    if _COMMAND_OF_A_LINE.search(text):
        yield "holds a command at the begin of a line"
    if _COMMAND_WITHIN.search(text):
        yield "holds a command within a line"


_UNUSUAL = re.compile(r"[^ -~\n]")
_COMMAND_OF_A_LINE = re.compile(r"^\s*::", re.MULTILINE)
_COMMAND_WITHIN = re.compile(r"##\w*\[")
_COMMANDS = {
    "annotations": re.compile(
        r"::(?:error|warning|notice) title=Image(?: scan \w+|s? not scanned)::(?:[^%]|%25|%0[AD])*"
    ),
    "issues": re.compile(r"##vso\[task\.(?:setvariable|logissue|complete) [\w;=-]*\](?:[^\]%]|%AZP25|%3B|%5D)*"),
}
"""All that a line may hold for a host that is told by commands, with the escapes of each (ci-hosts.md 4.1, 4.3)."""
_VERDICTS: dict[str, Callable[[str], str]] = {name: reader.verdict for name, reader in READERS.items()} | {
    "plain": lambda text: text.split(" ", 2)[1].lower(),
    "outputs": lambda text: parse_outputs(text)["verdict"],
    "insights": lambda text: str(json.loads(text)[0]["details"]).partition(".")[0],
    "annotations": lambda text: text.partition("::")[2].partition("title=Image scan ")[2].partition("::")[0],
    "issues": lambda text: text.partition("variable=verdict;isOutput=true;]")[2].partition("\n")[0],
}
"""How each place is read for the verdict; the log comes before there is one."""
