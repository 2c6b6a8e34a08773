"""Addresses that pages of articles used to have."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import select

from publisher.store.schema import former_address
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert

FEW = 100
"""Addresses that are asked for one by one."""


def moved(tx: Transaction, found: Iterable[tuple[str, str]], now: datetime) -> None:
    """(the address that readers know, article id) of each article whose page goes elsewhere. Idempotent.

    Of two articles that had an address one after the other, the later one is who it leads to.
    """
    rows = [{"publication": tx.publication, "address": old, "article": one, "since": now} for old, one in found]
    upsert(tx, former_address, rows)


def former(tx: Transaction, wanted: Collection[str] | None = None) -> Mapping[str, str]:
    """Old address -> article id, by address. The article may be back at it, or be gone. `wanted`: of these alone."""
    table = former_address.c
    asked = select(table.address, table.article).where(table.publication == tx.publication).order_by(table.address)
    if wanted is not None and len(wanted) <= FEW:
        asked = asked.where(table.address.in_(wanted))
    return {row.address: row.article for row in tx.connection.execute(asked)}
