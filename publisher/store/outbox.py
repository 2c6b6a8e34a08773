"""The outbox and the ledger: who is owed a digest, who holds it now, and every attempt with the server's own words.

The moves are `delivering.states.MOVES`; the SQL here is made from that table, so a row that is not in a move's source
state stays as it is. Nothing is counted in Python: the key (digest, subscriber) is what makes a delivery one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, bindparam, case, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from publisher.delivering import Claim, Event, Outcome, State, Sums, Verdict, backoff, sources
from publisher.store import statements
from publisher.store.digests import may_send, of
from publisher.store.prepared import instant
from publisher.store.schema import delivery, digest, subscriber
from publisher.store.transaction import Transaction

LEASE = timedelta(minutes=30)
"""Longer than any wait inside an attempt: ten minutes for the reply to the dot, and the queue before it."""


def claim(
    tx: Transaction, name: str, *, limit: int, now: datetime, past: int = 0, lease: timedelta = LEASE
) -> list[Claim]:
    """Take up to `limit` deliveries that are due, in the order of subscribers, beginning after `past`.

    Those whose subscriber is no longer confirmed are suppressed on the way and not returned. Empty when nothing is due
    beyond `past`, or when the digest is stopped or stale, or everything is held.
    """
    found: list[Claim] = []
    while len(found) < limit:
        held = _take(tx, name, limit - len(found), past, now=now, lease=lease)
        if not held:
            break
        past = held[-1].subscriber
        found += [one for one in held if one.address]
        _move(tx, name, Event.WITHDRAWN, [one for one in held if not one.address])
    return found


def mark(tx: Transaction, name: str, claims: Sequence[Claim], *, durable: bool = True) -> frozenset[int]:
    """Ask for each claim whether it may be sent now; returns the subscribers for whom the answer is yes.

    Consent, the stop and the fence are checked in this transaction; on PostgreSQL the subscribers' rows are locked
    first, so that an unsubscribe comes wholly before the mark or wholly after it. Those who may are `dot-imminent`
    when it commits. Of the others, the unconfirmed are suppressed and the rest are queued again.

    `durable=False` asks the same and moves nothing: for a Maildir, whose files may be written twice and are one.
    """
    lock(tx, name, claims)
    dialect = tx.connection.dialect
    question = statements.marking(dialect) if durable else statements.permitting(dialect)
    answers = question.each(tx, this(tx, name), keys(claims))
    permitted = frozenset(one.subscriber for one, answer in zip(claims, answers, strict=True) if answer)
    refused = [one for one in claims if one.subscriber not in permitted]
    if refused:
        people = _people(tx, [one.subscriber for one in refused])
        _move(tx, name, Event.WITHDRAWN, [one for one in refused if one.subscriber not in people])
        _move(tx, name, Event.GIVEN_BACK, [one for one in refused if one.subscriber in people])
    return permitted


def settle(tx: Transaction, name: str, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write down how attempts ended, and what the deliveries became.

    An outcome whose fence is old, or whose delivery is in no source state of its event, changes nothing and is not
    recorded: somebody else has decided since.
    """
    groups: dict[Event, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(one.event, []).append(one)
    for event, group in groups.items():
        columns = keys([one.claim for one in group])
        if event is Event.PUT_OFF:
            columns["next_due"] = next_due(tx, name, group, now)
        moved = statements.settling(event, tx.connection.dialect).each(tx, this(tx, name), columns)
        lines = [(one, *row) for one, rows in zip(group, moved, strict=True) for row in rows]
        if lines:
            write_down(tx, name, *zip(*lines, strict=True), now=now)


def write_down(
    tx: Transaction,
    name: str,
    outcomes: Sequence[Outcome],
    numbers: Sequence[int],
    revisions: Sequence[int],
    *,
    now: datetime,
) -> None:
    """A line of the ledger for each attempt that ended."""
    columns = {
        "subscriber": [one.claim.subscriber for one in outcomes],
        "n": numbers,
        "outcome": [one.verdict.value for one in outcomes],
        "relay": [one.relay for one in outcomes],
        "code": [one.code for one in outcomes],
        "reply": [one.reply for one in outcomes],
        "revision": revisions,
    }
    same = {"publication": tx.publication, "digest": name, "at": instant(tx, now)}
    statements.recording(tx.connection.dialect).insert(tx, same, columns)


def next_due(tx: Transaction, name: str, outcomes: Sequence[Outcome], now: datetime) -> list[Any]:
    """When each of these is tried again, as the store keeps it."""
    claims = [one.claim for one in outcomes]
    return [instant(tx, now + backoff(one.attempts + 1, f"{name}/{one.subscriber}")) for one in claims]


def lock(tx: Transaction, name: str, claims: Sequence[Claim]) -> None:
    """On PostgreSQL, so that a mark waits for an unsubscribe or a stop that is about to commit, and they for it.

    In the order of ids, so that two markers cannot wait for each other. On SQLite one transaction writes at a time.
    """
    if not tx.is_postgresql:
        return
    people = select(subscriber.c.id).where(subscriber.c.id.in_([one.subscriber for one in claims]))
    tx.connection.execute(people.order_by(subscriber.c.id).with_for_update(read=True))
    digests_row = select(digest.c.name).where(digest.c.publication == tx.publication, digest.c.name == name)
    tx.connection.execute(digests_row.with_for_update(read=True))


def this(tx: Transaction, name: str) -> dict[str, Any]:
    """The parameters of `statements` that are the same for all of a digest's deliveries ..."""
    return {"this_publication": tx.publication, "this_digest": name}


def keys(claims: Sequence[Claim]) -> dict[str, list[Any]]:
    """... and those that say which delivery, and who holds it."""
    return {"this_subscriber": [one.subscriber for one in claims], "this_fence": [one.fence for one in claims]}


def give_back(tx: Transaction, name: str, claims: Iterable[Claim]) -> None:
    """Queue again what was claimed and not sent. No attempt is counted."""
    _move(tx, name, Event.GIVEN_BACK, list(claims))


def postpone(tx: Transaction, name: str, claims: Sequence[tuple[Claim, datetime]]) -> None:
    """Queue again what was claimed and may not be sent before its instant. No attempt is counted."""
    if not claims:
        return
    back = (
        update(delivery)
        .where(
            of(tx, name),
            delivery.c.subscriber == bindparam("this_subscriber"),
            delivery.c.fence == bindparam("this_fence"),
            or_(*(delivery.c.state == source for source in sorted(sources(Event.GIVEN_BACK)))),
        )
        .values(state=statements.next_state(Event.GIVEN_BACK), lease=None, due=bindparam("its_turn"))
    )
    rows = [{"this_subscriber": one.subscriber, "this_fence": one.fence, "its_turn": until} for one, until in claims]
    tx.connection.execute(back, rows)


def recover(tx: Transaction, name: str, *, now: datetime, expired_only: bool = False) -> int:
    """After a crash: what was `sending` is queued, what was `dot-imminent` is in doubt. Returns how many are in doubt.

    The caller holds the publication's exclusive lock, so nobody alive has these. `expired_only`: only those whose lease
    has run out, for the case that other processes deliver the same digest.
    """
    over = (delivery.c.lease <= now,) if expired_only else ()
    beyond_the_mark = delivery.c.state == State.DOT_IMMINENT
    lost = (
        update(delivery)
        .where(of(tx, name), delivery.c.state.in_(sorted(sources(Event.LOST))), *over)
        .values(
            state=statements.next_state(Event.LOST),
            lease=None,
            attempts=delivery.c.attempts + case((beyond_the_mark, 1), else_=0),
        )
        .returning(delivery.c.subscriber, delivery.c.attempts, delivery.c.revision, delivery.c.state)
    )
    words = "the process ended between the dot and the reply"
    rows = [
        _attempt(
            tx,
            name,
            row.subscriber,
            n=row.attempts,
            at=now,
            outcome=Verdict.LOST.value,
            reply=words,
            revision=row.revision,
        )
        for row in tx.connection.execute(lost)
        if row.state == State.IN_DOUBT
    ]
    if rows:
        tx.connection.execute(statements.LEDGER, rows)
    return len(rows)


def expire(tx: Transaction, now: datetime) -> int:
    """Close what is still queued or deferred of digests that have grown stale. Returns how many."""
    stale = select(digest.c.name).where(digest.c.publication == tx.publication, digest.c.expires <= now)
    done = tx.connection.execute(
        update(delivery)
        .where(
            delivery.c.publication == tx.publication,
            delivery.c.digest.in_(stale.where(digest.c.finished.is_(None))),
            delivery.c.state.in_(sorted(sources(Event.STALE))),
        )
        .values(state=statements.next_state(Event.STALE))
    )
    return done.rowcount


def withdraw(tx: Transaction, *people: int) -> int:
    """Suppress all that these subscribers are still owed. Call it in the transaction that ends the consent.

    What is being sent is suppressed by its mark, or by its next claim, if it is not beyond the mark already. What is
    in doubt stays so, and is never sent again.
    """
    given = {"this_publication": tx.publication, "people": people}
    unfinished = tx.connection.execute(statements.unfinished(), given).scalars().all()
    # Digest by digest, as the key is ordered; mostly there is none, or one.
    return sum(
        tx.connection.execute(statements.withdrawing(), given | {"this_digest": name}).rowcount for name in unfinished
    )


def sums(tx: Transaction, name: str) -> Sums:
    """How many are in each state, beside the audience."""
    counts = tx.connection.execute(
        select(delivery.c.state, func.count()).where(of(tx, name)).group_by(delivery.c.state)
    )
    audience = tx.connection.execute(
        select(digest.c.audience).where(digest.c.publication == tx.publication, digest.c.name == name)
    ).scalar()
    return Sums.of(audience or 0, {row[0]: row[1] for row in counts})


def written(tx: Transaction) -> int:
    """How many copies of all digests are files of a Maildir."""
    rows = select(func.count()).select_from(delivery).where(delivery.c.publication == tx.publication)
    return int(tx.connection.execute(rows.where(delivery.c.state == State.WRITTEN)).scalar_one())


# The statements' parts -------------------------------------------------------------------------------------------


def _take(tx: Transaction, name: str, limit: int, past: int, *, now: datetime, lease: timedelta) -> list[Claim]:
    """In the order of subscribers; those who are not confirmed any more have no address."""
    due = (
        select(delivery.c.subscriber)
        .where(
            of(tx, name),
            delivery.c.subscriber > past,
            delivery.c.state.in_(sorted(sources(Event.CLAIMED))),
            delivery.c.due <= now,
        )
        .order_by(delivery.c.subscriber)
        .limit(limit)
    )
    if tx.is_postgresql:
        due = due.with_for_update(skip_locked=True)
    revision = (
        select(digest.c.revision).where(digest.c.publication == tx.publication, digest.c.name == name).scalar_subquery()
    )
    taken = (
        update(delivery)
        .where(of(tx, name), delivery.c.subscriber.in_(select(due.cte("due").c.subscriber)), may_send(tx, name, now))
        .values(
            state=State.SENDING,
            fence=delivery.c.fence + 1,
            lease=now + lease,
            revision=revision,
        )
        .returning(
            delivery.c.subscriber,
            delivery.c.variant,
            delivery.c.revision,
            delivery.c.fence,
            delivery.c.attempts,
            _of_the_confirmed(subscriber.c.address),
            _of_the_confirmed(subscriber.c.confirmed),
        )
    )
    rows = sorted(tuple(row) for row in tx.connection.execute(taken))
    return [
        Claim(
            subscriber=number,
            address=address or "",
            variant=variant,
            revision=revision,
            fence=fence,
            attempts=attempts,
            confirmed=confirmed,
        )
        for number, variant, revision, fence, attempts, address, confirmed in rows
    ]


def _of_the_confirmed(column: Column[Any]) -> ColumnElement[Any]:
    """The column of the delivery's subscriber; null unless confirmed."""
    return (
        select(column)
        .where(
            subscriber.c.id == delivery.c.subscriber,
            subscriber.c.publication == delivery.c.publication,
            subscriber.c.state == "confirmed",
        )
        .correlate(delivery)
        .scalar_subquery()
    )


def _people(tx: Transaction, ids: Sequence[int]) -> Mapping[int, Any]:
    """The confirmed ones among these subscribers."""
    rows = tx.connection.execute(
        select(subscriber.c.id, subscriber.c.address, subscriber.c.confirmed).where(
            subscriber.c.publication == tx.publication,
            subscriber.c.id.in_(ids),
            subscriber.c.state == "confirmed",
        )
    )
    return {row.id: row for row in rows}


def _move(tx: Transaction, name: str, event: Event, claims: Sequence[Claim]) -> None:
    if claims:
        statements.moving(event, tx.connection.dialect).all(tx, this(tx, name), keys(claims))


def _attempt(tx: Transaction, name: str, person: int, **values: Any) -> dict[str, Any]:
    return {"publication": tx.publication, "digest": name, "subscriber": person, **values}
