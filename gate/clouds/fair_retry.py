"""Fair retry where many gates share one quota: time-slotted backoff, oldest first.

A free call goes to the first gate that asks, and gates do not know each other. What they have in common is the time of
day: each round of it has a slot for each age of a poll, from the oldest to the youngest, and a gate retries in the slot
of its own age. A gate whose clock is wrong retries in the slot of another age, and still once in each round.
"""

from __future__ import annotations

ROUND = 62.0
"""Seconds. HSS counts by the minute (huawei-hss.md 5), and a round is a little longer: a call that was used is free
again shortly before the slot in which it was used, for the oldest of the gates whose slots are still to come. In a
shorter round that slot would just have passed, and the oldest gate would miss the call in each round."""
SLOT_WINDOW = 18.0
"""Seconds of a round in which the slots of all ages lie; calls that become free in the rest of it are left to the
oldest gate. The slot of a waiting gate moves 0.9 s ahead in each minute: less than a round is longer than a minute, and
as much as clocks may differ."""
MAX_AGE = 1200.0
"""Seconds; older polls share the slot of this age. The last of fifty gates with five calls a minute is half as old."""
MAX_EXTRA_DELAY = 12.0
"""Seconds by which the youngest gates exceed Retry-After: the time in which five calls a minute free one call."""
NO_EXTRA_DELAY_AFTER = 600.0
"""Seconds of age from which on a gate keeps to Retry-After exactly: the last of fifty gates has waited as long."""


def queue_position(age: float, max_age: float = MAX_AGE) -> float:
    """The position of a poll of this age, in s: 0 at the head, where the oldest are, and 1 at the end."""
    return 1 - min(age, max_age) / max_age


def seconds_until_slot(age: float, time_of_day: float) -> float:
    """Seconds until the next slot of this age, at a time of day in s since 1970.

    At least one second: a gate that has just retried does not retry at once because its age has grown meanwhile.
    """
    seconds = (queue_position(age) * SLOT_WINDOW - time_of_day) % ROUND
    return seconds if seconds >= 1 else seconds + ROUND


def extra_delay(age: float, *, retry_after: float, spare: float) -> float:
    """Seconds by which a gate of this age, in s, exceeds a Retry-After that all gates have received.

    At most as long as the Retry-After itself, and at most a tenth of the spare s: a gate that is short of time does not
    let others go first.
    """
    return min(retry_after, MAX_EXTRA_DELAY, spare / 10) * queue_position(age, NO_EXTRA_DELAY_AFTER)
