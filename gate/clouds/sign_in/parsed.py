"""Values that come from a variable or a file of the vendor's tools, which no option has parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable


def parsed(value: str, source: str, parse: Callable[[str], str]) -> str:
    """Parses a value as an option would.

    Args:
        value: The value.
        source: Where it comes from, for the message, such as `the variable HOME`.
        parse: The parser of the option; raises ValueError.

    Raises:
        UsageError: The parser refuses it.
    """
    try:
        return parse(value)
    except ValueError as error:
        at_start = f"The {source.removeprefix('the ')}" if source.startswith("the ") else source
        raise UsageError(f"{at_start} cannot be used: {error}.", remedy="Correct it, or unset it.") from None
