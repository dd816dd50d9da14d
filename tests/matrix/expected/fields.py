"""Defines the expected exit codes of one field of a response, by the value that a fault puts there."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.matrix.cell import FIRST_REQUEST, LAST_POLL, row
from tests.matrix.field_faults import VARIANTS, field_fault
from tests.matrix.injection_points import TASK_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.matrix.cell import Cell
    from tests.matrix.injection_points import InjectionPoint

ABSENT: Final = {"missing": 0, "null": 0}
"""The exit codes of an optional field."""
LARGE: Final = {"ten-to-the-400": 10**400}
NUMBERS: Final = {"zero": 0, **LARGE}
TIMES: Final = {"zero": 0, "the-year-9999": 253_402_300_799_999, "out-of-range": 10**30}
UNPRINTABLE: Final = {"unprintable": f"{TASK_ID}\n::error::"}


@dataclass(frozen=True)
class Field:
    """A field of one document, and its exit codes by the name of the value."""

    path: str
    code: int
    """The exit code of every value that is not in one of the following mappings."""
    except_for: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Other exit codes, at every injection point."""
    at_first_request: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Other exit codes if the value is there from the first request on."""
    at_last_poll: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Other exit codes if the value is there at the last poll."""
    true_values: tuple[str, ...] = ()
    """The values that the field has without a fault; they are left out."""
    more_values: Mapping[str, object] = dataclasses.field(default_factory=dict)
    """Values of this field, by name, in addition to VARIANTS."""


def all_variants(*, except_for: tuple[str, ...], code: int) -> dict[str, int]:
    """This exit code for all VARIANTS except some."""
    return {name: code for name in VARIANTS if name not in except_for}


def field_cells(
    cloud: str,
    operations: tuple[str, ...],
    fields: tuple[Field, ...],
    at: tuple[InjectionPoint, ...],
    **attributes: Any,
) -> Iterator[Cell]:
    """The cells of these fields in the responses of these operations, with other attributes of the faults."""
    for field in fields:
        for name, value in {**VARIANTS, **field.more_values}.items():
            if name in field.true_values:
                continue
            fault = field_fault(field.path, name, value, operations, **attributes)
            code = field.except_for.get(name, field.code)
            except_at = {
                FIRST_REQUEST: field.at_first_request.get(name, code),
                LAST_POLL: field.at_last_poll.get(name, code),
            }
            yield from row(fault, code, except_at, cloud=cloud, at=at)
