"""Which release is the base of the next, and what it has at each path."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from publisher.store.engine import Transaction
from publisher.store.schema import document, publication, rendition
from publisher.store.writing import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The release that the remembered fingerprints describe; 0: none yet."""

    number: int
    site_fingerprint: str | None


def base(tx: Transaction) -> Base:
    row = tx.connection.execute(
        select(publication.c.release, publication.c.site_fingerprint).where(publication.c.id == tx.publication)
    ).one()
    return Base(number=row.release, site_fingerprint=row.site_fingerprint)


def fingerprints(tx: Transaction) -> dict[str, str]:
    """Path -> fingerprint of every document in the base release."""
    rows = tx.connection.execute(
        select(document.c.path, document.c.fingerprint).where(document.c.publication == tx.publication)
    )
    return {row.path: row.fingerprint for row in rows}


def remember(
    tx: Transaction, *, number: int, site_fingerprint: str | None, written: Mapping[str, str], removed: Collection[str]
) -> None:
    """The release `number` is live and differs from its base by these."""
    rows = [
        {"publication": tx.publication, "path": path, "fingerprint": found} for path, found in sorted(written.items())
    ]
    upsert(tx, document, rows)
    if removed:
        tx.connection.execute(
            document.delete().where(document.c.publication == tx.publication, document.c.path == bindparam("one")),
            [{"one": path} for path in removed],
        )
    tx.connection.execute(
        update(publication)
        .where(publication.c.id == tx.publication)
        .values(release=number, site_fingerprint=site_fingerprint)
    )


def forget(tx: Transaction) -> None:
    """The base release is gone from the disk: everything is written anew."""
    tx.connection.execute(document.delete().where(document.c.publication == tx.publication))
    tx.connection.execute(
        update(publication).where(publication.c.id == tx.publication).values(site_fingerprint=None, release=0)
    )


def web_pages(tx: Transaction) -> list[tuple[str, str, int]]:
    """(digest, variant, revision) of the newest revision of each digest page."""
    rows = tx.connection.execute(
        select(rendition.c.digest, rendition.c.variant, rendition.c.revision)
        .where(rendition.c.publication == tx.publication)
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
