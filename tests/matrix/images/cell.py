"""Defines a cell of image mode's matrix: a fault in responses of one operation, with the expected end of the run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.matrix.field_faults import VARIANTS, field_fault
from tests.matrix.images.situations import SITUATIONS
from tests.matrix.injection_points import Timing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tests.matrix.expected.fields import Field
    from tests.matrix.fault import Fault
    from tests.matrix.images.situations import Point, Situation


@dataclass(frozen=True, kw_only=True)
class ImageCell:
    """A fault at one point, and the exit code that the gate must have."""

    fault: Fault
    point: Point
    code: int
    reason: str = ""
    """The code of a reason that the verdict must have; empty if the exit code is enough."""
    is_once: bool = False
    """Whether it affects this one response, and none after it."""
    is_extra: bool = False
    """Whether the usual run leaves it out."""

    def __str__(self) -> str:
        reason = f"-{self.reason}" if self.reason else ""
        once = "-once" if self.is_once else ""
        return f"{self.point}-{self.fault.name}{once}-exits-{self.code}{reason}"

    @property
    def situation(self) -> Situation:
        """The run that the fault is injected into."""
        return SITUATIONS[self.point.cloud][self.point.situation]

    @property
    def timing(self) -> Timing:
        """Which responses have the fault."""
        return Timing(
            injected_at=0,
            completed_at=0,
            operations=frozenset({self.point.operation}),
            first_call=self.point.call,
            last_call=self.point.call if self.is_once else math.inf,
        )


_USUAL_VARIANTS: Final = frozenset({"missing", "text"})
"""No value, and one that is none; the other ones are of more types."""


def field_cells(
    point: Point, fields: Iterable[Field], *, variants: Collection[str] = VARIANTS, is_brief: bool = False
) -> Iterator[ImageCell]:
    """The cells of these fields in the responses of one point; the fault stays until the end of the run.

    Args:
        point: The point.
        fields: The fields, with their exit codes by the name of the value.
        variants: The names of the general values, beside those that a field names itself.
        is_brief: Whether the usual run takes one value for each exit code only, since the field is read by the same
            code at another point, or in task mode.
    """
    for field in fields:
        values = {**{name: VARIANTS[name] for name in variants}, **field.more_values}
        codes = {name: field.except_for.get(name, field.code) for name in values if name not in field.true_values}
        usual = {code: name for name, code in reversed(codes.items())}.values()
        for name, code in codes.items():
            is_usual = name in usual if is_brief else name not in VARIANTS or name in _USUAL_VARIANTS
            fault = field_fault(field.path, name, values[name], (point.operation,))
            yield ImageCell(fault=fault, point=point, code=code, is_extra=not is_usual)
