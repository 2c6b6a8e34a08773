"""A digest that goes out over a span of time: when each of its deliveries falls due.

So that it can be stopped while most readers have not got it yet. The order is the same for every digest: it depends on
the subscriber's number alone.
"""

from datetime import datetime, timedelta

STEPS = 128
"""The span is cut into so many steps, or fewer where one would be shorter than `SHORTEST`."""
SHORTEST = 5
"""Seconds."""
FACTOR = 79
"""128 times the golden ratio's fraction: neighbours in number are far apart in time, and any range fills the span."""


def steps(spread: timedelta) -> int:
    return max(1, min(STEPS, int(spread.total_seconds()) // SHORTEST))


def step_of(subscriber: int, spread: timedelta) -> int:
    """Which step a subscriber's delivery belongs to; the store's SQL reckons the same."""
    return subscriber % STEPS * FACTOR % STEPS * steps(spread) // STEPS


def due_of(subscriber: int, due: datetime, spread: timedelta) -> datetime:
    """When a delivery of a digest that falls due at `due` falls due itself. Also its Date header's time."""
    return due + spread * step_of(subscriber, spread) / steps(spread)
