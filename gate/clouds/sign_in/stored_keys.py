"""Signing in with keys that variables or files have: nothing is exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.errors import GateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.credentials import Credentials


class StoredKeys:
    """Credentials as they are stored, read once, and again after a refusal: a file may have been renewed since."""

    advice = (
        "Credentials have to outlive --timeout, or to come from a file that is renewed in time, which a variable "
        "SCAN_GATE_..._FILE names."
    )

    endpoints = ()

    def __init__(self, find: Callable[[], Credentials], description: str = "stored keys") -> None:
        """Reads nothing yet.

        Args:
            find: Reads the keys.
            description: Which keys these are.
        """
        self._find = find
        self.description = description
        self._current: Credentials | None = None
        self.last_failure = ""

    def credentials(self, *, is_retried: bool = True) -> Credentials:  # noqa: ARG002 - nothing is exchanged
        """See `SignIn.credentials`."""
        if self._current is None:
            self._current = self._find()
        return self._current

    def renewed(self) -> Credentials:
        """See `SignIn.renewed`."""
        before = self.credentials()
        try:
            self._current = self._find()
        except GateError as error:
            # As when the file is being replaced at this moment.
            self.last_failure = error.happened
            return before
        self.last_failure = ""
        return self._current
