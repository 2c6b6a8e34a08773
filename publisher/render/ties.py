"""Entries of one feed that changed in the same second, told apart by a fraction of it.

Dates without a time, whole archives that were moved in, one correction of several articles: they give entries the same
`updated`, which readers that sort by it shuffle and validators warn of. The first keeps the whole second, one that
never changed before all others; these get a fraction of it that their ids make, so that it is the same whenever and
wherever the feed is written.
"""

import hashlib
from collections.abc import Iterable, Mapping

from publisher.model import Listed


def ties(articles: Iterable[Listed], places: Mapping[str, int]) -> dict[str, int]:
    """Id -> microseconds to add to `updated`, for those that need any. `places`: id -> place in order of release."""
    first: dict[tuple[str, int], Listed] = {}
    crowds: dict[tuple[str, int], list[Listed]] = {}
    for one in articles:
        if one.retracted is None:
            key = (one.lang, int(max(one.published, one.changed).timestamp()))
            if first.setdefault(key, one) is not one:
                crowds.setdefault(key, [first[key]]).append(one)
    found: dict[str, int] = {}
    for crowd in crowds.values():
        _, *later = sorted(
            crowd, key=lambda one: (one.changed > one.published, places.get(one.id, len(places)), one.id)
        )
        found |= {one.id: _fraction(one.id) for one in later}
    return found


def _fraction(identity: str) -> int:
    """1 to 999,999."""
    return int.from_bytes(hashlib.sha256(identity.encode("utf-8", "replace")).digest()[:8], "big") % 999_999 + 1
