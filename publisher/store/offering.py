"""What there is for readers: languages, sections, the newest digest. Only looks."""

from datetime import datetime

import msgspec
from sqlalchemy import select

from publisher.store.schema import article, digest, premiere
from publisher.store.transaction import Transaction


class _Named(msgspec.Struct):
    """The part of an article's record that is needed here."""

    lang: str
    section: str | None = None


def languages(tx: Transaction) -> frozenset[str]:
    """Those in which anything was released."""
    rows = select(premiere.c.lang).where(premiere.c.publication == tx.publication, premiere.c.gone.is_(None))
    return frozenset(tx.connection.execute(rows.distinct()).scalars())


def sections(tx: Transaction, *, since: datetime) -> dict[str, tuple[str, ...]]:
    """Language -> the sections of what was published since, by name."""
    rows = tx.connection.execute(
        select(article.c.record).where(
            article.c.publication == tx.publication,
            article.c.present.is_(True),
            article.c.released.is_not(None),
            article.c.published >= since,
        )
    )
    decode = msgspec.json.Decoder(_Named).decode
    found: dict[str, set[str]] = {}
    for row in rows:
        one = decode(row.record)
        if one.section:
            found.setdefault(one.lang, set()).add(one.section)
    return {lang: tuple(sorted(names, key=str.casefold)) for lang, names in found.items()}


def newest_digests(tx: Transaction) -> list[str]:
    """Names, the newest first; a few, because the page of the very newest may not be released yet."""
    rows = select(digest.c.name).where(digest.c.publication == tx.publication)
    return list(tx.connection.execute(rows.order_by(digest.c.due.desc(), digest.c.name).limit(3)).scalars())
