"""Every report with every hostile string in every field: it parses, agrees with the verdict, and is not forged."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.policy import Decision
from gate.reports import REPORTS
from tests.builders import a_digest
from tests.hostile import HOSTILE
from tests.reports.endings import ENDINGS, FIELDS, an_ending
from tests.reports.reading import READERS, rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

every_report = pytest.mark.parametrize("report", REPORTS)


def endings_of(report: str) -> list[str]:
    """The outcomes for which this report is written; those without a risky image have nothing that is not in others."""
    needs_a_verdict, needs_a_release = REPORTS[report].needs_a_verdict, REPORTS[report].needs_a_release
    judged = [name for name, (decision, _) in ENDINGS.items() if decision != Decision.UNDECIDED or not needs_a_verdict]
    of_kind = [name for name in judged if name.startswith("release") or not needs_a_release]
    return [name for name in of_kind if name not in {"passed", "blocked"}]


def assert_agrees_and_is_not_forged(report: str, texts: Mapping[str, str]) -> None:
    for ending in endings_of(report):
        outcome = an_ending(ending, {**texts, **valid_texts(report)})
        text = rendered(report, outcome)
        assert_printable(text)
        assert READERS[report].verdict(text) == outcome.verdict.decision
        assert READERS[report].structure(text) == structure_with_harmless_text(report, ending)


@cache
def structure_with_harmless_text(report: str, ending: str) -> Any:
    return READERS[report].structure(rendered(report, an_ending(ending, valid_texts(report))))


def valid_texts(report: str) -> dict[str, str]:
    """The texts without which this report is not written."""
    return {"digest": a_digest()} if REPORTS[report].needs_digests else {}


def assert_printable(text: str) -> None:
    """A log shows this text unchanged, and no CI system finds a command in it at the start of a line."""
    assert text.encode("utf-8").endswith(b"\n")
    assert {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} <= {"\n"}
    assert not [line for line in text.split("\n") if line.lstrip().startswith("::")]


def test_every_report_has_a_reader_here() -> None:
    assert READERS.keys() == REPORTS.keys()


@pytest.mark.divided
@every_report
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_in_every_field_changes_nothing_but_words(report: str, text: str) -> None:
    assert_agrees_and_is_not_forged(report, dict.fromkeys(FIELDS, text))


@pytest.mark.divided
@every_report
@pytest.mark.parametrize("field", FIELDS)
def test_hostile_text_in_one_field_alone_changes_nothing_but_words(report: str, field: str) -> None:
    assert_agrees_and_is_not_forged(report, {field: "\n".join(text for text in HOSTILE.values() if len(text) < 100)})


@pytest.mark.divided
@every_report
@settings(deadline=None, max_examples=50)  # A busy machine is no failure; other tests measure large reports.
@given(
    texts=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(FIELDS, st.text(st.characters() | st.sampled_from("\r\n\t<>&\"':#[]=$;|`")))
    )
)
def test_any_text_anywhere_changes_nothing_but_words(report: str, texts: dict[str, str]) -> None:
    assert_agrees_and_is_not_forged(report, texts)


@every_report
def test_no_line_holds_a_command_that_works_anywhere_in_a_line(report: str) -> None:
    """GitHub's first syntax `##[name]` and Azure's `##vso[name]` (ci-hosts.md 4.1, 4.3)."""
    texts = [dict.fromkeys(FIELDS, text) | valid_texts(report) for text in HOSTILE.values()]
    pages = [rendered(report, an_ending(ending, text)) for ending in endings_of(report) for text in texts]

    assert not [found for page in pages for found in re.findall(r"##\w*\[.*", page)]
