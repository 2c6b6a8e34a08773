"""The digests that were made, as pages, feeds and commands speak of them. Only looks."""

from datetime import date

from sqlalchemy import select

from publisher.model import Issue
from publisher.store.engine import Transaction
from publisher.store.schema import digest, edition, rendition, taken


def names(tx: Transaction) -> list[str]:
    """Every digest, oldest first."""
    rows = tx.connection.execute(
        select(digest.c.name).where(digest.c.publication == tx.publication).order_by(digest.c.day, digest.c.name)
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


def subjects(tx: Transaction, variant: str, *, besides: str) -> frozenset[str]:
    """Every subject that a variant ever had, but for those of the digest `besides`: none is used twice."""
    rows = tx.connection.execute(
        select(rendition.c.subject).where(
            rendition.c.publication == tx.publication,
            rendition.c.variant == variant,
            rendition.c.digest != besides,
        )
    )
    return frozenset(row.subject for row in rows)


def issues(tx: Transaction) -> tuple[Issue, ...]:
    """Every digest with its articles in their order, newest first."""
    taken_by: dict[date, list[str]] = {}
    rows = tx.connection.execute(
        select(taken.c.day, taken.c.article)
        .where(taken.c.publication == tx.publication, taken.c.left_out.is_(False), taken.c.day.is_not(None))
        .order_by(taken.c.day, taken.c.place)
    )
    for row in rows:
        taken_by.setdefault(row.day, []).append(row.article)
    subjects: dict[str, dict[str, str]] = {}
    variants = tx.connection.execute(
        select(rendition.c.digest, rendition.c.variant, rendition.c.subject)
        .where(rendition.c.publication == tx.publication)
        .order_by(rendition.c.digest, rendition.c.variant, rendition.c.revision)
    )
    for one in variants:
        subjects.setdefault(one.digest, {})[one.variant] = one.subject
    digests = tx.connection.execute(
        select(digest.c.name, digest.c.day, digest.c.subject, edition.c.slot)
        .join(edition, (edition.c.publication == digest.c.publication) & (edition.c.day == digest.c.day))
        .where(digest.c.publication == tx.publication)
        .order_by(digest.c.day.desc(), digest.c.name)
    )
    return tuple(
        Issue(
            name=row.name,
            day=row.day,
            slot=row.slot,
            subject=row.subject,
            articles=tuple(taken_by[row.day]),
            subjects=subjects.get(row.name, {}),
        )
        for row in digests
        if row.day in taken_by
    )
