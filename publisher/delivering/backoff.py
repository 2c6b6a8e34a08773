"""When a deferred delivery is tried again."""

from datetime import timedelta
from hashlib import sha256

FIRST = timedelta(minutes=5)
LONGEST = timedelta(hours=4)


def backoff(attempts: int, key: str) -> timedelta:
    """How long to wait after so many attempts (1 or more): 5 minutes, doubled each time, at most 4 hours.

    The key shortens it by up to a fifth, always the same for the same key, so that a thousand recipients who were put
    off together do not come back together. RFC 5321 s. 4.5.4.1 asks for 30 minutes between attempts at one destination
    on average; the doubling keeps that over the digest's day.
    """
    plain = min(FIRST * 2 ** min(attempts - 1, 16), LONGEST)
    share = int.from_bytes(sha256(f"{key}/{attempts}".encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=round(plain.total_seconds() * (1 - share / 5)))
