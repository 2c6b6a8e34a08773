"""When mail that failed for a while ends a subscription."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

DAILY = 1.0
WEEKLY = 2.0
"""A weekly digest is one chance where a daily one has seven; with less weight a dead mailbox would never be noticed."""


def weight(digest: str) -> float:
    """What one soft bounce of a digest counts for on the day that it comes."""
    return WEEKLY if digest.startswith("weekly-") else DAILY


def score(bounced: Iterable[tuple[str, datetime]], *, now: datetime, half_life: timedelta) -> float:
    """The sum over digests that bounced softly and when; each counts half as much for every `half_life` since."""
    return sum(weight(digest) * math.pow(0.5, max(0.0, (now - at) / half_life)) for digest, at in bounced)
