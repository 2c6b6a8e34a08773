"""What articles said before they were changed, so that a correction can be held against it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import func, select

from publisher.model import Article, Body, Version
from publisher.store.schema import version
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert

MOST = 20
"""Versions of one article; of more the oldest go."""


def keep(tx: Transaction, found: Iterable[tuple[Article, Body]], now: datetime) -> None:
    """Each as readers saw it until `now`."""
    for article, body in found:
        here = (version.c.publication == tx.publication) & (version.c.article == article.id)
        last = tx.connection.execute(select(func.max(version.c.number)).where(here)).scalar() or 0
        row = {
            "publication": tx.publication,
            "article": article.id,
            "number": last + 1,
            "until": now,
            "corrections": msgspec.json.encode([one.at for one in article.corrections]).decode(),
            "record": msgspec.json.encode(article),
            "markup": body.markup,
            "body": body.text,
        }
        upsert(tx, version, [row])
        tx.connection.execute(version.delete().where(here, version.c.number <= last + 1 - MOST))


def bore(tx: Transaction) -> Mapping[str, tuple[tuple[datetime, ...], ...]]:
    """Article id -> when the corrections were made that each of its versions bore, oldest version first."""
    rows = tx.connection.execute(
        select(version.c.article, version.c.corrections)
        .where(version.c.publication == tx.publication)
        .order_by(version.c.article, version.c.number)
    )
    decode = msgspec.json.Decoder(tuple[datetime, ...]).decode
    found: dict[str, list[tuple[datetime, ...]]] = {}
    for row in rows:
        found.setdefault(row.article, []).append(decode(row.corrections))
    return {one: tuple(versions) for one, versions in found.items()}


def read(tx: Transaction, articles: Collection[str]) -> dict[str, tuple[Version, ...]]:
    """Article id -> its versions, oldest first; also of one that has none."""
    found: dict[str, tuple[Version, ...]] = dict.fromkeys(articles, ())
    rows = tx.connection.execute(
        select(version)
        .where(version.c.publication == tx.publication, version.c.article.in_(articles))
        .order_by(version.c.article, version.c.number)
    )
    for row in rows:
        body = Body(markup=row.markup, text=row.body)
        one = Version(article=_decode(row.record), body=body, until=row.until)
        found[row.article] = (*found[row.article], one)
    return found


def clear(tx: Transaction, article: str) -> None:
    tx.connection.execute(version.delete().where(version.c.publication == tx.publication, version.c.article == article))


_decoder = msgspec.json.Decoder(Article)


def _decode(record: bytes) -> Article:
    return _decoder.decode(record)
