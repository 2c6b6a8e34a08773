"""Digests: one row each, its deliveries made in the same statement for everybody, its frozen bytes, its stop."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, Text, and_, case, column, exists, func, insert, literal, or_, select, update, values
from sqlalchemy.sql.elements import ColumnElement

from publisher.delivering import OPEN, Event, State, sources, spreading
from publisher.model import Choice, Frequency
from publisher.store.schema import delivery, digest, publication, rendition, subscriber
from publisher.store.transaction import Transaction
from publisher.store.writing import insert_new


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """The frozen bytes of a digest for one variant."""

    variant: str
    subject: str
    skeleton: bytes
    web_html: bytes
    web_text: bytes


class Owing(msgspec.Struct, frozen=True, kw_only=True):
    """A digest with deliveries that are still open."""

    name: str
    day: date
    due: datetime
    expires: datetime
    revision: int
    subject: str
    stopped: datetime | None
    stop_reason: str | None
    next_due: datetime | None
    """When the first of its deliveries may be claimed; None while all that is open is held by somebody."""
    next_turn: datetime | None
    """The same for those that no server has put off: what our own pace holds back."""


def choices(tx: Transaction, *, frequency: Frequency, at: datetime) -> Mapping[Choice, int]:
    """What the readers of a digest that falls due at `at` chose, and how many chose each."""
    chosen = (subscriber.c.lang, subscriber.c.format, subscriber.c.sections)
    rows = tx.connection.execute(
        select(*chosen, func.count().label("readers")).where(_reads(tx, frequency, at)).group_by(*chosen)
    )
    return {Choice(lang=row.lang, format=row.format, sections=row.sections): row.readers for row in rows}


def open_digest(
    tx: Transaction,
    name: str,
    day: date,
    *,
    due: datetime,
    expires: datetime,
    subject: str,
    variants: Mapping[Choice, str],
    frequency: Frequency = "daily",
    spread: timedelta = timedelta(),
) -> int:
    """Make the digest and one delivery for each of its readers; returns how many: the audience.

    A reader is confirmed, chose this frequency, is not pausing, and chose what `variants` has; whoever chose something
    else is not in the audience. `spread`: the deliveries fall due one after the other over so long
    (`delivering.due_of`). A digest of this name that is there already makes the unique key fail: call it in the
    transaction that closes the edition.
    """
    tx.connection.execute(
        insert(digest).values(
            publication=tx.publication,
            name=name,
            day=day,
            due=due,
            expires=expires,
            subject=subject,
            audience=0,
            spread=int(spread.total_seconds()),
        )
    )
    pairs = [(_key(choice), variant) for choice, variant in variants.items()]
    for start in range(0, len(pairs), PAIRS):
        _deliver_to(tx, name, pairs[start : start + PAIRS], _reads(tx, frequency, due), _due(due, spread))
    audience = tx.connection.execute(select(func.count()).select_from(delivery).where(of(tx, name))).scalar_one()
    change(tx, name, audience=audience, finished=None if audience else due)
    return audience


PAIRS = 5_000
"""Choices that one statement takes: SQLite knows 32,766 parameters."""


def _deliver_to(
    tx: Transaction,
    name: str,
    pairs: Sequence[tuple[str, str]],
    readers: ColumnElement[bool],
    due: ColumnElement[datetime],
) -> None:
    """One statement, whatever the number of readers: it is what makes an audience whole or not there at all."""
    chosen = values(column("choice", Text), column("variant", Text), name="chosen").data(list(pairs)).cte("chosen")
    everybody = (
        select(subscriber.c.publication, literal(name), subscriber.c.id, chosen.c.variant, due)
        .join(chosen, chosen.c.choice == _KEY)
        .where(readers)
        .order_by(subscriber.c.id)
    )
    columns = ["publication", "digest", "subscriber", "variant", "due"]
    tx.connection.execute(insert(delivery).from_select(columns, everybody))


_KEY = (
    func.coalesce(subscriber.c.lang, "")
    + literal("|")
    + subscriber.c.format
    + literal("|")
    + func.coalesce(subscriber.c.sections, "")
)
"""A choice as one text, which a join can look up."""


def _key(choice: Choice) -> str:
    return f"{choice.lang or ''}|{choice.format}|{choice.sections or ''}"


def _reads(tx: Transaction, frequency: Frequency, at: datetime) -> ColumnElement[bool]:
    return and_(
        subscriber.c.publication == tx.publication,
        subscriber.c.state == "confirmed",
        subscriber.c.frequency == frequency,
        or_(subscriber.c.paused_until.is_(None), subscriber.c.paused_until <= at),
    )


def freeze(tx: Transaction, name: str, renditions: Iterable[Rendition], *, revision: int = 1) -> None:
    """Keep the bytes that every attempt of this revision uses. Idempotent: what is frozen stays as it is."""
    rows = [
        {
            "publication": tx.publication,
            "digest": name,
            "revision": revision,
            "variant": one.variant,
            "subject": one.subject,
            "skeleton": one.skeleton,
            "web_html": one.web_html,
            "web_text": one.web_text,
        }
        for one in renditions
    ]
    insert_new(tx, rendition, rows)


def renditions(tx: Transaction, name: str, *, revision: int | None = None) -> Mapping[str, Rendition]:
    """The frozen bytes by variant; of the digest's newest revision, unless one is named."""
    newest = select(func.max(rendition.c.revision)).where(
        rendition.c.publication == tx.publication, rendition.c.digest == name
    )
    rows = tx.connection.execute(
        select(rendition).where(
            rendition.c.publication == tx.publication,
            rendition.c.digest == name,
            rendition.c.revision == (newest.scalar_subquery() if revision is None else revision),
        )
    )
    return {
        row.variant: Rendition(
            variant=row.variant,
            subject=row.subject,
            skeleton=row.skeleton,
            web_html=row.web_html,
            web_text=row.web_text,
        )
        for row in rows
    }


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """When a digest fell due, and over how long its deliveries do: a copy bears its own due time, whenever it goes."""

    due: datetime
    spread: timedelta


