"""The mails that single people are owed besides digests, as those who deliver see them: the `Outbox` of `deliver.port`.

A letter says the same whenever it comes twice, and is worth nothing when it is lost: so, unlike a digest, it is sent
again after a crash, and there is no doubt to be decided.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, func, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from publisher.delivering import Claim, Event, Outcome, backoff
from publisher.store import pacing
from publisher.store.engine import Store
from publisher.store.schema import letter, publication, signup, subscriber
from publisher.store.transaction import Transaction

LEASE = timedelta(minutes=15)
GIVEN_UP = timedelta(days=1)
"""After so long nobody waits for it any more."""
GOES_ON = frozenset({Event.PUT_OFF, Event.LOST, Event.GIVEN_BACK})


def any_due(tx: Transaction, now: datetime) -> bool:
    return bool(tx.connection.execute(select(exists().where(_due(tx, now)))).scalar())


def waiting(tx: Transaction) -> int:
    """How many are owed, and sign-ups that nobody has looked at."""
    owed = select(func.count()).select_from(letter).where(letter.c.publication == tx.publication)
    asked = select(func.count()).select_from(signup).where(signup.c.publication == tx.publication)
    return tx.connection.execute(owed).scalar_one() + tx.connection.execute(asked).scalar_one()


class LetterOutbox:
    """For one thread at a time. A claim's `variant` is KIND, `revision` counts nothing."""

    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self.outcomes: list[Outcome] = []

    def claim(self, limit: int) -> Sequence[Claim]:
        now = self._now()
        with self._store.begin() as tx:
            due = select(letter.c.subscriber).where(_due(tx, now)).order_by(letter.c.due).limit(limit)
            if tx.is_postgresql:
                due = due.with_for_update(skip_locked=True)
            taken = (
                update(letter)
                .where(letter.c.publication == tx.publication, letter.c.subscriber.in_(select(due.cte("due"))))
                .values(due=now + LEASE, fence=letter.c.fence + 1)
                .returning(letter)
            )
            held = {row.subscriber: row for row in tx.connection.execute(taken)}
            people = tx.connection.execute(
                select(subscriber.c.id, subscriber.c.address).where(
                    subscriber.c.publication == tx.publication, subscriber.c.id.in_(held)
                )
            )
            return [
                Claim(
                    subscriber=one.id,
                    address=one.address,
                    variant=held[one.id].kind,
                    revision=1,
                    fence=held[one.id].fence,
                    attempts=held[one.id].attempts,
                    confirmed=held[one.id].asked,
                )
                for one in people
            ]

    def record(self, marks: Sequence[Claim], outcomes: Sequence[Outcome]) -> frozenset[int]:
        """Who is still owed the letter that was claimed may get it."""
        with self._store.begin() as tx:
            for one in outcomes:
                self._settle(tx, one)
            return _still_owed(tx, marks)

    def _settle(self, tx: Transaction, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        claim, now = outcome.claim, self._now()
        this = _held(tx, [claim])
        asked = claim.confirmed or now
        if outcome.event not in GOES_ON or now - asked > GIVEN_UP:
            tx.connection.execute(delete(letter).where(this))
            return
        wait = backoff(claim.attempts + 1, f"letter/{claim.subscriber}")
        tx.connection.execute(update(letter).where(this).values(due=now + wait, attempts=letter.c.attempts + 1))

    def give_back(self, claims: Iterable[Claim]) -> None:
        held = list(claims)
        if held:
            with self._store.begin() as tx:
                tx.connection.execute(update(letter).where(_held(tx, held)).values(due=self._now()))

    def grant(self, relay: str, wanted: int) -> tuple[int, float]:  # noqa: ARG002 - the outbox's form
        """A reader waits for it at the form: it goes before the digest's limits."""
        return wanted, 0.0

    def rest(self, domain: str, seconds: float) -> None:
        """It is the digest's recipients that are left alone."""
        with self._store.begin() as tx:
            pacing.rest(tx, domain, self._now() + timedelta(seconds=seconds))

    def stopped(self) -> bool:
        """While all mail is held, letters wait too."""
        with self._store.read() as tx:
            return _is_held(tx)

    def is_current(self, claim: Claim) -> bool:  # noqa: ARG002 - the outbox's form
        return True

    def pause(self, reason: str) -> None:
        """Letters are few and each stands for itself: what a relay says against one stops no other."""


def _due(tx: Transaction, now: datetime) -> ColumnElement[bool]:
    goes_on = exists().where(publication.c.id == tx.publication, publication.c.held_since.is_(None))
    return and_(letter.c.publication == tx.publication, letter.c.due <= now, goes_on)


def _is_held(tx: Transaction) -> bool:
    since = select(publication.c.held_since).where(publication.c.id == tx.publication)
    return tx.connection.execute(since).scalar() is not None


def _held(tx: Transaction, claims: Sequence[Claim]) -> ColumnElement[bool]:
    keys = [(one.subscriber, one.fence) for one in claims]
    return and_(letter.c.publication == tx.publication, tuple_(letter.c.subscriber, letter.c.fence).in_(keys))


def _still_owed(tx: Transaction, claims: Sequence[Claim]) -> frozenset[int]:
    if not claims:
        return frozenset()
    return frozenset(tx.connection.execute(select(letter.c.subscriber).where(_held(tx, claims))).scalars())
