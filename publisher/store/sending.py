"""One digest's outbox as those who deliver from it see it: the `Outbox` of `deliver.port`, on the store."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from publisher.delivering import Claim, Outcome
from publisher.store import digests, outbox, pacing, quick
from publisher.store.engine import Store
from publisher.store.transaction import Transaction
from publisher.store.wording import told_in_a_sentence


class DigestOutbox:
    """Keeps one connection, for one thread at a time: opening one for each mark would cost more than the mark."""

    def __init__(
        self,
        store: Store,
        name: str,
        *,
        now: Callable[[], datetime],
        durable: bool = True,
        lease: timedelta = outbox.LEASE,
        limits: pacing.Limits | None = None,
    ) -> None:
        self._store = store
        self._name = name
        self._now = now
        self._durable = durable
        self._lease = lease
        self._past = 0
        self._limits = limits or pacing.Limits()
        self.again: datetime | None = None
        """When a limit lets more go, where one holds something back."""
        self._connection = store.engine.connect()
        if store.engine.dialect.name == "postgresql":
            # Whatever the server's default is: a mark that a crash can undo is none.
            with self._connection.begin():
                self._connection.exec_driver_sql("SET synchronous_commit = on")

    def claim(self, limit: int) -> Sequence[Claim]:
        """The next that are due, in the order of subscribers; from the beginning again after the last.

        What a limit holds back is not returned: it is due later, or `again` says when to come again.
        """
        if self._limits.overall:
            limit = min(limit, self._limits.overall.burst)
        while True:
            with self._begin() as tx:
                found = self._take(tx, limit)
                sifted = pacing.sift(tx, self._name, found, self._limits, self._now())
            if sifted.again is not None:
                self.again, self._past = sifted.again, 0
            if sifted.go or not found or sifted.again is not None:
                return sifted.go

    def _take(self, tx: Transaction, limit: int) -> list[Claim]:
        found = outbox.claim(tx, self._name, limit=limit, now=self._now(), past=self._past, lease=self._lease)
        if not found and self._past:
            found = outbox.claim(tx, self._name, limit=limit, now=self._now(), lease=self._lease)
        self._past = found[-1].subscriber if found else 0
        return found

    def grant(self, relay: str, wanted: int) -> tuple[int, float]:
        if relay not in self._limits.relays:
            return wanted, 0.0
        now = self._now()
        with self._begin() as tx:
            number, again = pacing.grant(tx, relay, wanted, self._limits, now)
        if again is not None:
            self.again = again
        return number, (again - now).total_seconds() if again else 0.0

    def rest(self, domain: str, seconds: float) -> None:
        with self._begin() as tx:
            pacing.rest(tx, domain, self._now() + timedelta(seconds=seconds))

    def record(self, marks: Sequence[Claim], outcomes: Sequence[Outcome]) -> frozenset[int]:
        """Outcomes and marks in one commit."""
        if self._durable:
            with suppress(quick.OtherwiseError), self._begin() as tx:
                quick.record(tx, self._name, marks, outcomes, now=self._now())
                return frozenset(one.subscriber for one in marks)
        with self._begin() as tx:
            if outcomes:
                outbox.settle(tx, self._name, outcomes, now=self._now())
            return outbox.mark(tx, self._name, marks, durable=self._durable) if marks else frozenset()

    def give_back(self, claims: Iterable[Claim]) -> None:
        with self._begin() as tx:
            outbox.give_back(tx, self._name, list(claims))

    def stopped(self) -> bool:
        with self._begin() as tx:
            return digests.is_stopped(tx, self._name)

    def is_current(self, claim: Claim) -> bool:
        with self._begin() as tx:
            return digests.has_revision(tx, self._name, claim.revision)

    def pause(self, reason: str) -> None:
        with self._begin() as tx:
            digests.stop(tx, self._name, reason, now=self._now())

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _begin(self) -> Generator[Transaction]:
        with told_in_a_sentence(self._store.home), self._connection.begin():
            yield Transaction(self._connection, self._store.publication)
