"""Checks everything that a run writes: all outputs agree with the verdict, and texts cannot forge any part of them."""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from gate.ci import azure, bitbucket, github
from gate.judge_again import judge_again
from gate.log import Log
from gate.policy import Decision
from gate.reports import REPORTS, plain
from gate.stored_report import parse_report
from gate.text import as_json
from tests.github_runner import parse_outputs
from tests.properties.mutations import HARMLESS_TEXTS, HOSTILE_TEXTS
from tests.properties.sequences import execute
from tests.reports.reading import READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gate.ci import CISystem
    from gate.outcome import Event, Outcome
    from tests.properties.sequences import GeneratedSequence


def _rendered(render: Callable[[Outcome], Iterable[str]], outcome: Outcome) -> str:
    return "".join(render(outcome))


def _published(ci_system: type[CISystem], outcome: Outcome) -> str:
    with redirect_stdout(StringIO()) as stream:
        warnings = list(ci_system({}).publish(outcome))
    assert not warnings, warnings
    return stream.getvalue()


OUTPUTS: Mapping[str, Callable[[Outcome], str]] = {
    **{name: partial(_rendered, report.render) for name, report in REPORTS.items()},
    "plain": partial(_rendered, plain.render),
    "outputs": github.outputs,
    "annotations": partial(_published, github.GitHub),
    "issues": partial(_published, azure.Azure),
    "insights": lambda outcome: as_json([bitbucket.report(outcome), *bitbucket.insights(outcome)]),
}
"""All outputs by name, except the log, which is written during the run."""
FAST_OUTPUTS = ("json", "markdown", "code-quality", "dotenv", "plain", "outputs")
"""Those that are fast to write and parse; the html report alone takes ten times as long as all of them."""


@dataclass
class RunOutputs:
    """The log of a run, and its other outputs."""

    log: StringIO = field(default_factory=StringIO)

    def on_event(self, event: Event) -> None:
        """Writes the log, with all details."""
        Log(self.log, verbosity=1).on_event(event)

    def texts(self, outcome: Outcome, names: Iterable[str] = OUTPUTS) -> dict[str, str]:
        """The log and the outputs with these names, without reports that need a verdict if there is none."""
        is_undecided = outcome.verdict.decision is Decision.UNDECIDED
        omitted = {
            name
            for name, report in REPORTS.items()
            if report.needs_a_release or (is_undecided and report.needs_a_verdict)
        }
        outputs = {name: OUTPUTS[name](outcome) for name in names if name not in omitted}
        return {"log": self.log.getvalue(), **outputs}


def output_violations(outcome: Outcome, texts: Mapping[str, str]) -> Iterator[str]:
    """Outputs that contradict the verdict, and characters or commands that no output may contain."""
    for name, text in texts.items():
        yield from (f"{name} {problem}" for problem in _forbidden_content(name, text))
        if name in _VERDICTS and _VERDICTS[name](text) != outcome.verdict.decision:
            yield f"{name} contradicts the verdict"


def replay_violations(outcome: Outcome, text: str) -> Iterator[str]:
    """A json report from which the policy of the run would not come to the same verdict."""
    run = parse_report(text, Path("report.json"), source="the run")
    verdict = judge_again(run, run.policy)
    reasons = tuple(replace(reason, while_waiting="") for reason in outcome.verdict.reasons)
    if verdict != replace(outcome.verdict, reasons=reasons):
        yield f"judging the json report again has another verdict: {verdict}"


def hostile_text_violations(sequence: GeneratedSequence) -> Iterator[str]:
    """Outputs whose structure is different with hostile texts than with harmless ones; needs `is_text_only`."""
    hostile, harmless = (_outputs_with(sequence, texts) for texts in (HOSTILE_TEXTS, HARMLESS_TEXTS))
    for name, text in hostile.items():
        if _structure(name, text) != _structure(name, harmless[name]):
            yield f"{name} has a different structure with harmless texts"


def _outputs_with(sequence: GeneratedSequence, texts: tuple[str, ...]) -> dict[str, str]:
    outputs = RunOutputs()
    outcome = execute(sequence, texts=texts, on_event=outputs.on_event).outcome
    return outputs.texts(outcome)


def _structure(name: str, text: str) -> object:
    return READERS[name].structure(text) if name in READERS else text.count("\n")


def _forbidden_content(name: str, text: str) -> Iterator[str]:
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in set(_UNUSUAL.findall(text))):
        yield "contains invisible characters"
    if name in _COMMANDS:
        if text and not all(map(_COMMANDS[name].fullmatch, text.removesuffix("\n").split("\n"))):
            yield "contains a command that the gate does not write"
        return
    if _COMMAND_AT_LINE_START.search(text):
        yield "contains a command at the start of a line"
    if _COMMAND_IN_LINE.search(text):
        yield "contains a command within a line"


_UNUSUAL = re.compile(r"[^ -~\n]")
_COMMAND_AT_LINE_START = re.compile(r"^\s*::", re.MULTILINE)
_COMMAND_IN_LINE = re.compile(r"##\w*\[")
_COMMANDS = {
    "annotations": re.compile(
        r"::(?:error|warning|notice) title=(?:Image (?:scan \w+|risky|not scanned|tag moved)|More images|Waivers)::"
        r"(?:[^%]|%25|%0[AD])*"
    ),
    "issues": re.compile(r"##vso\[task\.(?:setvariable|logissue|complete) [\w;=-]*\](?:[^\]%]|%AZP25|%3B|%5D)*"),
}
"""The allowed lines of outputs that consist of commands, with their escapes (ci-hosts.md 4.1, 4.3)."""
_VERDICTS: dict[str, Callable[[str], str]] = {name: reader.verdict for name, reader in READERS.items()} | {
    "plain": lambda text: text.split(" ", 2)[1].lower(),
    "outputs": lambda text: parse_outputs(text)["verdict"],
    "insights": lambda text: str(json.loads(text)[0]["details"]).partition(".")[0],
    "annotations": lambda text: text.partition("::")[2].partition("title=Image scan ")[2].partition("::")[0],
    "issues": lambda text: text.partition("variable=verdict;isOutput=true;]")[2].partition("\n")[0],
}
"""Reads the verdict of each output; the log is written before there is a verdict."""
