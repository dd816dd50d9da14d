"""An address that a run sends requests to, for `scan-gate doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One address that a run sends requests to."""

    service: str
    """In the vendor's words, such as `HSS`."""
    url: str
    is_needed: bool = True
    """Whether a run comes to no verdict without it; False for one of several that do the same."""
