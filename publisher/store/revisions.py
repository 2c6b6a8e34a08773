"""A digest's revisions after its first: which digests still carry a piece, what changed, and who had which."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

import msgspec
from sqlalchemy import ColumnElement, Table, and_, case, exists, func, insert, select, update

from publisher.delivering import OPEN, Event, State, sources
from publisher.store.digests import change, of
from publisher.store.schema import announced, delivery, digest, edition, revision, subscriber, taken
from publisher.store.statements import next_state
from publisher.store.transaction import Transaction

HAD_IT = (State.ACCEPTED, State.WRITTEN)
"""States of those who had a copy, as far as anybody can know."""


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """A digest with a piece in it, that is not with all of its readers yet."""

    name: str
    day: date
    due: datetime
    revision: int
    audience: int
    unsent: int
    """Deliveries that are open, or in doubt and may be sent again."""


def carriers(tx: Transaction, articles: Collection[str]) -> list[Carrier]:
    """Digests that carry one of these articles, or a correction of it, and are not wholly closed; oldest first."""
    wanted = sorted(articles)
    took = exists().where(_carries(taken), taken.c.article.in_(wanted), taken.c.left_out.is_(False))
    tells = exists().where(_carries(announced), announced.c.article.in_(wanted))
    rows = tx.connection.execute(
        select(digest).where(digest.c.publication == tx.publication, took | tells).order_by(digest.c.due, digest.c.name)
    )
    found = [
        Carrier(
            name=row.name,
            day=row.day,
            due=row.due,
            revision=row.revision,
            audience=row.audience,
            unsent=_unsent(tx, row.name),
        )
        for row in rows.all()
    ]
    return [one for one in found if one.unsent]


def add(tx: Transaction, name: str, number: int, *, subject: str | None, reason: str, now: datetime) -> None:
    """From now on this revision is the digest's: what is claimed or marked with an older one is claimed again."""
    row = {"publication": tx.publication, "digest": name, "number": number, "at": now, "reason": reason}
    tx.connection.execute(insert(revision), row)
    change(tx, name, revision=number, **({"subject": subject} if subject is not None else {}))


def end(tx: Transaction, name: str, variants: Collection[str]) -> None:
    """Of these variants nothing is left to tell: who waits for one gets none."""
    if variants:
        tx.connection.execute(
            update(delivery)
            .where(
                of(tx, name),
                delivery.c.variant.in_(sorted(variants)),
                delivery.c.state.in_(sorted(sources(Event.STALE))),
            )
            .values(state=next_state(Event.STALE))
        )


def reasons(tx: Transaction, name: str) -> Mapping[int, str]:
    """What each revision after the first is, in a few words."""
    rows = tx.connection.execute(
        select(revision.c.number, revision.c.reason)
        .where(revision.c.publication == tx.publication, revision.c.digest == name)
        .order_by(revision.c.number)
    )
    return {row.number: row.reason for row in rows}


def readers(tx: Transaction, name: str) -> Mapping[int, int]:
    """Revision -> how many had it."""
    rows = tx.connection.execute(
        select(delivery.c.revision, func.count()).where(_had(tx, name)).group_by(delivery.c.revision)
    )
    return {row[0]: row[1] for row in rows}


def readers_of(tx: Transaction, name: str, number: int) -> list[str | None]:
    """The addresses of those who had a revision, in the order of subscribers; None for one that was erased."""
    rows = tx.connection.execute(
        select(subscriber.c.address)
        .select_from(delivery)
        .outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber)
        .where(_had(tx, name), delivery.c.revision == number)
        .order_by(delivery.c.subscriber)
    )
    return list(rows.scalars())


def _carries(table: Table) -> ColumnElement[bool]:
    """Whether a digest carries the edition that a row belongs to: its own, or for a weekly one of its week."""
    own = case((digest.c.name.startswith("weekly-"), edition.c.week), else_=edition.c.day)
    return and_(
        table.c.publication == digest.c.publication,
        edition.c.publication == digest.c.publication,
        edition.c.day == table.c.day,
        own == digest.c.day,
    )


def _unsent(tx: Transaction, name: str) -> int:
    waiting = sorted(OPEN | {State.IN_DOUBT})
    rows = select(func.count()).select_from(delivery).where(of(tx, name), delivery.c.state.in_(waiting))
    return int(tx.connection.execute(rows).scalar_one())


def _had(tx: Transaction, name: str) -> ColumnElement[bool]:
    return and_(of(tx, name), delivery.c.state.in_(HAD_IT))
