"""The order in which articles were first released, by language. It only ever grows at its end.

The store knows a language as it is recorded; an extended order has it as the publication names it now.
"""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import func, select

from publisher.config import Publication
from publisher.model import Listed, Premiere
from publisher.store.schema import premiere
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert

Order = Mapping[str, tuple[Premiere, ...]]
"""Language -> its articles, the first released first."""


def order(tx: Transaction) -> Order:
    """As the last release left it."""
    table = premiere.c
    gone = _gone(tx)
    found: dict[str, list[str]] = {}
    rows = tx.connection.execute(
        select(table.lang, table.article).where(table.publication == tx.publication).order_by(table.lang, table.place)
    )
    for lang, article in rows.all():
        found.setdefault(lang, []).append(article)
    return {
        lang: tuple([Premiere(article=one, gone=gone.get((lang, place))) for place, one in enumerate(articles)])
        if gone
        else tuple([Premiere(article=one) for one in articles])
        for lang, articles in found.items()
    }


def _gone(tx: Transaction) -> Mapping[tuple[str, int], datetime]:
    """(language, place) -> since when that article is gone."""
    table = premiere.c
    rows = tx.connection.execute(
        select(table.lang, table.place, table.gone).where(table.publication == tx.publication, table.gone.is_not(None))
    )
    return {(lang, place): at for lang, place, at in rows}


def extended(
    tx: Transaction, shown: Mapping[str, Listed], *, released: Iterable[str], publication: Publication, now: datetime
) -> Order:
    """The order with what is new in `shown` (by id) at its end, oldest first, and with what is gone or back marked so.

    `released` are all ids that `ids.tsv` holds, in its order: with them neither a kill nor the loss of the store
    changes a place. Those that no file has any more count to the publication's language.
    """
    visible = frozenset(shown)
    found: dict[str, list[Premiere]] = {}
    known: set[str] = set()
    for lang, places in order(tx).items():
        here = {one.article for one in places}
        marked = {one.article for one in places if one.gone}
        changed = (here - visible) ^ marked
        found[publication.recorded(lang)] = [
            _marked(one, visible, now) if one.article in changed else one for one in places
        ]
        known |= here
    new = [one for one in dict.fromkeys(released) if one not in known]
    fresh = [shown[one] for one in visible - known]
    fresh.sort(key=lambda one: (one.published, one.id))
    for identity in dict.fromkeys((*new, *(one.id for one in fresh))):
        article = shown.get(identity)
        place = Premiere(article=identity, gone=None if article else now)
        found.setdefault(article.lang if article else publication.language, []).append(place)
    return {lang: tuple(places) for lang, places in found.items()}


def _marked(one: Premiere, visible: Container[str], now: datetime) -> Premiere:
    """Gone since now, or back."""
    return msgspec.structs.replace(one, gone=None if one.article in visible else now)


def keep(tx: Transaction, extended_order: Order, publication: Publication) -> None:
    """Remember an extended order: what is new at its ends, and what went or came back. Idempotent."""
    table = premiere.c
    wanted = {publication.recorded(lang): places for lang, places in extended_order.items()}
    lengths = tx.connection.execute(
        select(table.lang, func.count().label("length")).where(table.publication == tx.publication).group_by(table.lang)
    )
    known = {row.lang: int(row.length) for row in lengths}
    gone = _gone(tx)
    new = {(lang, place) for lang, places in wanted.items() for place in range(known.get(lang, 0), len(places))}
    marked = {
        (lang, place): one.gone for lang, places in wanted.items() for place, one in enumerate(places) if one.gone
    }
    changed = {key for key in gone.keys() | marked.keys() if gone.get(key) != marked.get(key)}
    rows = [
        {"publication": tx.publication, "lang": lang, "place": place, "article": one.article, "gone": one.gone}
        for lang, place in sorted(new | changed)
        for one in [wanted[lang][place]]
    ]
    upsert(tx, premiere, rows)


def forget(tx: Transaction) -> None:
    """Only ever in the copy that a rehearsal acts on."""
    tx.connection.execute(premiere.delete().where(premiere.c.publication == tx.publication))
