"""Which release is the base of the next, and what it has at each path."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import Column, Table, bindparam, func, select, update

from publisher.store.schema import chapter, document, publication, rendition
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert

PART = 500
"""Names that one statement asks for."""


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The release that the remembered fingerprints describe; 0: none yet."""

    number: int
    site_fingerprint: str | None
    changes: int
    """`articles.changes` when it was made."""
    ids_seen: str | None
    """The stamp of ids.tsv when all that it says was in the store."""


def base(tx: Transaction) -> Base:
    row = tx.connection.execute(
        select(
            publication.c.release,
            publication.c.site_fingerprint,
            publication.c.released_changes,
            publication.c.ids_seen,
        ).where(publication.c.id == tx.publication)
    ).one()
    return Base(
        number=row.release,
        site_fingerprint=row.site_fingerprint,
        changes=row.released_changes,
        ids_seen=row.ids_seen,
    )


def chapters(tx: Transaction) -> dict[str, str]:
    """Name -> fingerprint of every chapter of the base release."""
    rows = tx.connection.execute(
        select(chapter.c.name, chapter.c.fingerprint).where(chapter.c.publication == tx.publication)
    )
    return {row.name: row.fingerprint for row in rows.all()}


def fixed_pages(tx: Transaction) -> frozenset[tuple[str, str]]:
    """(language, name) of each fixed page of the base release."""
    rows = tx.connection.execute(
        select(chapter.c.name).where(chapter.c.publication == tx.publication, chapter.c.name.startswith("page "))
    )
    named = (name.split(" ", 2) for name in rows.scalars())
    return frozenset((lang, name) for _, lang, name in named)


def paths(tx: Transaction, names: Collection[str]) -> frozenset[str]:
    """The documents of these chapters in the base release."""
    return frozenset(standing(tx, names))


def standing(tx: Transaction, names: Collection[str]) -> dict[str, tuple[str, str]]:
    """Path -> (fingerprint, chapter) of the documents of these chapters in the base release."""
    found: dict[str, tuple[str, str]] = {}
    columns = select(document.c.path, document.c.fingerprint, document.c.chapter)
    for some in _parts(names):
        rows = tx.connection.execute(
            columns.where(document.c.publication == tx.publication, document.c.chapter.in_(some))
        )
        found |= {path: (fingerprint, name) for path, fingerprint, name in rows.all()}
    return found


def _parts(names: Collection[str]) -> Iterator[Sequence[str]]:
    wanted = sorted(names)
    return (wanted[start : start + PART] for start in range(0, len(wanted), PART))


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """In what a release differs from its base."""

    written: Sequence[tuple[str, str, str]]
    """(path, fingerprint, chapter) of each document."""
    removed: Collection[str]
    chapters: Mapping[str, str]
    """Name -> fingerprint of those that changed."""
    ended: Collection[str]
    """Chapters that are no more."""


def remember(
    tx: Transaction,
    *,
    number: int,
    site_fingerprint: str | None,
    changes: int,
    ids_seen: str | None,
    difference: Difference,
) -> None:
    """The release `number` is live and differs from its base by these."""
    mine = {"publication": tx.publication}
    rows = [
        mine | {"path": path, "fingerprint": found, "chapter": name} for path, found, name in sorted(difference.written)
    ]
    upsert(tx, document, rows)
    _remove(tx, document, document.c.path, difference.removed)
    rows = [mine | {"name": name, "fingerprint": found} for name, found in sorted(difference.chapters.items())]
    upsert(tx, chapter, rows)
    _remove(tx, chapter, chapter.c.name, difference.ended)
    tx.connection.execute(
        update(publication)
        .where(publication.c.id == tx.publication)
        .values(release=number, site_fingerprint=site_fingerprint, released_changes=changes, ids_seen=ids_seen)
    )


def _remove(tx: Transaction, table: Table, key: Column[str], names: Collection[str]) -> None:
    if names:
        condition = (table.c.publication == tx.publication) & (key == bindparam("one"))
        tx.connection.execute(table.delete().where(condition), [{"one": name} for name in names])


def forget(tx: Transaction) -> None:
    """The base release is gone from the disk: everything is written anew."""
    for table in (document, chapter):
        tx.connection.execute(table.delete().where(table.c.publication == tx.publication))
    tx.connection.execute(
        update(publication).where(publication.c.id == tx.publication).values(site_fingerprint=None, release=0)
    )


def web_pages(tx: Transaction) -> list[tuple[str, str, int]]:
    """(digest, variant, revision) of the newest revision of each digest page: one for each language."""
    rows = tx.connection.execute(
        select(rendition.c.digest, rendition.c.variant, rendition.c.revision)
        .where(rendition.c.publication == tx.publication, func.length(rendition.c.web_html) > 0)
        .order_by(rendition.c.digest, rendition.c.variant, rendition.c.revision)
    )
    newest = {(row.digest, row.variant): row.revision for row in rows}
    return [(name, variant, revision) for (name, variant), revision in newest.items()]


def web_page(tx: Transaction, digest: str, variant: str, revision: int) -> tuple[bytes, bytes]:
    """The digest's page and its text, as mailed, without anyone's links."""
    row = tx.connection.execute(
        select(rendition.c.web_html, rendition.c.web_text).where(
            rendition.c.publication == tx.publication,
            rendition.c.digest == digest,
            rendition.c.variant == variant,
            rendition.c.revision == revision,
        )
    ).one()
    return row.web_html, row.web_text
