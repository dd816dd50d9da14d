"""What a cloud tells `scan-gate doctor`: the calls that show each permission, and a quota."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """One operation that a run may call, and the harmless call that shows whether the user may call it."""

    operation: str
    """In the vendor's words."""
    purpose: str
    """What a run calls it for, or what is lost without it; follows the name of the operation after a colon."""
    call: Callable[[], object] | None = None
    """Sends the call; None if none is harmless, or has what it takes."""
    unchecked: str = ""
    """Why it is not called then."""
    is_needed: bool = True
    """Whether a run without it comes to no verdict."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanQuota:
    """How many images may still be scanned."""

    left: int
    text: str
    """What the cloud states."""
    is_limit: bool
    """Whether the cloud refuses a scan when none is left; if not, it may charge for it."""
    counts_known_images: bool
    """Whether an image that was scanned before takes of the quota again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryReading:
    """The last time that a cloud has read the list of images of a registry."""

    at: datetime | None
    """Aware, in UTC; None if the cloud does not state it."""
