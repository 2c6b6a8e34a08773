"""So many an hour, as a rate that spaces them."""

from datetime import timedelta

import msgspec

HOUR = timedelta(hours=1)
BURSTS_AN_HOUR = 60


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What may happen once `every` so long and at most `burst` times at once: never more than its number in an hour."""

    every: timedelta
    burst: int

    @classmethod
    def per_hour(cls, number: int) -> "Rate":
        """A minute's worth may go at once; the rest of the hour's number comes one at a time."""
        burst = max(1, number // BURSTS_AN_HOUR)
        # Up to the next microsecond: rounded down, it would add up to one too many.
        every = -(-HOUR // max(1, number - burst))
        return cls(every=every, burst=burst)
