"""The statements that run for every message, built from the table of moves.

Those of the hot path take one delivery's `this_publication`, `this_digest`, `this_subscriber` and `this_fence`.
"""

from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Dialect, Select, Update, and_, bindparam, case, exists, func, insert, or_, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from publisher.delivering import Event, State, sources
from publisher.store.prepared import Prepared, compiled
from publisher.store.schema import attempt, delivery, digest, publication, subscriber

LEDGER = insert(attempt)
FEW = 20
"""Statements that are held: whoever stays opens the store anew for each run, and each time it is another dialect."""


def next_state(event: Event) -> ColumnElement[str]:
    """The state that follows, by the table."""
    return case({source.value: target.value for source, target in sources(event).items()}, value=delivery.c.state)


def consents() -> ColumnElement[bool]:
    return exists().where(
        subscriber.c.id == delivery.c.subscriber,
        subscriber.c.publication == delivery.c.publication,
        subscriber.c.state == "confirmed",
    )


@lru_cache(FEW)
def marking(dialect: Dialect) -> Prepared:
    """The mark. Only the rows that it returns may be sent."""
    target = sources(Event.MARKED)[State.SENDING]
    marked = update(delivery).where(_held(), _may_be_sent()).values(state=target.value)
    return compiled(marked.returning(delivery.c.subscriber), dialect)


@lru_cache(FEW)
def permitting(dialect: Dialect) -> Prepared:
    """The mark's question without the mark."""
    return compiled(select(delivery.c.subscriber).where(_held(), _may_be_sent()), dialect)


@cache
def unfinished() -> Select[Any]:
    """The digests that still owe somebody something."""
    return select(digest.c.name).where(
        digest.c.publication == bindparam("this_publication"), digest.c.finished.is_(None)
    )


@cache
def withdrawing() -> Update:
    """Of one digest, what these people are owed and nobody holds."""
    return (
        update(delivery)
        .where(
            delivery.c.publication == bindparam("this_publication"),
            delivery.c.digest == bindparam("this_digest"),
            delivery.c.subscriber.in_(bindparam("people", expanding=True)),
            _from(Event.CLAIMED),
        )
        .values(state=next_state(Event.WITHDRAWN))
    )


@lru_cache(FEW)
def moving(event: Event, dialect: Dialect) -> Prepared:
    """A move that is no attempt."""
    moved = update(delivery).where(_held(), _from(event)).values(state=next_state(event), lease=None)
    return compiled(moved, dialect)


@lru_cache(FEW)
def settling(event: Event, dialect: Dialect) -> Prepared:
    """A move that ends an attempt; returns the attempt's number and revision. `PUT_OFF` takes `next_due` besides."""
    return compiled(_settled(event, _held()).returning(delivery.c.attempts, delivery.c.revision), dialect)


@lru_cache(FEW)
def marking_all(dialect: Dialect) -> Prepared:
    """The mark, where only the number of rows is looked at. On SQLite it is of all `these`: subscribers, fences."""
    which = _these(delivery.c.fence) if dialect.name == "sqlite" else _held()
    target = sources(Event.MARKED)[State.SENDING]
    return compiled(update(delivery).where(which, _may_be_sent()).values(state=target.value), dialect)


@lru_cache(FEW)
def settling_all(event: Event, dialect: Dialect) -> Prepared:
    """`settling` for deliveries that had `this_attempts` before, where only the number of rows is looked at.

    On SQLite it is of all `these`: subscribers, fences, attempts; but for `PUT_OFF`, where each has a `next_due`.
    """
    if dialect.name == "sqlite" and event is not Event.PUT_OFF:
        which = _these(delivery.c.fence, delivery.c.attempts)
    else:
        which = and_(_held(), delivery.c.attempts == bindparam("this_attempts", required=False))
    return compiled(_settled(event, which), dialect)


@lru_cache(FEW)
def recording(dialect: Dialect) -> Prepared:
    """A line of the ledger; takes every column of `attempt`."""
    return compiled(LEDGER, dialect)


def _settled(event: Event, which: ColumnElement[bool]) -> Update:
    more = {"due": bindparam("next_due", type_=delivery.c.due.type)} if event is Event.PUT_OFF else {}
    return (
        update(delivery)
        .where(which, _from(event))
        .values(state=next_state(event), lease=None, attempts=delivery.c.attempts + 1, **more)
    )


def _held() -> ColumnElement[bool]:
    return and_(
        delivery.c.publication == bindparam("this_publication"),
        delivery.c.digest == bindparam("this_digest"),
        delivery.c.subscriber == bindparam("this_subscriber"),
        delivery.c.fence == bindparam("this_fence"),
    )


def _these(*columns: ColumnElement[Any]) -> ColumnElement[bool]:
    """Those of a digest that are in the list `these`, JSON: one delivery's subscriber and the values of `columns`."""
    row = func.json_each(bindparam("these")).table_valued("value")
    listed = select(*(func.json_extract(row.c.value, f"$[{n}]") for n in range(1 + len(columns))))
    return and_(
        delivery.c.publication == bindparam("this_publication"),
        delivery.c.digest == bindparam("this_digest"),
        tuple_(delivery.c.subscriber, *columns).in_(listed),
    )


def _from(event: Event) -> ColumnElement[bool]:
    return or_(*(delivery.c.state == source.value for source in sorted(sources(event))))


def _may_be_sent() -> ColumnElement[bool]:
    goes_on = exists().where(
        digest.c.publication == bindparam("this_publication"),
        digest.c.name == bindparam("this_digest"),
        digest.c.stopped.is_(None),
        # What was claimed before a piece was retracted is claimed again, and gets the newer revision.
        digest.c.revision == delivery.c.revision,
        publication.c.id == digest.c.publication,
        publication.c.held_since.is_(None),
    )
    return and_(delivery.c.state == State.SENDING.value, goes_on, consents())