def timing(tx: Transaction, name: str) -> Timing:
    row = tx.connection.execute(
        select(digest.c.due, digest.c.spread).where(digest.c.publication == tx.publication, digest.c.name == name)
    ).one()
    return Timing(due=row.due, spread=timedelta(seconds=row.spread))


def owing(tx: Transaction) -> list[Owing]:
    """Digests with open deliveries, oldest first."""
    rows = tx.connection.execute(
        select(digest)
        .where(digest.c.publication == tx.publication, digest.c.finished.is_(None))
        .order_by(digest.c.due, digest.c.name)
    ).all()
    return [_owing(tx, row) for row in rows if is_open(tx, row.name)]


def finish(tx: Transaction, now: datetime) -> None:
    """Note which digests have nothing open any more, so that later runs do not count them again."""
    unfinished = select(digest.c.name).where(digest.c.publication == tx.publication, digest.c.finished.is_(None))
    for name in tx.connection.execute(unfinished).scalars().all():
        if not is_open(tx, name):
            change(tx, name, finished=now)


def stop(tx: Transaction, name: str, reason: str, *, now: datetime) -> bool:
    """Nothing more of this digest is claimed or marked. False: it was stopped already, and keeps its first reason."""
    done = tx.connection.execute(
        update(digest)
        .where(digest.c.publication == tx.publication, digest.c.name == name, digest.c.stopped.is_(None))
        .values(stopped=now, stop_reason=reason)
    )
    return done.rowcount == 1


def resume(tx: Transaction, name: str, *, now: datetime) -> bool:
    """Let a stopped digest go on. False: it was not stopped."""
    done = tx.connection.execute(
        update(digest)
        .where(digest.c.publication == tx.publication, digest.c.name == name, digest.c.stopped.is_not(None))
        .values(stopped=None, stop_reason=None, resumed=now)
    )
    return done.rowcount == 1


def is_stopped(tx: Transaction, name: str) -> bool:
    """True also while the whole publication is held."""
    return tx.connection.execute(select(may_send(tx, name))).scalar() is not True


def has_revision(tx: Transaction, name: str, number: int) -> bool:
    """Whether this is the digest's newest revision."""
    newest = select(digest.c.revision).where(digest.c.publication == tx.publication, digest.c.name == name)
    return tx.connection.execute(newest).scalar() == number


def of(tx: Transaction, name: str) -> ColumnElement[bool]:
    """The deliveries of a digest."""
    return and_(delivery.c.publication == tx.publication, delivery.c.digest == name)


def may_send(tx: Transaction, name: str, now: datetime | None = None) -> ColumnElement[bool]:
    """Neither is the digest stopped nor the publication held; nor, at `now`, is it stale."""
    fresh = () if now is None else (digest.c.expires > now,)
    return exists().where(
        digest.c.publication == tx.publication,
        digest.c.name == name,
        digest.c.stopped.is_(None),
        *fresh,
        publication.c.id == digest.c.publication,
        publication.c.held_since.is_(None),
    )


def change(tx: Transaction, name: str, **values: Any) -> None:
    """Set columns of the digest's own row."""
    tx.connection.execute(
        update(digest).where(digest.c.publication == tx.publication, digest.c.name == name).values(**values)
    )


def _due(due: datetime, spread: timedelta) -> ColumnElement[datetime]:
    """`delivering.due_of`, for all subscribers at once."""
    instant = delivery.c.due.type
    parts = spreading.steps(spread)
    if parts == 1:
        return literal(due, instant)
    step = subscriber.c.id % spreading.STEPS * spreading.FACTOR % spreading.STEPS * parts // spreading.STEPS
    times = {number: literal(due + spread * number / parts, instant) for number in range(parts)}
    return case(times, value=step)


def is_open(tx: Transaction, name: str) -> bool:
    """Whether any delivery is."""
    still = select(exists().where(of(tx, name), delivery.c.state.in_(sorted(OPEN))))
    return bool(tx.connection.execute(still).scalar())


def _owing(tx: Transaction, row: Row[Any]) -> Owing:
    waiting = delivery.c.state.in_(sorted(sources(Event.CLAIMED)))
    first = select(func.min(delivery.c.due)).where(of(tx, row.name))
    next_due = tx.connection.execute(first.where(waiting)).scalar()
    next_turn = tx.connection.execute(first.where(delivery.c.state == State.QUEUED)).scalar()
    return Owing(
        name=row.name,
        day=row.day,
        due=row.due,
        expires=row.expires,
        revision=row.revision,
        subject=row.subject,
        stopped=row.stopped,
        stop_reason=row.stop_reason,
        next_due=next_due,
        next_turn=next_turn,
    )
