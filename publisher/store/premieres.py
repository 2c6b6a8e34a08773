"""The order in which articles were first released, by language. It only ever grows at its end."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from publisher.model import Article, Premiere
from publisher.store.engine import Transaction
from publisher.store.schema import premiere


def order(tx: Transaction) -> dict[str, tuple[Premiere, ...]]:
    """Language -> its articles, the first released first."""
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


def record(tx: Transaction, shown: Sequence[Article], *, released: Iterable[str], default: str, now: datetime) -> None:
    """Give each article that is new its place, and note which of the others are gone or back. Idempotent.

    `released` are all ids that `ids.tsv` holds, in its order: with them the loss of the store changes no place. Those
    that no file has any more count to the language `default`.
    """
    before = order(tx)
    known = {one.article: one.gone for places in before.values() for one in places}
    visible = {one.id: one for one in shown}
    lengths = {lang: len(places) for lang, places in before.items()}
    rows = []
    for identity in _in_order(shown, released):
        if identity not in known:
            article = visible.get(identity)
            lang = article.lang if article else default
            lengths[lang] = lengths.get(lang, 0) + 1
            row = {"lang": lang, "place": lengths[lang], "article": identity, "gone": None if article else now}
            rows.append({"publication": tx.publication, **row})
    if rows:
        tx.connection.execute(insert(premiere), rows)
    _note_absence(tx, known, visible, now)


def forget(tx: Transaction) -> None:
    """Only ever in the copy that a rehearsal acts on."""
    tx.connection.execute(premiere.delete().where(premiere.c.publication == tx.publication))


def _in_order(shown: Sequence[Article], released: Iterable[str]) -> list[str]:
    oldest_first = sorted(shown, key=lambda one: (one.published, one.id))
    return list(dict.fromkeys((*released, *(one.id for one in oldest_first))))


def _note_absence(
    tx: Transaction, known: Mapping[str, datetime | None], visible: Mapping[str, Article], now: datetime
) -> None:
    changed: list[dict[str, str | datetime | None]] = [
        {"one": one, "at": now} for one, since in known.items() if since is None and one not in visible
    ]
    changed += [{"one": one, "at": None} for one, since in known.items() if since is not None and one in visible]
    if changed:
        tx.connection.execute(
            update(premiere)
            .where(premiere.c.publication == tx.publication, premiere.c.article == bindparam("one"))
            .values(gone=bindparam("at")),
            changed,
        )
