"""What stands in a feed and in each of its archive documents (RFC 5005 s. 4).

The archives are cut from the order of first release, so that a sealed document has the same ids for ever. What is not
sealed yet stands in the feed that people subscribe to, whatever its length: the feed and its archives together list
every article that was ever published.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from publisher.model import Listed, Premiere
from publisher.render.catalogue import Catalogue

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
    articles: Sequence[Listed], length: int, order: Sequence[Premiere] = (), tail: Collection[str] = frozenset()
) -> Contents:
    """The newest `length`, what changed since the oldest of them appeared, and all of `tail`.

    `articles` stand newest first; those of `order` that are gone are named as long as a change would be.
    """
    standing = [one for one in articles if not one.retracted]
    newest = standing[:length]
    oldest = newest[-1].published if len(newest) == length else None
    changed = [one for one in standing[length:] if one.published < one.changed and _since(one, oldest)]
    changed.sort(key=lambda one: one.changed, reverse=True)
    shown = {one.id for one in (*newest, *changed[:length])} | set(tail)
    retracted = [one for one in articles if one.retracted and (one.id in tail or _since(one, oldest))]
    gone = [one for one in order if one.gone and (one.article in tail or oldest is None or one.gone >= oldest)]
    deleted = [*map(_retracted, retracted), *map(_gone, gone)]
    return Contents(articles=tuple(one for one in standing if one.id in shown), deleted=_sorted(deleted))


def cut(order: Sequence[Premiere], size: int) -> tuple[list[Sequence[Premiere]], frozenset[str]]:
    """The sealed documents, the oldest first, and the ids that are in none of them yet.

    There is no single one: validators call an archive incomplete that leads to no other.
    """
    full = len(order) // size if size and len(order) >= size * FEWEST else 0
    sealed = [order[place * size : (place + 1) * size] for place in range(full)]
    return sealed, frozenset(one.article for one in order[full * size :]) if size else frozenset()


def articles_of(catalogue: Catalogue, lang: str, tail: frozenset[str]) -> list[Listed]:
    """Those of a language, and those of the tail that changed theirs; newest first."""
    own = catalogue.of_language(lang)
    if tail <= {one.id for one in own[: len(tail)]}:
        return list(own)
    return [one for one in catalogue.articles if one.lang == lang or one.id in tail]


def archived(catalogue: Catalogue, places: Sequence[Premiere]) -> Contents:
    """An archive document: each of its places is an entry or a tombstone."""
    found = [catalogue.by_id[one.article] for one in reversed(places) if one.article in catalogue.by_id]
    deleted = [_retracted(one) for one in found if one.retracted]
    deleted += [_gone(one) for one in places if one.gone and one.article not in catalogue.by_id]
    return Contents(articles=tuple(one for one in found if not one.retracted), deleted=_sorted(deleted))


def _since(article: Listed, oldest: datetime | None) -> bool:
    return oldest is None or article.changed >= oldest


def _retracted(article: Listed) -> Deleted:
    assert article.retracted is not None
    return Deleted(id=article.id, when=article.retracted.at, reason=article.retracted.reason)


def _gone(place: Premiere) -> Deleted:
    assert place.gone is not None
    return Deleted(id=place.article, when=place.gone)


def _sorted(deleted: Sequence[Deleted]) -> tuple[Deleted, ...]:
    """Newest first."""
    return tuple(sorted(deleted, key=lambda one: (-one.when.timestamp(), one.id)))
