"""People by the thousand: in from a list, out into one, and those whom nobody may ever mail."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select, update

from publisher.store.schema import subscriber, suppression
from publisher.store.transaction import Transaction
from publisher.store.writing import insert_all_new
from publisher.subscribing.lists import Entry, Known
from publisher.subscribing.states import State

IMPORTED = "imported from"
"""How the evidence of every imported consent begins."""


class Suppressed(msgspec.Struct, frozen=True, kw_only=True):
    """An address by its hash, so that whoever reads the store cannot read the address."""

    address_hash: str
    reason: str


def known(tx: Transaction, keys: Collection[str]) -> Mapping[str, Known]:
    """By address key, those of them who are there."""
    rows = tx.connection.execute(
        select(subscriber.c.address_key, subscriber.c.state, subscriber.c.confirmed, subscriber.c.evidence).where(
            subscriber.c.publication == tx.publication, subscriber.c.address_key.in_(sorted(keys))
        )
    )
    return {
        row.address_key: Known(
            state=row.state, confirmed=row.confirmed, imported=(row.evidence or "").startswith(IMPORTED)
        )
        for row in rows
    }


def add(tx: Transaction, entries: Iterable[Entry], *, now: datetime) -> None:
    """New subscribers, each in the state that the list gives. Whoever is there already stays as is."""
    rows = []
    for one in entries:
        choices: dict[str, Any] = dict(one.choices)
        if "paused_until" in choices:
            choices["paused_until"] = datetime.fromisoformat(choices["paused_until"])
        rows.append(
            {
                "publication": tx.publication,
                "address": one.address,
                "address_key": one.key,
                "state": one.state,
                "created": now,
                "confirmed": one.consented,
                "ended": None if one.state == "confirmed" else (one.ended or now),
                "evidence": one.evidence,
                "lang": one.lang,
                "frequency": "daily",
                "format": "both",
                "sections": None,
                "paused_until": None,
            }
            | choices
        )
    insert_all_new(tx, subscriber, rows, unique=["publication", "address_key"])


def end(tx: Transaction, keys: Sequence[str], state: State, *, now: datetime) -> list[int]:
    """Confirmed subscribers leave for this state; returns their numbers. The caller withdraws what they are owed."""
    rows = tx.connection.execute(
        update(subscriber)
        .where(
            subscriber.c.publication == tx.publication,
            subscriber.c.address_key.in_(keys),
            subscriber.c.state.in_(["confirmed", "pending"]),
        )
        .values(state=state, ended=now)
        .returning(subscriber.c.id)
    )
    return sorted(rows.scalars())


def everything(tx: Transaction) -> Iterator[Row[Any]]:
    """Every subscriber with all columns, in the order in which they came, a thousand at a time."""
    rows = tx.connection.execution_options(yield_per=1000).execute(
        select(subscriber).where(subscriber.c.publication == tx.publication).order_by(subscriber.c.id)
    )
    yield from rows


def suppress(tx: Transaction, found: Iterable[Suppressed], *, now: datetime) -> None:
    """Idempotent: the first reason stands."""
    insert_all_new(
        tx,
        suppression,
        [
            {"publication": tx.publication, "address_hash": one.address_hash, "reason": one.reason, "since": now}
            for one in found
        ],
    )


def suppressed(tx: Transaction, hashes: Collection[str]) -> frozenset[str]:
    """Those of the hashes that nobody may mail."""
    rows = tx.connection.execute(
        select(suppression.c.address_hash).where(
            suppression.c.publication == tx.publication, suppression.c.address_hash.in_(sorted(hashes))
        )
    )
    return frozenset(rows.scalars())


def lift(tx: Transaction, hashes: Collection[str]) -> None:
    """A new double opt-in: the reader's own word counts more than any list. Idempotent."""
    tx.connection.execute(
        suppression.delete().where(
            suppression.c.publication == tx.publication, suppression.c.address_hash == bindparam("one")
        ),
        [{"one": one} for one in hashes],
    )
