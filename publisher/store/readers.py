"""What a reader does to their own subscription, by the number that a signed link names."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Delete, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from publisher.model import Choices
from publisher.store import outbox
from publisher.store.schema import letter, subscriber
from publisher.store.transaction import Transaction
from publisher.subscribing import states
from publisher.subscribing.states import State


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """One subscriber, as their own pages show them."""

    id: int
    address: str
    state: State
    confirmed: datetime | None
    ended: datetime | None
    choices: Choices


def read(tx: Transaction, person: int) -> Reader | None:
    """None: there is nobody of that number any more."""
    row = tx.connection.execute(select(subscriber).where(_this(tx, person))).first()
    if row is None:
        return None
    sections = json.loads(row.sections) if row.sections else None
    return Reader(
        id=row.id,
        address=row.address,
        state=row.state,
        confirmed=row.confirmed,
        ended=row.ended,
        choices=Choices(
            frequency=row.frequency,
            format=row.format,
            sections=tuple(sections) if sections is not None else None,
            paused_until=row.paused_until,
            lang=row.lang,
        ),
    )


def confirm(
    tx: Transaction, person: int, *, asked: datetime, evidence: str, now: datetime
) -> Literal["confirmed", "already", "stale"]:
    """The button in the mail that answered what was asked then. `stale`: they left since, or were forgotten."""
    row = tx.connection.execute(select(subscriber.c.state).where(_this(tx, person))).first()
    if row is not None and row.state == "confirmed":
        return "already"
    moved = tx.connection.execute(
        update(subscriber)
        .where(
            _this(tx, person),
            subscriber.c.state.in_(states.sources_of("confirmed")),
            or_(subscriber.c.ended.is_(None), subscriber.c.ended <= asked),
        )
        .values(
            state="confirmed",
            confirmed=now,
            ended=None,
            paused_until=None,
            evidence=func.coalesce(subscriber.c.evidence + "\n", "") + evidence,
        )
    )
    return "confirmed" if moved.rowcount == 1 else "stale"


def leave(tx: Transaction, people: Sequence[int], *, now: datetime) -> frozenset[int]:
    """They get nothing more: no digest that is being sent, no letter. Returns those who were subscribed. Idempotent."""
    given = {"this_publication": tx.publication, "people": sorted(set(people))}
    gone = frozenset(tx.connection.execute(_leaving(), given | {"then": now}).scalars())
    if gone:
        outbox.withdraw(tx, *sorted(gone))
        tx.connection.execute(_forgetting_letters(), given)
    return gone


def undo(tx: Transaction, person: int, *, ended: datetime) -> bool:
    """Take back the unsubscribe of that instant. False: they were never confirmed, or something happened since."""
    moved = tx.connection.execute(
        update(subscriber)
        .where(
            _this(tx, person),
            subscriber.c.state.in_(states.sources_of("undone")),
            subscriber.c.ended == ended,
            subscriber.c.confirmed.is_not(None),
        )
        .values(state="confirmed", ended=None)
    )
    return moved.rowcount == 1


def choose(tx: Transaction, person: int, choices: Choices) -> bool:
    """They hold from the next digest on. False: nobody of that number gets any."""
    sections = None if choices.sections is None else json.dumps(list(choices.sections), ensure_ascii=False)
    moved = tx.connection.execute(
        update(subscriber)
        .where(_this(tx, person), subscriber.c.state == "confirmed")
        .values(
            frequency=choices.frequency,
            format=choices.format,
            sections=sections,
            paused_until=choices.paused_until,
            lang=choices.lang,
        )
    )
    return moved.rowcount == 1


@cache
def _leaving() -> ReturningUpdate[Any]:
    """Built once: it runs for every one-click."""
    return (
        update(subscriber)
        .where(
            subscriber.c.publication == bindparam("this_publication"),
            subscriber.c.id.in_(bindparam("people", expanding=True)),
            subscriber.c.state.in_(states.sources_of("unsubscribed")),
        )
        .values(state="unsubscribed", ended=bindparam("then", type_=subscriber.c.ended.type))
        .returning(subscriber.c.id)
    )


@cache
def _forgetting_letters() -> Delete:
    return delete(letter).where(
        letter.c.publication == bindparam("this_publication"),
        letter.c.subscriber.in_(bindparam("people", expanding=True)),
    )


def _this(tx: Transaction, person: int) -> ColumnElement[bool]:
    return and_(subscriber.c.publication == tx.publication, subscriber.c.id == person)
