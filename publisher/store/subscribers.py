"""Subscribers: an address and its state. What may become what is `subscribing`'s table."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select, update

from publisher.model import Subscriber
from publisher.store.schema import subscriber
from publisher.store.transaction import Transaction
from publisher.store.writing import insert_new

COLUMNS = (subscriber.c.id, subscriber.c.address, subscriber.c.state, subscriber.c.confirmed, subscriber.c.lang)


def add_confirmed(tx: Transaction, address: str, key: str, *, evidence: str, lang: str | None, now: datetime) -> bool:
    """Record consent that was given elsewhere. False: the address is known already, and nothing changed.

    An address that unsubscribed, bounced or complained is not revived.
    """
    row = {
        "publication": tx.publication,
        "address": address,
        "address_key": key,
        "state": "confirmed",
        "created": now,
        "confirmed": now,
        "evidence": evidence,
        "lang": lang,
    }
    return _insert(tx, row)


def _insert(tx: Transaction, row: dict[str, object]) -> bool:
    return insert_new(tx, subscriber, [row], unique=["publication", "address_key"]) == 1


def find(tx: Transaction, key: str) -> Subscriber | None:
    row = tx.connection.execute(
        select(*COLUMNS).where(subscriber.c.publication == tx.publication, subscriber.c.address_key == key)
    ).first()
    return Subscriber(**row._asdict()) if row else None


def everyone(tx: Transaction) -> Iterable[Subscriber]:
    """In the order in which they came."""
    rows = tx.connection.execute(
        select(*COLUMNS).where(subscriber.c.publication == tx.publication).order_by(subscriber.c.id)
    )
    return (Subscriber(**row._asdict()) for row in rows)


def counts(tx: Transaction) -> dict[str, int]:
    """State -> how many."""
    rows = tx.connection.execute(
        select(subscriber.c.state, func.count())
        .where(subscriber.c.publication == tx.publication)
        .group_by(subscriber.c.state)
    )
    return {row[0]: row[1] for row in rows}


def move(tx: Transaction, key: str, *, to: str, allowed_from: Iterable[str], now: datetime) -> bool:
    """Change a state, if it is one of those that may. False: nobody was in one of them. Idempotent."""
    done = tx.connection.execute(
        update(subscriber)
        .where(
            subscriber.c.publication == tx.publication,
            subscriber.c.address_key == key,
            subscriber.c.state.in_(list(allowed_from)),
        )
        .values(state=to, ended=now)
    )
    return done.rowcount == 1
