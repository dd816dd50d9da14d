"""The checks as text, one line each, and as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.doctor.check import State, exit_code_of
from gate.errors import ExitCode
from gate.text import MAX_REASON_LENGTH, as_json, for_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gate.doctor.check import Check

_WIDTH = max(map(len, State))


def as_text(checks: Sequence[Check]) -> str:
    """A line for each check, and one with the conclusion."""
    return "".join(f"{for_log(line, MAX_REASON_LENGTH)}\n" for line in _lines(checks))


def as_document(checks: Sequence[Check]) -> str:
    """All of it as JSON, in version 1 of its schema."""
    code = exit_code_of(checks)
    rows = [{"name": check.name, "state": check.state, "text": check.text, "remedy": check.remedy} for check in checks]
    return as_json(
        {
            "schema": "scan-gate/doctor/1",
            "exit_code": int(code),
            "can_judge": code is ExitCode.PASSED,
            "checks": rows,
        }
    )


def _lines(checks: Sequence[Check]) -> Iterator[str]:
    for check in checks:
        yield f"{check.state:{_WIDTH}}  {check.name}: {' '.join(filter(None, (check.text, check.remedy)))}"
    first = next((check.name for check in checks if check.state is State.FAILURE), "")
    count = sum(check.state is State.WARNING for check in checks)
    warnings = f" Warnings: {count}." if count else ""
    conclusion = f"could not come to a verdict, because of: {first}." if first else "could come to a verdict."
    yield f"A check with these options {conclusion}{warnings}"
