"""The order in which articles were first released, by language. It only ever grows at its end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from publisher.model import Article, Premiere
from publisher.store.engine import Transaction
from publisher.store.schema import premiere
from publisher.store.writing import upsert

Order = Mapping[str, tuple[Premiere, ...]]
"""Language -> its articles, the first released first."""


def order(tx: Transaction) -> Order:
    """As the last release left it."""
    found: dict[str, list[Premiere]] = {}
    table = premiere.c
    rows = tx.connection.execute(
        select(table.lang, table.article, table.gone)
        .where(table.publication == tx.publication)
        .order_by(table.lang, table.place)
    )
    for row in rows:
        found.setdefault(row.lang, []).append(Premiere(article=row.article, gone=row.gone))
    return {lang: tuple(places) for lang, places in found.items()}


def extended(
    tx: Transaction, shown: Sequence[Article], *, released: Iterable[str], default: str, now: datetime
) -> Order:
    """The order with what is new in `shown` at its end, oldest first, and with what is gone or back marked so.

    `released` are all ids that `ids.tsv` holds, in its order: with them neither a kill nor the loss of the store
    changes a place. Those that no file has any more count to the language `default`.
    """
    visible = {one.id: one for one in shown}
    found = {
        lang: [replace(one, gone=None if one.article in visible else one.gone or now) for one in places]
        for lang, places in order(tx).items()
    }
    known = {one.article for places in found.values() for one in places}
    oldest_first = sorted(shown, key=lambda one: (one.published, one.id))
    for identity in dict.fromkeys((*released, *(one.id for one in oldest_first))):
        if identity not in known:
            article = visible.get(identity)
            place = Premiere(article=identity, gone=None if article else now)
            found.setdefault(article.lang if article else default, []).append(place)
    return {lang: tuple(places) for lang, places in found.items()}


def keep(tx: Transaction, wanted: Order) -> None:
    """Remember an extended order. Idempotent."""
    before = {(lang, place): one for lang, places in order(tx).items() for place, one in enumerate(places)}
    rows = [
        {"publication": tx.publication, "lang": lang, "place": place, "article": one.article, "gone": one.gone}
        for lang, places in wanted.items()
        for place, one in enumerate(places)
        if before.get((lang, place)) != one
    ]
    upsert(tx, premiere, rows)


def forget(tx: Transaction) -> None:
    """Only ever in the copy that a rehearsal acts on."""
    tx.connection.execute(premiere.delete().where(premiere.c.publication == tx.publication))
