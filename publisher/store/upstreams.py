"""Upstream feeds: how to ask them again, and every entry that they ever showed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from publisher.store.schema import upstream, upstream_entry
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert


class Health(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    last_good: datetime | None
    failures: int
    error: str | None


def remembered(tx: Transaction, url: str) -> Mapping[str, Any] | None:
    """The feed's row by column; None: never asked."""
    row = tx.connection.execute(
        select(upstream).where(upstream.c.publication == tx.publication, upstream.c.url == url)
    ).first()
    return row._asdict() if row else None


def entries(tx: Transaction, url: str) -> dict[str, tuple[str, int]]:
    """Entry id -> (fingerprint, how often it changed)."""
    rows = tx.connection.execute(
        select(upstream_entry.c.entry, upstream_entry.c.fingerprint, upstream_entry.c.changes).where(
            upstream_entry.c.publication == tx.publication, upstream_entry.c.url == url
        )
    )
    return {row.entry: (row.fingerprint, row.changes) for row in rows}


def remember(tx: Transaction, url: str, values: Mapping[str, Any]) -> None:
    upsert(tx, upstream, [{"publication": tx.publication, "url": url, **values}])


def remember_entries(tx: Transaction, url: str, found: Mapping[str, tuple[str, int]], now: datetime) -> None:
    upsert(
        tx,
        upstream_entry,
        [
            {
                "publication": tx.publication,
                "url": url,
                "entry": entry,
                "fingerprint": fingerprint,
                "changes": changes,
                "seen": now,
            }
            for entry, (fingerprint, changes) in sorted(found.items())
        ],
    )


def health(tx: Transaction) -> list[Health]:
    rows = tx.connection.execute(
        select(upstream.c.url, upstream.c.last_good, upstream.c.failures, upstream.c.error)
        .where(upstream.c.publication == tx.publication)
        .order_by(upstream.c.url)
    )
    return [Health(**row._asdict()) for row in rows]
