"""Editions: one row for each slot that was decided, and what each one took."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Row, select, update

from publisher.model import Edition
from publisher.store.engine import Transaction
from publisher.store.schema import announced, attempt, delivery, digest, edition, publication, rendition, taken
from publisher.store.writing import insert_new, upsert

State = Literal["held", "closed", "empty", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of one slot. `held` may still change; the other three are final."""

    day: date
    slot: datetime
    state: State
    since: datetime
    """When this state began."""
    reason: str | None = None
    approved: datetime | None = None
    audience: int | None = None


def decision(tx: Transaction, day: date) -> Decision | None:
    row = tx.connection.execute(
        select(edition).where(edition.c.publication == tx.publication, edition.c.day == day)
    ).first()
    return _decision(row) if row else None


def decided_days(tx: Transaction) -> frozenset[date]:
    """Days whose slot is decided for good."""
    rows = tx.connection.execute(
        select(edition.c.day).where(edition.c.publication == tx.publication, edition.c.state != "held")
    )
    return frozenset(row.day for row in rows)


def opened(tx: Transaction) -> datetime:
    """When the publication was first seen by this store: no slot before it counts as missed."""
    found = tx.connection.execute(select(publication.c.created).where(publication.c.id == tx.publication)).scalar_one()
    assert isinstance(found, datetime)
    return found


def other_publications(tx: Transaction) -> bool:
    """Whether the store holds more than this one."""
    rows = tx.connection.execute(select(publication.c.id).where(publication.c.id != tx.publication).limit(1))
    return rows.first() is not None


def held(tx: Transaction) -> list[Decision]:
    """Held editions, oldest first."""
    rows = tx.connection.execute(
        select(edition)
        .where(edition.c.publication == tx.publication, edition.c.state == "held")
        .order_by(edition.c.day)
    )
    return [_decision(row) for row in rows]


def last(tx: Transaction, limit: int = 7) -> list[Decision]:
    """The newest decisions, newest first."""
    rows = tx.connection.execute(
        select(edition).where(edition.c.publication == tx.publication).order_by(edition.c.day.desc()).limit(limit)
    )
    return [_decision(row) for row in rows]


def record(tx: Transaction, found: Decision) -> None:
    """Hold, skip or note as empty. A closed edition is never overwritten; repeating it keeps `since` and `approved`."""
    before = decision(tx, found.day)
    if before and before.state == "closed":
        return
    same = before is not None and before.state == found.state
    row = {
        "publication": tx.publication,
        "day": found.day,
        "slot": found.slot,
        "state": found.state,
        "reason": found.reason,
        "since": before.since if same and before else found.since,
        "approved": found.approved or (before.approved if before else None),
    }
    upsert(tx, edition, [row])


def approve(tx: Transaction, day: date, at: datetime) -> bool:
    """Let a held edition go at the next run. False: nothing is held on that day."""
    done = tx.connection.execute(
        update(edition)
        .where(edition.c.publication == tx.publication, edition.c.day == day, edition.c.state == "held")
        .values(approved=at)
    )
    return done.rowcount == 1


def close(tx: Transaction, closing: Edition, *, left_out: Collection[str], now: datetime) -> bool:
    """Close the edition: it takes its articles, for ever. False: it was closed before, and nothing was done.

    The caller writes the digest and its deliveries in the same transaction.
    """
    before = decision(tx, closing.day)
    if before and before.state == "closed":
        return False
    row = {
        "publication": tx.publication,
        "day": closing.day,
        "slot": closing.slot,
        "state": "closed",
        "reason": None,
        "since": now,
        "approved": before.approved if before else None,
    }
    if before:
        upsert(tx, edition, [row])
    elif not insert_new(tx, edition, [row]):
        return False
    places = [(article, place, False) for place, article in enumerate(closing.articles)]
    places += [(article, place, True) for place, article in enumerate(sorted(left_out), len(places))]
    if places:
        tx.connection.execute(
            taken.insert(),
            [
                {"publication": tx.publication, "article": article, "day": closing.day, "place": place, "left_out": out}
                for article, place, out in places
            ],
        )
    insert_new(
        tx,
        announced,
        [
            {"publication": tx.publication, "article": article, "at": at, "day": closing.day}
            for article, at in closing.corrections
        ],
    )
    return True


def closed(tx: Transaction, day: date) -> Edition:
    """What the closed edition of a day took, in its order. Raises `NoResultFound` where there is none."""
    slot = tx.connection.execute(
        select(edition.c.slot).where(edition.c.publication == tx.publication, edition.c.day == day)
    ).scalar_one()
    articles = tx.connection.execute(
        select(taken.c.article)
        .where(taken.c.publication == tx.publication, taken.c.day == day, taken.c.left_out.is_(False))
        .order_by(taken.c.place)
    )
    told = tx.connection.execute(
        select(announced.c.article, announced.c.at)
        .where(announced.c.publication == tx.publication, announced.c.day == day)
        .order_by(announced.c.at, announced.c.article)
    )
    return Edition(
        day=day, slot=slot, articles=tuple(articles.scalars()), corrections=tuple((row.article, row.at) for row in told)
    )


def note_audience(tx: Transaction, day: date, audience: int) -> None:
    tx.connection.execute(
        update(edition).where(edition.c.publication == tx.publication, edition.c.day == day).values(audience=audience)
    )


def never_mail(tx: Transaction, articles: Collection[str]) -> None:
    """What an upstream held at its first fetch is known, and no edition takes it."""
    rows = [{"publication": tx.publication, "article": one, "day": None, "left_out": True} for one in sorted(articles)]
    insert_new(tx, taken, rows)


def taken_ids(tx: Transaction) -> frozenset[str]:
    rows = tx.connection.execute(select(taken.c.article).where(taken.c.publication == tx.publication))
    return frozenset(row.article for row in rows)


def mailed(tx: Transaction) -> Mapping[str, datetime]:
    """Article id -> the slot of the edition that mailed it."""
    rows = tx.connection.execute(
        select(taken.c.article, edition.c.slot)
        .join(edition, (edition.c.publication == taken.c.publication) & (edition.c.day == taken.c.day))
        .where(taken.c.publication == tx.publication, taken.c.left_out.is_(False))
    )
    return {row.article: row.slot for row in rows}


def announced_corrections(tx: Transaction) -> frozenset[tuple[str, datetime]]:
    rows = tx.connection.execute(
        select(announced.c.article, announced.c.at).where(announced.c.publication == tx.publication)
    )
    return frozenset((row.article, row.at) for row in rows)


def _decision(row: Row[tuple[object, ...]]) -> Decision:
    return Decision(
        day=row.day,
        slot=row.slot,
        state=row.state,
        since=row.since,
        reason=row.reason,
        approved=row.approved,
        audience=row.audience,
    )


def forget(tx: Transaction) -> None:
    """Every edition, digest and delivery: only ever in the copy that a rehearsal acts on."""
    for table in (attempt, delivery, rendition, digest, announced, taken, edition):
        tx.connection.execute(table.delete().where(table.c.publication == tx.publication))
