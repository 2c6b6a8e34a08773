"""What stands in a feed and in each of its archive documents (RFC 5005 s. 4).

The archives are cut from the order of first release, so that a sealed document has the same ids for ever. What is not
sealed yet stands in the feed that people subscribe to, whatever its length: the feed and its archives together list
every article that was ever published.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from types import MappingProxyType

import msgspec

from publisher.model import Listed, Premiere
from publisher.render.catalogue import Catalogue
from publisher.render.months import changed_since, in_order

EMPTY: Mapping[str, Listed | None] = MappingProxyType({})
FEWEST = 2
"""Archive documents, where there are any."""


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """A tombstone (RFC 6721)."""

    id: str
    when: datetime
    reason: str = ""


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    articles: tuple[Listed, ...]
    """Newest first, none retracted."""
    deleted: tuple[Deleted, ...]


def live(
    articles: Sequence[Listed], length: int, order: Sequence[Premiere] = (), tail: Mapping[str, Listed | None] = EMPTY
) -> Contents:
    """The newest `length`, what changed since the oldest of them appeared, and all of `tail`: ids, with their articles.

    `articles` stand newest first; those of `order` that are gone are named as long as a change would be.
    """
    newest = list(islice((one for one in articles if not one.retracted), length))
    oldest = newest[-1].published if len(newest) == length else None
    recent = list(changed_since(articles, oldest))
    known = {one.id for one in newest}
    changed = [one for one in recent if one.published < one.changed and not one.retracted and one.id not in known]
    changed.sort(key=lambda one: one.changed, reverse=True)
    late = [one for one in tail.values() if one]
    shown = in_order([newest, changed[:length], [one for one in late if not one.retracted]])
    retracted = {one.id: one for one in (*recent, *late) if one.retracted}
    gone = [one for one in order if one.gone and (one.article in tail or oldest is None or one.gone >= oldest)]
    deleted = [*map(_retracted, retracted.values()), *map(_gone, gone)]
    return Contents(articles=tuple(shown), deleted=_sorted(deleted))


def cut(order: Sequence[Premiere], size: int) -> tuple[list[Sequence[Premiere]], frozenset[str]]:
    """The sealed documents, the oldest first, and the ids that are in none of them yet.

    There is no single one: validators call an archive incomplete that leads to no other.
    """
    full = len(order) // size if size and len(order) >= size * FEWEST else 0
    sealed = [order[place * size : (place + 1) * size] for place in range(full)]
    return sealed, frozenset(one.article for one in order[full * size :]) if size else frozenset()


def archived(catalogue: Catalogue, places: Sequence[Premiere]) -> Contents:
    """An archive document: each of its places is an entry or a tombstone."""
    found = [catalogue.by_id[one.article] for one in reversed(places) if one.article in catalogue.by_id]
    deleted = [_retracted(one) for one in found if one.retracted]
    deleted += [_gone(one) for one in places if one.gone and one.article not in catalogue.by_id]
    return Contents(articles=tuple(one for one in found if not one.retracted), deleted=_sorted(deleted))


def _retracted(article: Listed) -> Deleted:
    assert article.retracted is not None
    return Deleted(id=article.id, when=article.retracted.at, reason=article.retracted.reason)


def _gone(place: Premiere) -> Deleted:
    assert place.gone is not None
    return Deleted(id=place.article, when=place.gone)


def _sorted(deleted: Sequence[Deleted]) -> tuple[Deleted, ...]:
    """Newest first."""
    return tuple(sorted(deleted, key=lambda one: (-one.when.timestamp(), one.id)))
