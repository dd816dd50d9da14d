"""The known name that a misspelt one resembles, for "did you mean"."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def closest(name: str, known: Sequence[str], *, similarity: float = 0.6) -> str:
    """Returns the known name that resembles this one most; empty if none does.

    Args:
        name: The name that is not known.
        known: Of several that resemble it equally, the first one counts.
        similarity: From 0 to 1, the least ratio of characters in common.
    """
    import difflib  # noqa: PLC0415 - most runs misspell nothing

    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=similarity)), "")
