"""Defines a cell of the matrix: a fault, an injection point and a cloud, with the expected exit code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.matrix.faults.timeouts import once
from tests.matrix.injection_points import ALIBABA, HUAWEI, TIMINGS, InjectionPoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.matrix.fault import Fault

FIRST_REQUEST, FIRST_POLL, MID_WAIT, LAST_POLL, COUNTS, RISKS = InjectionPoint
ALL_POINTS = tuple(InjectionPoint)
# The status of the task is polled before its counts and risks are requested, and then only once more.
POLLS = (FIRST_REQUEST, FIRST_POLL, MID_WAIT, LAST_POLL)
LISTS = (COUNTS, RISKS)
# A permanent fault has the same effect from the first poll on as from the middle of the wait on, unless something
# changes in between: one of the two points is enough. A fault that ends the run without a retry needs neither, since
# the first poll that it affects is the last one.
POINTS_WITHOUT_RETRY = (FIRST_REQUEST, LAST_POLL, COUNTS, RISKS)
POINTS_WITH_RETRY = (FIRST_REQUEST, FIRST_POLL, LAST_POLL, COUNTS, RISKS)
POINTS_OF_ONE_REQUEST = (MID_WAIT, LAST_POLL, COUNTS)

Codes: TypeAlias = "Mapping[InjectionPoint, int]"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A fault at an injection point in a cloud, and the exit code that the gate must have."""

    fault: Fault
    point: InjectionPoint
    cloud: str
    code: int
    is_warning: bool = False
    """Whether options of the fault turn this code into a warning: the gate reports it, and exits with 0."""

    def __str__(self) -> str:
        exits = f"warns-of-{self.code}" if self.is_warning else f"exits-{self.code}"
        return f"{self.cloud}-{self.point}-{self.fault.name}-{exits}"


def row(
    fault: Fault,
    code: int,
    except_at: Codes | None = None,
    *,
    cloud: str = "",
    at: tuple[InjectionPoint, ...] = ALL_POINTS,
    warnings: tuple[int, ...] = (),
) -> Iterator[Cell]:
    """The cells of one fault.

    Args:
        fault: The fault.
        code: Its exit code.
        except_at: Other exit codes, by injection point.
        cloud: The only cloud; empty for all.
        at: The injection points; those that a cloud does not have are left out.
        warnings: The codes that the options of the fault turn into a warning.
    """
    for name, timings in TIMINGS.items():
        for point in timings:
            # COUNTS and RISKS differ only in the operation, so a fault of all operations needs only one of them.
            is_distinct = fault.is_per_operation or point is not RISKS
            if cloud in {"", name} and point in at and is_distinct:
                expected = (except_at or {}).get(point, code)
                is_warning = expected in warnings
                yield Cell(fault=fault, point=point, cloud=name, code=expected, is_warning=is_warning)


def rows(faults: tuple[Fault, ...], code: int, *, at: tuple[InjectionPoint, ...] = ALL_POINTS) -> Iterator[Cell]:
    """The cells of several faults with the same exit code."""
    for fault in faults:
        yield from row(fault, code, at=at)


def transient(fault: Fault) -> Iterator[Cell]:
    """The cells of a fault that is retried: exit code 4 if it is permanent, 0 if it affects one request."""
    yield from row(fault, 4, at=POINTS_WITH_RETRY)
    short = replace(once(fault), needs_retry=True)
    # At the deadline itself there is no retry.
    yield from row(short, 0, {LAST_POLL: 4}, cloud=HUAWEI, at=POINTS_OF_ONE_REQUEST)
    yield from row(short, 0, cloud=ALIBABA, at=POINTS_OF_ONE_REQUEST)


def with_options(fault: Fault, name: str, *options: str) -> Fault:
    """The same fault in a run with more options; the name of the options becomes part of its name."""
    return replace(fault, name=f"{fault.name}-{name}", arguments=(*fault.arguments, *options))


def with_warnings(fault: Fault, code: int, except_at: Codes | None = None, **attributes: Any) -> Iterator[Cell]:
    """The cells of a fault with each option that turns exit codes into warnings, and with both."""
    warn_only, warn_undecided = ("--warn-only",), ("--on-undecided", "warn")
    blocked, undecided = (1,), (4, 5, 6, 7)
    yield from row(with_options(fault, "with-warn-only", *warn_only), code, except_at, warnings=blocked, **attributes)
    yield from row(
        with_options(fault, "with-undecided-warn", *warn_undecided), code, except_at, warnings=undecided, **attributes
    )
    both = with_options(fault, "with-both-warnings", *warn_only, *warn_undecided)
    yield from row(both, code, except_at, warnings=blocked + undecided, **attributes)
