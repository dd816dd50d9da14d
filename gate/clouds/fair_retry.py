"""Whose turn it is where many gates share one quota: the oldest are called first.

A free call goes to whoever asks first, and gates know nothing of each other. What they have in common is the time of
day: in each round of it the ages are called from the oldest to the youngest, and a gate asks when its own is called.
Where a clock is wrong, its gate is called in another's place, and in each round all the same.
"""

from __future__ import annotations

ROUND = 62.0
"""Seconds. HSS counts by the minute, and a round is a little more: a call that was let through is free again shortly
before the age that had it is called, for the oldest of those that are yet to be called. Were a round less, that age
would have been called just before, and the oldest would miss the call in each round."""
SLOT_WINDOW = 18.0
"""Seconds of a round within which all ages are called; what comes free in the rest of it waits for the oldest. Who
waits is called 0.9 s earlier in each minute: less than a round has over a minute, and as much as clocks may differ."""
MAX_AGE = 1200.0
"""Seconds; who is older is called with these. The last of fifty gates that share five calls a minute is half as old."""
MAX_EXTRA_DELAY = 12.0
"""Seconds by which the youngest come later than they were told: the time that five calls a minute leave to each."""
NO_EXTRA_DELAY_AFTER = 600.0
"""Seconds after which one comes as it was told: the last of fifty gates has waited as long."""


def queue_position(age: float, oldest: float = MAX_AGE) -> float:
    """Where in the line one is that has waited for so many s: 0 at its head, where the oldest are, 1 at its end."""
    return 1 - min(age, oldest) / oldest


def seconds_until_slot(age: float, now: float) -> float:
    """Seconds until this age, in s, is called next; now is the time of day in s.

    At least one second: who has just been called is not called again at once because it has grown older meanwhile.
    """
    pause = (queue_position(age) * SLOT_WINDOW - now) % ROUND
    return pause if pause >= 1 else pause + ROUND


def extra_delay(age: float, *, told: float, spare: float) -> float:
    """Seconds that one of this age lets pass when all have been told to come back in so many s.

    At most as long as it was told, and a tenth of the spare s: one whose time is nearly up has none for courtesy.
    """
    return min(told, MAX_EXTRA_DELAY, spare / 10) * queue_position(age, NO_EXTRA_DELAY_AFTER)
