"""The results of the `sarif` report: what each row has, whatever it is about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gate.reports.images import fingerprint
from gate.reports.json_text import RowLayout, encoded_objects
from gate.text import MAX_REASON_LENGTH, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.image import ImageRef

LEVELS = {True: "error", False: "note"}
"""Of a result, by whether it blocks the release."""
_ROW = {
    "ruleId": "%(rule)s",
    "level": "%(level)s",
    "message": {"text": "%(text)s"},
    "locations": [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "%(place)s"},
                "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
            }
        }
    ],
    "partialFingerprints": {"primaryLocationLineHash": "%(fingerprint)s"},
    "ruleIndex": "%(index)s",
}
_RESULT = RowLayout(_ROW, depth=4)
_FINDING_RESULT = RowLayout({**_ROW, "suppressions": "%(suppressions)s"}, depth=4)
"""Of a run with single findings: either all results of a run state their suppressions, or none does (3.27.23)."""
GATE = "scan-gate"
"""The place of a result that is about no image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One result, before it has its place among the rules."""

    rule: str
    text: str
    level: str
    place: str
    identity: str
    suppression: str = ""
    """Why it does not count; empty if it does."""


def rows(results: Iterable[Result], rules: list[dict[str, Any]], *, has_findings: bool) -> Iterator[str]:
    """Renders these results.

    Args:
        results: All results of the run.
        rules: All rules of the run, of which each result has one.
        has_findings: Whether single findings are among them.
    """
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    layout = _FINDING_RESULT if has_findings else _RESULT
    met: Counter[tuple[str, str]] = Counter()
    for result in results:
        # Even a plain message may hold links, [text](target): SARIF 2.1.0, 3.11.6.
        shown = one_line(result.text, MAX_REASON_LENGTH).replace("](", "] (")
        # Jenkins shows one of two results with the same message (report-readers.md 3.2).
        met[result.rule, shown] += 1
        suppression = {"kind": "external", "justification": result.suppression}
        yield layout.fill(
            rule=result.rule,
            level=result.level,
            text=shown if met[result.rule, shown] == 1 else f"{shown} ({met[result.rule, shown]})",
            place=result.place,
            fingerprint=f"{fingerprint(result.rule, result.identity)}:1",
            index=numbers[result.rule],
            suppressions=encoded_objects([suppression] if result.suppression else [], depth=5),
        )


def place(image: ImageRef) -> str:
    """The place of a result that is about an image: a path in the repository, which it has to be."""
    # A colon before the first slash would make the rest of the URI a scheme, one that starts with / is refused, and
    # dots alone would lead out of the repository.
    parts = one_line(f"{image.namespace}/{image.name}").split("/")
    return "/".join(quote(part, safe="") for part in parts if part.strip(" .")) or "image"
