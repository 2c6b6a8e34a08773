"""Which works were withdrawn, and by which article that is known."""

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import LargeBinary, bindparam, select, text

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
    """Ids of the articles in whose records one of these works is named: every record is looked through."""
    within = "position(:work in record) > 0" if tx.is_postgresql else "instr(record, :work) > 0"
    here = text(within).bindparams(bindparam("work", type_=LargeBinary))
    statement = select(article.c.id).where(article.c.publication == tx.publication, here)
    for work in sorted(works):
        yield from tx.connection.execute(statement, {"work": work.encode()}).scalars()
