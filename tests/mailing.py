"""What the delivery tests have in common: an audience in a real store, and a call of `deliver` to real servers."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from smtpd import Smtpd
from typing import Any

from sqlalchemy import select

from conftest import NOON
from deliver_child import DIGEST, compose
from publisher.config import Relay
from publisher.deliver import Result, Settings, deliver
from publisher.deliver.relays import Patience
from publisher.deliver.smtp import Timeouts
from publisher.delivering import Sums
from publisher.store import Store, digests, outbox, subscribers
from publisher.store.schema import attempt
from publisher.store.sending import DigestOutbox

QUICK = Settings(
    timeouts=Timeouts(connect=5, greeting=5, command=5, data=5, dot=5), patience=Patience(first=0.01, failures=4)
)


def audience(store: Store, names: Iterable[str]) -> int:
    """Confirmed subscribers and a digest for them."""
    with store.begin() as tx:
        for name in names:
            address = name if "@" in name else f"{name}@example.org"
            subscribers.add_confirmed(tx, address, address, evidence="test", lang=None, now=NOON)
        return digests.open_digest(
            tx,
            DIGEST,
            date(2026, 6, 25),
            due=NOON,
            expires=NOON + timedelta(days=1),
            subject="the day",
            variants=dict.fromkeys(digests.choices(tx, frequency="daily", at=NOON), "en"),
        )


def relay(server: Smtpd, name: str = "main") -> Relay:
    return Relay(name=name, host=server.host, port=server.port, user=None, password=None, tls="none")


def go(store: Store, *servers: Smtpd, now: datetime = NOON, connections: int = 4, **other: Any) -> Result:
    other.setdefault("settings", QUICK)
    other.setdefault("compose", compose)
    box = DigestOutbox(store, DIGEST, now=lambda: now)
    relays = [relay(server, f"relay{n}") for n, server in enumerate(servers)]
    try:
        return deliver(box, other.pop("compose"), relays, connections=connections, **other)
    finally:
        box.close()


def sums(store: Store) -> Sums:
    with store.read() as tx:
        found = outbox.sums(tx, DIGEST)
    assert found.adds_up
    return found


def ledger(store: Store) -> dict[int, list[str]]:
    with store.read() as tx:
        rows = tx.connection.execute(select(attempt).order_by(attempt.c.subscriber, attempt.c.n)).all()
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.subscriber, []).append(f"{row.outcome}: {row.reply}")
    return found


def unsubscribe(store: Store, name: str) -> None:
    with store.begin() as tx:
        assert subscribers.move(tx, f"{name}@example.org", to="unsubscribed", allowed_from=["confirmed"], now=NOON)
