"""What was dear to make, so that it is made once: entries of feeds, compiled templates. Nothing is lost with it."""

from collections.abc import Collection, Mapping

from sqlalchemy import func, select

from publisher.render.kept import entry_names
from publisher.store.schema import kept
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert

Found = Mapping[str, tuple[str, bytes]]
"""Name -> (fingerprint of what it was made of, itself)."""
PART = 500
MOST = 4_000
"""Rows: of a few KB each."""


def read(tx: Transaction, names: Collection[str]) -> Found:
    wanted = sorted(names)
    found: dict[str, tuple[str, bytes]] = {}
    columns = select(kept.c.name, kept.c.fingerprint, kept.c.content).where(kept.c.publication == tx.publication)
    for start in range(0, len(wanted), PART):
        rows = tx.connection.execute(columns.where(kept.c.name.in_(wanted[start : start + PART])))
        found |= {name: (fingerprint, content) for name, fingerprint, content in rows.all()}
    return found


def drop(tx: Transaction, articles: Collection[str]) -> None:
    """Nothing of these articles is kept: they changed, or are to be gone."""
    any_at_all = select(kept.c.name).where(kept.c.publication == tx.publication).limit(1)
    if tx.connection.execute(any_at_all).first() is None:
        return
    names = entry_names(articles)
    for start in range(0, len(names), PART):
        some = kept.c.name.in_(names[start : start + PART])
        tx.connection.execute(kept.delete().where(kept.c.publication == tx.publication, some))


def keep(tx: Transaction, made: Found) -> None:
    """Idempotent. Of too many the others go: what is asked for again is made again."""
    if not made:
        return
    rows = select(func.count()).where(kept.c.publication == tx.publication)
    if tx.connection.execute(rows).scalar_one() + len(made) > MOST:
        tx.connection.execute(kept.delete().where(kept.c.publication == tx.publication))
    upsert(
        tx,
        kept,
        [
            {"publication": tx.publication, "name": name, "fingerprint": fingerprint, "content": content}
            for name, (fingerprint, content) in made.items()
        ],
    )
