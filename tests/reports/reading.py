"""Parsers of the reports: the verdict, and the structure without its words."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from gate.reports import REPORTS
from tests.markdown import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Outcome


def rendered(report: str, outcome: Outcome) -> str:
    """The report of this format as a whole."""
    return "".join(REPORTS[report].render(outcome))


def as_xml(text: str) -> ET.Element:
    """Parses a report in XML."""
    return ET.fromstring(text)  # noqa: S314 - our own report, and a parser that refuses it is a failed test


def as_variables(text: str) -> dict[str, str]:
    """Parses a dotenv report as GitLab does: a line is a name, the first `=`, and the value to the end of the line."""
    assert text.endswith("\n")
    pairs = [line.split("=", 1) for line in text[:-1].split("\n")]
    assert len({name for name, _ in pairs}) == len(pairs), "a variable is set twice"
    return {pair[0]: pair[1] for pair in pairs}


def _json_verdict(text: str) -> str:
    return str(json.loads(text)["verdict"])


def _markdown_verdict(text: str) -> str:
    return text.splitlines()[0].rpartition(" ")[2]


def _sarif_verdict(text: str) -> str:
    levels = {result["level"] for result in json.loads(text)["runs"][0]["results"]}
    return "blocked" if "error" in levels else "passed"


def _junit_verdict(text: str) -> str:
    suite = as_xml(text)
    return "undecided" if suite.findall(".//error") else "blocked" if suite.findall(".//failure") else "passed"


def _code_quality_verdict(text: str) -> str:
    severities = {issue["severity"] for issue in json.loads(text)}
    return "blocked" if "blocker" in severities else "undecided" if "major" in severities else "passed"


def _container_scanning_verdict(text: str) -> str:
    first, *_ = json.loads(text)["scan"]["messages"]
    return str(first["value"].split()[1].rstrip("."))


def _cyclonedx_verdict(text: str) -> str:
    first, *_ = json.loads(text)["metadata"]["properties"]
    return str(first["value"])


def _attestation_verdict(text: str) -> str:
    results = {statement["predicate"].get("verificationResult") for statement in _lines_of_json(text)} - {None}
    return {"PASSED": "passed", "FAILED": "blocked"}[results.pop()] if len(results) == 1 else "several"


def _lines_of_json(text: str) -> list[Any]:
    assert text.endswith("\n")
    return [json.loads(line) for line in text[:-1].split("\n")]


def _dotenv_verdict(text: str) -> str:
    return next(iter(as_variables(text).values()))


def _json_structure(text: str) -> Any:
    return _without_words(json.loads(text))


def _attestation_structure(text: str) -> Any:
    return _without_words(_lines_of_json(text))


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_words(inner) for name, inner in value.items()}
    return [_without_words(inner) for inner in value] if isinstance(value, list) else ()


def _markdown_structure(text: str) -> Any:
    return Rendered(text, "GitHub").elements


def _xml_structure(text: str) -> Any:
    return [(element.tag, sorted(element.attrib)) for element in as_xml(text).iter()]


def _dotenv_structure(text: str) -> Any:
    names = list(as_variables(text))
    # The gate's name, or its job's, ends them all.
    own = names[0].removeprefix("SCAN_VERDICT")
    assert re.fullmatch("(_[A-Z0-9_]+)?", own)
    assert all(name.endswith(own) for name in names)
    return [name.removesuffix(own) for name in names]


class _Page(HTMLParser):
    """The tags of a page, with the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[str]]] = []
        self.body = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, sorted(name for name, _ in attrs)))
        if tag == "body":
            self.body = dict(attrs)["class"] or ""

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", []))

    def handle_comment(self, data: str) -> None:
        self.tags.append((f"!{data}", []))


def _html_verdict(text: str) -> str:
    return _Page(text).body


def _html_structure(text: str) -> Any:
    # A <bdi> isolates a text, and is absent around an empty one.
    return [(tag, names) for tag, names in _Page(text).tags if tag.strip("/") != "bdi"]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How one format is parsed; both functions fail for a text that is not of the format."""

    verdict: Callable[[str], str]
    structure: Callable[[str], Any]
    """Everything but the words: equal for two reports that differ only in words."""


READERS = {
    "json": Reader(verdict=_json_verdict, structure=_json_structure),
    "markdown": Reader(verdict=_markdown_verdict, structure=_markdown_structure),
    "html": Reader(verdict=_html_verdict, structure=_html_structure),
    "sarif": Reader(verdict=_sarif_verdict, structure=_json_structure),
    "junit": Reader(verdict=_junit_verdict, structure=_xml_structure),
    "container-scanning": Reader(verdict=_container_scanning_verdict, structure=_json_structure),
    "cyclonedx": Reader(verdict=_cyclonedx_verdict, structure=_json_structure),
    "attestation": Reader(verdict=_attestation_verdict, structure=_attestation_structure),
    "code-quality": Reader(verdict=_code_quality_verdict, structure=_json_structure),
    "dotenv": Reader(verdict=_dotenv_verdict, structure=_dotenv_structure),
}
"""By the name of the format; a new report needs a line here to be tested with hostile text."""
