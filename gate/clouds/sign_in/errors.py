"""What the errors of all services that issue credentials have in common."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gate.errors import GateError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def about_endpoint(option: str) -> Iterator[None]:
    """Has the errors that are raised inside name this option in place of `--endpoint`, which is another address."""
    try:
        yield
    except GateError as error:
        error.remedy = error.remedy.replace("--endpoint", option)
        raise
