"""One person: all that is kept, and how it is forgotten.

`PLACES` names every table that speaks of a person; a test compares it with the schema. What only has a number stays,
because the sums of every digest have to hold, and a number without its subscriber is nobody.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Table, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from publisher.store import outbox
from publisher.store.schema import attempt, delivery, letter, returned, run, signup, subscriber, suppression
from publisher.store.transaction import Transaction

FORGOTTEN = "[erased]"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """By what the tables know one: the number, where there is a subscriber, and the address in its two spellings."""

    number: int | None
    address: str
    key: str
    hashes: tuple[str, ...]
    """Under each key of secret.key."""


Fate = Literal["goes", "keeps the number", "keeps the hash"]
PLACES: Mapping[Table, Fate] = {
    subscriber: "goes",
    signup: "goes",
    letter: "goes",
    returned: "goes",
    delivery: "keeps the number",
    attempt: "keeps the number",
    suppression: "keeps the hash",
}
WORDING = ((attempt, attempt.c.reply), (run, run.c.report))
"""Texts that may name an address: what servers said, what a run reported."""


def look_up(tx: Transaction, address: str, key: str, hashes: tuple[str, ...]) -> Person:
    number = tx.connection.execute(
        select(subscriber.c.id).where(subscriber.c.publication == tx.publication, subscriber.c.address_key == key)
    ).scalar()
    return Person(number=number, address=address, key=key, hashes=hashes)


def everything(tx: Transaction, person: Person) -> dict[str, list[dict[str, Any]]]:
    """All rows about one person, by table; empty where there is nothing."""
    found = {table.name: _rows(tx, table, person) for table in PLACES}
    found["named in"] = [
        {"table": table.name, "text": text}
        for table, column in WORDING
        for text in tx.connection.execute(select(column).where(_naming(tx, table, column, person))).scalars()
    ]
    return {name: rows for name, rows in found.items() if rows}


def numbers(tx: Transaction, person: Person) -> int:
    """How many rows know a person by the number alone, and stay."""
    return sum(len(_rows(tx, table, person)) for table, fate in PLACES.items() if fate == "keeps the number")


def erase(tx: Transaction, person: Person, *, address_hash: str, now: datetime) -> dict[str, int]:
    """Forget a person; returns how many rows of which table were touched. Idempotent.

    What is still owed is suppressed first. The hash stays, so that no import brings the person back.
    """
    if not tx.is_postgresql:
        tx.connection.exec_driver_sql("PRAGMA secure_delete=ON")  # what is deleted is overwritten in the file
    done: dict[str, int] = {}
    if person.number is not None:
        done["delivery"] = outbox.withdraw(tx, person.number)
    for table, column in WORDING:
        done[table.name] = _scrub(tx, table, column, person)
    for table, fate in PLACES.items():
        if fate == "goes":
            done[table.name] = tx.connection.execute(table.delete().where(_about(tx, table, person))).rowcount
    if any(done.values()) and not _rows(tx, suppression, person):
        tx.connection.execute(
            suppression.insert().values(
                publication=tx.publication, address_hash=address_hash, reason="erased", since=now
            )
        )
        done["suppression"] = 1
    return {name: number for name, number in done.items() if number}


def _rows(tx: Transaction, table: Table, person: Person) -> list[dict[str, Any]]:
    rows = tx.connection.execute(select(table).where(_about(tx, table, person)))
    return [{name: value for name, value in row.items() if name != "publication"} for row in rows.mappings()]


def _about(tx: Transaction, table: Table, person: Person) -> ColumnElement[bool]:
    """By whatever the table knows a person."""
    columns = table.c
    ways: list[ColumnElement[bool]] = []
    if "subscriber" in columns:
        ways.append(columns.subscriber == person.number)
    if "address" in columns:
        ways.append(func.lower(columns.address) == person.key)
    if "address_key" in columns:
        ways.append(columns.address_key == person.key)
    if "address_hash" in columns:
        ways.append(columns.address_hash.in_(person.hashes))
    return (columns.publication == tx.publication) & or_(*ways)


def _naming(tx: Transaction, table: Table, column: ColumnElement[Any], person: Person) -> ColumnElement[bool]:
    return (table.c.publication == tx.publication) & func.lower(column).contains(person.key, autoescape=True)


def _scrub(tx: Transaction, table: Table, column: ColumnElement[Any], person: Person) -> int:
    """The address in a text, in whatever case a server wrote it."""
    key = list(table.primary_key.columns)
    rows = tx.connection.execute(select(*key, column).where(_naming(tx, table, column, person))).all()
    for row in rows:
        *values, text = row
        cleaned = re.sub(re.escape(person.key), FORGOTTEN, text, flags=re.IGNORECASE)
        this = [one == value for one, value in zip(key, values, strict=True)]
        tx.connection.execute(update(table).where(*this).values({column: cleaned}))
    return len(rows)
