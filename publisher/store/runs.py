"""The runs of a publication: when, with what end."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select, update

from publisher.store.schema import publication, run
from publisher.store.transaction import Transaction

DAYS = 30
"""How long a run's record is kept."""


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    started: datetime
    finished: datetime | None
    exit_code: int | None
    report: str | None
    """What `run --json` printed."""


def start(tx: Transaction, now: datetime) -> int:
    tx.connection.execute(
        run.delete().where(run.c.publication == tx.publication, run.c.started < now - timedelta(days=DAYS))
    )
    made = tx.connection.execute(run.insert().values(publication=tx.publication, started=now))
    assert made.inserted_primary_key
    return int(made.inserted_primary_key[0])


def finish(tx: Transaction, number: int, *, now: datetime, exit_code: int, report: str) -> None:
    tx.connection.execute(
        update(run).where(run.c.id == number).values(finished=now, exit_code=exit_code, report=report)
    )


def last(tx: Transaction, limit: int = 5) -> list[RunRow]:
    """Newest first."""
    rows = tx.connection.execute(
        select(run.c.id, run.c.started, run.c.finished, run.c.exit_code, run.c.report)
        .where(run.c.publication == tx.publication)
        .order_by(run.c.id.desc())
        .limit(limit)
    )
    return [RunRow(**row._asdict()) for row in rows]


def held_since(tx: Transaction) -> datetime | None:
    """When the editor held all mail; None: mail may go."""
    found = tx.connection.execute(select(publication.c.held_since).where(publication.c.id == tx.publication)).scalar()
    assert found is None or isinstance(found, datetime)
    return found


def hold(tx: Transaction, at: datetime | None) -> None:
    """Hold all mail from `at` on; None lifts it. Idempotent."""
    tx.connection.execute(update(publication).where(publication.c.id == tx.publication).values(held_since=at))
