"""The outbox of hubs: which of them still has to be told that a feed changed (WebSub)."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, select, update

from publisher.store.schema import ping
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    hub: str
    topic: str
    """The URL of a feed."""
    changed: datetime
    """When it changed last: one that changes again is owed anew."""
    attempts: int
    error: str | None = None


def owe(tx: Transaction, found: Iterable[tuple[str, str]], now: datetime) -> None:
    """(hub, topic) of each feed that changed: due at once, whatever failed before. Idempotent."""
    upsert(
        tx,
        ping,
        [
            {
                "publication": tx.publication,
                "hub": hub,
                "topic": topic,
                "changed": now,
                "due": now,
                "attempts": 0,
                "error": None,
            }
            for hub, topic in sorted(found)
        ],
    )


def are_due(tx: Transaction, now: datetime) -> bool:
    """Whether `claim` would find any."""
    due = select(ping.c.topic).where(ping.c.publication == tx.publication, ping.c.due <= now).limit(1)
    return tx.connection.execute(due).first() is not None


def claim(tx: Transaction, now: datetime, lease: timedelta) -> list[Ping]:
    """What is due, by hub and topic; nobody else gets it before `lease` is over."""
    due = (ping.c.publication == tx.publication) & (ping.c.due <= now)
    rows = tx.connection.execute(select(ping).where(due).order_by(ping.c.hub, ping.c.topic)).all()
    tx.connection.execute(update(ping).where(due).values(due=now + lease))
    return [_ping(row) for row in rows]


def told(tx: Transaction, found: Iterable[Ping]) -> None:
    """The hub took them. One that changed since it was claimed stays owed."""
    for one in found:
        tx.connection.execute(delete(ping).where(_same(tx, one)))


def put_off(tx: Transaction, found: Iterable[Ping], error: str, due: datetime) -> None:
    for one in found:
        changed = update(ping).where(_same(tx, one))
        tx.connection.execute(changed.values(due=due, attempts=one.attempts + 1, error=error))


def waiting(tx: Transaction) -> list[Ping]:
    """All that is owed, by hub and topic."""
    rows = select(ping).where(ping.c.publication == tx.publication).order_by(ping.c.hub, ping.c.topic)
    return [_ping(row) for row in tx.connection.execute(rows)]


def forget_hubs(tx: Transaction, known: Collection[str]) -> None:
    """What is owed to hubs that no feed names any more."""
    tx.connection.execute(delete(ping).where(ping.c.publication == tx.publication, ping.c.hub.not_in(sorted(known))))


def _same(tx: Transaction, one: Ping) -> ColumnElement[bool]:
    return (
        (ping.c.publication == tx.publication)
        & (ping.c.hub == one.hub)
        & (ping.c.topic == one.topic)
        & (ping.c.changed == one.changed)
    )


def _ping(row: Any) -> Ping:
    return Ping(hub=row.hub, topic=row.topic, changed=row.changed, attempts=row.attempts, error=row.error)
