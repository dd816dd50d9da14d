"""The result of testing one mutant."""

from __future__ import annotations

from dataclasses import dataclass


def module_of(file: str) -> str:
    """The name of the module in this file, as mutmut has it: a package stands for its `__init__.py`."""
    return file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change to the gate that a test should detect, and whether one did."""

    place: str
    """The module, and in it the function, the table or the attribute."""
    changes: tuple[str, ...] = ()
    """The changed lines of the diff, with `-` or `+`; known for survivors only."""
    status: str
    """As mutmut names it."""

    @property
    def was_detected(self) -> bool:
        """Whether a test failed or timed out, or the type check failed."""
        return self.status in {"killed", "timeout", "caught by type check"}
