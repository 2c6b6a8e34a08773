"""Mail that came back: each message once, by a unique key, and what it did to a subscriber in the same transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import asdict, fields
from sqlalchemy import Text, cast, delete, func, or_, select, update

from publisher.store import outbox, readers
from publisher.store.schema import attempt, digest, returned, subscriber
from publisher.store.transaction import Transaction
from publisher.store.writing import insert_new
from publisher.subscribing import states

KEPT = timedelta(days=400)
"""How long a message is remembered: longer than anybody reads a mailbox again, and no longer."""


class Return(msgspec.Struct, frozen=True, kw_only=True):
    message: str
    """What makes it this one: a hash of the message."""
    subscriber: int
    digest: str | None
    at: datetime
    kind: str
    reason: str
    status: str | None
    words: str | None


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    address: str
    state: str


def reader(tx: Transaction, number: int) -> Reader | None:
    """None: erased, or of another publication."""
    row = tx.connection.execute(
        select(subscriber.c.address, subscriber.c.state).where(
            subscriber.c.publication == tx.publication, subscriber.c.id == number
        )
    ).first()
    return Reader(address=row.address, state=row.state) if row else None


def remember(tx: Transaction, one: Return) -> bool:
    """False: this message was read before, and nothing may be done on account of it again."""
    return insert_new(tx, returned, [{"publication": tx.publication, **asdict(one)}]) == 1


def soft_bounces(tx: Transaction, number: int, since: datetime) -> list[tuple[str, datetime]]:
    """The digests that came back softly and when, each once, however many messages said so.

    Whoever opted in again begins anew: what came back before that is forgiven.
    """
    confirmed = select(subscriber.c.confirmed).where(subscriber.c.id == number).scalar_subquery()
    rows = tx.connection.execute(
        select(returned.c.digest, func.max(returned.c.at))
        .where(
            returned.c.publication == tx.publication,
            returned.c.subscriber == number,
            returned.c.kind == "soft",
            returned.c.at > since,
            or_(confirmed.is_(None), returned.c.at >= confirmed),
            returned.c.digest.is_not(None),
        )
        .group_by(returned.c.digest)
        .order_by(returned.c.digest)
    )
    return [(row[0], row[1]) for row in rows]


def end(tx: Transaction, number: int, event: states.Event, *, now: datetime) -> bool:
    """Move a subscriber by the table of `subscribing`, and withdraw what is still owed. False: the state stays."""
    if event == "unsubscribed":
        return bool(readers.leave(tx, [number], now=now))
    to = {states.MOVES[source, event] for source in states.sources_of(event)}.pop()
    moved = tx.connection.execute(
        update(subscriber)
        .where(
            subscriber.c.publication == tx.publication,
            subscriber.c.id == number,
            subscriber.c.state.in_(states.sources_of(event)),
        )
        .values(state=to, ended=now)
    )
    if moved.rowcount != 1:
        return False
    outbox.withdraw(tx, number)
    return True


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the ledger: a server refused one recipient for good."""

    digest: str
    subscriber: int
    n: int
    at: datetime
    outcome: str
    code: int | None
    reply: str | None

    @property
    def name(self) -> str:
        """What makes it this one, among everything that came back."""
        return f"{self.digest}/{self.subscriber}/{self.n}"


def refusals(tx: Transaction, outcomes: Iterable[str]) -> list[Refusal]:
    """With these outcomes, of digests that are not finished and not stopped, that are not remembered yet.

    A stopped one waits: many refusals in a row are what stops a digest, and then they say nothing about recipients.
    """
    name = attempt.c.digest + "/" + cast(attempt.c.subscriber, Text) + "/" + cast(attempt.c.n, Text)
    known = select(returned.c.message).where(returned.c.publication == tx.publication, returned.c.message == name)
    rows = tx.connection.execute(
        select(*(attempt.c[field.name] for field in fields(Refusal)))
        .join(digest, (digest.c.publication == attempt.c.publication) & (digest.c.name == attempt.c.digest))
        .where(
            attempt.c.publication == tx.publication,
            digest.c.finished.is_(None),
            digest.c.stopped.is_(None),
            attempt.c.outcome.in_(list(outcomes)),
            ~known.exists(),
        )
        .order_by(attempt.c.digest, attempt.c.subscriber, attempt.c.n)
    )
    return [Refusal(**row._asdict()) for row in rows]


def forget_old(tx: Transaction, now: datetime) -> None:
    tx.connection.execute(delete(returned).where(returned.c.publication == tx.publication, returned.c.at < now - KEPT))
