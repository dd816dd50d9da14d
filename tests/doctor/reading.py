"""Reads what `scan-gate doctor --json` prints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.harness import Ending, Gate


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one run of doctor has told."""

    ending: Ending
    rows: list[dict[str, Any]]

    @property
    def code(self) -> int:
        return self.ending.code

    def of(self, name: str) -> dict[str, Any]:
        """The only check of this name."""
        (row,) = [row for row in self.rows if row["name"] == name]
        return row

    def state(self, name: str) -> str:
        return str(self.of(name)["state"])

    def text(self, name: str) -> str:
        row = self.of(name)
        return f"{row['text']} {row['remedy']}".rstrip()

    @property
    def not_checked(self) -> dict[str, str]:
        """What was not checked, with the reason."""
        start = "not checked: "
        return {row["name"]: row["text"].removeprefix(start) for row in self.rows if row["text"].startswith(start)}

    @property
    def failures(self) -> list[str]:
        return [row["name"] for row in self.rows if row["state"] == "failure"]


def doctor(gate: Gate, *arguments: str) -> Told:
    """Runs doctor, whose document must agree with its exit code."""
    ending = gate.run("doctor", "--json", *arguments)
    document = json.loads(ending.out)
    assert document["schema"] == "scan-gate/doctor/1"
    assert (document["exit_code"], document["can_judge"]) == (ending.code, ending.code == 0)
    return Told(ending=ending, rows=document["checks"])
