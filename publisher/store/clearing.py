"""What a takedown has to reach in the store besides the article itself: the digests that spoke of it."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
from sqlalchemy import select, update

from publisher.store.digests import Rendition
from publisher.store.engine import Store
from publisher.store.schema import chapter, digest, document, rendition
from publisher.store.transaction import Transaction


class Spoke(msgspec.Struct, frozen=True, kw_only=True):
    """A digest whose page leads to an article."""

    name: str
    day: date
    due: datetime
    variants: tuple[str, ...]


def overwrites(tx: Transaction) -> None:
    """From here on what this transaction replaces is overwritten in an SQLite file, not only let go."""
    if not tx.is_postgresql:
        tx.connection.exec_driver_sql("PRAGMA secure_delete=ON")


def digests_with(tx: Transaction, link: bytes, since: date) -> list[Spoke]:
    """The digests of `since` and later with this text in one of their pages, in any revision; oldest first.

    With all their variants: not each has a page.
    """
    rows = tx.connection.execute(
        select(digest.c.name, digest.c.day, digest.c.due, rendition.c.variant, rendition.c.web_html)
        .join(rendition, (rendition.c.publication == digest.c.publication) & (rendition.c.digest == digest.c.name))
        .where(digest.c.publication == tx.publication, digest.c.day >= since)
        .order_by(digest.c.day, digest.c.name, rendition.c.variant)
    )
    found: dict[str, Spoke] = {}
    speak: set[str] = set()
    for row in rows:
        known = found.get(row.name)
        variants = dict.fromkeys([*(known.variants if known else ()), row.variant])
        found[row.name] = Spoke(name=row.name, day=row.day, due=row.due, variants=tuple(variants))
        if link in row.web_html:
            speak.add(row.name)
    return [one for name, one in found.items() if name in speak]


def replace_renditions(tx: Transaction, name: str, made: Iterable[Rendition]) -> None:
    """Every revision of these variants becomes this one."""
    for one in made:
        tx.connection.execute(
            update(rendition)
            .where(
                rendition.c.publication == tx.publication,
                rendition.c.digest == name,
                rendition.c.variant == one.variant,
            )
            .values(skeleton=one.skeleton, web_html=one.web_html, web_text=one.web_text)
        )


def write_again(tx: Transaction, paths: Iterable[str]) -> None:
    """The next release writes these documents, whatever it thinks of them."""
    here = (document.c.publication == tx.publication) & document.c.path.in_(sorted(paths))
    named = select(document.c.chapter).where(here)
    tx.connection.execute(
        update(chapter).where(chapter.c.publication == tx.publication, chapter.c.name.in_(named)).values(fingerprint="")
    )
    tx.connection.execute(update(document).where(here).values(fingerprint=""))


def settle(store: Store) -> None:
    """What an SQLite journal still holds of older pages goes into the file, and the journal is emptied."""
    if store.engine.dialect.name != "sqlite":
        return
    line = store.engine.raw_connection()
    try:
        line.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        line.close()
