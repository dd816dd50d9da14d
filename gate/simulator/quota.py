"""Applies a rate limit in a sliding window."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """Allows this many calls in this many seconds, per user and operation; all credentials here belong to one user."""

    calls: int
    seconds: int
    retry_after: bool = False
    """Whether the error says when the next call is allowed, in the header and unit of each cloud."""


@dataclass(slots=True)
class Window:
    """The allowed calls of one user to one operation."""

    _allowed: deque[float] = field(default_factory=deque)

    def wait(self, quota: Quota, now: float) -> float:
        """Seconds until a call is allowed; 0 allows this one and counts it, any other value does not count it."""
        while self._allowed and self._allowed[0] <= now - quota.seconds:
            self._allowed.popleft()
        if len(self._allowed) < quota.calls:
            self._allowed.append(now)
            return 0.0
        # A limit of 0 calls never allows one, and the length of the window is as good a value as any.
        return (self._allowed[-quota.calls] if quota.calls else now) + quota.seconds - now
