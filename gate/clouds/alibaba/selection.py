"""Which scan tasks of an account are selected, from the options of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_SCAN = "IMAGE_SCAN"


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which tasks of the account are selected, as query parameters of GetLastOnceTaskInfo."""

    task_type: str
    task_name: str
    source: str
    """Who started it; empty for any source."""

    @classmethod
    def from_options(cls, values: Mapping[str, object]) -> Self:
        """Reads the options that were given, by name."""
        task_type = str(values.get("task-type", IMAGE_SCAN))
        return cls(
            task_type=task_type,
            task_name=str(values.get("task-name", task_type)),
            source=str(values.get("source", "")),
        )

    @property
    def judged_type(self) -> str:
        """The type as which the task is judged: an image scan if either name says so, to count its images."""
        return IMAGE_SCAN if self.task_name == IMAGE_SCAN else self.task_type
