"""The words about findings and waivers in the reasons of a verdict."""

from __future__ import annotations

from gate.findings import messages
from gate.findings.evaluate import ExceededLimit
from gate.image import Severity
from tests.builders import a_finding, a_waiver, an_image


def test_a_limit_names_five_of_the_open_findings_each_once() -> None:
    ids = ["X-1", "X-1", "X-2", "X-3", "X-4", "X-5", "X-6", "X-7"]
    image = an_image(findings=(*map(a_finding, ids), a_finding("LOW-1", severity=Severity.LOW)))
    exceeded = ExceededLimit(level=Severity.HIGH, actual=8, limit=3)

    assert messages.too_many(exceeded, [image]) == (
        "8 open findings of severity high or higher (X-1, X-2, X-3, X-4, X-5 and 2 more); --max-findings high allows "
        "3. Update what is affected and scan again, or waive what you accept with --waivers."
    )


def test_a_limit_of_unknown_findings_without_a_list_names_none() -> None:
    exceeded = ExceededLimit(level=Severity.UNKNOWN, actual=1, limit=0)

    assert messages.too_many(exceeded, [an_image()]).startswith(
        "1 open finding of unknown severity; --max-findings unknown allows 0. "
    )


def test_unused_waivers_are_named_with_their_place() -> None:
    waivers = [a_waiver("X-1", source="a.toml, waiver 1"), a_waiver("X-2\nforged")]

    assert messages.unused(waivers) == (
        "2 waivers match no finding: X-1 (a.toml, waiver 1), X-2 forged. "
        "Remove what is not needed any more, or correct its id, images or package."
    )
