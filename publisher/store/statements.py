"""The statements that run for every message, built once: building them would cost more than running them.

Each takes `this_publication`, `this_digest`, `people` (subscriber ids) and `held` ((subscriber, fence) pairs).
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, case, exists, insert, select, tuple_, update
from sqlalchemy.sql.dml import ReturningUpdate, Update
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from publisher.delivering import Event, State, sources
from publisher.store.engine import Transaction
from publisher.store.schema import attempt, delivery, digest, publication, subscriber

LEDGER = insert(attempt)


def these(tx: Transaction, name: str, held: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """The parameters that all of these statements take."""
    return {
        "this_publication": tx.publication,
        "this_digest": name,
        "people": [person for person, _ in held],
        "held": held,
    }


def next_state(event: Event) -> ColumnElement[str]:
    """The state that follows, by the table."""
    return case({source.value: target.value for source, target in sources(event).items()}, value=delivery.c.state)


def consents() -> ColumnElement[bool]:
    return exists().where(
        subscriber.c.id == delivery.c.subscriber,
        subscriber.c.publication == delivery.c.publication,
        subscriber.c.state == "confirmed",
    )


@cache
def marking() -> ReturningUpdate[Any]:
    """The mark. Only the rows that it returns may be sent."""
    target = sources(Event.MARKED)[State.SENDING]
    return update(delivery).where(_may_be_sent()).values(state=target.value).returning(delivery.c.subscriber)


@cache
def permitting() -> Select[Any]:
    """The mark's question without the mark."""
    return select(delivery.c.subscriber).where(_may_be_sent())


@cache
def moving(event: Event) -> Update:
    """A move that is no attempt."""
    return update(delivery).where(_held(), _from(event)).values(state=next_state(event), lease=None)


@cache
def settling(event: Event) -> ReturningUpdate[Any]:
    """A move that ends an attempt; `PUT_OFF` takes `next_due` besides."""
    more = {"due": bindparam("next_due", type_=delivery.c.due.type)} if event is Event.PUT_OFF else {}
    return (
        update(delivery)
        .where(_held(), _from(event))
        .values(state=next_state(event), lease=None, attempts=delivery.c.attempts + 1, **more)
        .returning(delivery.c.subscriber, delivery.c.attempts, delivery.c.revision)
    )


def _held() -> ColumnElement[bool]:
    """The first three conditions are the ones that the key serves."""
    return and_(
        delivery.c.publication == bindparam("this_publication"),
        delivery.c.digest == bindparam("this_digest"),
        delivery.c.subscriber.in_(bindparam("people", expanding=True)),
        tuple_(delivery.c.subscriber, delivery.c.fence).in_(bindparam("held", expanding=True)),
    )


def _from(event: Event) -> ColumnElement[bool]:
    return delivery.c.state.in_(sorted(sources(event)))


def _may_be_sent() -> ColumnElement[bool]:
    goes_on = exists().where(
        digest.c.publication == bindparam("this_publication"),
        digest.c.name == bindparam("this_digest"),
        digest.c.stopped.is_(None),
        publication.c.id == digest.c.publication,
        publication.c.held_since.is_(None),
    )
    return and_(_held(), delivery.c.state == State.SENDING.value, goes_on, consents())
