"""Limits that outlive a restart: the generic cell rate algorithm (ITU-T I.371), one instant for each limited thing.

A thing is a scope and a key: ("relay", "main"), ("domain", "example.org"), ("subscribe", a network). What may happen
once `every` so long happens at most `burst` times at once: in any span S at most `burst + S / every` times.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select, update

from publisher.store.schema import pace
from publisher.store.transaction import Transaction
from publisher.store.writing import insert_new, upsert

NOTHING = timedelta()


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    """How many may happen now; they are counted as done."""
    wait: timedelta
    """How long until one more may; zero where all that was asked for was granted."""


def allow(tx: Transaction, scope: str, key: str, *, now: datetime, every: timedelta, burst: int) -> timedelta:
    """Zero: it may happen now, and is counted. Else how long to wait; nothing is counted then."""
    return grant(tx, scope, key, 1, now=now, every=every, burst=burst).wait


def grant(tx: Transaction, scope: str, key: str, wanted: int, *, now: datetime, every: timedelta, burst: int) -> Grant:
    """As many of `wanted` as may happen now. Two transactions that ask for one thing wait for each other."""
    until = _until(tx, scope, key, now)
    room = (now + every * burst - until) // every
    number = max(0, min(wanted, room))
    if number:
        _move(tx, scope, key, until + every * number)
    if number == wanted:
        return Grant(number=number, wait=NOTHING)
    return Grant(number=number, wait=until + every * (number + 1) - (now + every * burst))


def queue(tx: Transaction, scope: str, key: str, *, now: datetime, every: timedelta) -> datetime:
    """A place in a line that moves once `every` so long: the instant of this one, `now` or later. It is taken."""
    place = _until(tx, scope, key, now)
    _move(tx, scope, key, place + every)
    return place


def rest(tx: Transaction, scope: str, key: str, until: datetime) -> None:
    """Nothing of this thing before `until`. `resting` tells it; the other functions know nothing of it."""
    upsert(tx, pace, [{"publication": tx.publication, "scope": scope, "key": key, "until": until}])


def resting(tx: Transaction, scope: str, now: datetime) -> dict[str, datetime]:
    """Key -> until when, for all that rest now."""
    rows = tx.connection.execute(
        select(pace.c.key, pace.c.until).where(
            pace.c.publication == tx.publication, pace.c.scope == scope, pace.c.until > now
        )
    )
    return {row.key: row.until for row in rows}


def sweep(tx: Transaction, now: datetime) -> None:
    """Forget what limits nothing any more."""
    tx.connection.execute(delete(pace).where(pace.c.publication == tx.publication, pace.c.until <= now))


def _until(tx: Transaction, scope: str, key: str, now: datetime) -> datetime:
    """The instant up to which this thing is used up, `now` or later; its row is ours until the transaction ends."""
    insert_new(tx, pace, [{"publication": tx.publication, "scope": scope, "key": key, "until": now}])
    found = tx.connection.execute(select(pace.c.until).where(_this(tx, scope, key)).with_for_update()).scalar_one()
    assert isinstance(found, datetime)
    return max(found, now)


def _move(tx: Transaction, scope: str, key: str, until: datetime) -> None:
    tx.connection.execute(update(pace).where(_this(tx, scope, key)).values(until=until))


def _this(tx: Transaction, scope: str, key: str) -> ColumnElement[bool]:
    return and_(pace.c.publication == tx.publication, pace.c.scope == scope, pace.c.key == key)
