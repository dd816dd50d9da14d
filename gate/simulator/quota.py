"""Counts calls in a sliding window."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """So many calls in so many seconds, per user and operation; every credential here belongs to one user."""

    calls: int
    seconds: int
    retry_after: bool = False
    """Whether a refusal says when the next call is free, each cloud in its own unit."""


@dataclass(slots=True)
class Window:
    """The calls of one user to one operation that were let through."""

    _admitted: deque[float] = field(default_factory=deque)

    def wait(self, quota: Quota, now: float) -> float:
        """Seconds until a call is free; a call that need not wait counts, and one that must wait does not."""
        while self._admitted and self._admitted[0] <= now - quota.seconds:
            self._admitted.popleft()
        if len(self._admitted) < quota.calls:
            self._admitted.append(now)
            return 0.0
        # With no call allowed at all there is none to wait for, and the window is as good an answer as any.
        return (self._admitted[-quota.calls] if quota.calls else now) + quota.seconds - now
