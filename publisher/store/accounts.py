"""All that is known of one digest's delivery, for whoever wants to look: sums, reasons, those in doubt, revisions."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import func, select

from publisher.delivering import Event, State, Sums, Verdict, sources
from publisher.store import doubts, outbox, revisions
from publisher.store.digests import of
from publisher.store.doubts import InDoubt
from publisher.store.schema import attempt, delivery, digest
from publisher.store.transaction import Transaction

MOST_REPLIES = 5


class Account(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    subject: str
    due: datetime
    """When the edition closed and its digest fell due."""
    expires: datetime
    stopped: datetime | None
    stop_reason: str | None
    sums: Sums
    next_due: datetime | None
    """When the first that waits may be tried; None: none waits."""
    last_turn: datetime | None
    """When the last falls due of those that our own pace holds back; None: it holds nothing back."""
    lately: int
    """Accepted in the last minute."""
    refusals: Mapping[str, int]
    """Servers' last words -> how many were refused with them: the most frequent, most frequent first."""
    delays: Mapping[str, int]
    """The same for those that were put off."""
    in_doubt: tuple[InDoubt, ...]
    revisions: Mapping[int, int]
    """Revision -> how many had it."""
    changes: Mapping[int, str]
    """What each revision after the first is, in a few words."""

    @property
    def is_empty(self) -> bool:
        """Nothing of it may be sent any more: its only story was retracted."""
        return bool(self.changes) and self.stopped is not None and self.stopped >= self.expires


def account(tx: Transaction, name: str, now: datetime) -> Account:
    """The caller knows that the digest is there."""
    row = tx.connection.execute(
        select(digest).where(digest.c.publication == tx.publication, digest.c.name == name)
    ).one()
    sums = outbox.sums(tx, name)
    return Account(
        name=name,
        subject=row.subject,
        due=row.due,
        expires=row.expires,
        stopped=row.stopped,
        stop_reason=row.stop_reason,
        sums=sums,
        next_due=_next_due(tx, name) if sums.open else None,
        last_turn=_last_turn(tx, name, now) if sums.queued else None,
        lately=_lately(tx, name, now) if sums.open else 0,
        refusals=_replies(tx, name, State.REJECTED) if sums.rejected else {},
        delays=_replies(tx, name, State.DEFERRED) if sums.deferred else {},
        in_doubt=tuple(doubts.in_doubt(tx, name)) if sums.in_doubt else (),
        revisions=revisions.readers(tx, name),
        changes=revisions.reasons(tx, name),
    )


def _next_due(tx: Transaction, name: str) -> datetime | None:
    waiting = delivery.c.state.in_(sorted(sources(Event.CLAIMED)))
    found = tx.connection.execute(select(func.min(delivery.c.due)).where(of(tx, name), waiting)).scalar()
    assert found is None or isinstance(found, datetime)
    return found


def _last_turn(tx: Transaction, name: str, now: datetime) -> datetime | None:
    ahead = (delivery.c.state == State.QUEUED, delivery.c.due > now)
    found = tx.connection.execute(select(func.max(delivery.c.due)).where(of(tx, name), *ahead)).scalar()
    assert found is None or isinstance(found, datetime)
    return found


def _lately(tx: Transaction, name: str, now: datetime) -> int:
    rows = select(func.count()).where(
        attempt.c.publication == tx.publication,
        attempt.c.digest == name,
        attempt.c.outcome == Verdict.ACCEPTED.value,
        attempt.c.at > now - timedelta(minutes=1),
    )
    return int(tx.connection.execute(rows).scalar_one())


def _replies(tx: Transaction, name: str, state: State) -> dict[str, int]:
    """The last words of each delivery in this state: a delivery's attempts are numbered, and it knows how many."""
    rows = tx.connection.execute(
        select(func.coalesce(attempt.c.reply, attempt.c.outcome).label("words"), func.count().label("number"))
        .select_from(delivery)
        .join(
            attempt,
            (attempt.c.publication == delivery.c.publication)
            & (attempt.c.digest == delivery.c.digest)
            & (attempt.c.subscriber == delivery.c.subscriber)
            & (attempt.c.n == delivery.c.attempts),
        )
        .where(of(tx, name), delivery.c.state == state)
        .group_by("words")
        .order_by(func.count().desc(), "words")
        .limit(MOST_REPLIES)
    )
    return {row.words: row.number for row in rows}
