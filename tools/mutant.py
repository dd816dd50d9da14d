"""One change to the gate that a test should notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """Where something was changed, and what became of it."""

    place: str
    """The module, and in it the function, the table or the attribute."""
    changes: tuple[str, ...] = ()
    """The lines of the diff, from `-` to `+`; known where the mutant survived."""
    fate: str

    @property
    def was_noticed(self) -> bool:
        """Whether a test failed, or never ended."""
        return self.fate in {"killed", "timeout"}
