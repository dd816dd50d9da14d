"""The reports: each a pure function from the outcome to text, one module a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.reports import json_report, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.outcome import Outcome

REPORTS: Mapping[str, Callable[[Outcome], str]] = {"json": json_report.render, "markdown": markdown.render}
"""The formats of `--report FORMAT=PATH`, by name."""
