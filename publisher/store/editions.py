"""Editions: one row for each slot that was decided, daily or weekly, and what each one took."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Literal

import msgspec
from sqlalchemy import Row, Table, select, update

from publisher.model import Edition, Frequency
from publisher.store.schema import announced, attempt, delivery, digest, edition, publication, rendition, taken, week
from publisher.store.transaction import Transaction
from publisher.store.writing import insert_new, upsert

State = Literal["held", "closed", "empty", "skipped"]

TABLES: Mapping[Frequency, Table] = {"daily": edition, "weekly": week}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one slot. `held` may still change; the other three are final."""

    frequency: Frequency = "daily"
    day: date
    slot: datetime
    state: State
    since: datetime
    """When this state began."""
    reason: str | None = None
    approved: datetime | None = None
    audience: int | None = None

    @property
    def name(self) -> str:
        """Of its digest."""
        return name_of(self.day, self.frequency)


def name_of(day: date, frequency: Frequency) -> str:
    """`2026-06-25`, `weekly-2026-06-27`."""
    return f"weekly-{day.isoformat()}" if frequency == "weekly" else day.isoformat()


def frequency_of(name: str) -> Frequency:
    """Of a digest, by its name."""
    return "weekly" if name.startswith("weekly-") else "daily"


def decision(tx: Transaction, day: date, frequency: Frequency = "daily") -> Decision | None:
    table = TABLES[frequency]
    row = tx.connection.execute(select(table).where(table.c.publication == tx.publication, table.c.day == day)).first()
    return _decision(row, frequency) if row else None


def decided_days(tx: Transaction, frequency: Frequency = "daily") -> frozenset[date]:
    """Days whose slot is decided for good."""
    table = TABLES[frequency]
    rows = tx.connection.execute(
        select(table.c.day).where(table.c.publication == tx.publication, table.c.state != "held")
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


def held(tx: Transaction, frequency: Frequency = "daily") -> list[Decision]:
    """Held editions, oldest first."""
    table = TABLES[frequency]
    rows = tx.connection.execute(
        select(table).where(table.c.publication == tx.publication, table.c.state == "held").order_by(table.c.day)
    )
    return [_decision(row, frequency) for row in rows]


def last(tx: Transaction, limit: int = 7, frequency: Frequency = "daily") -> list[Decision]:
    """The newest decisions, newest first."""
    table = TABLES[frequency]
    rows = tx.connection.execute(
        select(table).where(table.c.publication == tx.publication).order_by(table.c.day.desc()).limit(limit)
    )
    return [_decision(row, frequency) for row in rows]


def record(tx: Transaction, found: Decision) -> None:
    """Hold, skip or note as empty. A closed edition is never overwritten; repeating it keeps `since` and `approved`."""
    before = decision(tx, found.day, found.frequency)
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
    upsert(tx, TABLES[found.frequency], [row])


def approve(tx: Transaction, day: date, at: datetime, frequency: Frequency = "daily") -> bool:
    """Let a held edition go at the next run. False: nothing is held on that day."""
    table = TABLES[frequency]
    done = tx.connection.execute(
        update(table)
        .where(table.c.publication == tx.publication, table.c.day == day, table.c.state == "held")
        .values(approved=at)
    )
    return done.rowcount == 1


def close(tx: Transaction, closing: Edition, *, left_out: Collection[str], now: datetime) -> bool:
    """Close the edition: it takes its articles, for ever. False: it was closed before, and nothing was done.

    The caller writes the digest and its deliveries in the same transaction.
    """
    if not _close(tx, "daily", closing, now):
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


def closed(tx: Transaction, day: date, frequency: Frequency = "daily") -> Edition:
    """What a closed edition took, or a weekly carried, in its order. Raises `NoResultFound` where there is none."""
    table = TABLES[frequency]
    slot = tx.connection.execute(
        select(table.c.slot).where(table.c.publication == tx.publication, table.c.day == day)
    ).scalar_one()
    days = [day]
    if frequency == "weekly":
        rows = select(edition.c.day).where(edition.c.publication == tx.publication, edition.c.week == day)
        days = list(tx.connection.execute(rows.order_by(edition.c.day.desc())).scalars())
    articles, corrections = contents(tx, days)
    return Edition(day=day, slot=slot, articles=tuple(articles), corrections=tuple(corrections))


def close_week(tx: Transaction, closing: Edition, *, days: Collection[date], now: datetime) -> bool:
    """Close a weekly: the editions of these days are in it, and in no other. False: it was closed before."""
    if not _close(tx, "weekly", closing, now):
        return False
    tx.connection.execute(
        update(edition)
        .where(edition.c.publication == tx.publication, edition.c.day.in_(list(days)), edition.c.week.is_(None))
        .values(week=closing.day)
    )
    return True


def _close(tx: Transaction, frequency: Frequency, closing: Edition, now: datetime) -> bool:
    before = decision(tx, closing.day, frequency)
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
        upsert(tx, TABLES[frequency], [row])
        return True
    return insert_new(tx, TABLES[frequency], [row]) == 1


def in_no_weekly(tx: Transaction, *, since: datetime) -> list[Decision]:
    """Editions that closed later than that and that no weekly carried, newest first."""
    rows = tx.connection.execute(
        select(edition)
        .where(
            edition.c.publication == tx.publication,
            edition.c.state == "closed",
            edition.c.since > since,
            edition.c.week.is_(None),
        )
        .order_by(edition.c.day.desc())
    )
    return [_decision(row, "daily") for row in rows]


def contents(tx: Transaction, days: Iterable[date]) -> tuple[list[str], list[tuple[str, datetime]]]:
    """What the editions of these days carried, one after the other: article ids, and (article id, `at`) of notices."""
    articles: list[str] = []
    corrections: list[tuple[str, datetime]] = []
    for day in days:
        articles += tx.connection.execute(
            select(taken.c.article)
            .where(taken.c.publication == tx.publication, taken.c.day == day, taken.c.left_out.is_(False))
            .order_by(taken.c.place)
        ).scalars()
        told = select(announced.c.article, announced.c.at).where(
            announced.c.publication == tx.publication, announced.c.day == day
        )
        corrections += sorted((row.article, row.at) for row in tx.connection.execute(told))
    return articles, corrections


def note_audience(tx: Transaction, day: date, audience: int, frequency: Frequency = "daily") -> None:
    table = TABLES[frequency]
    tx.connection.execute(
        update(table).where(table.c.publication == tx.publication, table.c.day == day).values(audience=audience)
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


def told(tx: Transaction) -> Mapping[tuple[str, datetime], date]:
    """(article id, a correction's `at`) -> the day whose digest told readers of it."""
    rows = tx.connection.execute(
        select(announced.c.article, announced.c.at, announced.c.day).where(announced.c.publication == tx.publication)
    )
    return {(row.article, row.at): row.day for row in rows}


def announced_corrections(tx: Transaction) -> frozenset[tuple[str, datetime]]:
    rows = tx.connection.execute(
        select(announced.c.article, announced.c.at).where(announced.c.publication == tx.publication)
    )
    return frozenset((row.article, row.at) for row in rows)


def _decision(row: Row[tuple[object, ...]], frequency: Frequency) -> Decision:
    return Decision(
        frequency=frequency,
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
    for table in (attempt, delivery, rendition, digest, announced, taken, edition, week):
        tx.connection.execute(table.delete().where(table.c.publication == tx.publication))
