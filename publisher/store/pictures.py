"""The pictures that articles show, as their files were when the article was last read."""

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, exists, select, true

from publisher.model import Picture
from publisher.store.schema import article, picture
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert


class PictureRow(msgspec.Struct, frozen=True, kw_only=True):
    manuscript: str
    """The path of the article's file."""
    path: str
    mtime_ns: int
    """-1: the file was not there."""
    size: int
    picture: Picture | None
    """None: it cannot be shown."""


def rows(tx: Transaction) -> list[PictureRow]:
    table = picture.c
    found = tx.connection.execute(
        select(table.manuscript, table.path, table.mtime_ns, table.size).where(table.publication == tx.publication)
    )
    return [
        PictureRow(manuscript=row.manuscript, path=row.path, mtime_ns=row.mtime_ns, size=row.size, picture=None)
        for row in found
    ]


def remember(tx: Transaction, found: Iterable[PictureRow], *, read: Collection[str]) -> None:
    """What the manuscripts in `read` show is `found` and nothing else. Idempotent."""
    mine = select(picture.c.manuscript).where(picture.c.publication == tx.publication).distinct()
    before = tx.connection.execute(mine).scalars().all() if read else []
    with_others = sorted({*before} & {*read})
    if with_others:
        tx.connection.execute(
            picture.delete().where(picture.c.publication == tx.publication, picture.c.manuscript == bindparam("one")),
            [{"one": path} for path in with_others],
        )
    upsert(
        tx,
        picture,
        [
            {
                "publication": tx.publication,
                "manuscript": row.manuscript,
                "path": row.path,
                "mtime_ns": row.mtime_ns,
                "size": row.size,
                "record": msgspec.json.encode(row.picture) if row.picture else None,
            }
            for row in found
        ],
    )


def shown(tx: Transaction, now: datetime) -> list[Picture]:
    """Those of articles that may be shown at `now`, by hash, each once: the same file twice is one picture."""
    on_the_site = exists().where(
        article.c.publication == picture.c.publication,
        article.c.path == picture.c.manuscript,
        article.c.present,
        (article.c.published <= now).is_(true()),  # as a range SQLite would take its index, and not that of the path
    )
    found = tx.connection.execute(
        select(picture.c.record)
        .distinct()
        .where(picture.c.publication == tx.publication, picture.c.record.is_not(None), on_the_site)
    ).scalars()
    decoded = (msgspec.json.decode(record, type=Picture) for record in found)
    by_hash = {one.hash: one for one in sorted(decoded, key=lambda one: one.path, reverse=True)}
    return [by_hash[key] for key in sorted(by_hash)]
