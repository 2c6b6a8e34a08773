"""From what somebody typed into a form to a mail that asks the address itself.

A sign-up is written down as it is, whoever the address belongs to, so that its answer can tell nobody anything. `admit`
looks at it afterwards: limits, the subscriber's state, the letter that follows.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update

from publisher.model import Frequency, LetterKind
from publisher.store import limits, lists
from publisher.store.schema import letter, pace, signup, subscriber
from publisher.store.transaction import Transaction
from publisher.store.writing import insert_new, upsert
from publisher.subscribing import addresses
from publisher.subscribing.states import LETTERS
from publisher.subscribing.tokens import CONFIRM_WITHIN

DAILY, IN_ALL = "letter-daily", "letter-in-all"
BATCH = 500

Hashed = Callable[[str], str]
"""An address key -> what stands for it in the limits."""


class Signup(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asked for. `address` is clean."""

    address: str
    asked: datetime
    lang: str | None = None
    frequency: Frequency = "daily"
    evidence: str
    """Where and how it was asked, in words."""


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a sign-up."""

    address: str
    letter: LetterKind | None
    """None: this address was written to within a day, or three times without an answer."""


def note(tx: Transaction, one: Signup) -> None:
    """Write it down; the same work for every address."""
    values = {"address": one.address, "asked": one.asked, "lang": one.lang, "frequency": one.frequency}
    tx.connection.execute(insert(signup).values(publication=tx.publication, evidence=one.evidence, **values))


def any_work(tx: Transaction, now: datetime) -> bool:
    """Whether anything was noted, or an address is to be forgotten."""
    noted = select(exists().where(signup.c.publication == tx.publication))
    return bool(tx.connection.execute(select(or_(noted.scalar_subquery(), exists().where(_late(tx, now))))).scalar())


def admit(tx: Transaction, hashed: Hashed, *, now: datetime) -> list[Admitted]:
    """Turn what was noted into subscribers and letters, oldest first; at most `BATCH` at a time."""
    this = signup.c.publication == tx.publication
    rows = tx.connection.execute(select(signup).where(this).order_by(signup.c.id).limit(BATCH)).all()
    done = [
        _admit(
            tx,
            Signup(address=row.address, asked=row.asked, lang=row.lang, frequency=row.frequency, evidence=row.evidence),
            hashed,
            now,
        )
        for row in rows
    ]
    if rows:
        tx.connection.execute(delete(signup).where(this, signup.c.id <= rows[-1].id))
    return done


def _admit(tx: Transaction, one: Signup, hashed: Hashed, now: datetime) -> Admitted:
    key = addresses.key(one.address)
    if not _may_be_written_to(tx, hashed(key), now):
        return Admitted(address=one.address, letter=None)
    person, kind = _person(tx, one, key)
    row = {"publication": tx.publication, "subscriber": person, "kind": kind, "asked": one.asked, "due": now}
    upsert(tx, letter, [row | {"fence": 0, "attempts": 0}])
    return Admitted(address=one.address, letter=kind)


def _may_be_written_to(tx: Transaction, key: str, now: datetime) -> bool:
    """One letter in a day, and three in all until the address answers; what nobody answers is forgotten in a year."""
    if limits.allow(tx, DAILY, key, now=now, every=timedelta(days=1), burst=1):
        return False
    return not limits.allow(tx, IN_ALL, key, now=now, every=timedelta(days=122), burst=3)


def _person(tx: Transaction, one: Signup, key: str) -> tuple[int, LetterKind]:
    """The subscriber, made where there was none, and what is written to that address. A reader's choices stay."""
    wish: dict[str, object] = {"lang": one.lang, "frequency": one.frequency}
    new = {"publication": tx.publication, "address": one.address, "address_key": key, "created": one.asked}
    insert_new(
        tx,
        subscriber,
        [new | wish | {"state": "pending", "evidence": one.evidence}],
        unique=["publication", "address_key"],
    )
    this = and_(subscriber.c.publication == tx.publication, subscriber.c.address_key == key)
    found = tx.connection.execute(select(subscriber.c.id, subscriber.c.state, subscriber.c.evidence).where(this)).one()
    if found.state == "pending":  # asked once more: its seven days begin anew
        wish["created"] = one.asked
    if found.state != "confirmed":
        words = dict.fromkeys([*(found.evidence or "").splitlines(), one.evidence])
        tx.connection.execute(update(subscriber).where(this).values(**wish, evidence="\n".join(words)))
    return found.id, LETTERS[found.state]


def answered(tx: Transaction, hashes: Collection[str]) -> None:
    """The address said yes: what limited letters to it, and what kept mail from it, holds no longer."""
    tx.connection.execute(
        delete(pace).where(
            pace.c.publication == tx.publication, pace.c.scope.in_([DAILY, IN_ALL]), pace.c.key.in_(hashes)
        )
    )
    lists.lift(tx, hashes)


def sweep(tx: Transaction, now: datetime) -> int:
    """Forget the addresses that nobody confirmed in time. Returns how many."""
    gone = tx.connection.execute(delete(subscriber).where(_late(tx, now)).returning(subscriber.c.id)).scalars().all()
    if gone:
        tx.connection.execute(
            delete(letter).where(letter.c.publication == tx.publication, letter.c.subscriber.in_(gone))
        )
    return len(gone)


def _late(tx: Transaction, now: datetime) -> ColumnElement[bool]:
    return and_(
        subscriber.c.publication == tx.publication,
        subscriber.c.state == "pending",
        subscriber.c.created < now - CONFIRM_WITHIN,
    )
