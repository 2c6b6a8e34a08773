"""The digests that were made, as pages, feeds and commands speak of them. Only looks."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from publisher.model import Issue
from publisher.store import editions
from publisher.store.schema import digest, edition, rendition, taken
from publisher.store.transaction import Transaction


def names(tx: Transaction) -> list[str]:
    """Every digest, oldest first; of two that fell due at once the daily one is the newer."""
    rows = tx.connection.execute(
        select(digest.c.name)
        .where(digest.c.publication == tx.publication)
        .order_by(digest.c.day, digest.c.due, digest.c.name.desc())
    )
    return [row.name for row in rows]


def stopped(tx: Transaction) -> dict[str, str]:
    """Digest -> why it was stopped, oldest first."""
    rows = tx.connection.execute(
        select(digest.c.name, digest.c.stop_reason)
        .where(digest.c.publication == tx.publication, digest.c.stopped.is_not(None), digest.c.finished.is_(None))
        .order_by(digest.c.day)
    )
    return {row.name: row.stop_reason or "stopped" for row in rows}


def signed_with(tx: Transaction) -> dict[str, str]:
    """Digest -> the fingerprint of the key that its links were signed with, oldest first."""
    rows = tx.connection.execute(
        select(digest.c.name, digest.c.signed_with)
        .where(digest.c.publication == tx.publication, digest.c.signed_with.is_not(None))
        .order_by(digest.c.day, digest.c.name)
    )
    return {row.name: row.signed_with for row in rows}


def subjects(tx: Transaction, *, besides: str) -> frozenset[str]:
    """Every subject that any variant of any digest but one ever had: none is used twice."""
    rows = tx.connection.execute(
        select(rendition.c.subject)
        .where(rendition.c.publication == tx.publication, rendition.c.digest != besides)
        .distinct()
    )
    return frozenset(row.subject for row in rows)


def issues(tx: Transaction) -> tuple[Issue, ...]:
    """Every digest with its articles in their order, newest first."""
    subjects: dict[str, dict[str, str]] = {}
    variants = tx.connection.execute(
        select(rendition.c.digest, rendition.c.variant, rendition.c.subject)
        .where(rendition.c.publication == tx.publication)
        .order_by(rendition.c.digest, rendition.c.variant, rendition.c.revision)
    )
    for one in variants:
        subjects.setdefault(one.digest, {})[one.variant] = one.subject
    slots, carried = _slots(tx), _carried(tx)
    digests = tx.connection.execute(
        select(digest.c.name, digest.c.day, digest.c.subject)
        .where(digest.c.publication == tx.publication)
        .order_by(digest.c.day.desc(), digest.c.name)
    )
    return tuple(
        Issue(
            name=row.name,
            day=row.day,
            slot=slots[row.name],
            subject=row.subject,
            articles=tuple(carried[row.name]),
            subjects=subjects.get(row.name, {}),
        )
        for row in digests
        if row.name in slots and row.name in carried
    )


def _slots(tx: Transaction) -> Mapping[str, datetime]:
    """Digest -> its slot."""
    found: dict[str, datetime] = {}
    for frequency, table in editions.TABLES.items():
        rows = tx.connection.execute(select(table.c.day, table.c.slot).where(table.c.publication == tx.publication))
        found |= {editions.name_of(row.day, frequency): row.slot for row in rows}
    return found


def _carried(tx: Transaction) -> Mapping[str, list[str]]:
    """Digest -> article ids in its order; a weekly's are those of its editions, the newest first."""
    rows = tx.connection.execute(
        select(taken.c.day, taken.c.article, edition.c.week)
        .join(edition, (edition.c.publication == taken.c.publication) & (edition.c.day == taken.c.day))
        .where(taken.c.publication == tx.publication, taken.c.left_out.is_(False))
        .order_by(taken.c.day.desc(), taken.c.place)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(editions.name_of(row.day, "daily"), []).append(row.article)
        if row.week:
            found.setdefault(editions.name_of(row.week, "weekly"), []).append(row.article)
    return found
