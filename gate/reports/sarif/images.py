"""The images of the `sarif` report: each that fails a check, as far as there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.reports.images import CHECKS, failed_check, failed_checks, shown_images
from gate.reports.sarif.results import GATE, LEVELS, Result, place
from gate.reports.sarif.rules import LEFT_OUT, described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome


def of_images(outcome: Outcome, room: int) -> tuple[list[dict[str, Any]], Iterator[Result]]:
    """The rules and results of the images that fail a check, as far as there is room."""
    shown = shown_images(outcome, room)
    checks = {failed_check(image) for image in shown.images}
    names = [*(check for check in CHECKS if check in checks), *([LEFT_OUT] if shown.left_out else [])]

    def results() -> Iterator[Result]:
        for finding in failed_checks(shown.images, outcome):
            yield Result(
                rule=finding.check,
                text=finding.text,
                level=LEVELS[finding.blocks],
                place=place(finding.image.image),
                identity=finding.identity,
            )
        if shown.left_out:
            yield left_out(shown.left_out, outcome, blocks=shown.left_out_block)

    return [described(name, outcome) for name in names], results()


def left_out(text: str, outcome: Outcome, *, blocks: bool) -> Result:
    """The result about those that there is no room for."""
    return Result(rule=LEFT_OUT, text=text, level=LEVELS[blocks], place=GATE, identity=outcome.cloud)
