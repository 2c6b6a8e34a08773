"""Deliveries of which nobody can know whether they arrived, and what a person decided about them."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, and_, func, select, update

from publisher.delivering import Event, State, sources
from publisher.store import statements
from publisher.store.digests import change, of
from publisher.store.outbox import expire
from publisher.store.schema import attempt, delivery, digest, subscriber
from publisher.store.transaction import Transaction


class InDoubt(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, and what is known about it."""

    subscriber: int
    address: str | None
    """None when the subscriber was erased."""
    at: datetime
    relay: str | None
    reply: str


def in_doubt(tx: Transaction, name: str) -> list[InDoubt]:
    """Each by name, in the order of subscribers, with the last that is known."""
    last = (
        select(func.max(attempt.c.n))
        .where(
            attempt.c.publication == delivery.c.publication,
            attempt.c.digest == delivery.c.digest,
            attempt.c.subscriber == delivery.c.subscriber,
        )
        .correlate(delivery)
        .scalar_subquery()
    )
    rows = tx.connection.execute(
        select(delivery.c.subscriber, subscriber.c.address, attempt.c.at, attempt.c.relay, attempt.c.reply)
        .select_from(delivery)
        .join(
            attempt,
            (attempt.c.publication == delivery.c.publication)
            & (attempt.c.digest == delivery.c.digest)
            & (attempt.c.subscriber == delivery.c.subscriber),
        )
        .outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber)
        .where(of(tx, name), delivery.c.state == State.IN_DOUBT, attempt.c.n == last)
        .order_by(delivery.c.subscriber)
    )
    return [InDoubt(**row._asdict()) for row in rows]


def resolve(
    tx: Transaction,
    name: str,
    decision: Literal["resend", "assume"],
    *,
    now: datetime,
    only: Collection[int] | None = None,
) -> int:
    """What a person decided. Returns how many will be sent again, or are assumed sent. Idempotent.

    `resend` queues them (the unsubscribed are suppressed instead); the Message-ID stays the same. `only`: of these
    subscribers; the others stay in doubt.
    """
    expire(tx, now)
    if decision == "assume":
        return _move(tx, _doubtful(tx, name, only), Event.ASSUMED)
    _move(tx, and_(_doubtful(tx, name, only), ~statements.consents()), Event.WITHDRAWN)
    number = _move(tx, _doubtful(tx, name, only), Event.RESENT, due=now, lease=None, fence=delivery.c.fence + 1)
    if number:
        _prolong(tx, name, now)
    return number


def _doubtful(tx: Transaction, name: str, only: Collection[int] | None) -> ColumnElement[bool]:
    these = of(tx, name) if only is None else and_(of(tx, name), delivery.c.subscriber.in_(sorted(only)))
    return and_(these, delivery.c.state == State.IN_DOUBT)


def _move(tx: Transaction, which: ColumnElement[bool], event: Event, **more: object) -> int:
    moved = update(delivery).where(which).values(state=sources(event)[State.IN_DOUBT], **more)
    return tx.connection.execute(moved).rowcount


def _prolong(tx: Transaction, name: str, now: datetime) -> None:
    """What is sent again on a person's word gets as long as the digest had from its due time."""
    row = tx.connection.execute(
        select(digest.c.due, digest.c.expires).where(digest.c.publication == tx.publication, digest.c.name == name)
    ).one()
    change(tx, name, finished=None, expires=max(row.expires, now + (row.expires - row.due)))
