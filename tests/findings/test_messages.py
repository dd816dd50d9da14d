"""The words about findings and waivers in the reasons of a verdict."""

from __future__ import annotations

from datetime import timedelta

from gate.findings import messages
from gate.findings.evaluate import ExceededLimit
from gate.image import Severity
from tests.builders import NOW, a_finding, a_waiver, an_image


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


def test_images_whose_findings_are_not_all_known_are_named_with_the_reason() -> None:
    doubtful = an_image(findings=(), findings_doubt="page 2 is missing")
    contradicted = an_image("api", findings=())
    advice = "Run the gate again, and check these images in the cloud's console if this stays so."

    assert messages.incomplete([an_image("db")]) == (
        "The policy goes by single findings or severities, and those of 1 image are not all known "
        f"(swr/team/db:1.0@sha256:aaaaaaaaaaaa: not stated). {advice}"
    )
    assert messages.incomplete([doubtful, contradicted]) == (
        "The policy goes by single findings or severities, and those of 2 images are not all known "
        "(swr/team/web:1.0@sha256:aaaaaaaaaaaa: page 2 is missing; swr/team/api:1.0@sha256:aaaaaaaaaaaa: what the "
        f"cloud states of its risk does not fit what it lists). {advice}"
    )


def test_a_baseline_that_decides_nothing_is_named_with_its_time() -> None:
    assert messages.future_baseline(NOW) == (
        "The baseline is of 2026-01-31T12:00:00Z, which is in the future. "
        "A clock is wrong, or the file was changed. Make a new one."
    )
    assert messages.stale_baseline(NOW, timedelta(days=30)) == (
        "The baseline is of 2026-01-31T12:00:00Z, which is longer ago than --baseline-max-age allows (720 h). "
        "Make a new one from a run that was looked at."
    )


def test_unused_waivers_are_named_with_their_place() -> None:
    waivers = [a_waiver("X-1", source="a.toml, waiver 1"), a_waiver("X-2\nforged")]

    assert messages.unused(waivers) == (
        "2 waivers match no finding: X-1 (a.toml, waiver 1), X-2 forged. "
        "Remove what is not needed any more, or correct its id, images or package."
    )
