"""Which works were withdrawn, and by which article that is known."""

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Text, bindparam, select, text

from publisher.store.schema import article, withdrawal
from publisher.store.transaction import Transaction
from publisher.store.writing import insert_new


def known(tx: Transaction) -> dict[str, frozenset[str]]:
    """Article id -> the works that it says were withdrawn."""
    rows = tx.connection.execute(
        select(withdrawal.c.article, withdrawal.c.work).where(withdrawal.c.publication == tx.publication)
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.article, set()).add(row.work)
    return {one: frozenset(works) for one, works in found.items()}


def remember(tx: Transaction, said: Mapping[str, Collection[str]]) -> None:
    """These articles say this and nothing else. Idempotent."""
    if not said:
        return
    tx.connection.execute(
        withdrawal.delete().where(withdrawal.c.publication == tx.publication, withdrawal.c.article == bindparam("one")),
        [{"one": one} for one in said],
    )
    insert_new(
        tx,
        withdrawal,
        [
            {"publication": tx.publication, "article": one, "work": work}
            for one, works in sorted(said.items())
            for work in sorted(works)
        ],
    )


def naming(tx: Transaction, works: Collection[str]) -> Iterator[str]:
    """Ids of the articles in whose records one of these works may be named: of all that are present, every record is
    looked through. One that is gone is not here: it is marked when its file comes back, and not brought back for it.

    For host and path, without a difference of large and small: addresses of one work differ in all else.
    """
    record = "lower(convert_from(record, 'UTF8') COLLATE \"C\")" if tx.is_postgresql else "lower(CAST(record AS TEXT))"
    within = f"position(:place in {record}) > 0" if tx.is_postgresql else f"instr({record}, :place) > 0"
    here = text(within).bindparams(bindparam("place", type_=Text))
    statement = select(article.c.id).where(article.c.publication == tx.publication, article.c.present, here)
    for place in sorted({work.partition("?")[0].rstrip("/") for work in works}):
        # Of ASCII alone, as both databases do it.
        small = place.encode().lower().decode()
        yield from tx.connection.execute(statement, {"place": small}).scalars()
